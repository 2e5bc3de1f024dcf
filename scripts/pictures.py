"""Takes the pictures of the guides (docs/pictures) from a running demo, in Italian and English.

Needs `make demo` in another window, freshly begun (remove instance/demo first): the pictures show what its people see.
"""

import io
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.tools import chromium  # noqa: E402 - found on the path just set

DEMO = "http://127.0.0.1:8000"
TARGET = ROOT / "docs" / "pictures"
COLOURS = 64
"""Of a picture's palette: enough for screens, and a third of the size."""
STUDENT, TECHNICIAN, SUPERVISOR, ADMINISTRATOR = "Lucia Studente", "Bruno Risposti", "Nora Coordini", "Omar Gestori"
UNIVERSITY = re.compile("Example University|Università degli Studi di Esempio")
NUMBER = r"/tickets/\d+(\?|$)"


@dataclass(frozen=True)
class Picture:
    """One picture: its file's name without language, whose screen, where, what is done there, its size in pixels."""

    name: str
    person: str
    path: str
    arrange: Callable[[Page], Locator | None] = lambda _page: None
    width: int = 1280
    height: int = 860


def _first(page: Page, address: str, words: str | re.Pattern[str] = "") -> None:
    """Follow the first link of the page's content with these words whose address matches."""
    for link in page.locator("main a", has_text=words).all():
        if re.search(address, link.get_attribute("href") or ""):
            page.goto(urljoin(page.url, link.get_attribute("href")))
            return
    raise SystemExit(f"{page.url}: no link like {address}. Is the demo freshly begun?")


def _solved(page: Page) -> None:
    _first(page, NUMBER, "Rata pagata")


def _titled(page: Page) -> None:
    page.locator("[name=title]").press_sequentially("pagato in ritardo mora", delay=30)
    page.wait_for_timeout(1500)
    _top(page.locator("[name=title]"))


def _top(place: Locator, above: int = 230) -> None:
    place.evaluate("(e, above) => scrollTo(0, e.getBoundingClientRect().top + scrollY - above)", above)


def _work(page: Page) -> None:
    _first(page, NUMBER)
    page.locator("trix-editor").wait_for()
    _top(page.locator("#write"), 100)


def _week(page: Page) -> None:
    _first(page, r"/appointments/[a-z-]+$")
    _top(page.locator("main table").first, 180)


def _lists(page: Page) -> None:
    _top(page.locator("main form").first, 20)


def _rule(page: Page) -> None:
    _first(page, r"/admin/rules/\d+$")


def _simulation(page: Page) -> None:
    _first(page, r"/admin/catalogue/drafts/\d+$")
    page.goto(f"{page.url}/simulation?days=90")


def _mail(page: Page) -> None:
    _first(page, "/admin/texts/mails/", re.compile("Soluzione|Solution"))
    page.locator("button[value=show]").click()
    _top(page.locator("main form").first, 20)


PICTURES = (
    Picture("home", STUDENT, "/", width=1120, height=1000),
    Picture("form", STUDENT, "/tickets/new/tasse-pagamenti", _titled, 1120, 1000),
    Picture("ticket", STUDENT, "/tickets", _solved, 1120, 1000),
    Picture("week", STUDENT, "/appointments", _week, 1120, 1000),
    Picture("phone", STUDENT, "/tickets", _lists, 375, 700),
    Picture("queue", TECHNICIAN, "/queue"),
    Picture("work", TECHNICIAN, "/queue?technician=me", _work),
    Picture("matters", SUPERVISOR, "/workbench/matters", height=720),
    Picture("absences", SUPERVISOR, "/workbench/absences", height=760),
    Picture("figures", SUPERVISOR, "/figures", height=1000),
    Picture("levels", ADMINISTRATOR, "/admin/levels"),
    Picture("rule", ADMINISTRATOR, "/admin/rules", _rule, height=760),
    Picture("simulation", ADMINISTRATOR, "/admin/catalogue", _simulation),
    Picture("mail-texts", ADMINISTRATOR, "/admin/texts", _mail, 1000, 1180),
)


def _sign_in(page: Page, person: str) -> None:
    page.goto(f"{DEMO}/login")
    page.locator("main").locator("a, button").filter(has_text=UNIVERSITY).first.click()
    page.get_by_role("button", name=person).click()
    page.wait_for_url(lambda address: address.startswith(DEMO))


def _take(page: Page, picture: Picture, language: str) -> None:
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    page.goto(DEMO + picture.path)
    picture.arrange(page)
    page.wait_for_load_state("networkidle")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    image.save(TARGET / f"{language}-{picture.name}.png", optimize=True)
    print(f"{language}-{picture.name}.png  {page.url}")


def _of_person(browser: Browser, person: str, pictures: Iterable[Picture]) -> None:
    for language in ("it", "en"):
        context = browser.new_context(locale=language, timezone_id="Europe/Rome")
        context.add_cookies([{"name": "servicedesk_language", "value": language, "url": DEMO}])
        page = context.new_page()
        _sign_in(page, person)
        for picture in pictures:
            _take(page, picture, language)
        context.close()


def main(names: list[str]) -> None:
    """Take the named pictures, or all."""
    wanted = [each for each in PICTURES if not names or each.name in names]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for person in dict.fromkeys(each.person for each in wanted):
            _of_person(browser, person, [each for each in wanted if each.person == person])
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
