"""Twenty languages for requesters, two for staff: what a page says of its language, and what stays in another."""

import re

import pytest

from servicedesk.rules.languages import LANGUAGES, WRITTEN, catalogue_of
from servicedesk.settings import ROOT
from tests import factories
from tests.web.conftest import browser, page

GROUP, KEY = "STAGE", "stage-curriculare"
SIDES = re.compile(r"(margin|padding|border)-(left|right)|text-align:\s*(left|right)|(?<![-\w])(left|right):")
CODES = [each.code for each in LANGUAGES]


def speaking(app, code):
    client = browser(app)
    assert client.get(f"/language/{code}").status_code == 303
    return client


@pytest.fixture
def technician(app, desk, sign_in):
    made = factories.technician(desk, GROUP)
    ticket = factories.ticket(desk, technician=made, key=KEY)
    desk.commit()

    def signed_in(code):
        client = speaking(app, code)
        sign_in(client, made.id)
        return client, ticket

    return signed_in


def of(shown):
    return shown.get("lang"), shown.get("dir")


def test_a_page_says_in_which_language_it_is_and_which_way_it_reads(app):
    for language in LANGUAGES:
        shown = page(speaking(app, language.code), "/")
        assert of(shown) == (language.code, language.direction)
        assert shown.xpath("//header//details//li/a/@hreflang") == CODES
        assert shown.xpath("//header//details//li/a[@aria-current]/@lang") == [language.code]


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("pt-BR,pt;q=0.9", "pt"),
        ("zh-CN", "zh-Hans"),
        ("xx,de;q=0.5", "de"),
        ("xx", "it"),
        ("uk-UA,ru;q=0.8", "uk"),
        ("zh-TW,de;q=0.5", "de"),
    ],
)
def test_at_first_the_browser_s_language_counts(app, accepted, code):
    shown = app.test_client().get("/", headers={"Accept-Language": accepted})
    assert f'<html lang="{code}"' in shown.text


@pytest.mark.parametrize("code", ["fr", "ar", "it", "en"])
def test_staff_s_pages_are_italian_or_english(technician, code):
    client, ticket = technician(code)
    expected = code if code in WRITTEN else "en"
    for path in ("/queue", f"/tickets/{ticket.number}"):
        shown = page(client, path)
        assert of(shown) == (expected, "ltr"), path
        assert shown.xpath("//header//details//li/a/@hreflang") == list(WRITTEN)
    assert of(page(client, "/"))[0] == code


@pytest.mark.parametrize("code", ["fr", "fa"])
def test_texts_of_the_catalogue_say_that_they_are_english(app, desk, sign_in, code):
    made = factories.student(desk)
    desk.commit()
    client = speaking(app, code)
    sign_in(client, made.id)
    for path, text in (("/catalogue", "Fees"), ("/catalogue/tasse-pagamenti", "Payment not recorded")):
        holders = page(client, path).xpath(f"//main//*[contains(text(), '{text}')]/ancestor-or-self::*[@lang][1]")
        assert holders, (path, text)
        assert {of(each) for each in holders} == {("en", "ltr")}, path


def test_nobody_chooses_a_language_that_is_not_there(client):
    for code in ("xx", "zh", "zh_Hans", "IT"):
        assert client.get(f"/language/{code}").status_code == 404


def test_codes_become_folders():
    assert [catalogue_of(code) for code in ("it", "zh-Hans")] == ["it", "zh_Hans"]


def test_no_style_knows_left_from_right():
    """What begins at the left in Italian begins at the right in Arabic; the one line that must say so says for whom."""
    wrong = [
        f"{path.name}: {line}"
        for folder in ("css", "auth")
        for path in sorted((ROOT / "servicedesk/static" / folder).glob("*.css"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if SIDES.search(line) and "background-position" not in line
    ]
    assert wrong == []
