"""The main tasks by keyboard alone: no press of a mouse from the first page to the last."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import sign_in, visitor
from tests.e2e.recipes import STUDENT, TECHNICIAN
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.world import World

MOST = 80
"""Presses of Tab after which a control counts as out of reach."""


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    return build_scene(shared_world)


def as_role(browser: Browser, world: World, scene: Scene, role: str, number: str) -> Page:
    """Open a ticket in the browser of somebody who is signed in."""
    page = visitor(browser, world)
    for name, value in ((world.settings.sessions.cookie, scene.tokens[role]), ("servicedesk_language", "en")):
        page.context.add_cookies([{"name": name, "value": value, "url": world.address}])
    page.goto(f"/tickets/{scene.numbers[number]}")
    return page


def unfold(page: Page, name: str) -> None:
    """Open a folded part of the page."""
    tab_to(page, name)
    page.keyboard.press("Enter")


def tab_to(page: Page, name: str, role: str = "") -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const e = document.activeElement; const label = e.labels && e.labels[0];"
            " const by = e.getAttribute('aria-labelledby');"
            " return (e.getAttribute('aria-label') || (by && document.getElementById(by)?.innerText)"
            " || (label && label.innerText) || e.innerText || '').trim(); })()"
        )
        if focused.startswith(name):
            outlined = page.evaluate(
                "(() => ['', '::after'].map(part => getComputedStyle(document.activeElement, part || null))"
                ".some(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none'))()"
            )
            assert outlined, f"{name}: the focus cannot be seen"
            return
    raise AssertionError(f"{name} cannot be reached by Tab on {page.url}")


def enter(page: Page) -> None:
    """Press Enter on what has the focus, which leads to another page."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_student_on_a_phone_asks_and_comments_by_keyboard(browser: Browser, shared_world: World) -> None:
    page = visitor(browser, shared_world, width=320)
    page.goto("/")
    tab_to(page, "I am a student")
    enter(page)
    tab_to(page, "Sign in: Example University")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("localhost"))
    tab_to(page, "Sofia Saggi")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/catalogue"))
    tab_to(page, "Search by words")
    page.keyboard.type("rinnovare iscrizione")
    expect(page.get_by_role("link", name="Arts and Philosophy area").first).to_be_visible()
    tab_to(page, "Arts and Philosophy area")
    enter(page)
    tab_to(page, "Next")
    enter(page)
    tab_to(page, "Title")
    page.keyboard.type("By keyboard")
    expect(page.get_by_role("textbox", name="Description")).to_have_attribute("contenteditable", "")
    tab_to(page, "Description")
    page.keyboard.type("Every step without a mouse.")
    tab_to(page, "Create the ticket")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    tab_to(page, "Go to the ticket")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your comment")).to_have_attribute("contenteditable", "")
    tab_to(page, "Your comment")
    page.keyboard.type("One more thing.")
    tab_to(page, "Send the comment")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your comment was sent.")).to_be_visible()


def test_a_technician_takes_and_solves_by_keyboard(browser: Browser, shared_world: World) -> None:
    student = visitor(browser, shared_world)
    sign_in(student, "Sofia Saggi")
    student.goto("/tickets/new/iscrizione-rinnovo-lettere")
    student.get_by_label("Title").fill("For the technician")
    expect(student.get_by_role("textbox", name="Description")).to_have_attribute("contenteditable", "")
    student.get_by_role("textbox", name="Description").fill("Please help.")
    student.get_by_role("button", name="Create the ticket").click()
    page = visitor(browser, shared_world)
    page.goto("/login?next=/queue")
    tab_to(page, "Sign in: Example University")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("localhost"))
    tab_to(page, "Grazia Letterati")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/queue"))
    tab_to(page, "For the technician")
    enter(page)
    tab_to(page, "Take")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The request is yours.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Text")).to_have_attribute("contenteditable", "")
    tab_to(page, "Text")
    page.keyboard.type("Done.")
    tab_to(page, "Propose as solution")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The solution was sent to the requester.")).to_be_visible()


def test_a_student_refuses_and_then_accepts_by_keyboard(browser: Browser, shared_world: World, scene: Scene) -> None:
    student = as_role(browser, shared_world, scene, STUDENT, "resolved")
    unfold(student, "Refuse the solution")
    tab_to(student, "Why does the solution not help?")
    student.keyboard.type("It is still refused.")
    tab_to(student, "Refuse the solution")
    enter(student)
    expect(student.get_by_text("It is still refused.").first).to_be_visible()
    technician = as_role(browser, shared_world, scene, TECHNICIAN, "resolved")
    expect(technician.get_by_role("textbox", name="Text")).to_have_attribute("contenteditable", "")
    tab_to(technician, "Text")
    technician.keyboard.type("Now it is done.")
    tab_to(technician, "Propose as solution")
    enter(technician)
    student.reload()
    tab_to(student, "Accept the solution")
    enter(student)
    expect(student.get_by_text("Closed").first).to_be_visible()


def test_a_technician_sets_urgency_pauses_and_forwards_by_keyboard(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    page = as_role(browser, shared_world, scene, TECHNICIAN, "progress")
    unfold(page, "Urgency and impact")
    tab_to(page, "Urgency")
    page.keyboard.press("End")
    tab_to(page, "Set the priority from them")
    enter(page)
    unfold(page, "Wait for somebody else or for a date")
    tab_to(page, "What the requester is told")
    page.keyboard.type("The bank has to answer.")
    tab_to(page, "Wait for a third party")
    enter(page)
    tab_to(page, "Resume")
    enter(page)
    unfold(page, "Forward to another line")
    tab_to(page, "Group")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Reason")
    page.keyboard.type("Theirs to decide.")
    tab_to(page, "Forward")
    enter(page)
    expect(page.get_by_text("The request was forwarded.")).to_be_visible()
