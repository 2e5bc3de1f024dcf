"""Rows C1, C2, C9 and F13 in a browser: lists, stars, editing, paper, and the question after closing."""

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Actor
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Participation, Ticket
from servicedesk.store.visible import FOLLOWER
from tests.e2e.conftest import visitor
from tests.e2e.recipes import STUDENT, TECHNICIAN
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.test_stories import write
from tests.e2e.world import World
from tests.pdf_text import pdf_text

STUDENT_MAIL = "e.scriventi@studenti.unidemo.example"
STUDENT_ADDRESS = "e@example.org"


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    return build_scene(shared_world)


def window(browser: Browser, world: World, scene: Scene, role: str, path: str, width: int = 1280) -> Page:
    """Open a page in a browser of its own, signed in already."""
    page = visitor(browser, world, width)
    cookies = {"servicedesk_language": "en", world.settings.sessions.cookie: scene.tokens[role]}
    page.context.add_cookies([{"name": name, "value": value, "url": world.address} for name, value in cookies.items()])
    page.goto(scene.address(path))
    return page


def person(world: World, address: str) -> Actor:
    with world.session() as session:
        found = people.actor_of(session, session.scalars(sa.select(Person.id).where(Person.email == address)).one())
    assert found is not None
    return found


def share(world: World, number: str, address: str) -> None:
    """Let a person follow a ticket."""
    reader = person(world, address)
    with world.session() as session, writing(session):
        shared = session.scalars(sa.select(Ticket.id).where(Ticket.number == number)).one()
        session.add(Participation(ticket_id=shared, person_id=reader.person_id, role=FOLLOWER))


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Which tickets").get_by_role("link", name=name).click()


def test_c1_lists_with_counts_hold_what_is_mine_and_what_is_shared_with_me_and_the_search_finds_it(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    owner = window(browser, shared_world, scene, STUDENT, "/tickets")
    expect(owner.get_by_role("link", name="Renewing my enrolment late: progress")).to_be_visible()
    tab(owner, "Closed 2")
    expect(owner.get_by_role("link", name="Renewing my enrolment late: closed")).to_be_visible()
    tab(owner, "Public 0")
    expect(owner.get_by_text("Nothing is public here")).to_be_visible()
    share(shared_world, scene.numbers["progress"], "newcomer@example.org")
    page = window(browser, shared_world, scene, "newcomer", "/tickets?list=followed", 375)
    page.get_by_label("Search my tickets").fill("enrolment progress")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Renewing my enrolment late: progress").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Renewing my enrolment late: progress")


def test_c2_a_star_pressed_on_a_phone_shows_at_home_and_in_the_favourites(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    number = scene.numbers["waiting"]
    page = window(browser, shared_world, scene, STUDENT, "/tickets", 375)
    star = page.get_by_role("button", name=f"Favourite: {number}")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    page.goto("/")
    favourites = page.get_by_role("region", name="Favourites")
    expect(favourites.get_by_role("link", name="Renewing my enrolment late: waiting")).to_be_visible()
    favourites.get_by_role("link", name="All favourites").click()
    star = page.get_by_role("button", name=f"Favourite: {number}")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(page.get_by_text("You have no favourites")).to_be_visible()


def test_c9_an_edited_request_reads_anew_for_its_office_until_somebody_works_on_it(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    student = window(browser, shared_world, scene, STUDENT, "/tickets/{open}")
    worker = window(browser, shared_world, scene, TECHNICIAN, "/tickets/{open}")
    student.get_by_role("link", name="Edit").click()
    student.get_by_label("Title").fill("Renewing after the deadline")
    write(student, "Description", "It is about the second year. ")
    student.get_by_role("button", name="Save the changes").click()
    expect(student.get_by_text("The request now says what you wrote.")).to_be_visible()
    expect(student.get_by_role("heading", level=1)).to_have_text("Renewing after the deadline")
    worker.goto("/queue")
    worker.get_by_role("link", name="Renewing after the deadline").click()
    expect(worker.get_by_text("edited the request: the title, the description")).to_be_visible()
    expect(worker.get_by_text("Renewing my enrolment late: open")).to_be_visible()
    student.get_by_role("link", name="Edit").click()
    worker.get_by_role("button", name="Take").click()
    worker.get_by_role("button", name="Start working").click()
    student.get_by_label("Title").fill("Too late")
    student.get_by_role("button", name="Save the changes").click()
    expect(student.get_by_text("Somebody works on the request by now.")).to_be_visible()
    expect(student.get_by_role("textbox", name="Your text")).to_have_value(re.compile("^Too late"))


def test_c9_the_print_view_and_the_pdf_say_the_same(browser: Browser, shared_world: World, scene: Scene) -> None:
    page = window(browser, shared_world, scene, STUDENT, "/tickets/{resolved}")
    page.get_by_role("link", name="Print").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as PDF").click()
    file = pdf_text(download.value.path().read_bytes()).split()
    paper = page.locator(".desk-paper")
    said = " ".join(paper.locator("dd, strong, li, .desk-prose p, .desk-prose div").all_inner_texts()).split()
    assert {"Renewing", "Resolved"} <= set(file)
    assert set(said) <= set(file)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("link", name="Download as PDF")).to_be_hidden()


def test_f13_the_mail_about_a_closed_ticket_asks_and_one_button_answers_without_signing_in(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    number = scene.numbers["resolved"]
    with shared_world.session() as session, writing(session):
        session.execute(sa.delete(Feedback))  # the scene has closed a ticket of hers today already
        ticket = session.scalars(sa.select(Ticket).where(Ticket.number == number)).one()
        act(session, ticket, Action.ACCEPT, person(shared_world, STUDENT_ADDRESS), datetime.now(UTC))
    _subject, text = shared_world.mail_to(STUDENT_MAIL)
    (link,) = re.findall(r"http://\S+/feedback/\S+\?grade=4", text)
    page = visitor(browser, shared_world, 375)
    page.goto(link)
    expect(page.get_by_label("4 · ")).to_be_checked()
    with shared_world.session() as session:
        assert session.scalars(sa.select(Feedback.grade)).all() == [None]
    page.get_by_label("What was good").fill("Quick and kind.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("4 · ").first).to_be_visible()
    worker = window(browser, shared_world, scene, TECHNICIAN, "/tickets/{resolved}")
    expect(worker.get_by_text("Quick and kind.")).to_be_visible()
