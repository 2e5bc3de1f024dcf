"""Row F4 in a browser: the queue by keyboard, the next ticket by one press, many tickets answered together."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.tickets import NewTicket, open_ticket
from servicedesk.rules.richtext import from_plain
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.tickets import next_number
from tests import factories
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.scenes import ROME
from tests.e2e.world import World

KEY = "stage-curriculare"


class Presses:
    """Counts key presses and clicks other than typing a text."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def key(self, name: str) -> None:
        """Press a key."""
        self.count += 1
        self.page.keyboard.press(name)

    def click(self, name: str, role: str = "button") -> None:
        """Press something with the mouse."""
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    def say(self, what: str) -> None:
        """Print the effort."""
        print(f"EFFORT {what}: {self.count}")


def file(world: World, count: int, title: str, address: str = "") -> None:
    """File requests of one kind, each by another person."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        for number in range(count):
            who = factories.person(session, email=address or f"{title.split()[0].lower()}{number}@example.org")
            by = people.actor_of(session, who.id)
            assert by
            new = NewTicket(
                next_number(session, now, ROME), KEY, f"{title} {number}", from_plain("Please help."), "person", {}
            )
            open_ticket(session, new, who.id, by, now)


@pytest.fixture
def desk(browser: Browser, world: World) -> Iterator[Page]:
    """A technician's browser."""
    page = visitor(browser, world)
    sign_in(page, "Laura Didatti")
    yield page
    page.context.close()


def test_f4_the_next_ticket_is_one_press_and_the_queue_works_by_keyboard(desk: Page, world: World) -> None:
    file(world, 3, "Locked out", "ada@example.org")
    desk.goto("/queue")
    presses = Presses(desk)
    presses.key("g")
    expect(desk.get_by_text("The request is yours.")).to_be_visible()
    presses.say("next ticket of my queue taken and open")
    assert presses.count == 1
    assert "Locked out 0" in world.mail_to("ada@example.org")[1]

    desk.keyboard.press("u")
    expect(desk).to_have_url(f"{world.address}/queue?state=todo&sort=priority")
    for key in ("j", "j", "k"):
        desk.keyboard.press(key)
    expect(desk.get_by_role("link", name="Locked out 0")).to_be_focused()
    desk.keyboard.press("j")
    desk.keyboard.press("n")
    expect(desk.get_by_role("heading", name="Locked out 1")).to_be_visible()
    expect(desk.locator(".desk-composer trix-editor")).to_be_focused()
    desk.keyboard.type("A note: jkrnfc")
    with desk.expect_navigation():
        desk.keyboard.press("Control+Enter")
    expect(desk.locator(".desk-entry--note")).to_contain_text("A note: jkrnfc")
    desk.keyboard.press("]")
    expect(desk.get_by_role("heading", name="Locked out 2")).to_be_visible()
    desk.keyboard.press("[")
    expect(desk.get_by_role("heading", name="Locked out 1")).to_be_visible()
    desk.keyboard.press("t")
    expect(desk.get_by_text("The request is yours.")).to_be_visible()

    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog")).to_contain_text("Next row")
    desk.get_by_role("link", name="Turn single keys off or on").click()
    desk.locator("label[for=shortcuts]").click()
    desk.get_by_role("button", name="Keep").click()
    desk.goto("/queue")
    desk.keyboard.press("j")
    expect(desk.locator("tr.is-current")).to_have_count(0)


def test_f4_twenty_requests_of_one_kind_are_answered_and_closed_together(desk: Page, world: World) -> None:
    file(world, 20, "Missing form")
    world.mails()
    desk.goto("/queue")
    presses = Presses(desk)
    presses.key("*")
    expect(desk.locator("[data-selected]")).to_have_text("20 selected")
    presses.click("Reply and close")
    expect(desk.get_by_text("What will happen to 20 requests")).to_be_visible()
    desk.get_by_label("What the requesters are told").fill("The form is on the page of the office.")
    presses.click("Reply and close: 20 requests")
    expect(desk.get_by_text("Done for 20 requests.")).to_be_visible(timeout=60_000)
    presses.say("20 tickets of one kind answered and closed together")
    assert presses.count <= 6
    told = [to for to, mail in world.mails() if "The form is on the page" in str(mail.get_body(("plain",)))]
    assert len(told) == 20
