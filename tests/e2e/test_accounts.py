"""Accounts in a browser: first access, registering, the second step, passkeys (virtual authenticator), under axe."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from servicedesk.actions import accounts, people, roles, sessions
from servicedesk.gateways.passwords import hashed
from servicedesk.rules.identity import Proof
from servicedesk.rules.permissions import Role
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from tests.databases import Databases
from tests.e2e.conftest import visitor
from tests.e2e.test_accessibility import examine_both
from tests.e2e.test_keyboard import enter, tab_to
from tests.e2e.world import World, running

PASSWORD = "correct horse battery staple"
EXTERNAL = "ae929822-c377-4964-bfb2-61bd6947fb4a"


@pytest.fixture(scope="module")
def shared_world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The desk under a name: browsers make no passkeys for a bare IP address."""
    folder = tmp_path_factory.mktemp("world")
    with databases.copy("sqlite", folder) as url, running(url, folder) as made:
        made.address = made.address.replace("127.0.0.1", "localhost")
        site = made.settings.site.model_copy(update={"base_url": made.address})
        made.app.extensions["desk_settings"] = made.settings.model_copy(update={"site": site})
        yield made


def link_to(world: World, address: str) -> str:
    """Return the path of the link in the newest mail to an address."""
    _subject, text = world.mail_to(address)
    found = re.search(r"https?://\S+/account/\S+", text)
    assert found, text
    return urlsplit(found[0]).path


