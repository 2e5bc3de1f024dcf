"""The sign-in page offers the providers that exist, help to those who cannot sign in, and both languages."""

import pytest

from servicedesk.settings import ROOT, SettingsError, load
from servicedesk.web.auth.federation import load_federation
from tests.web.auth.federation import SPID, UNIVERSITY
from tests.web.conftest import page

HELP = "/RichiesteEsterne/SelezioneCategoria?ServiceId=ae929822-c377-4964-bfb2-61bd6947fb4a"
PRODUCTION = {
    "SERVICEDESK_MODE": "production",
    "SERVICEDESK_SITE__BASE_URL": "https://desk.example.org",
    "SERVICEDESK_SECRET_KEY": "s" * 40,
    "SERVICEDESK_IDENTITY_KEY": "i" * 40,
}


def links(client, path: str) -> dict[str, str]:
    return {" ".join(link.text_content().split()): link.get("href") for link in page(client, path).iter("a")}


def test_the_university_comes_first_and_keeps_the_way(client):
    found = links(client, "/login?next=/tickets")
    assert found["Sign in: Example University"] == f"/saml/login?idp={UNIVERSITY}/metadata&next=/tickets"
    assert found["Can't sign in?"] == found["Need help?"] == HELP


def test_the_spid_tab_lists_its_providers_and_explains_spid(client):
    found = links(client, "/login?next=/tickets&tab=spid")
    assert found["Example University"] == f"/saml/login?idp={SPID}/metadata&next=/tickets"
    assert found["More information"].startswith("https://www.spid.gov.it/")
    assert found["You have no SPID?"].startswith("https://www.spid.gov.it/")
    assert found["Need help?"] == HELP


def test_the_language_can_be_changed_before_signing_in(client):
    assert links(client, "/login?next=/tickets")["Italiano"].startswith("/language/it?next=/login")


def test_another_site_is_never_kept_as_the_way(client):
    found = links(client, "/login?next=//evil.example/")
    assert found["Sign in: Example University"] == f"/saml/login?idp={UNIVERSITY}/metadata&next=/"


def test_an_unknown_tab_shows_the_first(client):
    assert "Sign in: Example University" in links(client, "/login?tab=unknown")


def test_whoever_is_signed_in_goes_straight_on(browser):
    browser.sign_in("l.studente2")
    answer = browser.desk.get("/login?next=/tickets")
    assert (answer.status_code, answer.location) == (303, "/tickets")


def test_without_spid_providers_there_is_no_spid_tab():
    settings = load(ROOT / "config" / "test.toml", {})
    assert not load_federation(settings).spid_providers()
    assert [each.entity_id for each in load_federation(settings).university()] == [f"{UNIVERSITY}/metadata"]


def test_production_refuses_the_certificates_of_the_demo():
    with pytest.raises(SettingsError, match="certificates of the demo"):
        load_federation(load(ROOT / "config" / "test.toml", PRODUCTION))
