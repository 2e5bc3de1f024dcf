"""The queue page: whose tickets, which filters, how many questions to the database."""

import re
from datetime import timedelta
from urllib.parse import urlencode

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
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import BellNotice
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.queue import PAGE
from tests import factories
from tests.web.conftest import SignIn, browser, csrf, page
from tests.web.queries import count_queries
from tests.web.workbench.conftest import GROUP, TicketIn, send

APPROVED_BY = "RETI"
"""The group whose supervisor is the first to approve access to the labs."""


def titles(shown: html.HtmlElement) -> list[str]:
    return [link.text for link in shown.xpath("//table//th[@scope='row']/a")]


def count_of(shown: html.HtmlElement, view: str) -> str:
    link = next(link for link in shown.xpath("//nav[@aria-label='Quick views']//a") if link.text.strip() == view)
    return str(link.xpath("span")[0].text)


def test_a_technician_sees_the_tickets_of_their_groups_and_no_others(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    ticket_in(title="Where do I sign?")
    elsewhere = factories.technician(desk, "ISCR")
    ticket_in(title="Not mine", key="immatricolazione-triennale", technician=elsewhere)
    assert titles(page(signed_in, "/queue")) == ["Where do I sign?"]


def test_taking_from_the_row_makes_the_ticket_mine(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person
) -> None:
    made = ticket_in()
    answer = send(signed_in, page(signed_in, "/queue"), "take")
    assert (answer.status_code, answer.location) == (303, f"/tickets/{made.number}")
    desk.expire_all()
    taken = desk.get(Ticket, made.id)
    assert taken is not None
    assert (taken.technician_id, taken.state) == (me.id, State.ASSIGNED_TECHNICIAN)
    assert not page(signed_in, "/queue").xpath("//tbody//button[starts-with(., 'Take')]")


@pytest.mark.both_databases
def test_taking_what_a_colleague_took_meanwhile_shows_who_was_faster(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn, me: Person
) -> None:
    made = ticket_in()
    mine = page(signed_in, "/queue")
    colleague = factories.technician(desk, GROUP)
    desk.commit()
    other = browser(app)
    sign_in(other, colleague.id)
    send(other, page(other, "/queue"), "take")
    answer = send(signed_in, mine, "take")
    assert answer.status_code == 409
    assert "Somebody else was faster" in answer.text
    desk.expire_all()
    taken = desk.get(Ticket, made.id)
    assert taken is not None and taken.technician_id == colleague.id


def test_the_quick_views_count_and_lead_to_what_they_count(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Nobody's")
    ticket_in(title="Mine", state=State.IN_PROGRESS)
    ticket_in(title="Asked", state=State.WAITING)
    ticket_in(title="Answered", state=State.RESOLVED)
    shown = page(signed_in, "/queue")
    expected_counts = {"To do": "2", "All open": "4", "Mine": "3", "Unassigned": "1", "Waiting": "1", "Solved": "1"}
    assert {view: count_of(shown, view) for view in expected_counts} == expected_counts
    views = {"To do": ["Mine", "Nobody's"], "Unassigned": ["Nobody's"], "Waiting": ["Asked"], "Solved": ["Answered"]}
    for view, expected in views.items():
        link = next(a for a in shown.xpath("//nav[@aria-label='Quick views']//a") if a.text.strip() == view)
        seen = page(signed_in, link.get("href"))
        assert sorted(titles(seen)) == expected
        current = seen.xpath("//nav[@aria-label='Quick views']//a[@aria-current]")
        assert [each.text.strip() for each in current] == [view]


def test_the_queue_opens_with_what_is_to_do_and_says_when_that_is_nothing(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket_in(title="Asked", state=State.WAITING)
    ticket_in(title="Answered", state=State.RESOLVED)
    for path in ("/queue", f"/queue/{GROUP}"):
        shown = page(signed_in, path)
        assert "Nothing is left to do" in shown.text_content()
        [everything] = shown.xpath("//a[.='Show all open requests']/@href")
        assert sorted(titles(page(signed_in, everything))) == ["Answered", "Asked"]
    ticket_in(title="Still to do")
    for path in ("/queue", f"/queue/{GROUP}", "/queue?sort=opened"):
        shown = page(signed_in, path)
        assert titles(shown) == ["Still to do"]
        [current] = shown.xpath("//nav[@aria-label='Quick views']//a[@aria-current]/text()")
        assert current.strip() == "To do"


@pytest.mark.both_databases
def test_what_is_still_to_be_approved_is_marked_and_is_not_to_do(
    client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    factories.supervisor(desk, APPROVED_BY)
    factories.technician(desk, "DIDA")
    worker = factories.technician(desk, APPROVED_BY)
    made = factories.ticket(desk, key="laboratori-accesso", state=State.NEW, title="Lab at night")
    assert made.group_code == APPROVED_BY
    desk.commit()
    sign_in(client, worker.id)
    shown = page(client, "/queue?state=open")
    [mark] = shown.xpath("//tbody//th/*[.='to be approved']")
    assert mark.tag == "span"
    assert {view: count_of(shown, view) for view in ("To do", "All open", "Unassigned", "To be approved")} == {
        "To do": "0",
        "All open": "1",
        "Unassigned": "0",
        "To be approved": "1",
    }
    assert titles(page(client, "/queue")) == []
    assert titles(page(client, "/queue?approval=1")) == ["Lab at night"]
    assert titles(page(client, "/queue?state=todo&state=new")) == ["Lab at night"]


@pytest.mark.both_databases
def test_what_others_did_since_i_opened_it_stands_as_unread_whatever_notices_i_get(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person
) -> None:
    known, news = ticket_in(title="Known", state=State.IN_PROGRESS), ticket_in(title="With news")
    for number in (known.number, news.number):
        signed_in.get(f"/tickets/{number}").close()
    assert titles(page(signed_in, "/queue?unread=1")) == []
    asker = factories.actor(desk, desk.get_one(Person, news.requester_id))
    act(desk, news, Action.COMMENT, asker, factories.NOW, Details(note=from_plain("And now?")))
    act(desk, known, Action.NOTE, factories.actor(desk, me), factories.NOW, Details(note=from_plain("My own words.")))
    desk.execute(sa.delete(BellNotice))
    desk.commit()
    shown = page(signed_in, "/queue")
    assert count_of(shown, "Unread by me") == "1"
    unread = page(signed_in, "/queue?unread=1")
    assert titles(unread) == ["With news"]
    for each in (shown, unread):
        rows = each.xpath("//tr[contains(@class, 'desk-queue__row--unread')]/th/a/text()")
        assert rows == ["With news"]
    signed_in.get(f"/tickets/{news.number}").close()
    assert titles(page(signed_in, "/queue?unread=1")) == []


def test_what_a_page_that_stays_open_has_told_is_read(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    made = ticket_in(title="With news", state=State.IN_PROGRESS)
    address = f"/tickets/{made.number}"
    seen = page(signed_in, address).xpath("string(//*[@data-presence]/@data-seen)")
    asker = factories.actor(desk, desk.get_one(Person, made.requester_id))
    act(desk, made, Action.COMMENT, asker, factories.NOW, Details(note=from_plain("And now?")))
    desk.commit()
    for _beat in range(2):
        assert titles(page(signed_in, "/queue?unread=1")) == ["With news"]
        sign = {"csrf_token": csrf(signed_in, "/queue"), "seen": seen}
        seen = signed_in.post(f"/workbench{address}/presence", data=sign).json["seen"]
    assert titles(page(signed_in, "/queue?unread=1")) == []


@pytest.mark.both_databases
def test_filters_hold_together_and_stand_in_the_form(signed_in: FlaskClient, ticket_in: TicketIn, me: Person) -> None:
    ticket_in(title="Convention with a company", state=State.IN_PROGRESS)
    ticket_in(title="Convention unsigned")
    ticket_in(title="Something else", state=State.IN_PROGRESS)
    shown = page(signed_in, f"/queue?q=convent&state=in_progress&technician={me.code}&category=stage-curriculare")
    assert titles(shown) == ["Convention with a company"]
    assert shown.xpath("//input[@name='state'][@checked]/@value") == ["in_progress"]
    assert shown.xpath("//input[@name='q']/@value") == ["convent"]


def test_a_heading_of_the_catalogue_filters_everything_below_it(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="An internship")
    ticket_in(title="An exchange", key="mobilita-uscita")
    boxes = page(signed_in, "/queue").xpath("//input[@name='category']/@value")
    heading = boxes[boxes.index("stage-curriculare") - 1]
    assert titles(page(signed_in, f"/queue?category={heading}")) == ["An internship"]


def test_ended_tickets_are_reached_by_the_state(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Over", state=State.CLOSED)
    ticket_in(title="Open")
    assert titles(page(signed_in, "/queue")) == ["Open"]
    assert titles(page(signed_in, "/queue?state=closed")) == ["Over"]
    assert set(titles(page(signed_in, "/queue?state=any"))) == {"Over", "Open"}


def test_choosing_a_group_in_the_form_leads_to_its_own_address(signed_in: FlaskClient) -> None:
    answer = signed_in.get(f"/queue?group={GROUP}&state=waiting&q=")
    assert (answer.status_code, answer.location) == (303, f"/queue/{GROUP}?state=waiting")


def test_the_queue_of_another_group_is_not_there(signed_in: FlaskClient) -> None:
    page(signed_in, f"/queue/{GROUP}")
    page(signed_in, "/queue/ISCR", 404)
    page(signed_in, "/queue/NONE", 404)


def test_a_supervisor_sees_the_queue_they_lead_but_takes_nothing(
    client: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn
) -> None:
    ticket_in(title="Seen from above")
    leader = factories.supervisor(desk, GROUP)
    desk.commit()
    sign_in(client, leader.id)
    shown = page(client, "/queue")
    assert titles(shown) == ["Seen from above"]
    assert not shown.xpath("//button[starts-with(., 'Take')]")


def test_a_student_is_refused_and_a_visitor_signs_in_first(client: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    assert client.get("/queue").location.startswith("/login?next=")
    student = factories.student(desk)
    desk.commit()
    sign_in(client, student.id)
    page(client, "/queue", 403)


def test_a_filter_that_no_longer_exists_is_left_out_and_said(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Still here")
    shown = page(signed_in, "/queue?technician=gone&category=gone")
    assert titles(shown) == ["Still here"]
    assert "no longer exists" in shown.text_content()


@pytest.mark.parametrize("place", ["x", "1.2", "1.2.3.4", "9" * 40 + ".1.1", "1..1"])
def test_a_damaged_place_in_the_address_is_refused_with_a_sentence(signed_in: FlaskClient, place: str) -> None:
    answer = signed_in.get(f"/queue?after={place}")
    assert answer.status_code == 422
    assert "damaged" in answer.text


def test_nothing_to_show_says_what_to_do(signed_in: FlaskClient) -> None:
    assert "Clear them" in page(signed_in, "/queue?state=waiting").text_content()


@pytest.mark.both_databases
def test_pages_lead_on_and_back_and_questions_stay_as_many(
    app: Flask, signed_in: FlaskClient, desk: Session, me: Person, ticket_in: TicketIn
) -> None:
    for number in range(5):
        ticket_in(title=f"Few {number}")
    signed_in.get("/queue")  # the catalogue is read once per process
    with count_queries(app) as few:
        signed_in.get("/queue")
    student = factories.student(desk)
    for number in range(PAGE + 10):
        factories.ticket(desk, key="stage-curriculare", requester=student, title=f"Many {number}")
    desk.commit()
    with count_queries(app) as many:
        first = page(signed_in, "/queue")
    assert len(titles(first)) == PAGE
    assert many.count == few.count, "\n".join(many.statements)
    [link] = first.xpath("//a[@rel='next']/@href")
    second = page(signed_in, link)
    assert len(titles(second)) == 15
    assert not set(numbers(first)) & set(numbers(second))
    [back] = second.xpath("//a[@rel='prev']/@href")
    assert numbers(page(signed_in, back)) == numbers(first)


def numbers(shown: html.HtmlElement) -> list[str]:
    return re.findall(r"/tickets/(\d+)", " ".join(shown.xpath("//table//th/a/@href")))


def test_sorting_by_opening_puts_the_oldest_first_and_turns_around(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Old", now=factories.NOW)
    ticket_in(title="New")
    shown = page(signed_in, "/queue?sort=opened")
    assert titles(shown) == ["Old", "New"]
    [turn] = shown.xpath("//th[@aria-sort='ascending']/a/@href")
    assert titles(page(signed_in, turn)) == ["New", "Old"]


def test_mails_that_failed_are_shown_to_those_who_work_on_the_ticket(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    made = ticket_in(state=State.RESOLVED)
    other = ticket_in(key="immatricolazione-triennale", technician=factories.technician(desk, "ISCR"))
    for ticket in (made, other):
        notice = desk.scalars(sa.select(Notice).where(Notice.ticket_id == ticket.id)).first()
        assert notice is not None
        notice.state, notice.last_error = "failed", "550 no such mailbox"
    desk.commit()
    [link] = page(signed_in, "/queue").xpath("//a[.='Mails that could not be delivered']/@href")
    rows = page(signed_in, link).xpath("//tbody/tr")
    assert [row.xpath("th/a/@href") for row in rows] == [[f"/tickets/{made.number}"]]
    assert "550 no such mailbox" in rows[0].text_content()


def test_filters_say_how_many_requests_fit(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Wi-Fi in the library")
    ticket_in(title="Wi-Fi at home")
    ticket_in(title="Something else")
    assert "2 requests fit." in page(signed_in, "/queue?q=wi-fi").text_content()
    assert "fit." not in page(signed_in, "/queue").text_content()


def test_words_typed_into_the_list_of_what_is_to_do_find_what_waits_too(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket_in(title="Wi-Fi at home", state=State.WAITING)
    form = page(signed_in, "/queue").xpath("//form[@id='filters']")[0]
    typed = {**dict(form.form_values()), "q": "wi-fi"}
    assert typed["state"] == "todo"
    shown = page(signed_in, f"/queue?{urlencode(typed)}")
    assert titles(shown) == ["Wi-Fi at home"]
    assert not shown.xpath("//input[@name='state'][@checked]")


def test_several_values_of_a_filter_widen_it_and_several_filters_narrow(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket_in(title="Asked", state=State.WAITING)
    ticket_in(title="Answered", state=State.RESOLVED)
    ticket_in(title="New")
    assert set(titles(page(signed_in, "/queue?state=waiting&state=resolved"))) == {"Asked", "Answered"}
    assert titles(page(signed_in, "/queue?state=waiting&state=resolved&waiting=requester")) == ["Asked"]
    assert titles(page(signed_in, "/queue?state=waiting&kind=incident")) == []


def test_days_of_opening_count_whole(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Old", now=factories.NOW)
    ticket_in(title="New")
    day = factories.NOW.date().isoformat()
    assert titles(page(signed_in, f"/queue?from={day}&to={day}")) == ["Old"]
    assert "no longer exists" in page(signed_in, "/queue?from=yesterday").text_content()


def test_a_word_of_the_requester_marks_the_row_until_somebody_answers(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person
) -> None:
    made = ticket_in(title="Still waiting", state=State.IN_PROGRESS)
    ticket_in(title="Quiet")
    asker = factories.actor(desk, desk.get_one(Person, made.requester_id))
    act(desk, made, Action.COMMENT, asker, factories.NOW, Details(note=from_plain("And now?")))
    desk.commit()
    shown = page(signed_in, "/queue?news=1")
    assert titles(shown) == ["Still waiting"]
    assert "The requester wrote last" in shown.xpath("//tbody//span/@title")[0]
    assert count_of(shown, "To answer") == "1"
    act(desk, made, Action.COMMENT, factories.actor(desk, me), factories.NOW, Details(note=from_plain("Now.")))
    desk.commit()
    assert titles(page(signed_in, "/queue?news=1")) == []


def test_what_is_due_sorts_by_urgency_and_says_what_is_late(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    late, soon = ticket_in(title="Late"), ticket_in(title="Soon")
    now = soon.opened_at
    late.due_at, soon.due_at = now - timedelta(hours=1), now + timedelta(days=1)
    ticket_in(title="Never").due_at = None
    desk.commit()
    shown = page(signed_in, "/queue?sort=due")
    assert titles(shown) == ["Late", "Soon"]
    assert "overdue" in shown.xpath("//tbody/tr[1]")[0].text_content()
    assert "overdue" not in shown.xpath("//tbody/tr[2]")[0].text_content()
