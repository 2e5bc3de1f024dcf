"""Signing in, the whole exchange over HTTP with the demo identity provider, and everything that must not sign in."""

import logging
import re

import pytest
import sqlalchemy as sa

from servicedesk.settings import FederatedRole
from servicedesk.store.models.people import Identity, LoginSession, Person
from servicedesk.store.models.system import SignInRequest
from servicedesk.store.people import actor_of, student_of
from tests.web.auth.federation import SPID, UNIVERSITY, Browser

pytestmark = pytest.mark.usefixtures("register")
LUCIA = "l.studente2"
LUCIAS_CODE = "STDLCU03D52X999N"


def count(desk, model) -> int:
    return desk.scalar(sa.select(sa.func.count()).select_from(model))


def cookie(browser: Browser, name: str):
    return browser.desk.get_cookie(name) or browser.desk.get_cookie(name, path="/saml")


def test_somebody_signs_in_and_arrives_where_they_wanted_to_go(browser, desk):
    answer = browser.sign_in(LUCIA, next_path="/catalogue?q=tasse")
    assert (answer.status_code, answer.location) == (303, "/catalogue?q=tasse")
    assert browser.is_signed_in()
    person = desk.scalars(sa.select(Person)).one()
    assert (person.display_name, person.email) == ("Lucia Studente", "l.studente2@studenti.unidemo.example")


def test_the_session_cookie_is_unreadable_to_scripts_and_only_its_hash_is_kept(browser, desk, settings):
    browser.sign_in(LUCIA)
    kept = cookie(browser, settings.sessions.cookie)
    assert kept.http_only and kept.same_site == "Lax"
    assert desk.scalars(sa.select(LoginSession.token_hash)).one() != kept.value


def test_the_answer_is_taken_at_once_where_the_cookie_comes_along(browser):
    assert browser.desk.post("/saml/acs", data=browser.answer_for(LUCIA)).status_code == 303
    assert browser.is_signed_in()


def test_a_student_finds_the_record_of_the_register_joined(browser, desk):
    browser.sign_in(LUCIA)
    student = student_of(desk, desk.scalars(sa.select(Person.id)).one())
    assert (student.student_number, student.degree_course_name) == ("722431", "Banca e finanza")


def test_two_providers_with_the_same_fiscal_code_lead_to_one_person(browser, app, idps, desk):
    browser.sign_in(LUCIA, UNIVERSITY)
    Browser.new(app, idps).sign_in(LUCIA, SPID)
    assert count(desk, Person) == 1
    assert sorted(desk.scalars(sa.select(LoginSession.provider))) == [f"{UNIVERSITY}/metadata", f"{SPID}/metadata"]


def test_no_fiscal_code_is_stored_or_logged(browser, desk, caplog):
    with caplog.at_level(logging.DEBUG):
        fields = browser.answer_for(LUCIA)
        browser.post_answer(fields)
        browser.post_answer(fields)
    assert LUCIAS_CODE not in caplog.text
    assert LUCIAS_CODE not in str(desk.execute(sa.select(Identity.__table__)).all())


def refused(answer, code: str) -> None:
    """Assert a refusal on the spot that shows a sentence, the code and the way back, and nothing of the XML."""
    assert answer.status_code == 403
    assert "You are not signed in" in answer.text and f"({code})" in answer.text
    assert "/login?next=" in answer.text
    assert not re.search("samlp?:|PHNhbWx|PD94bWw", answer.text) and LUCIAS_CODE not in answer.text


def test_an_answer_posted_twice_is_refused(browser, desk):
    fields = browser.answer_for(LUCIA)
    assert browser.post_answer(fields).status_code == 303
    refused(browser.post_answer(fields), "replay")
    assert count(desk, LoginSession) == 1


def test_an_answer_posted_by_another_browser_is_refused(browser, app, idps, desk):
    fields = browser.answer_for(LUCIA)
    other = Browser.new(app, idps)
    refused(other.post_answer(fields), "other-browser")
    other.begin()
    refused(other.post_answer(fields), "other-browser")
    assert count(desk, LoginSession) == 0
    assert browser.post_answer(fields).status_code == 303


def test_a_refusal_by_the_provider_is_explained_and_keeps_the_way(browser, desk):
    answer = browser.post_answer(browser.answer_for("", next_path="/tickets"))
    refused(answer, "authn-failed")
    assert "/login?next=/tickets" in answer.text
    assert count(desk, LoginSession) == 0


