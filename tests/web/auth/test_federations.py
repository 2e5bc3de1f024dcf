"""Several federations in one desk: each at its own addresses, with its own providers, log and sessions."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree

from saml.bindings import document_of, unpack_post, unpack_redirect, verify
from saml.profile import REQUEST_BINDINGS
from servicedesk.actions.saml_log import exported
from servicedesk.settings import ROOT, SettingsError, load
from servicedesk.store.models.people import LoginSession, Person
from servicedesk.store.models.records import AttributePreview, SignInCount, SignInLogEntry
from servicedesk.store.models.system import SignInRequest
from servicedesk.web.auth.federation import PUBLISHED_FOR, federation, load_federation
from tests.web.auth.federation import CIE, OTHER_SPID, SPID, UNIVERSITY, Browser, place_of, with_profile

pytestmark = pytest.mark.usefixtures("register")
LUCIA = "l.studente2"
LUCIAS_CODE = "STDLCU03D52X999N"
NOW = datetime.now(UTC)
DESK = "http://127.0.0.1:8000"


def test_each_profile_publishes_its_own_metadata_and_the_default_one_at_both_addresses(client):
    found = {
        path: etree.fromstring(client.get(f"/saml/{path}").data).get("entityID")
        for path in ("metadata", "university/metadata", "spid/metadata", "cie/metadata")
    }
    assert found == {
        "metadata": f"{DESK}/saml/metadata",
        "university/metadata": f"{DESK}/saml/metadata",
        "spid/metadata": f"{DESK}/saml/spid/metadata",
        "cie/metadata": f"{DESK}/saml/cie/metadata",
    }


def test_metadata_is_signed_once_for_some_minutes(app):
    now = datetime.now(UTC)
    with app.test_request_context():
        ours = federation()
        first = ours.metadata(ours.profile("spid"), now)
        assert ours.metadata(ours.profile("spid"), now + PUBLISHED_FOR / 2) is first
        assert ours.metadata(ours.profile("spid"), now + PUBLISHED_FOR) is not first
        assert ours.metadata(ours.profile("cie"), now) != first


@pytest.mark.parametrize("place", ["metadata", "login?idp=x", "slo"])
def test_a_profile_that_does_not_exist_is_not_found(client, place):
    assert client.get(f"/saml/unknown/{place}").status_code == 404


def test_an_answer_to_a_profile_that_does_not_exist_is_not_found(client):
    assert client.post("/saml/unknown/acs", data={"SAMLResponse": "AAAA"}).status_code == 404


def test_a_provider_belongs_to_its_own_profile_only(client, desk):
    for path, base in (("/saml/login", SPID), ("/saml/spid/login", CIE), ("/saml/cie/login", UNIVERSITY)):
        assert client.get(path, query_string={"idp": f"{base}/metadata"}).status_code == 404
    assert desk.scalar(sa.select(sa.func.count()).select_from(SignInRequest)) == 0


def test_without_a_provider_one_is_chosen_on_the_tab_of_the_profile(client):
    assert client.get("/saml/spid/login?next=/tickets").location == "/login?next=/tickets&tab=spid"


@pytest.mark.parametrize(
    ("base", "profile", "level"), [(UNIVERSITY, "university", 0), (SPID, "spid", 2), (CIE, "cie", 3)]
)
def test_a_session_knows_its_federation_and_level(browser, desk, base, profile, level):
    assert browser.sign_in(LUCIA, base, next_path="/tickets").location == "/tickets"
    kept = desk.execute(sa.select(LoginSession.profile, LoginSession.level, LoginSession.provider)).one()
    assert kept == (profile, level, f"{base}/metadata")


def test_a_higher_level_than_asked_for_is_kept(browser, desk):
    browser.sign_in(LUCIA, SPID, level="3")
    assert desk.scalars(sa.select(LoginSession.level)).one() == 3


def test_university_two_spid_providers_and_the_identity_card_are_one_person(app, idps, desk):
    for base in (UNIVERSITY, SPID, OTHER_SPID, CIE):
        assert Browser.new(app, idps).sign_in(LUCIA, base).status_code == 303
    assert desk.scalar(sa.select(sa.func.count()).select_from(Person)) == 1
    assert desk.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 4


def test_the_address_that_the_university_gave_outlives_a_sign_in_with_spid(app, idps, desk):
    for base in (SPID, UNIVERSITY, OTHER_SPID, CIE):
        Browser.new(app, idps).sign_in(LUCIA, base)
    desk.rollback()
    assert desk.scalars(sa.select(Person.email)).one() == "l.studente2@studenti.unidemo.example"


def test_the_default_profile_takes_answers_only_where_its_request_said(browser, desk):
    fields = browser.answer_for(LUCIA)
    refused = browser.desk.post("/saml/university/acs", data=fields)
    assert refused.status_code == 403 and "(wrong-destination)" in refused.text
    assert browser.desk.post("/saml/acs", data=fields).status_code == 303


def test_an_answer_for_one_profile_is_refused_at_another(browser, desk):
    fields = browser.answer_for(LUCIA, SPID)
    for place in ("/saml/cie/acs", "/saml/acs"):
        assert browser.desk.post(place, data=fields).status_code == 403
    assert desk.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0
    assert browser.desk.post("/saml/spid/acs", data=fields).status_code == 303


def test_the_pending_request_keeps_what_it_was_sent_with(browser, desk):
    browser.begin(SPID, "/tickets")
    kept = desk.scalars(sa.select(SignInRequest)).one()
    assert (kept.profile, kept.level, kept.attribute_set, kept.is_forced) == ("spid", 2, 0, True)
    assert kept.acs_url == f"{DESK}/saml/spid/acs"


def entries(desk) -> list[tuple[str, str, str, str]]:
    desk.rollback()
    rows = desk.execute(sa.select(SignInLogEntry).order_by(SignInLogEntry.seq)).scalars()
    return [(row.profile, row.kind, row.outcome, row.exchange) for row in rows]


def test_spid_and_cie_sign_ins_are_logged_in_pairs_and_the_universitys_not(app, idps, desk):
    for base in (UNIVERSITY, SPID, CIE):
        Browser.new(app, idps).sign_in(LUCIA, base)
    found = entries(desk)
    assert [each[:3] for each in found] == [
        ("spid", "request", ""),
        ("spid", "response", "accepted"),
        ("cie", "request", ""),
        ("cie", "response", "accepted"),
    ]
    assert found[0][3] == found[1][3] and found[2][3] == found[3][3]


def test_the_log_has_the_messages_as_they_were_exchanged(browser, desk, settings):
    browser.sign_in(LUCIA, SPID)
    desk.rollback()
    asked, answered = exported(desk, settings.records.log_key, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert etree.fromstring(document_of(asked.message)).get("ID") == asked.message_id
    answer = etree.fromstring(answered.message)
    assert (answer.get("InResponseTo"), answer.get("ID")) == (asked.message_id, answered.message_id)
    assert LUCIAS_CODE in answered.message.decode()


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_the_log_keeps_every_request_with_the_signature_it_left_with(app, idps, desk, settings, binding):
    ours = app.extensions["desk_federation"]
    wanted = REQUEST_BINDINGS[binding]
    changed = tuple(replace(each, request_binding=wanted) for each in ours.profiles)
    app.extensions["desk_federation"] = replace(ours, profiles=changed)
    Browser.new(app, idps).begin(SPID, "/tickets")
    desk.rollback()
    (asked,) = exported(desk, settings.records.log_key, NOW - timedelta(days=1), NOW + timedelta(days=1))
    if binding == "redirect":
        received = unpack_redirect(urlsplit(asked.message.decode()).query)
    else:
        received = unpack_post({"SAMLRequest": b64encode(asked.message).decode()})
    spid = ours.profile("spid")
    verify(received, [spid.certificate_pem], spid)
    assert received.root.get("ID") == asked.message_id


@pytest.mark.parametrize("relay_state", ["", "another"])
def test_a_refusal_belongs_to_the_request_it_names_whatever_the_relay_state(browser, desk, relay_state):
    fields = browser.choose(browser.begin(SPID), "", SPID, fail="yes", anomaly="25")
    browser.begin(SPID)
    page = browser.desk.post(place_of(SPID, "acs"), data={**fields, "RelayState": relay_state})
    assert "Try again with the same provider" in page.text
    first, second, answer = entries(desk)
    assert answer[1:3] == ("response", "cancelled")
    assert answer[3] == first[3] != second[3]


def test_a_refusal_by_the_provider_is_logged_and_counted(browser, desk):
    browser.fail(25)
    assert [each[1:3] for each in entries(desk)] == [("request", ""), ("response", "cancelled")]
    counted = desk.execute(sa.select(SignInCount.profile, SignInCount.provider, SignInCount.code)).one()
    assert counted == ("spid", f"{SPID}/metadata", "cancelled")


def test_junk_that_belongs_to_no_request_is_counted_but_not_logged(browser, desk):
    browser.desk.post("/saml/spid/acs", data={"SAMLResponse": "bm90IHhtbA==", "again": "1"})
    assert entries(desk) == []
    assert desk.scalars(sa.select(SignInCount.provider)).one() == ""


def test_what_a_sign_in_gave_is_kept_masked(browser, desk):
    browser.sign_in(LUCIA, SPID)
    desk.rollback()
    kept = desk.scalars(sa.select(AttributePreview)).one()
    assert set(kept.mapped) >= {"fiscal_code", "given_name"}
    assert LUCIAS_CODE not in str(kept.given) and "Lucia" not in str(kept.given)


def test_production_needs_a_key_for_the_log_of_sign_ins(settings):
    with pytest.raises(SettingsError, match=r"records\.log_key is missing: profile spid"):
        load_federation(settings.model_copy(update={"mode": "production", "records": load_test().records}))


def load_test():
    return load(ROOT / "config" / "test.toml", {})


def test_production_refuses_the_demos_certificates_in_any_profile(settings, tmp_path):
    with pytest.raises(SettingsError, match="university uses a key of the demo"):
        load_federation(settings.model_copy(update={"mode": "production"}))


def test_two_profiles_of_one_name_are_refused(settings, tmp_path):
    twice = with_profile(settings, "cie", tmp_path, lambda text: text.replace('name = "cie"', 'name = "spid"', 1))
    with pytest.raises(SettingsError, match="two profiles have the same name"):
        load_federation(twice)


def test_a_provider_that_takes_requests_by_post_only_gets_them_so(browser, app):
    registries = app.extensions["desk_registries"]
    ours = registries["spid"]
    posting = {
        entity_id: replace(kept, provider=replace(kept.provider, sso=by_post(kept.provider.sso)))
        for entity_id, kept in ours.files[0].items()
    }
    registries["spid"] = replace(ours, files={0: posting})
    asked = browser.desk.get("/saml/spid/login", query_string={"idp": f"{SPID}/metadata"})
    assert (
        asked.status_code == 200
        and "form-action 'self' http://localhost:8002;" in asked.headers["Content-Security-Policy"]
    )
    answer = browser.choose(browser.follow(asked), LUCIA, SPID)
    assert browser.post_answer(answer, SPID).status_code == 303


def by_post(places: dict[str, str]) -> dict[str, str]:
    return {binding: place for binding, place in places.items() if binding.endswith("HTTP-POST")}


def test_one_address_begins_so_many_sign_ins_and_no_more(settings, desk):
    from servicedesk.app import create_app

    web = settings.web.model_copy(update={"sign_ins": "3 per minute"})
    client = create_app(settings.model_copy(update={"web": web})).test_client()
    address = f"/saml/spid/login?idp={SPID}/metadata"
    assert [client.get(address).status_code for _ in range(4)] == [302, 302, 302, 429]
    assert desk.scalar(sa.select(sa.func.count()).select_from(SignInRequest)) == 3
