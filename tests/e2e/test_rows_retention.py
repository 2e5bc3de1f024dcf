"""Privacy: an administrator removes everything personal of somebody, and nobody reads or finds it any more."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import sessions
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action
from servicedesk.store.base import writing
from tests import factories
from tests.e2e.world import World
from tests.web.conftest import PROVIDER

NAME, TITLE, KEY = "Petronilla Daviduccia", "My private matter of the heart", "stage-curriculare"


def page_of(world: World, browser: Browser, token: str, address: str) -> Page:
    context = browser.new_context(base_url=world.address, locale="en")
    cookies = {"servicedesk_language": "en", world.settings.sessions.cookie: token}
    context.add_cookies([{"name": key, "value": each, "url": world.address} for key, each in cookies.items()])
    page = context.new_page()
    page.goto(address)
    return page


def test_an_administrator_anonymises_a_person(shared_world: World, browser: Browser) -> None:
    world, now = shared_world, datetime.now(UTC)
    with world.session() as session, writing(session):
        given, family = NAME.split()
        student = factories.student(session, given_name=given, family_name=family)
        ticket = factories.ticket(session, key=KEY, requester=student, title=TITLE, now=now)
        act(session, ticket, Action.WITHDRAW, factories.actor(session, student), now)
        chief = factories.administrator(session, code="PRIV-1", family_name="Capo")
        worker = factories.technician(session, ticket.group_code, code="PRIV-2")
        number = ticket.number
        boss, reader, own = (
            sessions.start(session, who.id, PROVIDER, now + timedelta(hours=1), now) for who in (chief, worker, student)
        )
    theirs = page_of(world, browser, own, f"/tickets/{number}")
    expect(theirs.get_by_role("heading", name=TITLE)).to_be_visible()
    page = page_of(world, browser, boss, "/admin/privacy")
    page.get_by_role("searchbox").last.fill(family)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=NAME).click()
    word = page.locator("section[aria-labelledby=remove] strong").inner_text()
    page.get_by_label("Number of the person").fill(word)
    page.locator("section[aria-labelledby=remove]").get_by_label("Reason").fill("Asked for by letter.")
    page.get_by_role("button", name="Remove everything personal").click()
    expect(page.get_by_text("Everything personal was removed on")).to_be_visible()
    theirs.reload()
    expect(theirs.get_by_text(TITLE)).to_have_count(0)
    work = page_of(world, browser, reader, f"/tickets/{number}")
    expect(work.locator("main")).to_contain_text("Person removed")
    expect(work.locator("main")).not_to_contain_text(family)
    expect(work.locator("main")).not_to_contain_text(TITLE)
    for each in (page, theirs, work):
        each.context.close()
