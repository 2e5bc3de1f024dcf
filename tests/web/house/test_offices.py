"""Which counter for which question, and the manuals that live elsewhere: to each reader their own (D4)."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.settings import Settings
from servicedesk.settings_house import Manual, Words
from tests import counters, factories
from tests.web.conftest import SignIn, browser, page

FEES = Manual(
    title=Words(it="Guida alle tasse", en="Guide to fees"), url="https://x.example/fees", audience=("student",)
)
LABS = Manual(title=Words(it="Aule", en="Rooms"), url="https://x.example/rooms", audience=("staff",))
SPID = Manual(title=Words(it="Come avere SPID", en="How to get SPID"), url="https://x.example/spid")
DIGITAL = Manual(title=Words(it="Moodle", en="Moodle"), url="https://x.example/moodle", service="digitali")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"manuals": (FEES, LABS, SPID, DIGITAL)})


@pytest.fixture
def student(app: Flask, desk: Session, sign_in: SignIn) -> FlaskClient:
    """The browser of a student of Arts."""
    person = factories.student(desk, area="Lettere e Filosofia")
    desk.commit()
    client = browser(app)
    sign_in(client, person.id)
    return client


def row(shown: html.HtmlElement, path: str) -> str:
    """Return the row of a category, in one line."""
    return " ".join(shown.xpath(f"//tr[.//a[@href='/catalogue/{path}']]")[0].text_content().split())


@pytest.mark.both_databases
def test_every_question_stands_beside_its_office_and_how_to_reach_it(student: FlaskClient) -> None:
    shown = page(student, "/which-counter")
    assert "helpdesk@ateneo.example, tel. +39 030 000100" in row(shown, "accesso-login")
    assert "Monday 09:00-12:30; Tuesday 09:00-12:30, 14:00-16:00" in shown.xpath("//main")[0].text_content()
    assert "Taken from the catalogue as updated on" in shown.xpath("//main")[0].text_content()


def test_where_the_area_decides_a_student_sees_their_own_office_alone(student: FlaskClient) -> None:
    own = row(page(student, "/which-counter"), "passaggio-corso")
    assert "Student careers - Arts and Philosophy" in own
    assert "Engineering" not in own


def test_where_the_area_decides_someone_without_one_sees_every_office(
    app: Flask, desk: Session, sign_in: SignIn
) -> None:
    person, client = factories.student(desk, area=""), browser(app)
    desk.commit()
    sign_in(client, person.id)
    own = row(page(client, "/which-counter"), "passaggio-corso")
    assert all(area in own for area in ("Arts and Philosophy", "Engineering", "Medicine"))


def test_a_counter_of_the_office_can_be_booked_from_its_row(student: FlaskClient, desk: Session) -> None:
    now = datetime.now(UTC)
    counters.open_counter(desk, now, group="HD1", **counters.always_open(now))
    desk.commit()
    shown = page(student, "/which-counter")
    assert shown.xpath("//tr[.//a[@href='/catalogue/accesso-login']]//a/@href")[1:] == ["/appointments/office"]


def test_nobody_sees_questions_that_are_not_theirs_to_ask(app: Flask, student: FlaskClient) -> None:
    assert not page(student, "/which-counter").xpath("//a[@href='/catalogue/personale-aule']")
    visitor = page(browser(app), "/which-counter").xpath("//td/../th//a/@href")
    assert visitor == ["/catalogue/accesso-login"]


def test_words_find_questions_the_best_first(student: FlaskClient) -> None:
    shown = page(student, "/which-counter?q=esonro")
    assert shown.xpath("//tbody//th//a/@href")[0] == "/catalogue/tasse-esoneri"
    assert "No question fits" in page(student, "/which-counter?q=qwertyuiop").text_content()


def test_the_list_comes_folded_and_can_be_unfolded_for_printing(student: FlaskClient) -> None:
    assert not page(student, "/which-counter").xpath("//details[contains(@class, 'desk-shelf')][@open]")
    unfolded = page(student, "/which-counter?all=1")
    folds = unfolded.xpath("//details[contains(@class, 'desk-shelf')]")
    assert folds
    assert all("open" in fold.attrib for fold in folds)
    assert unfolded.xpath("//button[@data-print]")


def test_both_homes_show_the_manuals_for_their_reader(app: Flask, student: FlaskClient) -> None:
    path = "//section[@aria-labelledby='manuals']//a/@href"
    assert page(student, "/").xpath(path) == ["/which-counter", FEES.url, SPID.url, DIGITAL.url]
    assert page(browser(app), "/").xpath(path) == ["/which-counter", SPID.url]


@pytest.mark.both_databases
def test_the_search_finds_a_manual_by_its_title_in_either_language(app: Flask, student: FlaskClient) -> None:
    path = "//section[@aria-labelledby='found-manuals']//a/@href"
    assert page(student, "/search?q=guide fee").xpath(path)[0] == FEES.url
    assert page(student, "/search?q=tase").xpath(path) == []  # four letters are not corrected
    assert page(browser(app, "it"), "/search?q=avere spid").xpath(path) == [SPID.url]
    assert page(browser(app), "/search?q=fees").xpath(path) == []
