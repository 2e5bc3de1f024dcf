"""The ticket at work: exactly what the table allows, each action from the page's own forms, two people at once."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules import relations
from servicedesk.rules.lifecycle import Action, State, allowed_actions
from servicedesk.rules.richtext import from_plain
from servicedesk.store import catalogue
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from servicedesk.store.tickets import facts_of
from tests import factories
from tests.web.conftest import SignIn, browser, page
from tests.web.queries import count_queries
from tests.web.workbench.conftest import GROUP, OTHER_LINE, SAME_LINE, TicketIn, addresses, send

STATES = [state for state in State if state is not State.NEW]


def again(desk: Session, ticket: Ticket) -> Ticket:
    """The ticket as it is in the database now."""
    desk.rollback()  # an open transaction would go on reading what it saw first
    desk.expire_all()
    found = desk.get(Ticket, ticket.id)
    assert found is not None
    return found


def last_event(desk: Session, ticket: Ticket) -> TicketEvent:
    query = sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq.desc())
    return desk.scalars(query).first() or pytest.fail("no event")


def alert(answer: TestResponse) -> str:
    return " ".join(each.text_content() for each in html.fromstring(answer.text).xpath("//*[@role='alert']"))


def offered(shown: html.HtmlElement) -> set[str]:
    """Return the actions of the life-cycle that a page offers; a star belongs to the reader alone."""
    found = {address.rsplit("/", 1)[1] for address in addresses(shown) if address.startswith("/tickets/")}
    return found - {"star"}


def allowed(desk: Session, ticket: Ticket, who: Person, now: datetime) -> set[str]:
    facts = facts_of(desk, ticket, catalogue.current(desk).services[ticket.service_id])
    mine = {action.value for action in allowed_actions(facts, factories.actor(desk, who), now)}
    # There is nobody here with whom it is shared, and no link; one hand-over too many is sent as any other.
    absent = {Action.UNSHARE, Action.UNLINK, Action.HOLD_OVER} | relations.ON_PAGES_OF_THEIR_OWN
    return mine - {action.value for action in absent}


@pytest.mark.parametrize("state", STATES)
def test_the_page_offers_what_the_table_allows_and_nothing_else(
    app: Flask, desk: Session, ticket_in: TicketIn, sign_in: SignIn, me: Person, state: State, now: datetime
) -> None:
    made = ticket_in(state=state)
    for who in (me, factories.technician(desk, GROUP), factories.supervisor(desk, GROUP)):
        desk.commit()
        client = browser(app)
        sign_in(client, who.id)
        expected = allowed(desk, made, who, now)
        assert "note" in expected
        assert offered(page(client, f"/tickets/{made.number}")) == expected, who.family_name


def test_a_reply_reaches_the_requester_and_an_internal_note_does_not(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn
) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{made.number}"
    assert send(signed_in, page(signed_in, path), "comment", note="Sign at room 12.").status_code == 303
    assert send(signed_in, page(signed_in, path), "note", note="Difficult case.").status_code == 303
    staff = page(signed_in, path)
    assert [
        e.text_content() for e in staff.xpath("//li[contains(@class, 'entry--note')]//div[@class='desk-prose']")
    ] == ["Difficult case."]
    student = browser(app)
    sign_in(student, made.requester_id)
    seen = page(student, path).text_content()
    assert "Sign at room 12." in seen
    assert "Difficult case." not in seen


@pytest.mark.parametrize(
    ("action", "typed", "state"),
    [
        ("release", {}, State.ASSIGNED_GROUP),
        ("start", {}, State.IN_PROGRESS),
        ("wait", {"note": "Which company?", "waiting_for": "requester"}, State.WAITING),
        ("wait", {"note": "The company answers.", "waiting_for": "third_party"}, State.WAITING),
        ("wait", {"note": "Until the call.", "waiting_for": "date", "until": "2099-05-02"}, State.WAITING),
        ("propose", {"note": "It is signed."}, State.RESOLVED),
        ("reply_close", {"note": "Done."}, State.CLOSED),
        ("prioritise", {"urgency": "5", "impact": "5"}, State.ASSIGNED_TECHNICIAN),
        ("assign_group", {"group": SAME_LINE}, State.ASSIGNED_TECHNICIAN),
        (
            "forward",
            {"group": OTHER_LINE, "note": "A general question.", "keep_watching": "y"},
            State.ASSIGNED_TECHNICIAN,
        ),
        ("reclassify", {"category": "mobilita-uscita"}, State.ASSIGNED_TECHNICIAN),
    ],
)
def test_each_action_works_from_the_pages_own_form(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, action: str, typed: dict[str, str], state: State
) -> None:
    made = ticket_in(state=State.ASSIGNED_TECHNICIAN)
    answer = send(signed_in, page(signed_in, f"/tickets/{made.number}"), action, **typed)
    assert answer.status_code == 303, alert(answer)
    now_is = again(desk, made)
    assert (last_event(desk, made).action, now_is.state) == (action, state)


def test_a_duplicate_is_closed_by_the_number_of_the_other(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    first, second = ticket_in(), ticket_in()
    send(signed_in, page(signed_in, f"/tickets/{second.number}"), "duplicate", duplicate_of=first.number)
    assert again(desk, second).outcome == "duplicate"
    assert page(signed_in, f"/tickets/{second.number}").xpath(f"//aside//a[@href='/tickets/{first.number}']")


def test_a_colleague_is_chosen_by_load_and_presence(signed_in: FlaskClient, ticket_in: TicketIn, desk: Session) -> None:
    busy = factories.technician(desk, GROUP, given_name="Busy", family_name="Bee")
    away = factories.technician(desk, GROUP, given_name="Far", family_name="Away")
    factories.absence(desk, away, date.today() - timedelta(days=1), date.today() + timedelta(days=1))
    ticket_in(technician=busy, state=State.IN_PROGRESS)
    made = ticket_in()
    shown = page(signed_in, f"/tickets/{made.number}")
    options = {o.text.partition(" (")[0]: o for o in shown.xpath("//select[@id='assign-technician']/option")}
    assert "(1 open)" in options[f"{busy.code} Busy Bee"].text
    gone = options[f"{away.code} Far Away"]
    assert "(absent until" in gone.text and gone.get("disabled") is not None
    send(signed_in, shown, "assign_technician", technician=str(busy.id))
    assert again(desk, made).technician_id == busy.id


@pytest.mark.both_databases
def test_a_stale_answer_is_refused_with_what_is_new_and_keeps_the_text(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, now: datetime
) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    student = desk.get(Person, made.requester_id)
    assert student is not None
    said = Details(note=from_plain("I found it myself."))
    event = act(desk, again(desk, made), Action.COMMENT, factories.actor(desk, student), now, said)
    desk.commit()
    answer = send(signed_in, shown, "propose", note="Here is your solution.")
    assert answer.status_code == 409
    redrawn = html.fromstring(answer.text)
    assert redrawn.xpath(f"//div[@role='alert']//a[@href='#event-{event.seq}']")
    assert "New" in redrawn.xpath(f"//li[@id='event-{event.seq}']")[0].text_content()
    assert redrawn.xpath("//textarea[@id='compose-note']")[0].text.strip() == "Here is your solution."
    assert again(desk, made).state == State.IN_PROGRESS
    assert send(signed_in, redrawn, "propose").status_code == 303
    assert again(desk, made).state == State.RESOLVED


def test_what_was_typed_beside_the_conversation_stays_in_its_own_form(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    answer = send(signed_in, shown, "forward", group=OTHER_LINE, note="")
    assert answer.status_code == 422
    redrawn = html.fromstring(answer.text)
    assert redrawn.xpath("//select[@id='forward-group']/option[@selected]/@value") == [OTHER_LINE]
    assert redrawn.xpath("//details[@open][.//select[@id='forward-group']]")
    assert not redrawn.xpath("//textarea[@id='compose-note']")[0].text.strip()


@pytest.mark.parametrize(("action", "place"), [("propose", "write"), ("wait", "write"), ("forward", "form-forward")])
def test_a_refused_form_is_one_link_away(signed_in: FlaskClient, ticket_in: TicketIn, action: str, place: str) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    answer = send(signed_in, page(signed_in, f"/tickets/{made.number}"), action, note="")
    assert answer.status_code == 422
    shown = html.fromstring(answer.text)
    assert shown.xpath(f"//*[@role='alert']//a[@href='#{place}']")
    [form] = shown.xpath(f"//*[@id='{place}']/descendant-or-self::*[name()='h2' or name()='details']")
    assert form.tag == "h2" or form.get("open") is not None


def test_whoever_keeps_watching_reads_internal_notes_and_can_only_stop_watching(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{made.number}"
    send(signed_in, page(signed_in, path), "forward", group=OTHER_LINE, note="For you.", keep_watching="y")
    shown = page(signed_in, path)
    assert "For you." in shown.text_content()
    assert offered(shown) == {"unwatch"}
    assert "worked on by another group" in shown.text_content()
    assert made.number in page(signed_in, "/queue?watched=1").text_content()


def test_without_watching_a_forwarded_ticket_is_gone_and_leads_back_to_the_queue(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    shown = page(signed_in, f"/tickets/{made.number}")
    assert send(signed_in, shown, "forward", group=OTHER_LINE, note="For you.").location == "/queue"
    assert f"{made.number} is no longer with your groups." in page(signed_in, "/queue").text_content()
    page(signed_in, f"/tickets/{made.number}", 404)


def test_a_category_is_found_by_its_synonyms_and_the_ticket_moves_there(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    made = ticket_in()
    shown = page(signed_in, f"/tickets/{made.number}/category?q=refund")
    assert "tasse-rimborsi" in shown.xpath("//input[@name='category']/@value")
    send(signed_in, shown, "reclassify", category="tasse-rimborsi")
    moved = again(desk, made)
    assert (moved.category_key, moved.group_code) == ("tasse-rimborsi", "TASSE")


def test_no_category_can_be_looked_for_once_the_ticket_is_closed(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    made = ticket_in(state=State.CLOSED)
    page(signed_in, f"/tickets/{made.number}/category", 409)


def test_the_side_shows_who_asks_and_why_the_ticket_is_here(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    student = factories.student(desk, given_name="Giulia", family_name="Verdi", phone="+39 035 000")
    made = ticket_in(requester=student)
    side = page(signed_in, f"/tickets/{made.number}").xpath("//aside")[0].text_content()
    for fact in ("Giulia Verdi", "+39 035 000", "Banca e finanza", f"7{student.id:05d}", "the category's own group"):
        assert fact in side


def test_text_that_looks_like_markup_is_shown_as_text(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    made = ticket_in(state=State.IN_PROGRESS, title="<script>alert(1)</script>")
    send(signed_in, page(signed_in, f"/tickets/{made.number}"), "note", note="<b>plain</b>")
    body = desk.scalars(sa.select(Message.body_html).where(Message.ticket_id == made.id, ~Message.is_public)).one()
    assert "<b>" not in body
    for path in ("/queue", f"/tickets/{made.number}"):
        assert "<script>alert" not in signed_in.get(path).text


def test_a_long_conversation_asks_no_more_questions_than_a_short_one(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person, now: datetime
) -> None:
    made = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{made.number}"
    signed_in.get(path)
    with count_queries(app) as few:
        signed_in.get(path)
    for _ in range(30):
        said = Details(note=from_plain("One more thing."))
        act(desk, made, Action.COMMENT, factories.actor(desk, me), now, said)
        factories.technician(desk, GROUP)
    desk.commit()
    with count_queries(app) as many:
        shown = page(signed_in, path)
    assert shown.text_content().count("One more thing.") == 30
    assert many.count == few.count, "\n".join(many.statements)


def test_what_a_colleague_works_on_is_taken_over_by_a_quieter_button_that_names_them(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    colleague = factories.technician(desk, GROUP)
    theirs = ticket_in(technician=colleague, state=State.IN_PROGRESS)
    nobodys = ticket_in()
    for made, words, look in (
        (theirs, f"Take over from {colleague.code}", "outline-primary"),
        (nobodys, "Take", "primary"),
    ):
        shown = page(signed_in, f"/tickets/{made.number}")
        [button] = shown.xpath("//form[contains(@action, '/take')]//button")
        assert button.text_content().strip() == words
        assert f"btn-{look}" in button.get("class").split()


def test_the_way_to_the_text_field_is_a_skip_link_where_one_may_write(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    skips = "//div[@class='desk-skip']/a[@href='#write']"
    made = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{made.number}"
    shown = page(signed_in, path)
    assert shown.xpath(skips) and shown.xpath("//*[@id='write']")
    send(signed_in, shown, "forward", group=OTHER_LINE, note="For you.", keep_watching="y")
    assert not page(signed_in, path).xpath(skips)
