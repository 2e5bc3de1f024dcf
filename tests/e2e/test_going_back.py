"""The browser's back button after a request was sent: the same request is recognised, another one is filed."""

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
    page.get_by_role("textbox", name="Description").click()
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
