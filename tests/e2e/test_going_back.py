"""Leaving a request's form: back after sending, the same request is recognised; a form with mistakes asks first."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World


@pytest.fixture
def student(browser: Browser, shared_world: World) -> Page:
    page = visitor(browser, shared_world, 375)
    sign_in(page, "Lucia Studente")
    page.goto("/tickets/new/tasse-pagamenti")
    page.get_by_label("Title").fill("Paid but not shown")
    page.locator("trix-editor").click()
    page.keyboard.type("Paid on 3 November.")
    send(page)
    return page


def send(page: Page) -> None:
    page.get_by_role("button", name="Create the ticket").click()
    page.wait_for_url("**/filed")


def test_the_same_request_sent_again_after_going_back_is_the_same_ticket(student: Page) -> None:
    filed = student.url
    student.go_back()
    expect(student.get_by_label("Title")).to_have_value("Paid but not shown")
    expect(student.get_by_role("textbox", name="Description")).to_have_text("Paid on 3 November.")
    send(student)
    assert student.url == filed


def test_another_request_written_after_going_back_is_another_ticket(student: Page) -> None:
    filed = student.url
    student.go_back()
    student.get_by_label("Title").fill("Second instalment missing")
    send(student)
    assert student.url != filed
    expect(student.get_by_text("Second instalment missing")).to_be_visible()


def test_leaving_a_form_that_came_back_with_mistakes_asks_first(student: Page) -> None:
    student.goto("/tickets/new/tasse-pagamenti")
    student.get_by_label("Title").fill("Half a request")
    student.get_by_role("button", name="Create the ticket").click()
    expect(student.get_by_role("alert")).to_be_focused()
    asked: list[str] = []
    student.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    student.get_by_role("link", name="My tickets").first.click()
    student.wait_for_url("**/tickets")
    assert asked == ["beforeunload"]
