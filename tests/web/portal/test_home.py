"""The home page: two ways for those who are not signed in, one's own tickets and the catalogue for the others."""

from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import State
from servicedesk.store.models.people import Person
from tests import factories
from tests.web.conftest import browser, page
from tests.web.queries import count_queries

EXTERNAL = "/RichiesteEsterne/SelezioneCategoria?ServiceId=ae929822-c377-4964-bfb2-61bd6947fb4a"


def tickets(desk: Session, student: Person, now, count: int, state: State = State.ASSIGNED_GROUP) -> None:
    for number in range(count):
        factories.ticket(
            desk, requester=student, key="tasse-informazioni", state=state, now=now, title=f"{state} {number}"
        )
    desk.commit()


def test_who_is_not_signed_in_finds_two_ways_and_the_status_check(client):
    links = page(client, "/").xpath("//main//a/@href")
    assert "/login?next=/catalogue" in links
    assert EXTERNAL in links
    assert "/status" in links


def test_what_waits_for_the_student_comes_first_with_its_date(desk, student, signed_in, now):
    for state in (State.WAITING, State.RESOLVED, State.ASSIGNED_GROUP):
        tickets(desk, student, now, 1, state)
    shown = page(signed_in, "/")
    cards = shown.xpath("//section[@aria-labelledby='my-open-tickets']//article")
    asked = [card.xpath("string(.//p[@class='desk-ticket__asked'])").strip() for card in cards]
    assert [bool(words) for words in asked] == [True, True, False]
    assert any(words.startswith("There is a solution: accept or refuse it by") for words in asked)
    assert any(words.startswith("Your answer is awaited by") for words in asked)


def test_closed_tickets_and_those_of_others_are_not_on_the_home_page(desk, student, signed_in, now):
    tickets(desk, student, now, 1, State.CLOSED)
    tickets(desk, factories.student(desk), now, 1)
    assert "You have no open tickets" in page(signed_in, "/").text_content()


def test_a_student_sees_both_services_and_not_what_is_for_staff(signed_in):
    shown = page(signed_in, "/")
    assert shown.xpath("//h3[@id='service-studenti'] and //h3[@id='service-digitali']")
    assert "/catalogue/tasse" in shown.xpath("//a/@href")
    assert "/catalogue/personale" not in shown.xpath("//a/@href")


def test_the_home_page_asks_the_database_as_often_for_one_ticket_as_for_many(app, desk, student, signed_in, now):
    tickets(desk, student, now, 1)
    signed_in.get("/")
    with count_queries(app) as few:
        signed_in.get("/")
    tickets(desk, student, now, 12)
    with count_queries(app) as many:
        signed_in.get("/")
    assert many.count == few.count <= 8


def test_the_home_page_speaks_italian(app):
    assert page(browser(app, "it"), "/").get("lang") == "it"
