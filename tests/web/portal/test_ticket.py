"""One ticket as its requester follows it: what is shown, what is asked, comments, accepting, refusing, reopening."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import html
from sqlalchemy import select

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.calendar import plus_days
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Ticket, TicketEvent
from tests import factories
from tests.web.conftest import browser, page, post, send
from tests.web.queries import count_queries

KEY, GROUP = "segreteria-lettere", "CARR-LET"
"""A category whose group takes its tickets by hand."""


@pytest.fixture
def make(desk, student, now):
    """Make a ticket of the student in a state, worked on by one technician of the group."""

    def made(state=State.ASSIGNED_GROUP, at=now, **values) -> Ticket:
        worker = factories.technician(desk, GROUP, given_name="Nome", family_name="Riservato")
        ticket = factories.ticket(desk, requester=student, key=KEY, state=state, technician=worker, now=at, **values)
        desk.commit()
        return ticket

    return made


def fresh(desk, ticket) -> Ticket:
    desk.rollback()
    desk.refresh(ticket)
    return ticket


def address(ticket, action="") -> str:
    return f"/tickets/{ticket.number}" + (f"/{action}" if action else "")


def actions(document) -> set[str]:
    """Return the actions that the page offers, but the star, which is everybody's."""
    forms = document.xpath("//main//form[starts-with(@action, '/tickets/')]/@action")
    return {action.rsplit("/", 1)[1] for action in forms} - {"star"}


def test_the_page_shows_the_facts_and_the_technician_by_code_alone(signed_in, make):
    ticket = make(State.IN_PROGRESS, title="Instalment")
    shown = page(signed_in, address(ticket))
    facts = {row.xpath("string(dt)"): row.xpath("string(dd)") for row in shown.xpath("//dl/div")}
    assert facts["Number"] == ticket.number
    assert facts["State"] == "In progress"
    assert facts["Group"] == "Student careers - Arts and Philosophy"
    assert facts["Student number"].startswith("7")
    assert facts["Technician"].startswith("0")
    assert "Riservato" not in shown.text_content()


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.ASSIGNED_GROUP, {"comment", "withdraw"}),
        (State.WAITING, {"comment", "withdraw"}),
        (State.RESOLVED, {"comment", "accept", "refuse", "thank"}),
        (State.CLOSED, {"reopen", "thank"}),
        (State.CANCELLED, set()),
    ],
)
def test_the_page_offers_what_the_requester_may_do_and_nothing_else(signed_in, make, state, offered):
    assert actions(page(signed_in, address(make(state)))) == offered


def test_the_exact_date_of_closing_is_shown(signed_in, make, now):
    ticket = make(State.RESOLVED)
    closes = plus_days(now, 20, ZoneInfo("Europe/Rome")).astimezone(ZoneInfo("Europe/Rome"))
    steps = page(signed_in, address(ticket)).xpath("string(//section[@class='desk-next'])")
    assert f"{closes.day} {closes:%B %Y}, {closes:%H:%M}" in steps


def test_an_accepted_solution_closes_the_ticket_and_the_page_says_so(desk, signed_in, make):
    ticket = make(State.RESOLVED)
    answer = send(signed_in, address(ticket), address(ticket, "accept"))
    assert (answer.status_code, answer.location) == (303, address(ticket))
    assert (fresh(desk, ticket).state, ticket.outcome) == (State.CLOSED, "accepted")
    assert "You accepted the solution." in page(signed_in, address(ticket)).text_content()


def test_a_refusal_returns_the_ticket_to_its_technician_who_is_told_why(desk, signed_in, make):
    ticket = make(State.RESOLVED)
    send(signed_in, address(ticket), address(ticket, "refuse"), note="It still says unpaid.")
    assert fresh(desk, ticket).state == State.ASSIGNED_TECHNICIAN
    templates = desk.scalars(select(Notice.template).where(Notice.recipient_id == ticket.technician_id)).all()
    assert "refused" in templates
    assert "It still says unpaid." in page(signed_in, address(ticket)).text_content()


def test_a_refusal_without_reason_is_sent_back_with_its_form_open(desk, signed_in, make):
    ticket = make(State.RESOLVED)
    answer = send(signed_in, address(ticket), address(ticket, "refuse"))
    assert answer.status_code == 422
    shown = html.fromstring(answer.text)
    assert "cannot be sent without one" in shown.xpath("string(//div[@role='alert'])")
    assert shown.xpath("//details[@open]//form[contains(@action, '/refuse')]")
    assert fresh(desk, ticket).state == State.RESOLVED


@pytest.mark.parametrize(
    ("state", "panel", "tagged"), [(State.WAITING, "the-question", 0), (State.RESOLVED, "the-solution", 1)]
)
def test_what_is_asked_of_the_requester_comes_first_and_a_solution_is_marked(signed_in, make, state, panel, tagged):
    document = page(signed_in, address(make(state)))
    sections = document.xpath("//main//section/@aria-labelledby")
    assert sections[:2] == [panel, "what-happens-next"]
    tags = document.xpath("//li[contains(@class, 'desk-entry')]//span[contains(@class, 'desk-entry__tag')]")
    assert [tag.text_content() for tag in tags] == ["Solution"] * tagged


