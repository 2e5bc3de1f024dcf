"""What the house says, in a browser: written by an administrator, read by whoever gets the mail."""

from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from servicedesk.store.base import writing
from servicedesk.store.people import mail_address
from tests import factories
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World


def test_an_administrator_changes_a_mail_text(browser: Browser, world: World) -> None:
    page = visitor(browser, world)
    sign_in(page, "Omar Gestori")
    page.goto("/admin")
    page.get_by_role("button", name="Send me a test mail").click()
    expect(page.get_by_text("A mail is on its way to o.gestori@unidemo.example")).to_be_visible()
    assert world.mail_to("o.gestori@unidemo.example")[0] == "[Servizio Studenti] Test of the mails"
    page.get_by_role("link", name="Texts and look").click()
    page.get_by_role("link", name="Mails", exact=True).click()
    page.get_by_role("link", name="Request received").click()
    page.get_by_label("Text below (English)").fill("{group} is closed on {day}.")
    page.get_by_label("Text below (Italiano)").fill("Richiesta {number}: risponde {group}.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Line 1: {day} is no placeholder.").first).to_be_visible()
    page.get_by_label("Text below (English)").fill("Request {number}: {group} answers.")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.get_by_text("The example goes to o.gestori@unidemo.example")).to_be_visible()
    subject, text = world.mail_to("o.gestori@unidemo.example")
    assert (subject, "Request 2026000123: " in text) == ("[2026000123] Request received: Renewing late", True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: the next mail says it.")).to_be_visible()
    with world.session() as session, writing(session):
        asker = factories.student(session, locale="en")
        number = factories.ticket(session, key="tasse-mora", requester=asker, now=datetime.now(UTC)).number
        address = mail_address(session, asker.id)
    subject, text = world.mail_to(address)
    assert subject.startswith(f"[{number}] Request received")
    assert f"\n\nRequest {number}: " in text.replace("\r\n", "\n")
    assert "risponde" not in text
    page.context.close()
