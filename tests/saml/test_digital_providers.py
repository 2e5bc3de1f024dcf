"""The demo's SPID and CIE providers: what they answer to our requests, at which level, and which errors they give."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from lxml import etree
from werkzeug.test import Client

from saml.devidp import create_site
from saml.devidp_answers import site_metadata
from saml.devidp_config import load_site
from saml.devidp_federations import ANOMALIES, LEVELS
from saml.devidp_people import born, spid_code
from saml.federation_metadata import read_metadata
from saml.logout import read_logout_request, read_logout_response
from saml.names import BINDINGS, ENTITY_FORMAT, HTTP_POST, HTTP_REDIRECT, NSMAP, STATUS, TRANSIENT
from saml.requests import logout_request
from saml.responses import mapped
from tests.saml.desk import CONFIG, DIGITAL_BASE, NOW, Desk, document, form_fields, form_target, received_from

FILE = CONFIG / "devidp-digital.toml"
PEOPLE = {"it": "Chi vuoi essere?", "en": "Who do you want to be?"}


@pytest.fixture
def spid(tmp_path: Path) -> Desk:
    return Desk(tmp_path, "spid", "/spid/alfa")


def at_level(desk: Desk, level: int) -> dict[str, str]:
    """Return the fields of a sign-in for which `level` was asked and given."""
    terms = replace(desk.profile.default_terms, level=level, force=level > 1)
    return desk.answer_for("l.studente2", desk.ask(terms=terms))


def one(root: etree._Element, path: str) -> etree._Element:
    (found,) = root.findall(path, NSMAP)
    return found


@pytest.mark.parametrize("binding", [HTTP_REDIRECT, HTTP_POST])
@pytest.mark.parametrize(("profile", "provider", "level"), [("spid", "/spid/brio", 2), ("cie", "/cie", 3)])
def test_a_person_signs_in_by_both_bindings(
    tmp_path: Path, profile: str, provider: str, level: int, binding: str
) -> None:
    desk = Desk(tmp_path, profile, provider)
    fields = desk.answer_for("l.studente2", desk.ask(binding))
    assert fields["RelayState"] == "token"
    signin = desk.read(fields["SAMLResponse"])
    assert signin.level == level
    facts = mapped(desk.profile, signin)
    assert facts["fiscal_code"] == ("STDLCU03D52X999N",)
    assert (facts["given_name"], facts["family_name"]) == (("Lucia",), ("Studente",))
    assert facts["birth_date"] == ("2003-04-12",)


def test_the_answer_is_written_as_spid_demands(spid: Desk) -> None:
    root = document(at_level(spid, 2)["SAMLResponse"])
    for place in (".", "saml:Assertion"):
        signed = root if place == "." else one(root, place)
        assert len(signed.findall("ds:Signature", NSMAP)) == 1
        issuer = one(signed, "saml:Issuer")
        assert (issuer.text, issuer.get("Format")) == (spid.config.entity_id, ENTITY_FORMAT)
    name_id = one(root, "saml:Assertion/saml:Subject/saml:NameID")
    assert dict(name_id.attrib) == {"Format": TRANSIENT, "NameQualifier": spid.config.entity_id}
    statement = one(root, "saml:Assertion/saml:AuthnStatement")
    assert statement.get("SessionIndex") is None
    assert one(statement, "saml:AuthnContext/saml:AuthnContextClassRef").text == LEVELS[1]


@pytest.mark.parametrize(("profile", "provider", "extra"), [("spid", "/spid/eco", {"email"}), ("cie", "/cie", set())])
def test_only_the_attributes_of_the_set_asked_are_given(
    tmp_path: Path, profile: str, provider: str, extra: set[str]
) -> None:
    root = document(Desk(tmp_path, profile, provider).answer_for("l.studente2")["SAMLResponse"])
    names = {node.get("Name") for node in root.iter(f"{{{NSMAP['saml']}}}Attribute")}
    assert names == {"name", "familyName", "fiscalNumber", "dateOfBirth"} | extra


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_level_asked_is_given_unless_a_higher_one_is_chosen(spid: Desk, level: int) -> None:
    assert spid.read(at_level(spid, level)["SAMLResponse"]).level == level
    terms = replace(spid.profile.default_terms, level=level, force=True)
    assert spid.read(spid.answer_for("l.studente2", spid.ask(terms=terms), level=3)["SAMLResponse"]).level == 3


def test_a_level_below_the_one_asked_cannot_be_chosen(spid: Desk) -> None:
    page = spid.carry(spid.ask())
    assert re.findall(r'<option value="([123])">', page.text)[:2] == ["2", "3"]
    fields = form_fields(spid.choose(page, "l.studente2", level=1))
    assert spid.read(fields["SAMLResponse"]).level == 2


def test_a_session_is_kept_at_level_1_only(spid: Desk) -> None:
    low = replace(spid.profile.default_terms, level=1, force=False)
    at_level(spid, 2)
    assert "asked" in form_fields(spid.carry(spid.ask(terms=low)))
    first = document(at_level(spid, 1)["SAMLResponse"])
    again = document(form_fields(spid.carry(spid.ask(terms=low)))["SAMLResponse"])
    path = "saml:Assertion/saml:AuthnStatement"
    assert one(again, path).get("SessionIndex") == one(first, path).get("SessionIndex")
    assert "asked" in form_fields(spid.carry(spid.ask()))


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("level", [1, 2])
def test_signing_out_here_is_answered_with_or_without_a_session_there(spid: Desk, level: int, binding: str) -> None:
    signin = spid.read(at_level(spid, level)["SAMLResponse"])
    indexes = [signin.session_index] if signin.session_index else []
    outgoing = logout_request(
        spid.profile, spid.provider, signin.name_id, indexes, relay_state="", now=spid.now, binding=binding
    )
    page = spid.carry(outgoing) if binding == HTTP_POST else spid.browser.get(outgoing.url.removeprefix(DIGITAL_BASE))
    received = received_from(page)
    assert one(received.root, "saml:Issuer").get("Format") == ENTITY_FORMAT
    answered = read_logout_response(spid.profile, spid.registry, received, request_id=outgoing.message_id, now=spid.now)
    assert answered.complete
    low = replace(spid.profile.default_terms, level=1, force=False)
    assert "asked" in form_fields(spid.carry(spid.ask(terms=low)))


def test_signing_out_at_the_provider_asks_the_service(spid: Desk) -> None:
    signin = spid.read(at_level(spid, 1)["SAMLResponse"])
    page = spid.browser.post(f"{spid.config.path}/logout", base_url=DIGITAL_BASE)
    asked = read_logout_request(spid.profile, spid.registry, received_from(page), now=spid.now)
    assert (asked.name_id, asked.session_indexes) == (signin.name_id, (signin.session_index,))


@pytest.mark.parametrize("number", sorted(ANOMALIES))
def test_every_numbered_error_can_be_had(spid: Desk, number: int) -> None:
    page = spid.carry(spid.ask())
    root = document(form_fields(spid.choose(page, "", fail="yes", anomaly=number))["SAMLResponse"])
    assert not root.findall("saml:Assertion", NSMAP)
    assert one(root, "samlp:Status/samlp:StatusMessage").text == f"ErrorCode nr{number}"
    codes = [(node.get("Value") or "").removeprefix(STATUS) for node in root.iterfind(".//samlp:StatusCode", NSMAP)]
    assert codes == [status.removeprefix(STATUS) for status in ANOMALIES[number].statuses]


def test_cancelling_is_error_25(spid: Desk) -> None:
    root = document(form_fields(spid.choose(spid.carry(spid.ask()), ""))["SAMLResponse"])
    assert one(root, "samlp:Status/samlp:StatusMessage").text == "ErrorCode nr25"


def test_minors_stay_minors(spid: Desk) -> None:
    for uid, age in (("g.ragazzi", 10), ("t.giovani", 16)):
        person = spid.config.person(uid)
        assert person
        for now in (NOW, NOW + timedelta(days=5 * 365)):
            birthday = date.fromisoformat(person.vouched(now)["dateOfBirth"][0])
            assert (now.date() - birthday).days // 365.25 == age


def test_some_lack_an_address_and_some_a_fiscal_code(spid: Desk) -> None:
    silent = mapped(spid.profile, spid.read(spid.answer_for("s.taciti")["SAMLResponse"]))
    assert "email" not in silent
    stranger = mapped(spid.profile, spid.read(spid.answer_for("i.nordin")["SAMLResponse"]))
    assert "fiscal_code" not in stranger


def test_a_request_for_an_attribute_set_that_is_not_there_is_refused(spid: Desk) -> None:
    terms = replace(spid.profile.default_terms, attribute_set=7)
    assert spid.carry(spid.ask(terms=terms)).status_code == 400


def test_an_answer_goes_only_to_an_address_of_the_metadata(spid: Desk) -> None:
    elsewhere = "http://127.0.0.1:9"
    spid.profile = replace(spid.profile, acs_by_index=False, base_url=elsewhere, sites=(elsewhere,))
    page = spid.carry(spid.ask())
    assert page.status_code == 400
    assert "AssertionConsumerService" in page.text


def test_a_request_may_be_addressed_to_the_provider_s_name(spid: Desk) -> None:
    spid.profile = replace(spid.profile, destination="entity-id")
    assert "asked" in form_fields(spid.carry(spid.ask()))


@pytest.mark.parametrize("binding", BINDINGS)
def test_a_request_may_carry_a_purpose_and_an_age(spid: Desk, binding: str) -> None:
    terms = replace(spid.profile.default_terms, purpose="P", minimum_age=14)
    assert "asked" in form_fields(spid.carry(spid.ask(binding, terms=terms)))


def test_the_page_says_what_is_asked_and_hides_the_errors_in_a_fold(spid: Desk) -> None:
    page = spid.browser.get(
        spid.ask().url.removeprefix(DIGITAL_BASE),
        base_url=DIGITAL_BASE,
        headers={"Accept-Language": "en"},
        follow_redirects=True,
    )
    assert PEOPLE["en"] in page.text
    assert "Data asked for: dateOfBirth, email, familyName, fiscalNumber, name" in page.text
    assert page.text.index("<details>") < page.text.index("19: wrong credentials several times")
    assert 'href="/spid/alfa/style.css"' in page.text


def test_one_host_serves_several_providers_by_path(spid: Desk) -> None:
    configs = [replace(each, sp_metadata=spid.config.sp_metadata) for each in load_site(FILE, DIGITAL_BASE)]
    browser = Client(create_site(configs, "test", lambda: spid.now))
    front = browser.get("/", base_url=DIGITAL_BASE).text
    for config in configs:
        assert f'href="{config.path}/"' in front
        entity = etree.fromstring(browser.get(f"{config.path}/metadata", base_url=DIGITAL_BASE).data)
        assert entity.get("entityID") == f"{DIGITAL_BASE}{config.path}/metadata"
    assert browser.get("/spid/alfabeta/metadata", base_url=DIGITAL_BASE).status_code == 404
    spid.browser = browser
    page = spid.choose(spid.carry(spid.ask()), "l.studente2")
    assert form_target(page) == spid.profile.acs_url
    assert "Path=/spid/alfa/" not in page.headers.get("Set-Cookie", "")
    low = replace(spid.profile.default_terms, level=1, force=False)
    assert "Path=/spid/alfa/" in spid.choose(spid.carry(spid.ask(terms=low)), "l.studente2").headers["Set-Cookie"]


@pytest.mark.parametrize(("federation", "count"), [("spid", 4), ("cie", 1)])
def test_the_metadata_shipped_are_those_of_the_usual_port(federation: str, count: int) -> None:
    everybody = [each for each in load_site(FILE, DIGITAL_BASE) if each.federation == federation]
    ours = [each for each in everybody if not each.in_federation]
    shipped = (CONFIG / "demo" / f"{federation}-metadata.xml").read_bytes()
    assert shipped == site_metadata(ours)
    listed = read_metadata(shipped, ()).entries
    assert {each.provider.entity_id for each in listed} == {each.entity_id for each in ours}
    assert len(ours) == count


def test_a_host_publishes_its_federation_signed_and_for_some_days(spid: Desk) -> None:
    configs = load_site(FILE, DIGITAL_BASE)
    published = Client(create_site(configs, "test", lambda: NOW)).get("/federation", base_url=DIGITAL_BASE).data
    copy = read_metadata(published, [spid.config.certificate_pem])
    assert [each.provider.entity_id for each in copy.entries] == [f"{DIGITAL_BASE}/spid/eco/metadata"]
    assert copy.valid_until == NOW + timedelta(days=7)


def test_a_date_of_birth_is_read_from_a_fiscal_code() -> None:
    assert born("STDLCU03D52X999N") == date(2003, 4, 12)
    assert born("NGGMRC02P03X999U") == date(2002, 9, 3)
    assert born("CRDNRO70H58X999O") == date(1970, 6, 18)


def test_each_spid_provider_has_its_own_code_for_a_person() -> None:
    codes = {spid_code(provider, "l.studente2") for provider in ("alfa", "eco")}
    assert len(codes) == 2
    assert all(re.fullmatch(r"[A-Z]{4}[0-9A-F]{10}", code) for code in codes)
