"""The home page: two ways in for strangers; one's tickets, recent and popular subjects, and services for the others."""

from datetime import timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.popularity import FEWEST, count_demand
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.people import Person
from tests import factories
from tests.web.conftest import browser, page, shipped_catalogue
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


def test_the_newest_ticket_is_on_the_home_page_however_many_wait_for_the_student(desk, student, signed_in, now):
    tickets(desk, student, now, 4, State.RESOLVED)
    tickets(desk, student, now, 1)
    cards = page(signed_in, "/").xpath("//section[@aria-labelledby='my-open-tickets']//article//h3/a/text()")
    assert len(cards) == 3
    assert cards[-1] == "assigned_group 0"


def test_closed_tickets_and_those_of_others_are_not_on_the_home_page(desk, student, signed_in, now):
    tickets(desk, student, now, 1, State.CLOSED)
    tickets(desk, factories.student(desk), now, 1)
    assert "You have no open tickets" in page(signed_in, "/").text_content()


def test_a_student_sees_both_services_and_not_what_is_for_staff(signed_in):
    shown = page(signed_in, "/")
    assert shown.xpath("//h2[@id='service-studenti'] and //h2[@id='service-digitali']")
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
    assert many.count == few.count <= 15


def test_the_home_page_speaks_italian(app):
    assert page(browser(app, "it"), "/").get("lang") == "it"


def names(client, section: str) -> list[str]:
    return page(client, "/").xpath(f"//section[@aria-labelledby='{section}']//li/a/text()")


def test_b4_the_last_subjects_asked_about_come_back_each_once_with_their_day(desk, student, signed_in, now):
    assert names(signed_in, "recent") == []
    for days, key in ((3, "tasse-mora"), (2, "accesso-login"), (1, "tasse-mora")):
        factories.ticket(desk, requester=student, key=key, now=now - timedelta(days=days))
    desk.commit()
    assert names(signed_in, "recent") == ["Late payment and surcharge", "Problems signing in"]
    assert "1 day ago" in page(signed_in, "/").xpath("string(//section[@aria-labelledby='recent']//li[1])")


def test_b4_what_most_people_ask_is_popular_with_those_who_may_ask_it(app, desk, student, signed_in, now, sign_in):
    for key in ("personale-aule", "tasse-mora"):
        for _ in range(FEWEST):
            factories.ticket(desk, requester=factories.student(desk), key=key, now=now)
    desk.commit()
    assert names(signed_in, "popular") == []
    count_demand(desk, now)
    desk.commit()
    assert names(signed_in, "popular") == ["Late payment and surcharge"]
    worker, client = factories.technician(desk, "STAGE"), browser(app)
    desk.commit()
    sign_in(client, worker.id)
    assert names(client, "popular") == ["Classroom equipment"]


def present(client, path: str) -> tuple[str, list[str]]:
    """The name in the switcher, and the services whose subjects are on the page."""
    shown = page(client, path)
    return (
        shown.xpath("string(//*[@class='desk-switch__now'])"),
        shown.xpath("//section[starts-with(@aria-labelledby, 'service-')]/@aria-labelledby"),
    )


def test_a10_the_service_chosen_in_the_header_is_named_and_shown_alone_until_another_is_chosen(signed_in):
    both = ["service-studenti", "service-digitali"]
    assert present(signed_in, "/") == ("All services", both)
    choices = page(signed_in, "/").xpath("//details[contains(@class, 'desk-switch')]//a/@href")
    assert choices == ["/?service=all", "/?service=studenti", "/?service=digitali"]
    assert present(signed_in, "/?service=digitali") == ("Digital Services", ["service-digitali"])
    assert present(signed_in, "/") == ("Digital Services", ["service-digitali"])
    links = page(signed_in, "/answers").xpath("//nav[@id='navigation']//a/@href")
    assert links[:2] == ["/?service=digitali", "/catalogue?service=digitali"]
    assert page(signed_in, "/catalogue").xpath("//nav[@aria-label='Services']//a[@aria-current]/text()") == [
        "Digital Services"
    ]
    assert present(signed_in, "/?service=all") == ("All services", both)
    assert present(signed_in, "/") == ("All services", both)


def test_a10_the_search_shows_what_belongs_to_the_service_chosen_first(signed_in):
    def found() -> list[str]:
        return page(signed_in, "/search?q=password").xpath("//section[@aria-labelledby='found-subjects']//a/@href")

    by_rank = found()
    signed_in.get("/?service=studenti")
    chosen = found()
    assert sorted(chosen) == sorted(by_rank)
    keys = [href.rpartition("/")[2] for href in chosen]
    digital = [shipped_catalogue().services[shipped_catalogue().categories[key].service_id].key for key in keys]
    assert digital == sorted(digital, key=lambda key: key != "studenti")
    assert len(set(digital)) == 2


def test_looking_into_the_list_of_another_service_chooses_nothing(signed_in):
    page(signed_in, "/catalogue?service=digitali")
    assert present(signed_in, "/")[0] == "All services"


def test_a_service_that_is_not_there_or_not_ones_own_is_no_choice(app, signed_in):
    for key in ("nothing", "x" * 4000):
        assert present(signed_in, f"/?service={key}")[0] == "All services"
        signed_in.set_cookie("servicedesk_service", key)
        assert present(signed_in, "/")[0] == "All services"
    assert not page(browser(app), "/?service=digitali").xpath("//*[@class='desk-switch__now']")


def test_what_is_announced_in_another_service_is_left_out_where_one_is_chosen(desk, signed_in, now):
    studenti = shipped_catalogue().service_by_key("studenti")
    assert studenti is not None
    period = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    factories.announcement(desk, "About students", service_id=studenti.id, **period)
    desk.commit()
    assert "About students" in page(signed_in, "/").text_content()
    assert "About students" not in page(signed_in, "/?service=digitali").text_content()
