"""Rows B1 to B10 in a browser: from the tree to a filed request, and what the desk then has of it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.answers import import_answer
from servicedesk.gateways.answer_files import read_folder
from servicedesk.rules.catalogue import LocalText, Notice
from servicedesk.settings import ROOT
from servicedesk.store.base import writing
from servicedesk.store.models.answers import Answer
from servicedesk.store.models.tickets import Ticket
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.test_rows_search import COUNTER, STUDENT
from tests.e2e.test_stories import STUDENT_MAIL, number_on, write
from tests.e2e.world import World
from tests.web.conftest import publish, shipped_catalogue

FEES, MOBILITY = "Ivo Contabili", "Laura Didatti"
SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"
PDF = b"%PDF-1.4\n%%EOF\n"


def a_file(name: str, content: bytes = PDF) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def create(page: Page) -> str:
    """Send the form, and return the number on the confirmation."""
    page.get_by_role("button", name="Create the ticket").click()
    expect(page.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    return number_on(page)


def ticket(world: World, number: str) -> Ticket:
    with world.session() as session:
        return session.scalars(sa.select(Ticket).where(Ticket.number == number)).one()


def test_b1_the_tree_is_walked_down_and_back_and_the_full_path_stands_over_the_form(
    browser: Browser, shared_world: World
) -> None:
    page = visitor(browser, shared_world)
    sign_in(page, STUDENT)
    page.goto("/catalogue")
    for step in ("Internships and international mobility", "International mobility", "Double degree"):
        page.get_by_role("main").get_by_role("link", name=step).click()
        expect(page.get_by_role("heading", level=1, name=step)).to_be_visible()
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="International mobility")).to_be_visible()
    page.get_by_label("Search under this heading").press_sequentially("visa", delay=20)
    expect(page.locator("#found").get_by_role("link", name="Incoming international students")).to_be_visible()
    page.get_by_role("link", name="Double degree").click()
    page.get_by_role("link", name="Next").click()
    path = "Internships and international mobility - International mobility - Double degree"
    expect(page.get_by_text(path)).to_be_visible()


def test_b3_a_notice_is_read_before_the_form_while_it_counts(browser: Browser, shared_world: World) -> None:
    key, today, day = "tasse-rimborsi", date.today(), timedelta(days=1)
    notices = (
        Notice(LocalText("In ritardo", "Refunds are late this week"), "warning", today - day, today + day),
        Notice(LocalText("Finito", "Refunds were late last week"), "warning", None, today - 2 * day),
    )
    tree = shipped_catalogue()
    changed = {**tree.categories, key: replace(tree.categories[key], notices=notices)}
    with shared_world.session() as session, writing(session):
        publish(session, 2, replace(tree, categories=changed))
    page = visitor(browser, shared_world)
    sign_in(page, STUDENT)
    page.goto(f"/catalogue/{key}")
    expect(page.get_by_text("Refunds are late this week")).to_be_visible()
    expect(page.get_by_text("Refunds were late last week")).to_have_count(0)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_label("Title")).to_be_visible()


def test_b5_a_closed_tab_loses_nothing_and_the_files_arrive_with_the_request(
    browser: Browser, shared_world: World
) -> None:
    page, later, officer = (visitor(browser, shared_world) for _ in range(3))
    sign_in(page, STUDENT)
    page.goto("/tickets/new/tasse-pagamenti")
    page.get_by_label("Title").fill("Second instalment")
    page.get_by_label("Attachments").set_input_files([a_file("receipt.pdf"), a_file("wrong.pdf")])
    expect(page.locator("[data-files-list]").get_by_text("uploaded", exact=True)).to_have_count(2)
    page.get_by_role("button", name="Remove wrong.pdf").click()
    with page.expect_response("**/autosave"):
        write(page, "Description", "I paid on Monday.")
    expect(page.get_by_text("Not sent yet")).to_be_visible()
    page.context.close()

    sign_in(later, STUDENT)
    later.get_by_role("link", name="Second instalment").click()
    expect(later.get_by_text("You began this request on")).to_be_visible()
    expect(later.get_by_role("textbox", name="Description")).to_have_text("I paid on Monday.")
    assert Axe().run(later).response["violations"] == []
    later.get_by_label("Title").fill("")
    later.get_by_role("button", name="Create the ticket").click()
    expect(later.get_by_role("alert")).to_be_focused()
    expect(later.get_by_label("receipt.pdf")).to_be_checked()
    later.get_by_label("Title").fill("Second instalment")
    number = create(later)
    later.goto("/")
    expect(later.get_by_text("begun and not sent")).to_have_count(0)

    sign_in(officer, FEES)
    officer.goto(f"/tickets/{number}")
    expect(officer.get_by_role("link", name="receipt.pdf").first).to_be_visible()
    expect(officer.get_by_text("wrong.pdf")).to_have_count(0)


def test_b6_the_fields_of_a_subject_are_filled_in_and_read_by_its_office(browser: Browser, shared_world: World) -> None:
    page, officer = visitor(browser, shared_world, 375), visitor(browser, shared_world)
    page.set_viewport_size({"width": 375, "height": 667})
    sign_in(page, STUDENT)
    page.goto("/tickets/new/mobilita-doppio-titolo")
    expect(page.get_by_label("Title")).to_be_in_viewport(ratio=1)
    page.get_by_label("Title").fill("Double degree in Leiden")
    write(page, "Description", "I apply.")
    day = datetime.now(UTC).date() - timedelta(days=40)
    page.get_by_label("Date of the language certificate").fill(day.isoformat())
    page.get_by_label("Credits obtained").fill("999")
    page.get_by_label("Language certificate").last.set_input_files(a_file("b2.pdf"))
    page.get_by_role("button", name="Create the ticket").click()
    expect(page.get_by_role("link", name="Credits obtained: This number is too large")).to_be_visible()
    page.get_by_label("Credits obtained").fill("120")
    number = create(page)
    sign_in(officer, MOBILITY)
    officer.goto(f"/tickets/{number}")
    facts = officer.locator("dl", has_text="Credits obtained")
    for words in ("Filosofia", "120", f"{day.day} {day:%B %Y}", "b2.pdf"):
        expect(facts).to_contain_text(words)


def test_b7_what_was_asked_in_the_wrong_place_is_moved_by_staff_and_the_student_sees_it(
    browser: Browser, shared_world: World
) -> None:
    student, officer = visitor(browser, shared_world), visitor(browser, shared_world)
    sign_in(student, STUDENT)
    student.goto("/tickets/new/tasse-informazioni")
    student.get_by_label("Title").fill("My bank transfer does not show")
    write(student, "Description", "I paid on Monday.")
    number = create(student)
    sign_in(officer, FEES)
    officer.goto(f"/tickets/{number}/category?q=payment")
    officer.get_by_role("radio", name="Payment not recorded or wrong").check(force=True)
    officer.get_by_role("button", name="Change and route again").click()
    expect(officer.get_by_text("Payment not recorded or wrong").first).to_be_visible()
    student.goto(f"/tickets/{number}")
    expect(student.get_by_text("Payment not recorded or wrong").first).to_be_visible()
    assert ticket(shared_world, number).category_key == "tasse-pagamenti"


def test_b8_the_number_stands_on_the_confirmation_and_in_the_mail(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world)
    sign_in(page, STUDENT)
    page.goto("/tickets/new/tasse-informazioni")
    page.get_by_label("Title").fill("When is the first instalment due?")
    write(page, "Description", "I start in October.")
    number = create(page)
    assert (len(number), number[:4]) == (10, str(datetime.now(UTC).year))
    subject, text = shared_world.mail_to(STUDENT_MAIL)
    assert number in subject
    assert f"/tickets/{number}" in text


@pytest.fixture(scope="module")
def answers(shared_world: World) -> None:
    with shared_world.session() as session, writing(session):
        for key, written in read_folder(ROOT / "config" / "demo" / "answers").items():
            import_answer(session, key, written, "command:test", datetime.now(UTC))


def test_b10_an_answer_shown_while_typing_makes_the_request_needless_and_is_counted(
    browser: Browser, shared_world: World, answers: None
) -> None:
    page = visitor(browser, shared_world)
    sign_in(page, STUDENT)
    page.goto("/tickets/new/tasse-informazioni")
    page.get_by_label("Title").press_sequentially("paid late surcharge", delay=20)
    suggestions = page.locator("#suggestions")
    expect(suggestions.get_by_role("link", name="I paid late: how much is the surcharge?")).to_be_visible()
    expect(suggestions.get_by_role("link", name="Late payment and surcharge")).to_be_visible()
    solved = suggestions.get_by_role("button", name=re.compile("This solved it.*I paid late: how much"))
    assert Axe().run(page).response["violations"] == []
    with shared_world.session() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Ticket))
    solved.click()
    expect(page.get_by_text("No request was filed.")).to_be_visible()
    with shared_world.session() as session:
        assert session.scalar(sa.select(sa.func.sum(Answer.helped))) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == before


def test_b5_without_an_account_what_is_typed_stays_in_the_tab_and_beyond_it_only_on_a_device_of_ones_own(
    browser: Browser, shared_world: World
) -> None:
    path = f"/external/{SERVICE}/new/accesso-login"
    page = visitor(browser, shared_world)
    page.goto(path)
    page.get_by_label("Title").fill("Locked out")
    write(page, "Description", "Since Monday.")
    page.goto("/")
    page.goto(path)
    expect(page.get_by_text("Here is what you had typed before")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Locked out")
    expect(page.get_by_role("textbox", name="Description")).to_have_text("Since Monday.")
    another = page.context.new_page()
    another.goto(path)
    expect(another.get_by_label("Title")).to_have_value("")
    page.get_by_label("This device is mine").check(force=True)
    another.goto(path)
    expect(another.get_by_label("Title")).to_have_value("Locked out")
    another.get_by_role("button", name="Clear everything I typed").click()
    expect(another.get_by_label("Title")).to_have_value("")
    assert another.evaluate("Object.keys(localStorage).length") == 0


def test_a6_without_an_account_a_request_takes_at_most_six_clicks(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world)
    page.add_init_script(COUNTER)
    page.goto(f"/RichiesteEsterne/SelezioneCategoria?ServiceId={SERVICE}")
    page.evaluate("sessionStorage.clicks = 0")
    page.get_by_role("main").get_by_role("link", name="Problems signing in").click()
    for label, words in (("Given name", "Ada"), ("Family name", "Neri"), ("E-mail", "ada@example.org")):
        page.get_by_label(label).fill(words)
    page.get_by_label("Title").fill("I cannot sign in")
    write(page, "Description", "The page says that my account is locked.")
    page.get_by_role("button", name="Create the ticket").click()
    expect(page.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    clicks = int(page.evaluate("sessionStorage.clicks"))
    print(f"without an account, from the public link to filed: {clicks} clicks")
    assert 2 <= clicks <= 6
    _subject, text = shared_world.mail_to("ada@example.org")
    assert number_on(page) in text
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert [key for key in kept if key.startswith("request:")] == []