def account(world: World, address: str, role: Role | None = None) -> Person:
    """A person with a password of the desk's own, and a role."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        person = accounts.add_person(session, "Olga", "Ospiti", address, "en", now)
        accounts.add_account(session, person, address, now).password_hash = hashed(PASSWORD)
        if role is not None:
            person.code = f"0{person.id:05d}"
            roles.grant(session, person, roles.make_grant(session, role, "CARR-LET"), [], "test", now)
        return person


def sign_in(page: Page, address: str) -> None:
    page.goto("/account/sign-in")
    page.get_by_label("E-mail").fill(address)
    page.locator("main [name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/account")
    page.locator(".desk-menu__name").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/")


def pass_first_access(page: Page) -> None:
    page.get_by_role("button", name="Later").click()


def test_a_newcomer_confirms_an_address_and_links_what_was_asked_before(browser: Browser, shared_world: World) -> None:
    guest = visitor(browser, shared_world)
    guest.goto(f"/external/{EXTERNAL}/new/accesso-login")
    fields = {"given_name": "Nuovo", "family_name": "Arrivato", "email": "mine@example.net", "title": "No way in"}
    for name, words in fields.items():
        guest.locator(f"[name={name}]").fill(words)
    guest.locator("trix-editor").fill("My password is refused.")
    guest.locator("main form [type=submit]").last.click()
    guest.wait_for_url("**/filed")
    shared_world.mails()
    page = visitor(browser, shared_world)
    page.context.add_cookies([_newcomer(shared_world)])
    page.goto("/account/first-access?next=/catalogue")
    examine_both(page)
    page.get_by_label("E-mail").fill("mine@example.net")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/catalogue")
    expect(page.get_by_text("Until then we write to vouched@example.org.")).to_be_visible()
    page.goto("/account")
    examine_both(page)
    page.goto(link_to(shared_world, "mine@example.net"))
    examine_both(page)
    page.get_by_role("button", name="Confirm the address").click()
    page.wait_for_url("**/account/earlier-tickets")
    expect(page.get_by_label("No way in")).to_be_checked()
    examine_both(page)
    page.get_by_role("button", name="Link the ticked requests").click()
    page.wait_for_url("**/tickets")
    expect(page.get_by_role("link", name="No way in")).to_be_visible()
    subject, text = shared_world.mail_to("mine@example.net")
    assert subject.endswith("Your earlier requests") and "no longer open them" in text


def _newcomer(world: World) -> dict[str, str]:
    """The cookie of somebody who has just signed in through a provider for the first time."""
    now = datetime.now(UTC)
    attributes = {"given_name": ("Nuovo",), "family_name": ("Arrivato",), "email": ("vouched@example.org",)}
    with world.session() as session, writing(session):
        arrival = people.Arrival(Proof("https://provider.test/", "first"), attributes, "en")
        person = people.sign_in(session, arrival, (), now)
        at = sessions.AtProvider("https://provider.test/", "x")
        token = sessions.start(session, person.id, at, now + timedelta(hours=1), now)
    return {"name": world.settings.sessions.cookie, "value": token, "url": world.address}


def test_somebody_registers_by_keyboard_and_is_signed_in_by_the_mailed_link(
    browser: Browser, shared_world: World
) -> None:
    page = visitor(browser, shared_world, width=320)
    page.goto("/account/register")
    for label, words in {"Given name": "Rita", "Family name": "Ospiti", "E-mail": "rita@example.org"}.items():
        tab_to(page, label)
        page.keyboard.type(words)
    tab_to(page, "New password")
    page.keyboard.type("too short")
    enter(page)
    expect(page.get_by_role("alert").first).to_contain_text("at least 12 characters")
    expect(page.get_by_label("E-mail")).to_have_value("rita@example.org")
    examine_both(page)
    page.set_viewport_size({"width": 320, "height": 900})
    tab_to(page, "New password: ")
    page.keyboard.press("Enter")  # the link in the summary leads to its field
    page.keyboard.type(PASSWORD)
    enter(page)
    page.wait_for_url("**/account/mail-sent")
    examine_both(page)
    page.goto(link_to(shared_world, "rita@example.org"))
    examine_both(page)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    enter(page)
    expect(page.get_by_text("Your account is ready, and you are signed in.")).to_be_visible()


def test_a_forgotten_password_is_chosen_anew_and_can_be_looked_at_while_typing(
    browser: Browser, shared_world: World
) -> None:
    account(shared_world, "forgetful@example.org")
    page = visitor(browser, shared_world)
    page.goto("/account/sign-in")
    page.get_by_role("link", name="Forgotten your password?").click()
    page.get_by_label("E-mail").fill("forgetful@example.org")
    page.get_by_role("button", name="Send the link").click()
    page.goto(link_to(shared_world, "forgetful@example.org"))
    examine_both(page)
    field = page.get_by_label("New password")
    field.fill("another one to remember")
    page.get_by_role("button", name="Show the password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide the password").click()
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    examine_both(page)


def test_a_technician_sets_up_an_app_before_anything_else_and_signs_in_with_it(
    browser: Browser, shared_world: World
) -> None:
    account(shared_world, "worker@example.org", Role.TECHNICIAN)
    page = visitor(browser, shared_world)
    sign_in(page, "worker@example.org")
    page.wait_for_url("**/account/security")
    expect(page.get_by_text("before anything else")).to_be_visible()
    page.goto("/queue")
    page.wait_for_url("**/account/security")
    examine_both(page)
    page.get_by_role("button", name="Set up an app").click()
    page.wait_for_url("**/account/security/codes")
    examine_both(page)
    assert page.locator("main img").evaluate("image => image.naturalWidth") > 100
    secret = page.locator("main code").inner_text().replace(" ", "")
    app = pyotp.TOTP(secret)
    page.get_by_label("Code").fill(app.at(datetime.now(UTC) - timedelta(seconds=30)))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    recovery = page.locator("main li code").all_inner_texts()
    assert len(recovery) == 10
    examine_both(page)
    page.goto("/queue")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Password and second step")
    sign_out(page)
    sign_in(page, "worker@example.org")
    page.wait_for_url("**/account/second-step")
    examine_both(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("This code is not right")
    page.get_by_label("Code").fill(app.at(datetime.now(UTC)))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")
    page.goto("/account/security")
    examine_both(page)


def test_a_passkey_is_the_second_step_and_then_the_only_one(browser: Browser, shared_world: World) -> None:
    account(shared_world, "keys@example.org")
    page = visitor(browser, shared_world)
    _authenticator(page)
    sign_in(page, "keys@example.org")
    pass_first_access(page)
    page.goto("/account/security")
    page.get_by_label("Name of the passkey").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.goto("/account/security")
    expect(page.get_by_text("My phone").first).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()
    examine_both(page)
    sign_out(page)
    sign_in(page, "keys@example.org")
    page.wait_for_url("**/account/second-step")
    examine_both(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account/first-access")
    sign_out(page)
    page.goto("/account/sign-in?next=/catalogue")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/account/first-access?next=/catalogue")
    page.goto("/account")
    expect(page.get_by_text("Olga Ospiti").first).to_be_visible()


def test_a_passkey_without_finger_or_pin_does_not_replace_the_password(browser: Browser, shared_world: World) -> None:
    account(shared_world, "touch@example.org")
    page = visitor(browser, shared_world)
    _authenticator(page, verifies=False)
    sign_in(page, "touch@example.org")
    pass_first_access(page)
    page.goto("/account/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    sign_out(page)
    page.goto("/account/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used. Try again, or choose another way.")).to_be_visible()


def _authenticator(page: Page, verifies: bool = True) -> None:
    """Give the browser an authenticator of its own (WebDriver's virtual authenticator, over the DevTools protocol)."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": verifies,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
