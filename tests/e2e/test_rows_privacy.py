"""Privacy in a browser: a person gets a copy of their data, and a supervisor sees who opened the request."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.rules.lifecycle import State
from servicedesk.store.base import writing
from tests import factories
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

GROUP, KEY = "STAGE", "stage-curriculare"


class Desk:
    """A student's request that a technician works on, in a group with a supervisor; each with a browser."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self.browser = world, browser
        self.opened: list[Page] = []
        now = datetime.now(UTC)
        with world.session() as session, writing(session):
            anna = factories.technician(session, GROUP, given_name="Anna", family_name="Alba", code="OP-A")
            student = factories.student(session, given_name="Giulia")
            people = {"anna": anna, "student": student, "leader": factories.supervisor(session, GROUP)}
            ticket = factories.ticket(
                session, key=KEY, state=State.RESOLVED, technician=anna, requester=student, title="My stage", now=now
            )
            self.number, self.mail = ticket.number, factories.institutional_address(session, student)
            self.tokens = {
                name: sessions.start(session, who.id, PROVIDER, now + timedelta(hours=1), now)
                for name, who in people.items()
            }

    def page(self, name: str, path: str, width: int = 1280) -> Page:
        context = self.browser.new_context(
            base_url=self.world.address, viewport={"width": width, "height": 900}, locale="en"
        )
        cookies = {"servicedesk_language": "en", self.world.settings.sessions.cookie: self.tokens[name]}
        context.add_cookies([{"name": key, "value": each, "url": self.world.address} for key, each in cookies.items()])
        page = context.new_page()
        self.opened.append(page)
        page.goto(path)
        return page

    def close(self) -> None:
        for page in self.opened:
            page.context.close()


@pytest.fixture
def desk(world: World, browser: Browser) -> Iterator[Desk]:
    made = Desk(world, browser)
    yield made
    made.close()


def test_f_a_person_gets_their_data(desk: Desk, tmp_path: Path) -> None:
    """The copy holds the request as its page shows it, and when staff opened it; the supervisor sees who it was."""
    desk.page("anna", f"/tickets/{desk.number}")
    lead = desk.page("leader", f"/tickets/{desk.number}")
    lead.locator("[data-part=details] summary").click()
    lead.get_by_role("link", name="Who opened this request").click()
    expect(lead.get_by_role("row").filter(has_text="Anna Alba")).to_contain_text("opened the page")

    page = desk.page("student", "/preferences", width=375)
    page.get_by_role("link", name="A copy of your data").last.click()
    page.get_by_role("button", name="Ask for a copy").click()
    expect(page.get_by_text("It is being made")).to_be_visible()
    desk.world.mails()
    desk.world.run("own_data")
    subject, body = desk.world.mail_to(desk.mail)
    assert "Your data" in subject
    [link] = [word for word in body.split() if word.startswith(desk.world.address) and word.endswith("/data")]
    page.goto(link)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Take the copy").click()
    waiting.value.save_as(tmp_path / "data.zip")
    with ZipFile(tmp_path / "data.zip") as copy:
        shown = copy.read(f"requests/{desk.number}.html").decode()
        assert "My stage" in shown
        assert "OP-A" in shown
        assert desk.number in copy.read("data/reading_log.json").decode()
        assert "Alba" not in "".join(copy.read(name).decode() for name in copy.namelist())
