"""Choosing a category: what each audience sees, headings and service pages, search."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from servicedesk.rules.catalogue import LocalText, Notice
from tests import factories
from tests.web.conftest import browser, page, publish, shipped_catalogue


def links(document) -> list[str]:
    return document.xpath("//main//a/@href")


def test_the_catalogue_shows_the_first_level_of_the_service_chosen(signed_in):
    assert "/catalogue/tasse" in links(page(signed_in, "/catalogue"))
    digital = links(page(signed_in, "/catalogue?service=digitali"))
    assert "/catalogue/portale" in digital
    assert "/catalogue/tasse" not in digital


def test_a_service_that_is_not_there_says_so(signed_in):
    assert "This service is not here" in page(signed_in, "/catalogue?service=unknown", 404).text_content()


def test_a_heading_leads_to_what_is_under_it(signed_in):
    shown = page(signed_in, "/catalogue/tasse")
    assert "/catalogue/tasse-pagamenti" in links(shown)
    assert not [link for link in links(shown) if link.startswith("/tickets/new/")]


def test_a_category_shows_its_path_its_text_and_its_notice_before_the_form(signed_in):
    shown = page(signed_in, "/catalogue/segreteria-economia")
    crumbs = shown.xpath("//nav[@class='desk-crumbs']//li//text()")
    assert [words.strip() for words in crumbs if words.strip()] == [
        "Home",
        "Student Services",
        "Student offices by area",
        "Economics and Law office",
    ]
    assert "Before writing, read the other categories carefully" in shown.text_content()
    assert "/tickets/new/segreteria-economia" in links(shown)


@pytest.mark.parametrize("path", ["/catalogue/personale", "/tickets/new/personale", "/catalogue/no-such-key"])
def test_what_is_not_for_a_student_is_not_there(signed_in, path):
    assert "not open to you" in page(signed_in, path, 404).text_content()


def test_a_heading_takes_no_request(signed_in):
    assert "it is a heading" in page(signed_in, "/tickets/new/tasse", 404).text_content()


def test_staff_see_what_is_for_staff(app, desk, sign_in):
    colleague, staff = factories.technician(desk, "HD1"), browser(app)
    desk.commit()
    sign_in(staff, colleague.id)
    assert "/catalogue/personale" in links(page(staff, "/catalogue?service=digitali"))


def test_a_link_into_the_catalogue_leads_a_stranger_through_the_sign_in(client):
    answer = client.get("/catalogue/tasse-pagamenti")
    assert (answer.status_code, answer.location) == (303, "/login?next=/catalogue/tasse-pagamenti")


def test_what_is_open_to_everyone_needs_no_sign_in(client):
    ask = "/external/ae929822-c377-4964-bfb2-61bd6947fb4a/new/accesso-login"
    assert ask in links(page(client, "/catalogue/accesso-login"))


@pytest.mark.parametrize(("language", "words"), [("en", "exemption"), ("it", "esonero"), ("it", "ESÒNERI")])
def test_words_find_categories_in_the_language_of_the_page(app, desk, student, sign_in, language, words):
    client = browser(app, language)
    sign_in(client, student.id)
    found = page(client, f"/catalogue?q={words}").xpath("//div[@id='found']//a/@href")
    assert found[0] == "/catalogue/tasse-esoneri"


def test_the_search_finds_only_what_the_person_may_ask(client, signed_in, app):
    stranger = browser(app)
    assert page(signed_in, "/catalogue?q=exemption").xpath("//div[@id='found']//a")
    assert not page(stranger, "/catalogue?q=exemption").xpath("//div[@id='found']//a")


def test_a_search_without_result_says_what_to_do(signed_in):
    shown = page(signed_in, "/catalogue?q=zzzz").xpath("string(//div[@id='found'])")
    assert "Nothing fits “zzzz”" in shown
    assert "Try other or fewer words" in shown


def test_words_that_look_like_markup_are_shown_as_typed(signed_in):
    answer = signed_in.get("/catalogue?q=<img src=xyzzy>")
    assert "<img src=xyzzy" not in answer.text
    assert "Nothing fits “&lt;img src=xyzzy&gt;”" in answer.text


def test_a_notice_is_read_before_the_form_on_its_days_alone(app, desk, signed_in):
    day = timedelta(days=1)
    today = datetime.now(ZoneInfo("Europe/Rome")).date()
    tree, key = shipped_catalogue(), "tasse-pagamenti"
    notices = (
        Notice(LocalText("Ieri", "The bank was closed"), "warning", None, today - day),
        Notice(LocalText("Oggi", "The bank is closed today"), "warning", today, today),
        Notice(LocalText("Domani", "The bank will be closed"), "info", today + day, None),
    )
    publish(desk, 2, replace(tree, categories={**tree.categories, key: replace(tree.categories[key], notices=notices)}))
    desk.commit()
    shown = page(signed_in, f"/catalogue/{key}").xpath("string(//main)")
    assert "The bank is closed today" in shown
    assert "The bank was closed" not in shown
    assert "The bank will be closed" not in shown


def test_a_heading_is_searched_by_itself(signed_in):
    form = next(form for form in page(signed_in, "/catalogue/tasse").forms if form.get("role") == "search")
    assert form.fields["below"] == "tasse"
    inside = page(signed_in, "/catalogue?q=certificate&below=tasse").xpath("//div[@id='found']//a/@href")
    everywhere = page(signed_in, "/catalogue?q=certificate").xpath("//div[@id='found']//a/@href")
    assert "/catalogue/certificati-richiesta" in everywhere
    assert "/catalogue/certificati-richiesta" not in inside
