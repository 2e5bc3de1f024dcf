"""Row F9 in a browser: promised times set, warned of before they run out, paused while the requester is asked."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.richtext import from_plain
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

ADMINISTRATOR, WORKER, SUPERVISOR_MAIL = "Omar Gestori", "Grazia Letterati", "n.coordini@unidemo.example"
WORKER_MAIL, STUDENT = "g.letterati@unidemo.example", "Sofia Saggi"
KEY = "segreteria-lettere"


def promise(page: Page) -> None:
    """Make a calendar around the clock, and promise an hour to own and a day to resolve of everything."""
    page.goto("/admin/levels")
    page.get_by_role("main").get_by_role("link", name="Calendars").last.click()
    page.get_by_role("link", name="New calendar").click()
    page.get_by_label("Name in Italian").fill("Sempre")
    page.get_by_label("Name in English").fill("Always")
    row = page.get_by_role("group", name="Opening hours of every week, row 1")
    row.get_by_label("Day").select_option("Every day")
    row.get_by_label("Opens").fill("00:00")
    row.get_by_label("Closes").fill("00:00")
    page.get_by_label("Country of the public holidays").fill("")
    page.get_by_role("button", name="Save the calendar").click()
    expect(page.get_by_role("status")).to_contain_text("The calendar is saved")

    page.goto("/admin/levels")
    page.get_by_role("link", name="New target").click()
    page.get_by_label("Time to own").fill("1:00")
    page.get_by_label("Time to resolve").fill("24:00")
    page.get_by_role("button", name="Save the target").click()
    expect(page.get_by_role("row", name="All requests")).to_contain_text("24:00")


def test_f9_promised_times_are_set_warned_of_missed_and_paused_while_the_requester_is_asked(
    browser: Browser, world: World
) -> None:
    administrator = visitor(browser, world)
    sign_in(administrator, ADMINISTRATOR)
    promise(administrator)
    administrator.get_by_role("button", name="Try").click()
    expect(administrator.get_by_text("Made now, it is to be owned until")).to_be_visible()

    student, now = visitor(browser, world), datetime.now(UTC)
    sign_in(student, STUDENT)
    with world.session() as session, writing(session):
        [asker] = session.query(Person).filter_by(family_name=STUDENT.split()[1]).all()
        asked_at = now - timedelta(minutes=50)
        number = factories.ticket(session, key=KEY, requester=asker, now=asked_at).number
    world.mails()
    world.run("levels", now)
    assert [to for to, mail in world.mails() if "The promised time runs short" in mail["Subject"]] == [WORKER_MAIL]

    worker = visitor(browser, world)
    sign_in(worker, WORKER)
    worker.goto(f"/tickets/{number}")
    levels = worker.locator("#levels")
    expect(levels).to_contain_text("due in 9 min")
    expect(levels).to_contain_text("50 min of 1 h 0 min")

    late = now + timedelta(minutes=11)
    world.run("levels", late)
    told = {to for to, mail in world.mails(late) if "The promised time has run out" in mail["Subject"]}
    assert told == {WORKER_MAIL, SUPERVISOR_MAIL}

    worker.reload()
    worker.get_by_role("button", name="Take").first.click()
    expect(levels).to_contain_text("missed")
    expect(levels).to_contain_text("due in 23 h")
    expect(worker.get_by_text("The promised time has run out.")).to_be_visible()

    with world.session() as session, writing(session):
        ticket = session.query(Ticket).filter_by(number=number).one()
        [technician] = session.query(Person).filter_by(id=ticket.technician_id).all()
        asks = Details(note=from_plain("Which course?"), waiting_for=WaitingFor.REQUESTER)
        act(session, ticket, Action.WAIT, factories.actor(session, technician), datetime.now(UTC), asks)
    worker.reload()
    expect(levels).to_contain_text("paused: waiting for the requester")
    levels.locator("summary", has_text="What the time was spent with").click()
    expect(levels.get_by_role("row", name="waiting for the requester")).to_contain_text("does not count")

    student.goto(f"/tickets/{number}")
    expect(student.get_by_text("The promised time")).to_have_count(0)
    expect(student.locator("#levels")).to_have_count(0)
