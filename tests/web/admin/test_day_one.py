"""The first page of administration: what is missing in the order of a first day, and what is done stands folded."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions.level_book import publish
from servicedesk.rules.level_book import Book, Target
from servicedesk.store import leases
from servicedesk.store.models.notices import Notice
from tests import factories, levels
from tests.factories import NOW, SERVICE
from tests.web.conftest import SignIn, page, send


@pytest.fixture
def signed_in(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    made = factories.administrator(desk, email="ada@example.org")
    desk.commit()
    sign_in(client, made.id)
    return client


def step(client: FlaskClient, key: str) -> tuple[bool, str, html.HtmlElement]:
    """Return whether a step is done, what it says, and its element."""
    [found] = page(client, "/admin").xpath(f"//li[@id='step-{key}']")
    is_folded = bool(found.xpath("ancestor::details"))
    return is_folded, " ".join(found.text_content().split()), found


def test_a_new_desk_lists_what_is_missing_in_the_order_of_a_first_day(signed_in: FlaskClient) -> None:
    shown = page(signed_in, "/admin")
    todo = shown.xpath("//section[@aria-labelledby='warnings']/ol/li/@id")
    order = ["step-people", "step-groups", "step-calendars", "step-targets", "step-mail", "step-jobs"]
    assert [each for each in todo if each in order] == order
    assert not shown.xpath("//details[@open]//li[h3]")


def test_people_are_done_with_the_first_technician_and_groups_with_one_each_and_somebody_to_lead(
    signed_in: FlaskClient, desk: Session
) -> None:
    assert "Nobody works here yet" in step(signed_in, "people")[1]
    factories.technician(desk, "RETI")
    desk.commit()
    is_done, says, _element = step(signed_in, "people")
    assert (is_done, "1 technician, 0 supervisors" in says) == (True, True)
    assert "Without a supervisor:" in step(signed_in, "groups")[1]
    assert re.search(r"and \d+ more", step(signed_in, "groups")[1])


def test_calendars_and_targets_are_asked_for_until_every_service_has_them(
    signed_in: FlaskClient, desk: Session
) -> None:
    target = Target("t1", "always", own_minutes=60, service_id=SERVICE)
    publish(desk, Book({"always": levels.ALWAYS}, (target,)), "command:test", NOW, 0)
    desk.commit()
    assert step(signed_in, "calendars")[:2] == (True, "Opening hours in order Always Calendars")
    assert step(signed_in, "targets")[1].count("Nothing is promised in:") == 1
    levels.promise(desk, "RETI", NOW)
    desk.commit()
    assert step(signed_in, "targets")[0]


def test_a_test_mail_goes_to_whoever_asks_and_once_it_is_out_mails_are_in_order(
    signed_in: FlaskClient, desk: Session
) -> None:
    assert "No mail has gone out yet" in step(signed_in, "mail")[1]
    assert send(signed_in, "/admin", "/admin/test-mail").status_code == 303
    assert "A mail is on its way to ada@example.org" in page(signed_in, "/admin").text_content()
    [notice] = desk.scalars(sa.select(Notice))
    assert (notice.template, notice.address, notice.locale) == ("house_test", "ada@example.org", "en")
    notice.next_try_at = datetime.now(UTC) - timedelta(minutes=16)
    desk.commit()
    assert "Mails wait since" in step(signed_in, "mail")[1]
    notice.state, notice.sent_at = "sent", datetime.now(UTC)
    desk.commit()
    is_done, says, element = step(signed_in, "mail")
    assert (is_done, "The last mail went out on" in says) == (True, True)
    assert element.xpath(".//button")


def test_the_desks_own_certificates_are_named_with_their_end(signed_in: FlaskClient) -> None:
    assert "certificate until" in step(signed_in, "federation")[1]


def test_jobs_say_what_to_type_until_one_runs(signed_in: FlaskClient, desk: Session) -> None:
    assert "flask --app wsgi jobs serve" in step(signed_in, "jobs")[1]
    leases.take(desk, "expire", "somewhere", hold=10, every=None)
    desk.commit()
    assert step(signed_in, "jobs")[0]
