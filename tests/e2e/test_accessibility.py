"""Every page, as everyone who may open it: axe is silent, nothing overflows or is heavy.

Axe looks at each page narrow and unfolded in Italian, the language with the longer words, and wide as it comes in
English; at both widths both have to fit.
"""

import gzip
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response

from servicedesk.settings import Settings
from tests.e2e.recipes import EXTERNAL, GUEST, NO_PAGE, NOBODY, PAGES
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.world import World

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
    "resultTypes": ["violations"],  # the page need not describe every element that is in order
}
WIDTHS = (1280, 320)
HEAVIEST = 150_000
"""Bytes of a compressed page, scripts and styles aside, which browsers keep."""
VISITS = [(endpoint, role, path) for endpoint, visits in PAGES.items() for role, path in visits]


class Tab:
    """A tab of a browser, and what it complained of since the last page was opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))

    def open(self, address: str) -> Response:
        self.complaints.clear()
        answer = self.page.goto(address)
        assert answer is not None
        return answer


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    return build_scene(shared_world)


@pytest.fixture(scope="module")
def contexts(browser: Browser, shared_world: World, scene: Scene) -> Iterator[dict[tuple[str, str], BrowserContext]]:
    made: dict[tuple[str, str], BrowserContext] = {}
    for role in {role for _, role, _ in VISITS}:
        for language in ("it", "en"):
            made[role, language] = _context(browser, shared_world, scene, role, language)
    yield made
    for context in made.values():
        context.close()


@pytest.fixture(scope="module")
def tabs(contexts: dict[tuple[str, str], BrowserContext]) -> dict[tuple[str, str], Tab]:
    """One tab per reader and language, which all pages are opened in."""
    return {each: Tab(context.new_page()) for each, context in contexts.items()}


def _context(browser: Browser, world: World, scene: Scene, role: str, language: str) -> BrowserContext:
    context = browser.new_context(base_url=world.address, locale=language, reduced_motion="reduce")
    settings: Settings = world.settings
    if role in scene.tokens:
        context.add_cookies([{"name": settings.sessions.cookie, "value": scene.tokens[role], "url": world.address}])
    context.add_cookies([{"name": "servicedesk_language", "value": language, "url": world.address}])
    if role == GUEST:
        page = context.new_page()
        page.goto(scene.guest_link)
        page.close()
    return context


def test_every_address_that_shows_a_page_has_a_recipe(shared_world: World) -> None:
    rules = shared_world.app.url_map.iter_rules()
    shown = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}
    assert shown == set(PAGES) | set(NO_PAGE)


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(("endpoint", "role", "path"), VISITS, ids=[f"{role}:{path}" for _, role, path in VISITS])
def test_a_page_is_open_to_everyone(
    tabs: dict[tuple[str, str], Tab], scene: Scene, endpoint: str, role: str, path: str, language: str
) -> None:
    tab = tabs[role, language]
    page, answer = tab.page, tab.open(scene.address(path))
    assert answer.status == 200
    assert len(gzip.compress(answer.body())) <= HEAVIEST
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    if language == "it":
        fits(page, max(WIDTHS))
        examine_unfolded(page)
    else:
        fits(page, min(WIDTHS))
        examine(page, max(WIDTHS))
    assert tab.complaints == []


def test_states_that_follow_a_form_are_open_to_everyone(
    contexts: dict[tuple[str, str], BrowserContext], scene: Scene, shared_world: World
) -> None:
    student = contexts["student", "it"].new_page()
    student.goto("/tickets/new/iscrizione-rinnovo-lettere")
    student.locator("form[data-draft] [type=submit]").first.click()
    student.wait_for_selector("[role=alert]")
    examine_both(student)
    technician = contexts["technician", "en"].new_page()
    technician.goto(scene.address("/tickets/{progress}"))
    technician.get_by_role("button", name="Propose as solution").click()
    technician.wait_for_selector("[role=alert]")
    examine_both(technician)
    for address in ("/no-such-page", scene.address("/tickets/{guest}"), "/admin"):
        student.goto(address)
        examine_both(student)
    nobody = contexts[NOBODY, "it"].new_page()
    nobody.goto("/status")
    nobody.locator("main form [type=submit]").first.click()
    examine_both(nobody)
    nobody.goto("/status/no-such-token")
    examine_both(nobody)
    nobody.goto(f"/external/{EXTERNAL}/new/accesso-login")
    for name, words in {"given_name": "Rita", "family_name": "Ospiti", "email": "r@example.org", "title": "x"}.items():
        nobody.locator(f"[name={name}]").fill(words)
    nobody.locator("trix-editor").fill("My password is refused.")
    nobody.locator("main form [type=submit]").last.click()
    nobody.wait_for_url("**/filed")
    examine_both(nobody)
    for page in (student, technician, nobody):
        page.close()


def examine_both(page: Page) -> None:
    """Examine the page as it comes at both widths, and unfolded."""
    for width in WIDTHS:
        examine(page, width)
    examine_unfolded(page)


def examine_unfolded(page: Page) -> None:
    """Examine the page where there is least room, its folds open: axe sees nothing in a closed one."""
    folds = page.locator("details:not([open])").element_handles()
    for fold in folds:
        fold.evaluate("each => { each.open = true; }")
    examine(page, min(WIDTHS))
    for fold in folds:
        fold.evaluate("each => { each.open = false; }")


def examine(page: Page, width: int) -> None:
    fits(page, width)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url} at {width}: {found.generate_report()}"


def fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url}: {wide} px too wide at {width}"
