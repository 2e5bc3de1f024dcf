"""Attachments whose term is over leave a line where they were, for the requester too, and no link."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions import retention
from servicedesk.actions.details import Details
from servicedesk.actions.files import note_draft
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import new_upload_id
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.richtext import from_plain
from servicedesk.store.base import writing
from servicedesk.store.retention import After
from tests import factories
from tests.web.conftest import SignIn, page

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=800)
GONE = datetime(2026, 3, 3, 10, tzinfo=UTC)
LINE = "Attachment removed on 3 March 2026"


@pytest.fixture
def at(desk: Session, client: FlaskClient, sign_in: SignIn) -> str:
    """The page of a request that lost two attachments of a comment, read by its requester."""
    who = factories.student(desk)
    ticket = factories.ticket(desk, key="stage-curriculare", requester=who, now=LONG_AGO)
    key, uploads = new_upload_id(), (new_upload_id(), new_upload_id())
    for upload in uploads:
        note_draft(desk, upload, key, "marks.txt", "text/plain", 5, "0" * 64, LONG_AGO)
    by = factories.actor(desk, who, ticket)
    act(desk, ticket, Action.COMMENT, by, LONG_AGO, Details(from_plain("See."), files=uploads, draft_key=key))
    act(desk, ticket, Action.WITHDRAW, by, LONG_AGO)
    desk.commit()
    with writing(desk):
        retention.remove_files(desk, ticket.service_id, NOW, After(), 10, GONE)
    sign_in(client, who.id)
    return f"/tickets/{ticket.number}"


def test_the_conversation_says_it_where_the_files_were(client: FlaskClient, at: str) -> None:
    (entry,) = page(client, at).xpath("//li[contains(@class, 'desk-entry')][.//p[text()='See.']]")
    lines = [" ".join(item.text_content().split()) for item in entry.xpath(".//ul[@class='desk-attachments']/li")]
    assert lines == [LINE, LINE]
    assert entry.xpath(".//a[@download]") == []


def test_the_list_of_attachments_says_it_and_counts_none(client: FlaskClient, at: str) -> None:
    shown = page(client, f"{at}?tab=attachments")
    assert shown.text_content().count(LINE) == 2
    assert shown.xpath("//main//a[@download]") == []


def test_the_print_view_says_it(client: FlaskClient, at: str) -> None:
    assert page(client, f"{at}/print").text_content().count(LINE) == 2
