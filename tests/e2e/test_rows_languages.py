"""Row B9 in a browser: a language is chosen and kept, for pages and mails; two of them read from right to left."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from babel.support import NullTranslations, Translations
from playwright.sync_api import Browser, expect

from servicedesk.settings import ROOT
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.test_accessibility import RULES
from tests.e2e.test_rows_notices import reply, taken
from tests.e2e.test_stories import STUDENT_MAIL
from tests.e2e.world import World

FROM_THE_RIGHT = ("/", "/catalogue", "/tickets", "/appointments", "/preferences", "/search?q=tasse", "/accessibility")


def speech(locale: str) -> NullTranslations:
    """Return the sentences of a language."""
    return Translations.load(ROOT / "translations", [locale])


def test_b9_a_language_chosen_under_preferences_is_kept_for_pages_and_mails(
    browser: Browser, world: World, tmp_path: Path
) -> None:
    french = speech("fr")
    student = visitor(browser, world)
    number, worker = taken(browser, world, student, tmp_path)
    student.goto("/preferences")
    student.locator("main select[name=locale]").select_option("fr")
    student.get_by_role("button", name="Save").click()
    expect(student.locator("html")).to_have_attribute("lang", "fr")
    student.goto(f"/tickets/{number}")
    expect(student.get_by_role("link", name=french.gettext("My tickets"), exact=True).first).to_be_visible()
    expect(student.locator("html")).to_have_attribute("lang", "fr")
    reply(worker, number, "Which year are you enrolled in?")
    subject, text = world.mail_to(STUDENT_MAIL)
    assert subject.startswith(f"[{number}] {french.gettext('New message')}")
    assert french.gettext("Open the request") in text
    elsewhere = visitor(browser, world, language="pl")
    elsewhere.goto("/")
    expect(elsewhere.locator("html")).to_have_attribute("lang", "pl")
    again = visitor(browser, world)  # another browser, in English: what she chose counts more
    sign_in(again, "Sofia Saggi")
    expect(again.locator("html")).to_have_attribute("lang", "fr")


def test_b9_arabic_reads_from_right_to_left_on_a_phone_and_is_open_to_everyone(browser: Browser, world: World) -> None:
    arabic = speech("ar")
    student = visitor(browser, world, width=375)
    sign_in(student, "Sofia Saggi")
    student.goto("/language/ar")
    for path in FROM_THE_RIGHT:
        student.goto(path)
        assert student.locator("html").get_attribute("dir") == "rtl"
        assert student.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found = Axe().run(student, options=RULES)
        assert found.response["violations"] == [], f"{path}\n{found.generate_report()}"
    student.goto("/")
    home, ask = (
        student.locator("#navigation").get_by_role("link", name=arabic.gettext(name))
        for name in ("Home", "Open a ticket")
    )
    first, second = home.bounding_box(), ask.bounding_box()
    assert first and second and first["x"] > second["x"]
