"""What the front end adds where JavaScript runs, in a real browser under the real policy, and what stays without it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.web.showcase import showcase

WIDTHS = (1280, 320)
PROBLEMS = (400, 403, 404, 409, 410, 413, 429, 500)


@pytest.fixture(scope="module")
def app() -> Flask:
    return showcase()


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Browser:
    """The one browser of the run: two cannot be driven side by side."""
    return browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose console must stay silent: a refused script or style would speak there."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


def open_form(page: Page, address: str) -> Any:
    page.goto(f"{address}/form")
    editor = page.get_by_role("textbox", name="Description")
    expect(editor).to_have_attribute("contenteditable", "")
    return editor


def send(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Send the request").click()


def a_file(name: str, size: int) -> Any:
    return {"name": name, "mimeType": "text/plain", "buffer": b"x" * size}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/form", "/ticket", *(f"/problem/{code}" for code in PROBLEMS)])
def test_a_page_fits_and_axe_finds_nothing(chromium: Browser, address: str, path: str, width: int):
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert Axe().run(page).response["violations"] == []
    page.close()


def test_text_written_in_the_editor_is_sent_as_html(page: Page, address: str, app: Flask):
    editor = open_form(page, address)
    editor.press("Control+b")
    editor.type("Unpaid")
    editor.press("Control+b")
    editor.type(": <Monday>")
    send(page)
    posted = app.extensions["posted"]
    assert posted["description_format"] == "html"
    assert posted["description"] == "<div><strong>Unpaid</strong>: &lt;Monday&gt;</div>"


def test_a_form_that_comes_back_shows_the_text_as_it_was_written(page: Page, address: str):
    open_form(page, address).type("Kept text")
    send(page)
    expect(page.get_by_role("textbox", name="Description")).to_have_text("Kept text")


def test_going_back_to_a_form_that_was_sent_finds_its_text_again(page: Page, address: str):
    open_form(page, address).type("Kept & found")
    page.get_by_label("Title").fill("Unpaid")
    page.get_by_role("radio", name="Low").check(force=True)
    send(page)
    expect(page).to_have_url(f"{address}/ticket")
    page.go_back()
    expect(page.get_by_label("Title")).to_have_value("Unpaid")
    expect(page.get_by_role("textbox", name="Description")).to_have_text("Kept & found")


def test_the_toolbar_is_one_stop_and_its_buttons_are_reached_with_arrows(page: Page, address: str):
    open_form(page, address).focus()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Italic")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Italic")).to_have_attribute("aria-pressed", "true")


def test_a_link_is_inserted_with_the_keyboard_alone(page: Page, address: str):
    editor = open_form(page, address)
    editor.press("Control+k")
    page.keyboard.type("https://www.example.org")
    page.keyboard.press("Enter")
    expect(editor.get_by_role("link")).to_have_attribute("href", "https://www.example.org")


def test_focus_goes_to_the_error_summary_and_from_there_to_the_editor(page: Page, address: str):
    open_form(page, address)
    send(page)
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Description: Describe what you need.").click()
    editor = page.get_by_role("textbox", name="Description")
    expect(editor).to_be_focused()
    expect(editor).to_have_attribute("aria-describedby", "description-error")


def test_files_chosen_one_after_the_other_are_gathered_and_can_be_removed(page: Page, address: str, app: Flask):
    open_form(page, address)
    chooser = page.get_by_label("Attachments")
    for name in ("first.txt", "second.txt", "third.txt"):
        chooser.set_input_files([a_file(name, 10)])
    page.get_by_role("button", name="Remove second.txt").click()
    send(page)
    assert app.extensions["posted"]["names"] == ["first.txt", "third.txt"]


def test_files_that_will_be_refused_are_named_before_sending(page: Page, address: str):
    open_form(page, address)
    page.get_by_label("Attachments").set_input_files([a_file("big.txt", 2001), *(a_file(f"{n}.txt", 1) for n in "ab")])
    expect(page.locator("[data-files-list] li").first).to_contain_text("too large: it will be refused")
    expect(page.locator("[data-files-status]")).to_contain_text("Too many files")


def test_leaving_with_unsent_text_asks_first(page: Page, address: str):
    open_form(page, address).type("Half a sentence")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{address}/ticket")
    assert asked == ["beforeunload"]


def test_a_second_click_does_not_send_again(page: Page, address: str):
    open_form(page, address)
    page.evaluate(
        """() => {
            window.sent = 0;
            document.addEventListener("submit", (event) => {
                if (!event.defaultPrevented) window.sent += 1;
                event.preventDefault();
            });
        }"""
    )
    button = page.get_by_role("button", name="Send the request")
    button.click()
    button.click(force=True)
    assert page.evaluate("window.sent") == 1


def test_a_menu_closes_with_escape_and_gives_the_focus_back(page: Page, address: str):
    page.goto(f"{address}/ticket")
    menu = page.locator("summary", has_text="English")
    menu.click()
    page.get_by_role("link", name="Italiano").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Italiano")).to_be_hidden()
    expect(menu).to_be_focused()


def test_without_javascript_the_form_is_sent_as_plain_text(chromium: Browser, address: str, app: Flask):
    page = chromium.new_page(java_script_enabled=False)
    page.goto(f"{address}/form")
    page.get_by_label("Description").fill("Line <1>\nline 2")
    page.get_by_label("Attachments").set_input_files([a_file("only.txt", 10)])
    send(page)
    posted = app.extensions["posted"]
    assert (posted["description_format"], posted["description"]) == ("text", "Line <1>\r\nline 2")
    assert posted["names"] == ["only.txt"]
    page.close()
