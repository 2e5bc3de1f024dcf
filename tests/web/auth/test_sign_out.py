"""Signing out ends the session on the server and at the provider, whichever of the two begins."""

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from saml.names import HTTP_POST
from servicedesk.store.models.people import LoginSession
from tests.web.auth.federation import SPID, UNIVERSITY, Browser, fields_of, onward, with_profile
from tests.web.conftest import csrf

LUCIA = "l.studente2"


def is_signed_in_at(browser: Browser, base: str = UNIVERSITY) -> bool:
    return "Lucia" in browser.at_provider(f"{base}/").text


def test_signing_out_here_signs_out_at_the_provider_too(browser, settings):
    browser.sign_in(LUCIA)
    token = browser.desk.get_cookie(settings.sessions.cookie).value
    page = browser.sign_out()
    assert page.status_code == 200 and not browser.is_signed_in()
    browser.desk.set_cookie(settings.sessions.cookie, token)
    assert not browser.is_signed_in()
    answer = browser.providers[UNIVERSITY].get(onward(page).removeprefix(UNIVERSITY), base_url=UNIVERSITY)
    assert not is_signed_in_at(browser)
    home = browser.desk.get(answer.location.removeprefix(settings.site.base_url), follow_redirects=True)
    assert home.request.path == "/" and "You are signed out." in home.text


def test_the_page_in_between_lets_a_form_lead_to_this_provider_only(browser):
    browser.sign_in(LUCIA)
    policy = browser.sign_out().headers["Content-Security-Policy"]
    assert f"form-action 'self' {UNIVERSITY};" in policy


def test_the_provider_ends_the_session_it_names(browser, app, idps):
    browser.sign_in(LUCIA)
    other = Browser.new(app, idps)
    other.sign_in("m.ingegneri")
    asked = browser.providers[UNIVERSITY].post("/logout", base_url=UNIVERSITY)
    answer = app.test_client().get(asked.location) if asked.location else None
    assert answer is not None and answer.status_code == 302
    assert "SAMLResponse" in answer.location
    assert not browser.is_signed_in() and other.is_signed_in()
    final = browser.at_provider(answer.location)
    assert final.status_code == 200


def test_an_unsigned_logout_ends_nothing(browser, app):
    browser.sign_in(LUCIA)
    asked = browser.providers[UNIVERSITY].post("/logout", base_url=UNIVERSITY).location
    answer = app.test_client().get(asked.split("&Signature=")[0])
    assert answer.status_code == 403 and "(unsigned)" in answer.text
    assert browser.is_signed_in()


def test_an_answer_to_a_logout_that_this_browser_did_not_ask_for_leads_home(browser, app):
    browser.sign_in(LUCIA)
    answer = browser.providers[UNIVERSITY].get(onward(browser.sign_out()).removeprefix(UNIVERSITY), base_url=UNIVERSITY)
    stranger = app.test_client().get(answer.location, follow_redirects=True)
    assert stranger.request.path == "/" and "You are signed out." not in stranger.text


def test_a_logout_message_that_is_none_is_refused(browser):
    assert browser.desk.get("/saml/slo").status_code == 403
    assert browser.desk.post("/saml/slo", data={"SAMLRequest": "AAAA"}).status_code == 403


def test_signing_out_without_being_signed_in_leads_home(browser):
    browser.sign_in(LUCIA)
    token = csrf(browser.desk, "/")
    browser.desk.delete_cookie("servicedesk_session")
    assert browser.desk.post("/logout", data={"csrf_token": token}).location == "/"


def test_signing_out_needs_the_token_of_our_own_form(browser):
    browser.sign_in(LUCIA)
    browser.desk.post("/logout")
    assert browser.is_signed_in()


def test_where_the_provider_has_no_logout_one_is_signed_out_here(browser, desk):
    browser.sign_in(LUCIA)
    desk.execute(sa.update(LoginSession).values(provider="https://gone.example/metadata"))
    desk.commit()
    answer = browser.sign_out()
    assert (answer.status_code, answer.location) == (303, "/")
    assert desk.scalars(sa.select(LoginSession.ended_at)).one() <= datetime.now(UTC)


