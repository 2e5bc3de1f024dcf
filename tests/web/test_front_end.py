"""The base template, the macros and the error pages: what assistive technology and a strict policy need from them."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from lxml import html

from tests.web.showcase import ROOT, showcase

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
WRITTEN = {"mail", "own_data"}
"""Folders of templates for mails and for files that are taken away: no page of the desk, no policy."""
PAGES = [path for path in TEMPLATES if WRITTEN.isdisjoint(path.relative_to(ROOT / "templates").parts)]
PROBLEMS = sorted(int(path.stem) for path in (ROOT / "templates/errors").glob("[0-9]*.html"))
INLINE = re.compile(r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|\shx-on|javascript:|<style|<script(?![^>]*\ssrc=)""")


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return showcase().test_client()


def page(client: FlaskClient, path: str) -> html.HtmlElement:
    return html.fromstring(client.get(path).text)


def sent_empty(client: FlaskClient) -> html.HtmlElement:
    token = page(client, "/form").xpath("//input[@name='csrf_token']/@value")[0]
    return html.fromstring(client.post("/form", data={"csrf_token": token, "course": ""}).text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_holds_nothing_that_the_content_security_policy_forbids(path: Path):
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", ["/form", "/ticket", *(f"/problem/{code}" for code in PROBLEMS)])
def test_a_page_has_one_main_heading_a_language_and_only_addresses_of_ours(client: FlaskClient, path: str):
    shown = page(client, path)
    assert len(shown.xpath("//h1")) == 1
    assert shown.get("lang") == "en"
    assert not [address for _, _, address, _ in shown.iterlinks() if "://" in address or address.startswith("//")]


@pytest.mark.parametrize("code", PROBLEMS)
def test_an_error_page_says_what_happened_and_leads_back(client: FlaskClient, code: int):
    shown = page(client, f"/problem/{code}")
    assert "This is what happened." in shown.text_content()
    assert shown.xpath("//main//a[@href='/' or contains(@href, '/portal/') or contains(@href, '/auth/login')]")


def test_the_conflict_page_gives_the_typed_text_back():
    app = showcase()
    with app.test_request_context():
        app.preprocess_request()
        shown = app.jinja_env.get_template("errors/409.html")
        context = {"sentence": "Changed.", "typed": "My <text>", "back_url": "/tickets/1"}
        app.update_template_context(context)
        document = html.fromstring(shown.render(context))
    assert document.xpath("//textarea")[0].text.strip() == "My <text>"
    assert document.xpath("//a[@href='/tickets/1']")


def test_the_page_for_our_own_failures_needs_nothing_but_the_translations():
    app = showcase()
    with app.test_request_context():
        shown = app.jinja_env.get_template("errors/500.html").render()
    assert "Something went wrong on our side" in shown


def test_the_error_summary_leads_to_every_wrong_field(client: FlaskClient):
    shown = sent_empty(client)
    links = shown.xpath("//div[@role='alert']//a/@href")
    assert links == ["#title", "#description", "#urgency-0"]
    assert all(shown.get_element_by_id(link[1:]) is not None for link in links)


def test_a_wrong_field_is_tied_to_its_hint_and_its_error(client: FlaskClient):
    field = sent_empty(client).get_element_by_id("title")
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby") == "title-hint title-error"


def test_a_right_field_is_tied_to_its_hint_alone(client: FlaskClient):
    field = page(client, "/form").get_element_by_id("context")
    assert field.get("aria-invalid") is None
    assert field.get("aria-describedby") == "context-hint"


def test_every_mandatory_field_says_so_in_words(client: FlaskClient):
    shown = page(client, "/form")
    for label in shown.xpath("//label[@for='title'] | //label[@for='description'] | //legend[contains(., 'Urgency')]"):
        assert "(mandatory)" in label.text_content()
    assert "(mandatory)" not in shown.xpath("//label[@for='context']")[0].text_content()


def test_a_file_kept_from_before_is_sent_again_unless_its_box_is_cleared(client: FlaskClient):
    box = page(client, "/form").xpath("//input[@name='files_kept']")[0]
    assert (box.get("value"), box.get("checked")) == ("f1", "checked")


def test_facts_without_a_value_are_left_out(client: FlaskClient):
    assert page(client, "/ticket").xpath("//dt/text()") == ["Group"]


def test_an_internal_note_says_that_it_is_one(client: FlaskClient):
    notes = page(client, "/ticket").xpath("//li[contains(@class, 'desk-entry--note')]")
    assert [note.xpath(".//*[@class='desk-entry__tag']/text()") for note in notes] == [["Internal note"]]


ANYBODY = {"Home", "Open a ticket", "Answers"}
REQUESTER = {"My tickets", "Appointments"}
STAFF = {"Queue", "Agenda", "Figures"}


@pytest.mark.parametrize(
    ("actor", "links"),
    [
        (None, ANYBODY | {"Check ticket status"}),
        ((False, False), ANYBODY | REQUESTER),
        ((True, False), ANYBODY | REQUESTER | STAFF),
        ((True, True), ANYBODY | REQUESTER | STAFF | {"Administration"}),
    ],
)
def test_the_navigation_shows_what_the_person_can_use(actor: tuple[bool, bool] | None, links: set[str]):
    person = actor and SimpleNamespace(display_name="Giulia", is_staff=actor[0], is_admin=actor[1])
    shown = page(showcase(person).test_client(), "/ticket")
    assert set(shown.xpath("//nav[@id='navigation']//a/text()")) == links
    assert bool(shown.xpath("//form[@action='/auth/logout']//input[@name='csrf_token']")) == bool(actor)
