"""Rows A4 to A7 in a browser: asking, following and registering without an account, with JavaScript and without."""

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.richtext import from_plain
from servicedesk.store import people
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.test_accessibility import examine_both
from tests.e2e.test_rows_search import COUNTER
from tests.e2e.test_stories import number_on, write
from tests.e2e.world import World

EXTERNAL = "ae929822-c377-4964-bfb2-61bd6947fb4a"
FORM = f"/external/{EXTERNAL}/new/accesso-login"
WORKER = "Anna Sportelli"
PASSWORD = "correct horse battery staple"
MOST_CLICKS = 6


def fill_in(page: Page, email: str, title: str = "No way in") -> None:
    """Fill in the public form, but for its description."""
    for name, words in {"given_name": "Rita", "family_name": "Ospiti", "email": email, "title": title}.items():
        page.locator(f"[name={name}]").fill(words)


def file(page: Page, email: str, title: str = "No way in") -> str:
    """File a request without an account and return its number."""
    page.goto(FORM)
    fill_in(page, email, title)
    write(page, "Description", "My password is refused.")
    page.get_by_role("button", name="Create the ticket").click()
    expect(page.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    return number_on(page)


def mailed_link(world: World, email: str, place: str) -> str:
    """Return the local path of the link to a place in the newest mail to an address."""
    _subject, text = world.mail_to(email)
    found = re.search(rf"https?://\S+/{place}/[^\s>]+", text)
    assert found, text
    return urlsplit(found[0]).path


def title_in_queue(browser: Browser, world: World, title: str) -> Page:
    """Return the technician's page of the ticket, opened from the queue."""
    worker = visitor(browser, world)
    sign_in(worker, WORKER)
    worker.goto("/queue")
    worker.get_by_role("link", name=title).click()
    return worker


def test_a4_first_access_links_the_request_that_was_filed_without_an_account(
    browser: Browser, shared_world: World
) -> None:
    page = visitor(browser, shared_world)
    number = file(page, "paolo@example.net", "Before the account")
    shared_world.mails()
    page.get_by_role("link", name="First access").click()
    page.get_by_role("link", name="Example University").or_(
        page.get_by_role("button", name="Example University")
    ).first.click()
    page.get_by_role("button", name="Paolo Laureati").click()
    page.wait_for_url("**/account/first-access**")
    page.get_by_label("E-mail").fill("paolo@example.net")
    page.get_by_role("button", name="Confirm").click()
    page.goto(mailed_link(shared_world, "paolo@example.net", "account/address"))
    page.get_by_role("button", name="Confirm the address").click()
    page.get_by_role("button", name="Link the ticked requests").click()
    page.goto(f"/tickets/{number}")
    expect(page.get_by_role("heading", name="Before the account")).to_be_visible()
    with shared_world.session() as session:
        assert session.scalars(sa.select(Ticket.access_suffix).where(Ticket.number == number)).one() is None


def test_a5_whoever_registers_from_a_guests_page_signs_in_and_finds_the_request(
    browser: Browser, shared_world: World
) -> None:
    page = visitor(browser, shared_world)
    file(page, "registering@example.net", "Soon registered")
    shared_world.mails()
    page.get_by_role("link", name="Register", exact=True).click()
    for label, words in {"Given name": "Rita", "Family name": "Ospiti", "E-mail": "registering@example.net"}.items():
        page.get_by_label(label).fill(words)
    page.locator("main [name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    page.goto(mailed_link(shared_world, "registering@example.net", "account/confirm"))
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main form [type=submit]").last.click()
    expect(page.get_by_label("Soon registered")).to_be_checked()
    page.get_by_role("button", name="Link the ticked requests").click()
    expect(page.get_by_role("link", name="Soon registered")).to_be_visible()


def test_a6_filing_without_an_account_takes_at_most_six_clicks_and_reaches_the_queue(
    browser: Browser, shared_world: World
) -> None:
    guest = visitor(browser, shared_world, 375)
    guest.context.add_init_script(COUNTER)
    guest.goto("/")
    guest.locator(f"main a[href*='{EXTERNAL}']").first.click()
    guest.locator(f"main a[href='{FORM}']").first.click()
    examine_both(guest)
    fill_in(guest, "six@example.net", "Filed in a hurry")
    write(guest, "Description", "My password is refused.")
    guest.get_by_role("button", name="Create the ticket").click()
    expect(guest.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    examine_both(guest)
    clicks = int(guest.evaluate("sessionStorage.clicks"))
    print(f"from home to filed, without an account: {clicks} clicks")
    assert 3 <= clicks <= MOST_CLICKS
    subject, text = shared_world.mail_to("six@example.net")
    assert "hurry" not in subject + text and "Rita" not in subject + text
    expect(
        title_in_queue(browser, shared_world, "Filed in a hurry").get_by_text("My password is refused.")
    ).to_be_visible()


def test_a6_without_javascript_the_request_is_filed_by_the_button_behind_the_mailed_link(
    browser: Browser, shared_world: World, tmp_path: Path
) -> None:
    context = browser.new_context(base_url=shared_world.address, java_script_enabled=False, locale="en")
    guest = context.new_page()
    guest.goto(FORM)
    expect(guest.get_by_text("we ask you to confirm the request by mail")).to_be_visible()
    fill_in(guest, "plain@example.net", "Filed without scripts")
    guest.locator("[name=description]").fill("My password is refused.")
    screen = tmp_path / "screen.txt"
    screen.write_text("error 42")
    guest.locator("[name=files]").set_input_files(screen)
    guest.get_by_role("button", name="Create the ticket").click()
    expect(guest.get_by_role("heading", name="One more step")).to_be_visible()
    guest.goto(mailed_link(shared_world, "plain@example.net", "external/confirm"))
    expect(guest.get_by_text("Filed without scripts")).to_be_visible()
    with shared_world.session() as session:
        assert not session.scalars(sa.select(Ticket).where(Ticket.title == "Filed without scripts")).all()
    guest.get_by_role("button", name="File the request").click()
    expect(guest.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    guest.goto(mailed_link(shared_world, "plain@example.net", "status"))
    expect(guest.get_by_role("heading", name="Filed without scripts")).to_be_visible()
    worker = title_in_queue(browser, shared_world, "Filed without scripts")
    with worker.expect_download() as file:
        worker.get_by_role("link", name="screen.txt").click()
    assert file.value.path().read_text() == "error 42"
    context.close()


def test_a6_the_pages_of_the_mail_confirmation_are_accessible(browser: Browser, shared_world: World) -> None:
    guest = visitor(browser, shared_world)
    guest.context.route("**/proof-worker.js*", lambda route: route.abort())
    guest.goto(FORM)
    fill_in(guest, "blocked@example.net", "The worker was blocked")
    write(guest, "Description", "My password is refused.")
    guest.get_by_role("button", name="Create the ticket").click()
    expect(guest.get_by_role("heading", name="One more step")).to_be_visible()
    examine_both(guest)
    link = mailed_link(shared_world, "blocked@example.net", "external/confirm")
    guest.goto(link)
    examine_both(guest)
    guest.goto(link)
    guest.get_by_role("button", name="File the request").click()
    expect(guest.get_by_role("heading", name="Your ticket is open")).to_be_visible()
    guest.goto(link)
    expect(guest.get_by_text("This request is filed already")).to_be_visible()


def test_a7_the_status_check_tells_nothing_but_by_mail_and_the_access_ends_at_a_press(
    browser: Browser, shared_world: World
) -> None:
    guest = visitor(browser, shared_world, 375)
    number = file(guest, "status@example.net", "How does it stand")
    shared_world.mails()
    for typed in (number, "2020000001"):
        guest.goto("/status")
        guest.get_by_label("E-mail").first.fill("status@example.net")
        guest.get_by_label("number", exact=False).first.fill(typed)
        guest.get_by_role("button", name="Continue").click()
        expect(guest.get_by_text("If we know this address and number")).to_be_visible()
    _subject, text = shared_world.mail_to("status@example.net")
    full = re.search(rf"{number}-[0-9A-Z]{{6}}", text)
    assert full, text
    guest.get_by_label("E-mail").first.fill("status@example.net")
    guest.get_by_label("number", exact=False).first.fill(full[0])
    guest.get_by_role("button", name="Continue").click()
    expect(guest.get_by_role("heading", name="How does it stand")).to_be_visible()
    guest.get_by_role("button", name="Disconnect").first.click()
    expect(guest.get_by_text("You are disconnected")).to_be_visible()
    guest.goto(f"/tickets/{number}")
    expect(guest.get_by_role("heading", name="How does it stand")).to_have_count(0)


def answered(world: World, number: str, action: Action) -> None:
    """Let a technician do one thing to the ticket."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        ticket = session.scalars(sa.select(Ticket).where(Ticket.number == number)).one()
        worker = session.scalars(sa.select(Person).where(Person.family_name == "Sportelli")).one()
        actor = people.actor_of(session, worker.id)
        assert actor
        if ticket.technician_id != worker.id:
            act(session, ticket, Action.TAKE, actor, now)
        act(session, ticket, action, actor, now, Details(note=from_plain("Choose a new password.")))


def test_a6_a_guest_refuses_accepts_reopens_prints_and_withdraws(browser: Browser, shared_world: World) -> None:
    guest = visitor(browser, shared_world)
    number = file(guest, "moves@example.net", "Acted upon")
    guest.goto(mailed_link(shared_world, "moves@example.net", "status"))
    answered(shared_world, number, Action.PROPOSE)
    guest.reload()
    refuse = guest.locator(f"form[action='/tickets/{number}/refuse']")
    guest.locator("details", has=refuse).locator("summary").click()
    refuse.locator("textarea").fill("Still refused.")
    refuse.locator("[type=submit]").click()
    expect(guest.get_by_text("You refused the solution.")).to_be_visible()
    answered(shared_world, number, Action.PROPOSE)
    guest.reload()
    guest.locator(f"form[action='/tickets/{number}/accept'] [type=submit]").click()
    expect(guest.get_by_text("You accepted the solution.")).to_be_visible()
    reopen = guest.locator(f"form[action='/tickets/{number}/reopen']")
    guest.locator("details", has=reopen).locator("summary").click()
    reopen.locator("textarea").fill("Refused again.")
    reopen.locator("[type=submit]").click()
    expect(guest.get_by_text("The request is open again.")).to_be_visible()
    guest.get_by_role("link", name="Print").click()
    expect(guest.get_by_text("Refused again.")).to_be_visible()
    guest.goto(f"/tickets/{number}")
    withdraw = guest.locator(f"form[action='/tickets/{number}/withdraw']")
    guest.locator("details", has=withdraw).locator("summary").click()
    withdraw.locator("[type=submit]").click()
    expect(guest.get_by_text("You withdrew the request.")).to_be_visible()
    worker = visitor(browser, shared_world)
    sign_in(worker, WORKER)
    worker.goto(f"/tickets/{number}")
    expect(worker.get_by_text("Still refused.")).to_be_visible()
    expect(worker.get_by_text("Refused again.")).to_be_visible()
