"""What passes between lines on the screens: the way of a ticket, decisions, advice, escalation, absences."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.lines import escalate, set_habits
from servicedesk.actions.tickets import act
from servicedesk.rules.catalogue import Category
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Absence, Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web import conftest as web
from tests.web.conftest import SignIn, browser, page, shipped_catalogue
from tests.web.workbench.conftest import GROUP, OTHER_LINE, TicketIn, send

BECAUSE = from_plain("Because.")


def words(client: FlaskClient, path: str) -> str:
    return " ".join(page(client, path).text_content().split())


@pytest.fixture
def leader(desk: Session) -> Person:
    made = factories.supervisor(desk, GROUP, given_name="Nora", family_name="Coordini")
    desk.commit()
    return made


@pytest.fixture
def leading(app: Flask, leader: Person, sign_in: SignIn) -> FlaskClient:
    """The supervisor's browser."""
    client = browser(app)
    sign_in(client, leader.id)
    return client


@pytest.fixture
def wandered(desk: Session, ticket_in: TicketIn, me: Person, now: datetime) -> Ticket:
    """A ticket that went to the other line and came back."""
    made = ticket_in(state=State.ASSIGNED_GROUP)
    there = desk.scalars(sa.select(Person).where(Person.id > me.id).order_by(Person.id.desc())).all()
    other = next(who for who in there if OTHER_LINE in factories.actor(desk, who).groups)
    for who, group in ((me, OTHER_LINE), (other, GROUP)):
        act(desk, made, Action.FORWARD, factories.actor(desk, who), now, Details(note=BECAUSE, group=group))
    desk.commit()
    return made


def test_the_page_shows_the_way_of_a_ticket_and_offers_to_return_it(signed_in: FlaskClient, wandered: Ticket) -> None:
    shown = page(signed_in, f"/tickets/{wandered.number}")
    assert "handed over 2 times" in shown.text_content()
    assert "Return or forward to another line" in shown.text_content()
    assert shown.xpath("//select[@id='forward-group']/option[@selected]/@value") == [OTHER_LINE]
    assert "1 open" in shown.xpath(f"//select[@id='forward-group']/option[@value='{OTHER_LINE}']")[0].text or "0 open"


def test_the_third_hand_over_is_decided_on_the_supervisors_page(
    signed_in: FlaskClient, leading: FlaskClient, wandered: Ticket, desk: Session
) -> None:
    path = f"/tickets/{wandered.number}"
    sent = send(signed_in, page(signed_in, path), "forward", group=OTHER_LINE, note="Theirs after all.")
    assert "a supervisor was asked" in signed_in.get(sent.location).text
    assert "Theirs after all." in words(leading, "/workbench/matters")
    assert "1 hand-over to decide" in words(leading, "/queue")
    send(leading, page(leading, path), "keep", note="It is ours.")
    desk.expire_all()
    assert desk.get_one(Ticket, wandered.id).group_code == GROUP
    assert "decided that the request stays" in words(signed_in, path)
    assert "Nothing waits for you" in words(leading, "/workbench/matters")


def test_another_category_of_the_other_line_is_shown_to_whoever_decides_and_comes_with_the_ticket(
    signed_in: FlaskClient, leading: FlaskClient, wandered: Ticket, desk: Session
) -> None:
    path = f"/tickets/{wandered.number}"
    shown = page(signed_in, path)
    assert "where the category belongs to another group, a supervisor is asked first" in shown.text_content()
    key = next(each.key for each in shipped_catalogue().categories.values() if each.group == OTHER_LINE and _open(each))
    sent = send(signed_in, shown, "reclassify", category=key, note="A matter of theirs.")
    assert "a supervisor was asked" in signed_in.get(sent.location).text
    decided = page(leading, path)
    assert "It would be in another category: " in decided.text_content()
    send(leading, decided, "let_go")
    desk.expire_all()
    now = desk.get_one(Ticket, wandered.id)
    assert (now.category_key, now.group_code) == (key, OTHER_LINE)


def _open(category: Category) -> bool:
    return category.selectable and not category.approvals and not category.routing


