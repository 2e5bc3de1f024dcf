"""Row F1: a category asks for approvals; the request goes to its group once those named have given them."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from tests import factories
from tests.e2e.test_stories import write
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

KEY, TITLE = "laboratori-accesso", "The lab on Saturday mornings"
LEADER, OFFICE, WORKER = "n.coordini@unidemo.example", "l.didatti@unidemo.example", "r.cablati@unidemo.example"
PHONE = {"width": 375, "height": 800}
Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, shared_world: World) -> Iterator[Enter]:
    """Open a page as the person with an address, on a phone or on a desk."""
    contexts = []

    def entered(address: str, path: str, on_phone: bool = False) -> Page:
        now = datetime.now(UTC)
        with shared_world.session() as session, writing(session):
            person_id = session.scalars(sa.select(Person.id).where(Person.email == address)).one()
            token = sessions.start(session, person_id, PROVIDER, now + timedelta(hours=1), now)
        context = browser.new_context(
            base_url=shared_world.address,
            locale="en",
            viewport=PHONE if on_phone else None,  # type: ignore[arg-type]
        )
        contexts.append(context)
        cookies = {"servicedesk_language": "en", shared_world.settings.sessions.cookie: token}
        context.add_cookies(
            [{"name": key, "value": each, "url": shared_world.address} for key, each in cookies.items()]
        )
        page = context.new_page()
        page.goto(path)
        return page

    yield entered
    for context in contexts:
        context.close()


def approve(world: World, enter: Enter, address: str, words: str) -> None:
    """Follow the link of the mail on a phone and approve there."""
    subject, text = world.mail_to(address)
    assert "Your approval is asked" in subject or "approvazione" in subject
    link = re.search(r"https?://\S+?(/approvals/\d+)", text)
    assert link
    page = enter(address, link[1], on_phone=True)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Reason or remark").fill(words)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("You have approved.")).to_be_visible()


def test_f1_a_request_waits_for_its_approvals_and_then_arrives_in_the_group(enter: Enter, shared_world: World) -> None:
    with shared_world.session() as session, writing(session):
        asker = factories.student(session).email
    student = enter(asker, f"/catalogue/{KEY}")
    expect(student.get_by_text("Work starts once it is approved by")).to_be_visible()
    student.goto(f"/tickets/new/{KEY}")
    student.get_by_label("Title").fill(TITLE)
    student.get_by_label("Building and room").fill("B, lab 2")
    write(student, "Description", "For the group project.")
    student.get_by_role("button", name="Create the ticket").click()
    student.wait_for_url("**/filed*")
    number = student.url.split("/tickets/")[1].split("/")[0]
    student.goto(f"/tickets/{number}")
    expect(student.get_by_text("It waits for the approval of")).to_be_visible()
    worker = enter(WORKER, "/queue?technician=me")
    expect(worker.get_by_role("link", name=TITLE)).to_have_count(0)
    approve(shared_world, enter, LEADER, "The teacher agrees.")
    approve(shared_world, enter, OFFICE, "Fine.")
    worker.reload()
    worker.get_by_role("link", name=TITLE).first.click()
    expect(worker.get_by_text("The teacher agrees.").first).to_be_visible()
    student.reload()
    expect(student.get_by_text("approved the request").first).to_be_visible()
    expect(student.get_by_text("It waits for the approval of")).to_have_count(0)
