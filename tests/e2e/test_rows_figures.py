"""Row F12 in browsers: what technicians did reaches their supervisor as figures, file and mail, and no colleague."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.rules.lifecycle import State
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from tests import factories
from tests.e2e.conftest import visitor
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

GROUP, KEY = "STAGE", "stage-curriculare"


def window(browser: Browser, world: World, who: Person) -> Page:
    """A person's browser, signed in."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        token = sessions.start(session, who.id, PROVIDER, now + timedelta(hours=1), now)
    page = visitor(browser, world)
    page.context.add_cookies([{"name": world.settings.sessions.cookie, "value": token, "url": world.address}])
    return page


def next_monday(now: datetime) -> datetime:
    return (now + timedelta(days=7 - now.weekday())).replace(hour=12)


def test_f12_work_done_reaches_the_supervisor_as_figures_file_and_mail_and_no_colleague(
    browser: Browser, world: World
) -> None:
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        leader = factories.supervisor(session, GROUP, code="L1", email="leader@example.org")
        first, second = (
            factories.technician(session, GROUP, code=name, family_name=name) for name in ("Bianchi", "Verdi")
        )
        for worker, state in ((first, State.RESOLVED), (first, State.CLOSED), (second, State.IN_PROGRESS)):
            factories.ticket(session, key=KEY, state=state, technician=worker, now=now)
    world.run("figures")

    page = window(browser, world, leader)
    page.goto("/")
    page.get_by_role("link", name="Figures").click()
    page.get_by_label("Compare", exact=True).select_option("technician")
    page.get_by_role("button", name="Show").click()
    row = page.get_by_role("row").filter(has_text="Bianchi")
    expect(row.get_by_role("cell").nth(2)).to_have_text("2")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Comparison as CSV").click()
    assert "Verdi" in taken.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="By mail, regularly").click()
    page.get_by_role("button", name="Send me this report").click()
    expect(page.get_by_text("The report comes by mail")).to_be_visible()
    world.run("figure_reports", next_monday(now))
    subject, text = world.mail_to("leader@example.org", next_monday(now))
    assert subject.endswith("Figures") and "Bianchi: 0 / 2 / 0" in text and "- Arrived: 3 (0)" in text

    colleague = window(browser, world, second)
    colleague.goto("/figures?by=technician")
    expect(colleague.get_by_role("row").filter(has_text="Me").first).to_be_visible()
    expect(colleague.get_by_text("Bianchi")).to_have_count(0)
    colleague.goto("/figures/now")
    board = colleague.locator("[data-board]")
    expect(board.locator(".desk-tile").first).to_contain_text("2")
    colleague.get_by_role("button", name="Pause renewing").click()
    expect(colleague.get_by_role("button", name="Pause renewing")).to_have_attribute("aria-pressed", "true")