def test_a_refused_answer_shows_the_number_that_the_log_has(browser, caplog):
    with caplog.at_level(logging.WARNING):
        answer = browser.desk.post("/saml/acs", data={"SAMLResponse": "bm90IHhtbA==", "again": "1"})
    assert answer.status_code == 403
    incident = next(word for record in caplog.records for word in record.args if len(word) == 8)
    assert incident in answer.text and incident in caplog.text


def test_an_answer_without_content_is_refused(browser):
    assert browser.desk.post("/saml/acs", data={"again": "1"}).status_code == 403


def test_a_tampered_answer_is_refused_and_the_true_one_still_counts(browser):
    fields = browser.answer_for(LUCIA)
    middle = len(fields["SAMLResponse"]) // 2
    spoilt = fields["SAMLResponse"][:middle] + "AAAA" + fields["SAMLResponse"][middle + 4 :]
    assert browser.post_answer({**fields, "SAMLResponse": spoilt}).status_code == 403
    assert browser.post_answer(fields).status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example", ""],
)
def test_nobody_is_led_to_another_site(browser, elsewhere):
    assert browser.sign_in(LUCIA, next_path=elsewhere).location == "/"


def test_another_relay_state_leads_home(browser):
    fields = browser.answer_for(LUCIA, next_path="/tickets")
    answer = browser.post_answer({**fields, "RelayState": "https://evil.example/"})
    assert (answer.status_code, answer.location) == (303, "/")


def test_an_unknown_provider_is_answered_with_a_page(browser, desk):
    answer = browser.desk.get("/saml/login?idp=https://unknown.example/metadata")
    assert answer.status_code == 404 and "not known here" in answer.text
    assert count(desk, SignInRequest) == 0


def test_without_a_provider_one_is_chosen_on_the_sign_in_page(browser):
    assert browser.desk.get("/saml/login?next=/tickets").location == "/login?next=/tickets"


def test_a_session_known_beforehand_is_of_no_use_after_the_sign_in(browser, app, settings):
    browser.desk.set_cookie(settings.sessions.cookie, "planted")
    browser.sign_in(LUCIA)
    token = cookie(browser, settings.sessions.cookie).value
    assert token != "planted"
    thief = app.test_client()
    thief.set_cookie(settings.sessions.cookie, "planted")
    assert 'action="/logout"' not in thief.get("/").text


def test_signing_in_again_gives_a_new_session_and_ends_the_old(browser, app, settings, desk):
    browser.sign_in(LUCIA)
    old = cookie(browser, settings.sessions.cookie).value
    browser.sign_in(LUCIA)
    assert cookie(browser, settings.sessions.cookie).value != old
    ended = desk.scalars(sa.select(LoginSession.ended_at).order_by(LoginSession.id)).all()
    assert ended[0] is not None and ended[1] is None


def test_the_old_session_ends_even_if_its_cookie_stays_behind_on_the_way(browser, app, settings, desk):
    browser.sign_in(LUCIA)
    fields = browser.answer_for(LUCIA)
    browser.desk.delete_cookie(settings.sessions.cookie)
    browser.post_answer(fields)
    assert desk.scalars(sa.select(LoginSession.ended_at).order_by(LoginSession.id)).first() is not None


def test_a_closed_account_is_refused(browser, desk):
    browser.sign_in(LUCIA)
    desk.execute(sa.update(Person).values(is_active=False))
    desk.commit()
    assert not browser.is_signed_in()
    refused(browser.sign_in(LUCIA), "not-accepted")


def test_two_sign_ins_begun_in_one_browser_belong_to_it_both(browser, desk):
    browser.begin()
    browser.begin()
    assert count(desk, SignInRequest) == 2
    assert len(set(desk.scalars(sa.select(SignInRequest.browser_hash)))) == 1


def test_an_attribute_of_the_sign_in_gives_the_role_that_the_settings_map_to_it(browser, app, desk):
    rule = FederatedRole(attribute="affiliation", value="staff@unidemo.example", role="technician", group="HD1")
    settings = app.extensions["desk_settings"]
    mapped = settings.saml.model_copy(update={"roles": (rule,)})
    app.extensions["desk_settings"] = settings.model_copy(update={"saml": mapped})
    browser.sign_in("a.sportelli")
    actor = actor_of(desk, desk.scalars(sa.select(Person.id)).one())
    assert (actor.groups, actor.code) == ({"HD1"}, "067010")