def test_ready_reasons_are_set_by_the_supervisor_and_offered_beside_the_form(
    signed_in: FlaskClient, leading: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket = ticket_in()
    path = f"/workbench/hand-overs/{GROUP}"
    assert web.send(leading, path, asks_from="x", reasons="Not ours").status_code == 422
    web.send(leading, path, asks_from="4", reasons="Not ours\nWrong area")
    shown = page(signed_in, f"/tickets/{ticket.number}")
    assert [each.text for each in shown.xpath("//*[@data-reasons]/button")] == ["Not ours", "Wrong area"]
    assert leading.get("/workbench/hand-overs/TASSE").status_code == 404
    assert signed_in.get(path).status_code == 404


def test_a_group_asked_for_advice_finds_the_question_and_answers_inside(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn
) -> None:
    ticket = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{ticket.number}"
    adviser = factories.technician(desk, "TASSE", given_name="Ivo", family_name="Contabili")
    desk.commit()
    other = browser(app)
    sign_in(other, adviser.id)
    assert other.get(path).status_code == 404
    send(signed_in, page(signed_in, path), "ask_advice", group="TASSE", note="Is the fee due?")
    assert "1 question for your advice" in words(other, "/queue")
    assert "Is the fee due?" in words(other, path)
    send(other, page(other, path), "advise", note="It is not.")
    assert "It is not." in words(signed_in, path)
    assert "Nothing waits for you" in words(other, "/workbench/matters")


def test_an_escalated_ticket_is_flagged_on_its_page_until_the_supervisor_has_seen_to_it(
    signed_in: FlaskClient, leading: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person, now: datetime
) -> None:
    ticket = ticket_in()
    escalate(desk, ticket, factories.actor(desk, me), now, "The deadline is today.")
    desk.commit()
    path = f"/tickets/{ticket.number}"
    assert "Escalated to the supervisors" in words(signed_in, path)
    assert "1 escalation" in words(leading, "/queue")
    send(leading, page(leading, path), "acknowledge")
    assert "Escalated to the supervisors" not in words(signed_in, path)


def test_a_major_incident_is_loud_until_it_is_ended(leading: FlaskClient, ticket_in: TicketIn, desk: Session) -> None:
    ticket = ticket_in(state=State.IN_PROGRESS)
    path = f"/tickets/{ticket.number}"
    send(leading, page(leading, path), "declare_major", note="The portal is down.")
    assert page(leading, path).xpath("//*[@role='alert'][contains(., 'Major incident')]")
    assert "Major incident" in words(leading, "/queue")
    send(leading, page(leading, path), "end_major", note="It is up again.")
    assert not page(leading, path).xpath("//*[@role='alert']")


def test_requesters_see_that_their_request_moved_and_nothing_of_what_staff_asked_each_other(
    app: Flask, desk: Session, sign_in: SignIn, wandered: Ticket, me: Person, leader: Person, now: datetime
) -> None:
    by, led = factories.actor(desk, me), factories.actor(desk, leader)
    act(desk, wandered, Action.FORWARD, by, now, Details(note=BECAUSE, group=OTHER_LINE))
    act(desk, wandered, Action.ASK_ADVICE, by, now, Details(note=BECAUSE, group="TASSE"))
    escalate(desk, wandered, by, now, "Because.")
    act(desk, wandered, Action.LET_GO, led, now)
    desk.commit()
    client = browser(app)
    sign_in(client, wandered.requester_id)
    shown = words(client, f"/tickets/{wandered.number}")
    assert shown.count("forwarded the request to") == 3
    assert [word for word in ("Because", "escalat", "advice", "supervisor") if word in shown] == []


def test_somebody_enters_an_absence_and_their_colleagues_see_it_in_the_month(
    app: Flask, signed_in: FlaskClient, desk: Session, me: Person, sign_in: SignIn
) -> None:
    mate = factories.technician(desk, GROUP, given_name="Ugo", family_name="Verdi")
    desk.commit()
    first = datetime.now(UTC).date() + timedelta(days=3)
    typed = {"first": first.isoformat(), "last": first.isoformat(), "substitute": str(mate.id), "note": "Back soon"}
    web.send(signed_in, "/workbench/absences", **typed)
    kept = desk.scalars(sa.select(Absence)).one()
    assert (kept.person_id, kept.first_day, kept.substitute_id) == (me.id, first, mate.id)
    client = browser(app)
    sign_in(client, mate.id)
    month = page(client, f"/workbench/absences?month={first:%Y-%m}")
    row = month.xpath("//tr[th[contains(., 'Anna Bianchi')]]")[0]
    assert [cell.text_content() for cell in row.xpath("td")].index("away") == first.day - 1
    assert client.get(f"/workbench/absences/{kept.id}").status_code == 404


def test_a_half_entered_absence_keeps_what_was_typed_and_says_what_is_missing(signed_in: FlaskClient) -> None:
    answer = web.send(signed_in, "/workbench/absences", first="2030-01-02", note="Leave")
    assert answer.status_code == 422
    assert "Give the day" in answer.text and 'value="2030-01-02"' in answer.text and 'value="Leave"' in answer.text


def test_an_absence_is_changed_and_taken_away_by_a_supervisor(leading: FlaskClient, desk: Session, me: Person) -> None:
    day = date(2030, 1, 2)
    factories.absence(desk, me, day, day)
    desk.commit()
    number = desk.scalars(sa.select(Absence.id)).one()
    web.send(leading, f"/workbench/absences/{number}", last="2030-01-09")
    desk.rollback()  # an open transaction would go on reading what it saw first
    assert desk.scalars(sa.select(Absence.last_day)).one() == date(2030, 1, 9)
    web.send(leading, f"/workbench/absences/{number}", f"/workbench/absences/{number}/remove")
    desk.rollback()  # an open transaction would go on reading what it saw first
    assert desk.scalars(sa.select(Absence.id)).all() == []


def test_whoever_stands_in_is_led_to_the_tickets_of_whom_is_away(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person
) -> None:
    mate = factories.technician(desk, GROUP, given_name="Ugo", family_name="Verdi")
    ticket_in(technician=mate, state=State.IN_PROGRESS, title="Left behind")
    today = datetime.now(UTC).date()
    factories.absence(desk, mate, today - timedelta(days=1), today + timedelta(days=2))
    desk.execute(sa.update(Absence).values(substitute_id=me.id))
    desk.commit()
    shown = page(signed_in, "/queue")
    link = shown.xpath("//a[contains(., 'You stand in for Ugo Verdi')]")[0]
    assert "1 open" in link.text_content()
    assert "Left behind" in signed_in.get(link.get("href")).text


def test_the_number_of_hand_overs_that_asks_is_the_groups_own(
    signed_in: FlaskClient, wandered: Ticket, desk: Session, leader: Person, now: datetime
) -> None:
    set_habits(desk, factories.actor(desk, leader), GROUP, 0, [], now)
    desk.commit()
    shown = page(signed_in, f"/tickets/{wandered.number}")
    assert "a supervisor is asked first" not in shown.text_content()
    send(signed_in, shown, "forward", group=OTHER_LINE, note="Theirs.")
    desk.expire_all()
    assert desk.get_one(Ticket, wandered.id).group_code == OTHER_LINE
