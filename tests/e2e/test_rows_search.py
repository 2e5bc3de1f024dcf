"""Rows B2 and D2 in a browser: a subject found by words, asked about, and where the request arrives."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.answers import import_answer
from servicedesk.gateways.answer_files import read_folder
from servicedesk.settings import ROOT
from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Ticket
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.test_stories import number_on, write
from tests.e2e.world import World

COUNTER = "addEventListener('click', () => { sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1 }, true)"
STUDENT, WORKER = "Sofia Saggi", "Grazia Letterati"


@pytest.fixture(scope="module")
def answers(shared_world: World) -> None:
    with shared_world.session() as session, writing(session):
        for key, written in read_folder(ROOT / "config" / "demo" / "answers").items():
            import_answer(session, key, written, "command:test", datetime.now(UTC))


def type_words(page: Page, words: str) -> None:
    """Type into the search as a person does, letter by letter."""
    page.get_by_label("Search by words").press_sequentially(words, delay=20)


def test_b2_a_mistyped_word_leads_in_five_clicks_to_a_request_that_its_office_sees(
    browser: Browser, shared_world: World
) -> None:
    student, worker = visitor(browser, shared_world), visitor(browser, shared_world)
    student.add_init_script(COUNTER)
    sign_in(student, STUDENT)
    student.evaluate("sessionStorage.clicks = 0")
    student.get_by_label("Search by words").click()
    type_words(student, "renewing enrolment philosphy")
    student.locator("#found").get_by_role("link", name="Arts and Philosophy area").click()
    student.get_by_role("link", name="Next").click()
    student.get_by_label("Title").fill("Renewing late")
    write(student, "Description", "I would like to renew my enrolment.")
    student.get_by_role("button", name="Create the ticket").click()
    expect(student.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    clicks = int(student.evaluate("sessionStorage.clicks"))
    print(f"from signed in to filed, by search: {clicks} clicks")
    assert 3 <= clicks <= 5
    number = number_on(student)
    with shared_world.session() as session:
        filed_under = session.scalars(sa.select(Ticket.category_key).where(Ticket.number == number)).one()
    assert filed_under == "iscrizione-rinnovo-lettere"
    sign_in(worker, WORKER)
    worker.goto("/queue")
    expect(worker.get_by_role("button", name=f"Take {number}")).to_be_visible()


def test_d2_one_search_shows_subjects_and_answers_in_groups_as_one_types(
    browser: Browser, shared_world: World, answers: None
) -> None:
    page = visitor(browser, shared_world, 375)
    sign_in(page, STUDENT)
    type_words(page, "late surcharge")
    found = page.locator("#found")
    expect(found.get_by_role("heading", name="Subjects that fit “late surcharge”")).to_be_visible()
    expect(found.get_by_role("link", name="Late payment and surcharge")).to_be_visible()
    expect(found.get_by_role("heading", name="Answers that fit “late surcharge”")).to_be_visible()
    found.get_by_role("link", name="I paid late: how much is the surcharge?").click()
    expect(page.get_by_text("Up to thirty days late it is 30 euros")).to_be_visible()


def test_d2_without_javascript_the_search_is_an_ordinary_form_and_shows_a_stranger_nothing_of_the_students(
    browser: Browser, shared_world: World, answers: None
) -> None:
    context = browser.new_context(base_url=shared_world.address, java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto("/search")
    page.get_by_label("Search by words").fill("login surcharge")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Problems signing in")).to_be_visible()
    expect(page.get_by_role("link", name="I paid late: how much is the surcharge?")).to_have_count(0)
    context.close()