def test_a_provider_that_posts_its_logout_gets_its_answer_posted(browser, app, tmp_path):
    browser.sign_in(LUCIA)
    metadata = tmp_path / "desk" / "saml" / "metadata"
    metadata.write_text(re.sub(r"<md:SingleLogoutService [^>]*HTTP-Redirect[^>]*/>", "", metadata.read_text()))
    asked = fields_of(browser.providers[UNIVERSITY].post("/logout", base_url=UNIVERSITY))
    page = app.test_client().post("/saml/slo", data=asked)
    assert UNIVERSITY in page.headers["Content-Security-Policy"] and f'action="{UNIVERSITY}/slo"' in page.text
    assert not browser.is_signed_in()
    final = browser.providers[UNIVERSITY].post("/slo", base_url=UNIVERSITY, data=fields_of(page))
    assert final.status_code == 200


def test_a_provider_that_takes_logouts_by_post_only_gets_them_so(browser, app):
    registries = app.extensions["desk_registries"]
    ours = registries["university"]
    posting = {
        entity_id: replace(kept, provider=replace(kept.provider, slo={HTTP_POST: kept.provider.slo[HTTP_POST]}))
        for entity_id, kept in ours.files[0].items()
    }
    registries["university"] = replace(ours, files={0: posting})
    browser.sign_in(LUCIA)
    page = browser.sign_out()
    browser.providers[UNIVERSITY].post("/slo", base_url=UNIVERSITY, data=fields_of(page))
    assert not browser.is_signed_in() and not is_signed_in_at(browser)


class TestSpid:
    @pytest.fixture
    def settings(self, settings, tmp_path):
        """SPID at level 1, where its providers keep a session."""
        return with_profile(settings, "spid", tmp_path, lambda text: f"{text}\n[terms]\nlevel = 1\n")

    def test_signing_out_here_signs_out_at_the_provider_under_its_profile(self, browser, settings):
        browser.sign_in(LUCIA, SPID)
        assert is_signed_in_at(browser, SPID)
        onto = browser.at_provider_once(onward(browser.sign_out()))
        assert onto.location.startswith(f"{settings.site.base_url}/saml/spid/slo?")
        assert not is_signed_in_at(browser, SPID) and not browser.is_signed_in()
        home = browser.desk.get(onto.location.removeprefix(settings.site.base_url), follow_redirects=True)
        assert "You are signed out." in home.text

    def test_the_provider_ends_the_session_of_its_profile_in_every_browser(self, browser, app, idps):
        browser.sign_in(LUCIA, SPID)
        elsewhere = Browser.new(app, idps)
        elsewhere.sign_in(LUCIA, UNIVERSITY)
        asked = browser.ask_logout(SPID)
        answer = app.test_client().get(asked.location)
        assert answer.status_code == 302 and answer.location.startswith(f"{SPID}/slo?")
        assert not browser.is_signed_in() and elsewhere.is_signed_in()

    def test_a_logout_for_another_profile_is_refused(self, browser, app):
        browser.sign_in(LUCIA, SPID)
        asked = browser.ask_logout(SPID).location.replace("/saml/spid/slo", "/saml/cie/slo")
        assert app.test_client().get(asked).status_code == 403
        assert browser.is_signed_in()

    def test_an_unsigned_logout_by_post_ends_nothing(self, browser, app, tmp_path):
        browser.sign_in(LUCIA, SPID)
        metadata = tmp_path / "desk" / "saml" / "spid" / "metadata"
        metadata.write_text(re.sub(r"<md:SingleLogoutService [^>]*HTTP-Redirect[^>]*/>", "", metadata.read_text()))
        asked = fields_of(browser.ask_logout(SPID))
        xml = re.sub(rb"<ds:Signature.*</ds:Signature>", b"", b64decode(asked["SAMLRequest"]), flags=re.DOTALL)
        answer = app.test_client().post("/saml/spid/slo", data={"SAMLRequest": b64encode(xml).decode()})
        assert answer.status_code == 403 and "(unsigned)" in answer.text
        assert browser.is_signed_in()
