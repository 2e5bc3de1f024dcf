"""Many tickets at once: the preview, each done on its own, what is refused and why, and nothing done twice."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from tests import factories
from tests.web.conftest import page
from tests.web.queries import count_queries
from tests.web.workbench.conftest import GROUP, OTHER_LINE, SAME_LINE, TicketIn
from tests.web.workbench.test_queue import titles


def prepared(client: FlaskClient, action: str, *titles: str) -> html.HtmlElement:
    """Select rows of the queue by title (all without any) and say what to do with them."""
    shown = page(client, "/queue?state=open")
    [form] = shown.xpath("//form[@id='bulk']")
    rows = [row for row in shown.xpath("//tbody/tr") if not titles or row.xpath("th/a")[0].text in titles]
    picked = [box for row in rows for box in row.xpath(".//input[@name='ticket']/@value")]
    fields = dict(form.form_values())
    answer = client.post(form.get("action"), data={**fields, "bulk": action, "ticket": picked})
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def carried_out(client: FlaskClient, shown: html.HtmlElement, status: int = 200, **typed: str) -> html.HtmlElement:
    """Fill the preview's form and send it."""
    [form] = shown.xpath("//form[starts-with(@action, '/workbench/bulk/')]")
    fields: dict[str, Any] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    answer = client.post(form.get("action"), data={**fields, **typed})
    assert answer.status_code == status, answer.text
    return html.fromstring(answer.text)


def outcomes(shown: html.HtmlElement) -> dict[str, str]:
    lines = shown.xpath("//ul[@class='desk-outcomes']/li")
    return {line.xpath("a/span")[0].tail.strip(): line.xpath("string(strong)") for line in lines}


def states(desk: Session) -> set[str]:
    desk.rollback()
    desk.expire_all()
    return set(desk.scalars(sa.select(Ticket.state)))


@pytest.mark.both_databases
def test_tickets_that_nobody_has_are_taken_answered_and_closed_together_and_a_double_post_does_nothing(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person
) -> None:
    for number in range(3):
        ticket_in(title=f"Where is the form? {number}")
    shown = prepared(signed_in, "reply_close")
    assert "What will happen to 3 requests" in shown.text_content()
    done = carried_out(signed_in, shown, note="On the page of the office.")
    assert set(outcomes(done).values()) == {"done"}
    assert states(desk) == {State.CLOSED}
    assert set(desk.scalars(sa.select(Ticket.technician_id))) == {me.id}
    before = desk.scalar(sa.select(sa.func.count()).select_from(TicketEvent))
    again = carried_out(signed_in, shown, note="On the page of the office.")
    assert set(outcomes(again).values()) == {"done"}
    desk.rollback()
    assert desk.scalar(sa.select(sa.func.count()).select_from(TicketEvent)) == before