def test_a_question_is_gone_once_it_is_answered(signed_in, make):
    ticket = make(State.WAITING)
    send(signed_in, address(ticket), address(ticket, "comment"), note="Here is my answer.")
    assert not page(signed_in, address(ticket)).xpath("//*[@id='the-question']")


def test_a_comment_resumes_a_ticket_that_waited_for_it(desk, signed_in, make):
    ticket = make(State.WAITING)
    send(signed_in, address(ticket), address(ticket, "comment"), note="Here is my answer.")
    assert fresh(desk, ticket).state == State.ASSIGNED_TECHNICIAN
    entries = page(signed_in, address(ticket)).xpath("//li[contains(@class, 'desk-entry--requester')]")
    assert "Here is my answer." in entries[-1].text_content()


def test_a_comment_on_a_ticket_closed_meanwhile_is_kept_on_the_page(desk, student, signed_in, make, now):
    ticket = make(State.RESOLVED)
    form = next(
        form for form in page(signed_in, address(ticket)).forms if form.get("action") == address(ticket, "comment")
    )
    act(desk, fresh(desk, ticket), Action.ACCEPT, factories.actor(desk, student, ticket), now)
    desk.commit()
    answer = post(signed_in, form, note="One more thing")
    assert answer.status_code == 409
    shown = html.fromstring(answer.text)
    assert "the request has moved on" in shown.xpath("string(//div[@role='alert'])")
    assert "One more thing" in shown.xpath("string(//textarea[@readonly])")


def test_an_internal_note_is_nowhere_on_the_requesters_page(desk, signed_in, make, now):
    ticket = make(State.IN_PROGRESS)
    colleague = factories.technician(desk, GROUP)
    note = Details(note=from_plain("Between us"))
    act(desk, ticket, Action.NOTE, factories.actor(desk, colleague, ticket), now, note)
    desk.commit()
    shown = page(signed_in, address(ticket)).text_content()
    assert "Between us" not in shown
    assert "Internal note" not in shown


def test_a_closed_ticket_is_reopened_with_a_reason_inside_the_window(desk, signed_in, make, now):
    ticket = make(State.CLOSED, at=now - timedelta(days=19))
    send(signed_in, address(ticket), address(ticket, "reopen"), note="It came back.")
    assert fresh(desk, ticket).state == State.ASSIGNED_TECHNICIAN


def test_after_the_window_the_page_leads_to_a_new_linked_request(signed_in, make, now):
    ticket = make(State.CLOSED, at=now - timedelta(days=22))
    shown = page(signed_in, address(ticket))
    assert actions(shown) == {"thank"}
    assert f"/tickets/new/{KEY}?follows={ticket.number}" in shown.xpath("//a/@href")


def test_a_withdrawn_request_ends_and_names_how(desk, signed_in, make):
    ticket = make()
    send(signed_in, address(ticket), address(ticket, "withdraw"))
    assert (fresh(desk, ticket).state, ticket.outcome) == (State.CANCELLED, "withdrawn")


def test_what_requesters_may_not_do_is_refused_and_changes_nothing(desk, signed_in, make):
    ticket = make()
    form = page(signed_in, address(ticket)).xpath(f"//form[@action='{address(ticket, 'comment')}']")[0]
    form.set("action", address(ticket, "take"))
    before = desk.scalars(select(TicketEvent.id)).all()
    assert post(signed_in, form).status_code == 403
    desk.rollback()
    assert desk.scalars(select(TicketEvent.id)).all() == before


def test_the_ticket_of_another_is_not_there(app, desk, make, sign_in):
    ticket, stranger = make(), browser(app)
    other = factories.student(desk)
    desk.commit()
    sign_in(stranger, other.id)
    assert stranger.get(address(ticket)).status_code == 404


def test_a_title_that_looks_like_markup_is_shown_as_typed(signed_in, make):
    ticket = make(title="<script>alert(1)</script>")
    answer = signed_in.get(address(ticket))
    assert "<script>alert(1)" not in answer.text
    assert html.fromstring(answer.text).xpath("string(//h1)").strip() == "<script>alert(1)</script>"


def test_a_long_conversation_asks_the_database_no_more_often_than_a_short_one(app, desk, student, signed_in, make, now):
    ticket = make()
    signed_in.get(address(ticket))
    with count_queries(app) as short:
        signed_in.get(address(ticket))
    by = factories.actor(desk, student, ticket)
    for number in range(15):
        act(desk, ticket, Action.COMMENT, by, now, Details(note=from_plain(f"Comment {number}")))
    desk.commit()
    with count_queries(app) as long:
        signed_in.get(address(ticket))
    assert long.count == short.count <= 21
