"""The sign-in page in a browser: the official buttons by keyboard and without JavaScript, the search, the last way."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from servicedesk.settings import ROOT, load
from servicedesk.web.auth.brands import BRANDS
from servicedesk.web.db import db
from tests.databases import Databases
from tests.e2e.test_accessibility import examine
from tests.e2e.world import _server
from tests.web.auth.entrance import with_federations

POSTE = "https://posteid.poste.it"
SPID = {entity_id: brand.name for entity_id, brand in BRANDS.items()} | {
    "https://spid.newcomer.example": "Newcomer with a rather long name S.C.p.A."
}
MANY = {f"https://idp{number}.example": f"Ateneo di Prova {number}" for number in range(60)}


@pytest.fixture(scope="module")
def entrance(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk with a large university federation, ten SPID providers and one CIE provider."""
    folder = tmp_path_factory.mktemp("entrance")
    with databases.copy("sqlite", folder) as url, desk(url, folder) as address:
        yield address


@contextmanager
def desk(url: str, folder: Path) -> Iterator[str]:
    from servicedesk.app import create_app

    with ExitStack() as stack:
        server, port = _server(stack, "127.0.0.1")
        address = f"http://127.0.0.1:{port}"
        environ = {
            "SERVICEDESK_DATABASE__URL": url,
            "SERVICEDESK_SITE__BASE_URL": address,
            "SERVICEDESK_RECORDS__LOG_KEY": "k" * 40,
        }
        named = {"university": MANY, "spid": SPID, "cie": {"https://cie.example": "Ministero dell'Interno"}}
        server.app = app = create_app(with_federations(load(ROOT / "config/test.toml", environ), folder, named))
        yield address
        with app.app_context():
            db.engine.dispose()


@contextmanager
def visiting(browser: Browser, address: str, width: int = 1280, javascript: bool = True) -> Iterator[Page]:
    """A window whose console stays silent and which asks no site but ours; providers answer with a line of text."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 900},
        locale="en",
        java_script_enabled=javascript,
        reduced_motion="reduce",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    def elsewhere(route: Route) -> None:
        if route.request.is_navigation_request():
            route.fulfill(body="the provider's page", content_type="text/plain")
        else:
            complaints.append(route.request.url)
            route.abort()

    context.route(lambda url: not url.startswith(address), elsewhere)
    yield page
    context.close()
    assert complaints == []


def walk_to(page: Page, words: str) -> None:
    """Press Tab until the element with these words has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"{words!r} cannot be reached by Tab")


def focused_name(page: Page) -> str:
    """Return the words of what has the focus, of a logo its alternative text."""
    script = "(document.activeElement.querySelector('img[alt]')?.alt || document.activeElement.textContent).trim()"
    return str(page.evaluate(script))


def test_the_list_of_providers_is_opened_walked_through_and_closed_by_keyboard(browser: Browser, entrance: str) -> None:
    with visiting(browser, entrance, width=320) as page:
        page.goto("/login?tab=spid")
        walk_to(page, "Enter with SPID")
        page.keyboard.press("Enter")
        offered = page.locator(".auth-providers a")
        expect(offered.first).to_be_visible()
        names = [
            link.locator("img").get_attribute("alt") if link.locator("img").count() else link.inner_text()
            for link in offered.all()
        ]
        assert sorted(names) == sorted(SPID.values())
        page.keyboard.press("ArrowDown")
        assert focused_name(page) == names[0]
        page.keyboard.press("End")
        assert focused_name(page) == names[-1]
        page.keyboard.press("ArrowUp")
        assert focused_name(page) == names[-2]
        page.keyboard.press("Escape")
        expect(offered.first).to_be_hidden()
        assert "Enter with SPID" in focused_name(page)


def test_without_javascript_a_provider_is_chosen_and_remembered(browser: Browser, entrance: str) -> None:
    with visiting(browser, entrance, javascript=False) as page:
        page.goto("/login?tab=spid&next=/tickets")
        page.locator("summary.auth-official").click()
        page.get_by_role("link", name="Poste ID").click()
        page.wait_for_url(f"{POSTE}/**")
        page.goto("/login?next=/tickets")
        again = page.get_by_role("region", name="Last time on this device")
        expect(again.get_by_role("link", name="Poste ID")).to_have_attribute(
            "href", f"/saml/spid/login?idp={POSTE}&next=/tickets"
        )
        again.get_by_role("button", name="Forget it").click()
        expect(page.get_by_text("This device has forgotten")).to_be_visible()
        expect(again).to_have_count(0)


def test_a_large_federation_answers_as_one_types(browser: Browser, entrance: str) -> None:
    with visiting(browser, entrance) as page:
        page.goto("/login?next=/tickets")
        page.get_by_label("Find your institution").press_sequentially("prova 42")
        expect(page.get_by_role("link", name="Ateneo di Prova 42")).to_have_attribute(
            "href", "/saml/login?idp=https://idp42.example&next=/tickets"
        )
        assert page.url.endswith("/login?next=/tickets")


def test_without_javascript_the_search_is_an_ordinary_form(browser: Browser, entrance: str) -> None:
    with visiting(browser, entrance, javascript=False) as page:
        page.goto("/login?next=/tickets")
        page.get_by_label("Find your institution").fill("prova 42")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("link", name="Ateneo di Prova 42")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/login", "/login?q=prova", "/login?q=qwertyuiop", "/login?tab=spid", "/login?tab=cie"]
)
def test_every_state_of_the_page_is_open_to_everyone(browser: Browser, entrance: str, path: str) -> None:
    with visiting(browser, entrance) as page:
        page.context.add_cookies([{"name": "servicedesk_way", "value": f'"spid {POSTE}"', "url": entrance}])
        page.goto(path)
        if page.locator("summary.auth-official").count():
            page.locator("summary.auth-official").click()
        for width in (1280, 640, 320):  # 640 is 1280 at twice the size
            examine(page, width)


def test_logos_keep_inside_their_buttons_on_a_phone(browser: Browser, entrance: str) -> None:
    with visiting(browser, entrance, width=320) as page:
        page.goto("/login?tab=spid")
        page.locator("summary.auth-official").click()
        page.wait_for_load_state("networkidle")
        for logo in page.locator(".auth-providers img").all():
            assert logo.evaluate("image => image.naturalWidth") > 0
            inner, outer = logo.bounding_box(), logo.locator("xpath=..").bounding_box()
            assert inner and outer
            assert outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