def test_the_preview_says_which_are_not_possible_and_leaves_them_out(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    ticket_in(title="Open")
    ticket_in(title="Already answered", state=State.RESOLVED)
    shown = prepared(signed_in, "take")
    refused = shown.xpath("//div[contains(@class, 'desk-plan__item--no')]")
    assert [
        "Already answered" in each.text_content() and "its state is “Resolved”" in each.text_content()
        for each in refused
    ] == [True]
    assert outcomes(carried_out(signed_in, shown)) == {"Open": "done"}


def test_a_ticket_that_changed_meanwhile_is_refused_and_told_and_the_others_are_done(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    changed = ticket_in(title="Changed", state=State.IN_PROGRESS)
    ticket_in(title="Quiet", state=State.IN_PROGRESS)
    shown = prepared(signed_in, "reply_close")
    asker = factories.actor(desk, desk.get_one(Person, changed.requester_id))
    act(desk, changed, Action.COMMENT, asker, factories.NOW, Details(note=from_plain("Wait, there is more.")))
    desk.commit()
    done = carried_out(signed_in, shown, note="Done, goodbye.")
    assert outcomes(done) == {"Changed": "not done", "Quiet": "done"}
    assert "Somebody else was faster" in done.text_content()
    assert done.xpath("//textarea[@name='note']")[0].text == "Done, goodbye."
    assert outcomes(carried_out(signed_in, done)) == {"Changed": "done"}
    assert states(desk) == {State.CLOSED}


def test_without_a_text_nothing_is_sent_and_the_selection_stays(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    ticket_in(title="Open")
    shown = carried_out(signed_in, prepared(signed_in, "reply_close"), 422)
    assert "Write a text" in shown.text_content()
    assert len(shown.xpath("//input[@name='ticket'][@checked]")) == 1
    assert states(desk) == {State.ASSIGNED_GROUP}


@pytest.mark.parametrize("group", [SAME_LINE, OTHER_LINE])
def test_tickets_go_to_another_group_of_either_line_with_a_reason(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, group: str
) -> None:
    ticket_in(title="Yours")
    shown = prepared(signed_in, "hand_over")
    assert outcomes(carried_out(signed_in, shown, group=group, note="It is yours.")) == {"Yours": "done"}
    desk.rollback()
    assert desk.scalars(sa.select(Ticket.group_code)).one() == group
    assert "It is yours." in desk.scalars(sa.select(Message.body_text)).all()


@pytest.mark.parametrize(
    ("action", "typed", "column", "expected"),
    [
        ("note", {"note": "Seen."}, "state", State.ASSIGNED_GROUP),
        ("reclassify", {"category": "mobilita-uscita"}, "category_key", "mobilita-uscita"),
        ("prioritise", {"urgency": "5", "impact": "5"}, "priority", 5),
        ("wait", {"note": "Which year?"}, "waiting_for", "requester"),
    ],
)
def test_each_thing_that_can_be_done_to_many_is_done(
    signed_in: FlaskClient,
    ticket_in: TicketIn,
    desk: Session,
    action: str,
    typed: dict[str, str],
    column: str,
    expected: object,
) -> None:
    ticket_in(title="One")
    ticket_in(title="Two")
    assert set(outcomes(carried_out(signed_in, prepared(signed_in, action), **typed)).values()) == {"done"}
    desk.rollback()
    assert set(desk.scalars(sa.select(getattr(Ticket, column)))) == {expected}


def test_tickets_are_assigned_given_back_and_closed_as_duplicates(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    colleague = factories.technician(desk, GROUP)
    first = ticket_in(title="First")
    ticket_in(title="Second")
    done = carried_out(signed_in, prepared(signed_in, "assign", "First", "Second"), technician=str(colleague.id))
    assert set(outcomes(done).values()) == {"done"}
    assert set(outcomes(carried_out(signed_in, prepared(signed_in, "release"))).values()) == {"done"}
    assert states(desk) == {State.ASSIGNED_GROUP}
    done = carried_out(signed_in, prepared(signed_in, "duplicate", "Second"), duplicate_of=first.number)
    assert outcomes(done) == {"Second": "done"}
    assert titles(page(signed_in, "/queue")) == ["First"]


def test_without_a_selection_the_queue_says_what_to_do(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in()
    shown = page(signed_in, "/queue?state=open")
    fields = dict(shown.xpath("//form[@id='bulk']")[0].form_values())
    answer = signed_in.post("/workbench/bulk", data={**fields, "bulk": "take"})
    assert (answer.status_code, answer.location) == (303, "/queue?state=open&sort=priority")
    assert "Select the requests first" in page(signed_in, "/queue").text_content()


def test_tickets_of_others_are_neither_shown_nor_changed(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    mine = ticket_in(title="Mine")
    elsewhere = ticket_in(title="Secret", key="immatricolazione-triennale")
    fields = dict(page(signed_in, "/queue").xpath("//form[@id='bulk']")[0].form_values())
    picked = [f"{each.number}:9" for each in (mine, elsewhere)]
    answer = signed_in.post("/workbench/bulk", data={**fields, "bulk": "take", "ticket": picked})
    assert "Mine" in answer.text and "Secret" not in answer.text


def test_the_preview_asks_the_database_no_more_often_for_many(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket_in()
    with count_queries(app) as few:
        prepared(signed_in, "reply_close")
    for _ in range(6):
        ticket_in()
    with count_queries(app) as many:
        prepared(signed_in, "reply_close")
    assert many.count == few.count


def test_several_wait_for_a_third_party_or_until_a_day_and_a_day_that_is_missing_is_asked_for(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    for title in ("One", "Two"):
        ticket_in(title=title, state=State.IN_PROGRESS)
    shown = carried_out(signed_in, prepared(signed_in, "wait", "One"), waiting_for="third_party", note="Moved on.")
    assert outcomes(shown) == {"One": "done"}
    asked = carried_out(signed_in, prepared(signed_in, "wait", "Two"), 422, waiting_for="date", note="Later.")
    assert "Give the date until which the requests wait." in asked.text_content()
    assert asked.xpath("//input[@value='date']/@checked") and "Later." in asked.text_content()
    assert outcomes(carried_out(signed_in, asked, until="2150-03-01")) == {"Two": "done"}
    desk.rollback()
    waits = desk.execute(sa.select(Ticket.title, Ticket.waiting_for, Ticket.resume_at.is_not(None)))
    assert sorted(waits) == [("One", "third_party", False), ("Two", "date", True)]
