"""Signing in by university, SPID and CIE in a browser: by keyboard on a phone, by both bindings; every error page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.settings import ROOT
from servicedesk.store.models.people import Person
from tests.databases import Databases
from tests.e2e.conftest import visitor
from tests.e2e.test_accessibility import examine_both
from tests.e2e.test_keyboard import enter, tab_to
from tests.e2e.world import World, running

WAYS = {
    "university": ("Sign in: Example University",),
    "spid": ("SPID", "Enter with SPID", "Alfa ID (demo)"),
    "cie": ("CIE", "Enter with CIE"),
}
PROVIDER = re.compile(r"^http://localhost:\d+/.*login\?asked=")
PICTURES = ROOT / "test-results" / "sign-in"
ERRORS = {
    19: "Wrong credentials",
    20: "Credentials of a higher level are needed",
    21: "The time for signing in is over",
    22: "Consent was not given",
    23: "Credentials suspended or revoked",
    24: "Signing in did not succeed",
    25: "Signing in was cancelled",
    30: "Another kind of digital identity is needed",
    12: "Signing in this way is not possible at the moment",
}
WRONG_REQUEST = 12
DEMANDING = "portale-errori"
"""A category of the service `digitali`."""
NOT_FOR_PEOPLE = re.compile(r"urn:oasis|ErrorCode|StatusCode|<saml", re.IGNORECASE)


@pytest.fixture(scope="module", params=["redirect", "post"])
def either_world(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A desk that sends its requests by one of the bindings."""
    folder = tmp_path_factory.mktemp("world")
    with databases.copy("sqlite", folder) as url, running(url, folder, request.param) as made:
        yield made


def go(page: Page, *controls: str) -> None:
    """Reach each control by Tab and press Enter on it, which unfolds something or leads to another page."""
    for name in controls:
        tab_to(page, name)
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            page.keyboard.press("Enter")
        else:
            enter(page)


def to_provider(page: Page, way: str) -> None:
    """Go to a provider from the sign-in page, by keyboard."""
    page.goto("/login")
    go(page, *WAYS[way])
    page.wait_for_url(PROVIDER)


def fail(page: Page, number: int) -> int:
    """Let the SPID provider answer with an error, by mouse, and return the status of the desk's page."""
    begin = page.locator("a[href*='/saml/spid/login']", has_text="Alfa ID").first.get_attribute("href")
    page.goto(str(begin))
    page.get_by_text("Try an error").click()
    page.get_by_label("Error to answer with").select_option(str(number))
    with page.expect_response(re.compile("/saml/spid/acs$")) as answered:
        page.get_by_role("button", name="Answer with the error").click()
    page.wait_for_load_state()
    return answered.value.status


def test_one_person_signs_in_by_every_way_by_keyboard_on_a_phone(browser: Browser, either_world: World) -> None:
    for way in WAYS:
        page = visitor(browser, either_world, width=320)
        to_provider(page, way)
        go(page, "Lucia Studente")
        expect(page.get_by_role("heading", name="Welcome, Lucia Studente")).to_be_visible()
        go(page, "Signed in:", "Sign out")
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.context.close()
    called = (Person.given_name == "Lucia", Person.family_name == "Studente")
    with either_world.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Person).where(*called)) == 1


def test_somebody_without_an_address_is_asked_for_one_after_signing_in(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world, width=320)
    to_provider(page, "spid")
    go(page, "Silvio Taciti")
    page.wait_for_url("**/first-access*")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(("name", "words"), [("Gino Ragazzi", "14"), ("Ingrid Nordin", "fiscal code")])
def test_who_cannot_come_in_is_told_why(browser: Browser, shared_world: World, name: str, words: str) -> None:
    page = visitor(browser, shared_world, width=320)
    to_provider(page, "spid")
    go(page, name)
    page.wait_for_url(f"{shared_world.address}/**")
    expect(page.locator("main")).to_contain_text(words)
    picture(page, f"refused-{name.split()[0].lower()}")
    examine_both(page)
    page.context.close()


def test_cancelling_leads_back_to_the_same_provider_by_keyboard(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world, width=320)
    to_provider(page, "cie")
    go(page, "Cancel")
    expect(page.get_by_role("heading", name=ERRORS[25])).to_be_visible()
    go(page, "Try again with the same provider")
    page.wait_for_url(PROVIDER)
    go(page, "Tea Giovani")
    page.wait_for_url(f"{shared_world.address}/**")
    expect(page.locator("header")).to_contain_text("Tea Giovani")
    page.context.close()


@pytest.mark.parametrize("number", ERRORS)
def test_every_error_has_a_page_that_helps(browser: Browser, shared_world: World, number: int) -> None:
    page = visitor(browser, shared_world)
    page.goto("/login?tab=spid")
    assert fail(page, number) == 403
    expect(page.get_by_role("heading", name=ERRORS[number], level=1)).to_be_visible()
    assert not NOT_FOR_PEOPLE.search(page.content())
    assert re.search(r"incident number: [0-9A-F]{8}", page.inner_text("main"))
    again = page.get_by_role("link", name="Try again with the same provider")
    expect(again).to_have_count(0 if number == WRONG_REQUEST else 1)
    picture(page, f"error-{number}")
    examine_both(page)
    page.context.close()


def test_a_service_that_asks_for_more_leads_to_a_stronger_sign_in_and_back(
    browser: Browser, databases: Databases, tmp_path: Path
) -> None:
    with databases.copy("sqlite", tmp_path) as url, running(url, tmp_path, demanding="digitali") as world:
        page = visitor(browser, world, width=320)
        to_provider(page, "spid")
        go(page, "Lucia Studente")
        expect(page.get_by_role("heading", name="Welcome, Lucia Studente")).to_be_visible()
        page.goto(f"/tickets/new/{DEMANDING}")
        expect(page.get_by_role("heading", name="A stronger sign-in is needed")).to_be_visible()
        picture(page, "step-up")
        examine_both(page)
        page.set_viewport_size({"width": 320, "height": 900})
        go(page, "Sign in with a higher level")
        page.wait_for_url(PROVIDER)
        go(page, "Lucia Studente")
        page.wait_for_url(f"**/tickets/new/{DEMANDING}")
        expect(page.get_by_role("textbox", name="Title")).to_be_visible()
        page.context.close()


def test_the_pages_of_the_providers_are_open_to_everyone(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world, language="it")
    page.goto("/login?tab=cie")
    page.locator("a[href*='/saml/cie/login']").click()
    page.wait_for_url(PROVIDER)
    picture(page, "provider")
    examine_both(page)
    for path in ("/", "/cie/", "/nothing"):
        page.goto(f"{page.url.partition('/cie')[0].rstrip('/')}{path}")
        examine_both(page)
    page.context.close()


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page as a phone shows it, to be looked at."""
    page.set_viewport_size({"width": 320, "height": 900})
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
