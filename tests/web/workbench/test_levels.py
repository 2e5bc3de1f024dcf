"""Promised times as those who work see them: on the ticket with their history, and to requesters not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions import level_runs
from servicedesk.actions.level_book import publish
from servicedesk.actions.tickets import act
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.level_book import Book, Calendar, Target
from servicedesk.rules.lifecycle import Action, State
from servicedesk.store import service_levels as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.web.workbench.levels import apart, due, length
from tests import factories
from tests.web.conftest import SignIn, browser, page
from tests.web.workbench.conftest import TicketIn

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALWAYS = Calendar("always", LocalText("Sempre", "Always"), {day: ((0, 1440),) for day in range(7)}, country="")


@pytest.fixture
def promised(desk: Session) -> None:
    """Two hours to own, one day to resolve, around the clock."""
    publish(desk, Book({"always": ALWAYS}, (Target("usual", "always", 120, 1440),)), "command:test", NOW, 0)
    desk.commit()


def panel(client: FlaskClient, ticket: Ticket) -> str:
    [found] = page(client, f"/tickets/{ticket.number}").xpath("//details[@id='levels']")
    return " ".join(found.text_content().split())


@pytest.mark.usefixtures("promised")
def test_the_page_of_a_ticket_says_what_is_due_when_and_what_its_time_was_spent_with(
    signed_in: FlaskClient, ticket_in: TicketIn, now: datetime
) -> None:
    shown = panel(signed_in, ticket_in(state=State.IN_PROGRESS, now=now - timedelta(hours=3)))
    assert "Time to own met 0 min of 2 h 0 min" in shown
    assert "Time to resolve due in 20 h 59 min 3 h 0 min of 24 h 0 min" in shown
    assert "In opening hours: the desk works on it: 3 h 0 min" in shown


@pytest.mark.usefixtures("promised")
def test_a_paused_clock_says_for_whom_it_waits(signed_in: FlaskClient, ticket_in: TicketIn, now: datetime) -> None:
    shown = panel(signed_in, ticket_in(state=State.WAITING, now=now - timedelta(hours=3)))
    assert "Time to resolve paused: waiting for the requester 0 min of 24 h 0 min" in shown
    assert "does not count" in shown


@pytest.mark.usefixtures("promised")
def test_the_story_of_the_clocks_says_when_another_type_moved_what_is_promised(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, now: datetime
) -> None:
    _number, book = store.current(desk)
    urgent = Target("urgent", "always", 60, 360, kind="incident")
    publish(desk, replace(book, targets=(*book.targets, urgent)), "command:test", NOW, 1)
    ticket = ticket_in(state=State.IN_PROGRESS, now=now - timedelta(hours=3))
    worker = desk.get_one(Person, ticket.technician_id)
    act(desk, ticket, Action.CONVERT, factories.actor(desk, worker), now - timedelta(hours=2))
    desk.commit()
    shown = panel(signed_in, ticket)
    assert "3 h 0 min of 6 h 0 min" in shown
    assert "another type: what is promised was reckoned anew from the opening" in shown


@pytest.mark.usefixtures("promised")
def test_what_ran_out_is_late_and_stands_in_the_story_of_the_ticket_for_staff_alone(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, app: Flask, sign_in: SignIn, now: datetime
) -> None:
    ticket = ticket_in(now=now - timedelta(hours=30))
    level_runs.alert_due(desk, now, 10)
    desk.commit()
    assert "Time to resolve late by 6 h 0 min" in panel(signed_in, ticket)
    said = "The promised time has run out."
    assert said in page(signed_in, f"/tickets/{ticket.number}").text_content()
    asker = browser(app)
    sign_in(asker, ticket.requester_id)
    theirs = page(asker, f"/tickets/{ticket.number}")
    assert said not in theirs.text_content()
    assert not theirs.xpath("//details[@id='levels']")


def test_without_a_target_nothing_is_shown(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    assert not page(signed_in, f"/tickets/{ticket_in().number}").xpath("//details[@id='levels']")


@pytest.mark.parametrize(
    ("due_at", "state", "words"),
    [
        (NOW + timedelta(hours=2, minutes=10), "running", "due in 2 h 10 min"),
        (NOW + timedelta(minutes=5), "near", "due in 5 min"),
        (NOW - timedelta(days=1, hours=3), "late", "late by 1 d 3 h"),
        (NOW, "running", "late by 0 min"),
        (None, "paused", "paused"),
        (None, "met", None),
        (None, "", None),
    ],
)
def test_the_queue_says_how_long_there_is(app: Flask, due_at: datetime | None, state: str, words: str | None) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        cell = due(due_at, state, NOW)
        assert (cell.words if cell else None) == words


def test_open_time_is_told_in_hours_and_time_on_the_calendar_in_days(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert (length(timedelta(hours=26)), apart(timedelta(hours=26))) == ("26 h 0 min", "1 d 2 h")


@pytest.mark.usefixtures("promised")
def test_the_next_to_run_out_stand_first_in_a_view_of_their_own(
    signed_in: FlaskClient, ticket_in: TicketIn, now: datetime
) -> None:
    later = ticket_in(title="Later", state=State.IN_PROGRESS, now=now - timedelta(hours=1))
    late = ticket_in(title="Late", now=now - timedelta(hours=5))
    ticket_in(title="Asked", state=State.WAITING)
    views = page(signed_in, "/queue").xpath(
        "//nav[@aria-label='Quick views']//a[starts-with(normalize-space(), 'Next due')]"
    )
    shown = page(signed_in, views[0].get("href"))
    assert shown.xpath("//tr/@data-row") == [late.number, later.number]
    current = shown.xpath("//nav[@aria-label='Quick views']//a[@aria-current]")
    assert [each.text_content().split() for each in current] == [["Next", "due", "2"]]
    assert "Due" in [each.text_content().strip("↕▲▼") for each in shown.xpath("//thead//th")]
