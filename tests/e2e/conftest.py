"""A browser, and a whole desk for it to visit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.databases import Databases
from tests.e2e.world import World, running
from tests.tools import chromium

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000
"""Milliseconds until something awaited counts as missing: generous, for machines that do other work besides."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(chromium()), args=list(FLAGS))
        yield made
        made.close()


@pytest.fixture(autouse=True)
def closed_windows(browser: Browser) -> Iterator[None]:
    """Close what a test opened: a page left open goes on asking its desk for news beside all later tests."""
    before = set(browser.contexts)
    yield
    for context in browser.contexts:
        if context not in before:
            context.close()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A desk of the test's own, with the shipped catalogue and the demo's people."""
    with running(database_url, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared_world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One desk on SQLite for all tests of a module, which must not depend on each other's tickets."""
    folder = tmp_path_factory.mktemp("world")
    with databases.copy("sqlite", folder) as url, running(url, folder) as made:
        yield made


def visitor(browser: Browser, world: World, width: int = 1280, language: str = "en") -> Page:
    """A person's own browser window; its console must stay silent (checked by `leave`)."""
    context = browser.new_context(
        base_url=world.address, viewport={"width": width, "height": 900}, locale=language, timezone_id="Europe/Rome"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


def sign_in(page: Page, name: str) -> None:
    """Sign in through the demo identity provider as the person of this name."""
    come_in(page, name)
    page.wait_for_url("**/")


def come_in(page: Page, name: str) -> None:
    """Sign in as somebody whom the desk may ask something before it shows them the home page."""
    page.goto("/login")
    page.get_by_role("link", name="Example University").or_(
        page.get_by_role("button", name="Example University")
    ).first.click()
    page.get_by_role("button", name=name).click()
    page.wait_for_url(lambda address: "localhost" not in address)
