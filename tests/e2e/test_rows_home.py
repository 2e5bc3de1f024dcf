"""Rows A8 to A10, B4 and D1 in a browser: first pages and catalogue of each audience, on a phone and at a desk."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.popularity import FEWEST
from servicedesk.store.base import writing
from tests import factories
from tests.e2e.conftest import come_in, sign_in, visitor
from tests.e2e.test_stories import number_on, write
from tests.e2e.world import World

STUDENT, WORKER, CHIEF = "Sofia Saggi", "Grazia Letterati", "Omar Gestori"
LATE = "Late payment and surcharge"


@pytest.fixture(scope="module")
def asked(shared_world: World) -> None:
    """Let several students have asked about one subject."""
    now = datetime.now(UTC)
    with shared_world.session() as session, writing(session):
        for _ in range(FEWEST):
            factories.ticket(session, requester=factories.student(session), key="tasse-mora", now=now)
    shared_world.run("count_demand")


def height_of_header(page: Page) -> float:
    box = page.locator("header.desk-header").bounding_box()
    assert box is not None
    return box["height"]


def test_a8_a_stranger_finds_two_clear_ways_on_a_phone(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world, 375)
    page.goto("/")
    expect(page.get_by_role("heading", name="Open a new ticket")).to_be_visible()
    expect(page.get_by_role("heading", name="Check ticket status")).to_be_visible()
    assert height_of_header(page) < 900 / 5
    page.get_by_role("link", name="Everyone else").click()
    expect(page.get_by_role("heading", name="Ask without an account")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Check ticket status").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="I am a student of the university").click()
    expect(page).to_have_url(f"{shared_world.address}/login?next=/catalogue")


def test_a9_each_audience_finds_its_own_subjects_and_no_address_leads_to_those_of_others(
    browser: Browser, shared_world: World
) -> None:
    own = {STUDENT: "tasse-mora", "Paolo Laureati": "orientamento", WORKER: "personale", "": "accesso-login"}
    for name, subject in own.items():
        page = visitor(browser, shared_world)
        if name:
            come_in(page, name)
        for each in own.values():
            answer = page.goto(f"/catalogue/{each}")
            assert answer is not None
            is_open = each in (subject, own[""])
            assert (answer.status, "/login" in page.url) == (200 if is_open or not name else 404, not (is_open or name))
        page.goto("/catalogue?q=surcharge")
        expect(page.locator("#found").get_by_role("link", name=LATE)).to_have_count(1 if name == STUDENT else 0)
        page.context.close()


def test_a10_the_service_is_changed_by_keyboard_and_kept_on_the_next_visit(
    browser: Browser, shared_world: World
) -> None:
    page = visitor(browser, shared_world, 375)
    sign_in(page, STUDENT)
    switch = page.locator(".desk-switch summary")
    expect(switch).to_contain_text("All services")
    switch.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{shared_world.address}/?service=digitali")
    expect(page.locator(".desk-switch__now")).to_have_text("Digital Services")
    expect(page.get_by_role("heading", name="Student Services")).to_have_count(0)
    page.goto("/appointments")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Open a ticket").click()
    expect(page).to_have_url(f"{shared_world.address}/catalogue?service=digitali")
    expect(page.get_by_role("link", name="Network and labs")).to_be_visible()
    page.goto("/")
    expect(page.locator(".desk-switch__now")).to_have_text("Digital Services")


def test_b4_what_others_ask_leads_to_a_request_which_then_is_a_recent_one(
    browser: Browser, shared_world: World, asked: None
) -> None:
    page = visitor(browser, shared_world)
    sign_in(page, STUDENT)
    expect(page.get_by_role("heading", name="Recent services")).to_have_count(0)
    page.get_by_role("region", name="Popular services").get_by_role("link", name=LATE).click()
    page.get_by_role("link", name="Next").click()
    page.get_by_label("Title").fill("How much is it?")
    write(page, "Description", "I paid a week late.")
    page.get_by_role("button", name="Create the ticket").click()
    number = number_on(page)
    page.goto("/")
    expect(page.get_by_role("region", name="Recent services").get_by_role("link", name=LATE)).to_be_visible()
    page.get_by_role("region", name="My open tickets").get_by_role("link", name="How much is it?").click()
    expect(page).to_have_url(f"{shared_world.address}/tickets/{number}")
    print("from home to the state of my newest ticket: 1 click")


def test_d1_what_an_administrator_announces_is_read_by_a_stranger_and_ends_when_told(
    browser: Browser, shared_world: World
) -> None:
    chief, reader = visitor(browser, shared_world), visitor(browser, shared_world, 375)
    sign_in(chief, CHIEF)
    chief.goto("/admin")
    chief.get_by_role("navigation", name="Administration").get_by_role("link", name="Texts and look").click()
    chief.get_by_role("link", name="Write an announcement").first.click()
    for language, title, text in (
        ("Italian", "Servizio attivo dal 16 febbraio", "Da **lunedì**."),
        ("English", "Open from 16 February", "From **Monday**, at nine."),
    ):
        chief.get_by_label(f"Title in {language}").fill(title)
        chief.get_by_label(f"Text in {language}").fill(text)
    chief.get_by_text("Outage", exact=True).click()
    chief.get_by_text("Everyone, also without signing in").click()
    chief.get_by_role("button", name="Save").click()
    expect(chief.get_by_text("The announcement shows now, and ends by itself.")).to_be_visible()
    reader.goto("/")
    reader.get_by_role("region", name="Announcements").get_by_role("link", name="Open from 16 February").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Open from 16 February")
    expect(reader.get_by_text("From Monday, at nine.")).to_be_visible()
    chief.get_by_role("link", name="Open from 16 February").click()
    chief.get_by_role("button", name="End it now").click()
    expect(chief.get_by_text("The announcement is over: nobody sees it any more.")).to_be_visible()
    reader.goto("/")
    expect(reader.get_by_role("link", name="Open from 16 February")).to_have_count(0)
