"""The bell on every page, the list behind it, and what counts as read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.notices import KIND_OF
from servicedesk.rules.richtext import from_plain
from servicedesk.store.bell import count_unread
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.web.labels import MAILS
from tests import factories
from tests.web.conftest import SignIn, page, post, send

KEY = "stage-curriculare"
WORDS = Details(note=from_plain("Your secret diagnosis."))


@pytest.fixture
def ticket(desk: Session) -> Ticket:
    """A ticket on which its technician has just written."""
    worker = factories.technician(desk, "STAGE")
    made = factories.ticket(desk, key=KEY, state=State.IN_PROGRESS, technician=worker)
    comment(desk, made, worker)
    return made


def comment(desk: Session, ticket: Ticket, worker: Person | None = None) -> None:
    by: Any = factories.actor(desk, worker or desk.get_one(Person, ticket.technician_id))
    act(desk, ticket, Action.COMMENT, by, datetime.now(UTC), WORDS)
    desk.commit()


def bell(client: FlaskClient, path: str = "/") -> str:
    return " ".join(page(client, path).get_element_by_id("bell").text_content().split())


def unread(desk: Session, ticket: Ticket) -> int:
    desk.rollback()
    return count_unread(desk, ticket.requester_id)


def test_the_bell_says_how_many_are_new_and_nine_at_most(
    client: FlaskClient, desk: Session, ticket: Ticket, sign_in: SignIn
) -> None:
    sign_in(client, ticket.requester_id)
    assert bell(client) == "Notices 2 new"
    for _time in range(9):
        comment(desk, ticket)
    assert bell(client) == "Notices 9+ new"


def test_the_list_holds_number_and_event_and_nothing_else_of_the_request(
    client: FlaskClient, ticket: Ticket, sign_in: SignIn
) -> None:
    sign_in(client, ticket.requester_id)
    rows = page(client, "/notices").xpath("//li[contains(@class, 'desk-told__item')]")
    assert [row.xpath(".//button")[0].text_content().split() for row in rows] == [
        ["New", "New", "message", ticket.number],
        ["New", "Taken", "in", "charge", ticket.number],
    ]
    assert ticket.title not in client.get("/notices").text


def test_following_a_notice_reads_all_about_the_same_request(
    client: FlaskClient, desk: Session, ticket: Ticket, sign_in: SignIn
) -> None:
    sign_in(client, ticket.requester_id)
    answer = post(client, page(client, "/notices").xpath("//li//form")[0])
    assert answer.headers["Location"] == f"/tickets/{ticket.number}"
    assert unread(desk, ticket) == 0


def test_opening_a_page_by_get_reads_nothing_but_the_page_says_that_it_was_seen(
    client: FlaskClient, desk: Session, ticket: Ticket, sign_in: SignIn
) -> None:
    sign_in(client, ticket.requester_id)
    shown = page(client, f"/tickets/{ticket.number}")
    assert unread(desk, ticket) == 2
    told = shown.get_element_by_id("bell").get("hx-post")
    [token] = shown.xpath("(//input[@name='csrf_token'])[1]/@value")
    answer = client.post(told, headers={"X-CSRFToken": token})
    assert answer.status_code == 200
    assert "desk-bell__count" not in answer.text
    assert unread(desk, ticket) == 0


def test_all_are_marked_as_read_at_once(client: FlaskClient, desk: Session, ticket: Ticket, sign_in: SignIn) -> None:
    sign_in(client, ticket.requester_id)
    assert send(client, "/notices", "/notices/read").status_code == 303
    assert unread(desk, ticket) == 0
    assert "Mark all as read" not in client.get("/notices").text


def test_somebody_elses_notice_is_not_to_be_found(
    client: FlaskClient, desk: Session, ticket: Ticket, sign_in: SignIn
) -> None:
    other = factories.student(desk)
    desk.commit()
    sign_in(client, ticket.requester_id)
    path = page(client, "/notices").xpath("//li//form/@action")[0]
    sign_in(client, other.id)
    [token] = page(client, "/notices").xpath("(//input[@name='csrf_token'])[1]/@value")
    assert client.post(path, data={"csrf_token": token}).status_code == 404
    assert unread(desk, ticket) == 2


def test_an_empty_list_says_what_will_come_and_strange_places_are_not_found(
    client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    person = factories.student(desk)
    desk.commit()
    sign_in(client, person.id)
    assert "Nothing new" in client.get("/notices").text
    assert client.get("/notices?before=99999999999999").status_code == 404


def test_every_news_has_words() -> None:
    assert set(KIND_OF) <= set(MAILS)
