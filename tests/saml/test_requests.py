"""Our requests to sign a person in: what each federation wants in them, by both bindings."""

import base64
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from onelogin import saml2

from saml.bindings import Outgoing, unpack_post, unpack_redirect, verify
from saml.errors import Code, SamlError
from saml.names import ENTITY_FORMAT, HTTP_POST, HTTP_REDIRECT, NSMAP, SPID, TRANSIENT
from saml.profile import Profile, Terms
from saml.requests import NameId, authn_request, logout_request
from tests.saml.examples import EXAMPLES, IDP, NOW, SITE, SSO, example, provider

SCHEMA = Path(saml2.__file__).parent / "schemas" / "saml-schema-protocol-2.0.xsd"
STRICT = ("spid-public", "cie", "eidas")


def asked(profile: Profile, *, terms: Terms | None = None, **choices: object) -> etree._Element:
    """Return the document of a request."""
    outgoing = ask(profile, terms=terms, **choices)
    return etree.fromstring(outgoing.xml)


def ask(profile: Profile, *, terms: Terms | None = None, **choices: object) -> Outgoing:
    """Return a request under `terms`, by default the profile's own."""
    wanted = terms or profile.default_terms
    return authn_request(profile, provider(), terms=wanted, relay_state="token", now=NOW, **choices)  # type: ignore[arg-type]


def text_at(root: etree._Element, path: str) -> str | None:
    return root.findtext(path, namespaces=NSMAP)


def context(root: etree._Element) -> tuple[str | None, str | None]:
    """Return comparison and class asked for."""
    wanted = root.find("samlp:RequestedAuthnContext", NSMAP)
    assert wanted is not None
    return wanted.get("Comparison"), text_at(wanted, "saml:AuthnContextClassRef")


@pytest.mark.parametrize("binding", [HTTP_REDIRECT, HTTP_POST])
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_request_follows_the_schema_and_carries_our_signature(name: str, binding: str) -> None:
    profile = example(name)
    outgoing = ask(profile, binding=binding)
    query = urlsplit(outgoing.url).query
    received = unpack_redirect(query) if binding == HTTP_REDIRECT else unpack_post(outgoing.fields)
    verify(received, [profile.certificate_pem], profile)
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    assert schema.validate(received.root), schema.error_log
    assert received.root.get("ID") == outgoing.message_id
    assert received.root.get("IssueInstant") == "2026-03-02T09:00:00Z"
    assert received.relay_state == "token"


def test_the_message_kept_is_the_one_sent() -> None:
    redirect, post = (ask(example("spid-public"), binding=each) for each in (HTTP_REDIRECT, HTTP_POST))
    sent = parse_qs(urlsplit(redirect.url).query)["SAMLRequest"][0]
    assert zlib.decompress(base64.b64decode(sent), -15) == redirect.xml
    assert base64.b64decode(post.fields["SAMLRequest"]) == post.xml
    assert b"SignatureValue" in post.xml


@pytest.mark.parametrize("name", STRICT)
def test_spid_cie_and_the_eidas_node_get_a_qualified_issuer_and_a_plain_transient_policy(name: str) -> None:
    profile = example(name)
    root = asked(profile)
    issuer = root.find("saml:Issuer", NSMAP)
    policy = root.find("samlp:NameIDPolicy", NSMAP)
    assert issuer is not None
    assert policy is not None
    assert (issuer.text, dict(issuer.attrib)) == (
        profile.entity_id,
        {"Format": ENTITY_FORMAT, "NameQualifier": profile.entity_id},
    )
    assert dict(policy.attrib) == {"Format": TRANSIENT}


@pytest.mark.parametrize("name", STRICT)
def test_they_refer_to_our_addresses_and_attribute_sets_by_index(name: str) -> None:
    profile = example(name)
    root = asked(profile)
    assert root.get("AssertionConsumerServiceIndex") == "0"
    assert root.get("AttributeConsumingServiceIndex") == str(profile.default_terms.attribute_set)
    assert root.get("AssertionConsumerServiceURL") is None
    assert root.get("ProtocolBinding") is None
    assert root.get("IsPassive") is None


@pytest.mark.parametrize(("level", "forced"), [(1, None), (2, "true"), (3, "true")])
def test_levels_are_a_minimum_and_above_the_first_a_new_proof_is_asked_for(level: int, forced: str | None) -> None:
    profile = example("spid-public")
    terms = replace(profile.default_terms, level=level, force=level > 1)
    root = asked(profile, terms=terms)
    assert context(root) == ("minimum", f"https://www.spid.gov.it/SpidL{level}")
    assert root.get("ForceAuthn") == forced


def test_a_service_may_ask_for_less_and_for_other_attributes() -> None:
    profile = example("spid-public")
    terms = replace(profile.terms_for("archive"), attribute_set=99)
    root = asked(profile, terms=terms)
    assert context(root) == ("minimum", "https://www.spid.gov.it/SpidL1")
    assert root.get("ForceAuthn") is None
    assert root.get("AttributeConsumingServiceIndex") == "99"


def test_idem_and_a_university_get_the_relaxed_form() -> None:
    profile = example("idem")
    root = asked(profile)
    issuer, policy = root.find("saml:Issuer", NSMAP), root.find("samlp:NameIDPolicy", NSMAP)
    assert issuer is not None
    assert policy is not None
    assert not issuer.attrib
    assert policy.get("AllowCreate") == "true"
    assert root.get("AssertionConsumerServiceURL") == profile.acs_url
    assert root.get("ProtocolBinding") == HTTP_POST
    assert root.find("samlp:RequestedAuthnContext", NSMAP) is None
    assert root.get("AttributeConsumingServiceIndex") is root.get("ForceAuthn") is None


def test_after_a_move_the_answer_is_asked_for_at_the_new_address_by_the_index_it_had_before() -> None:
    moved = {"sites": ("https://old.example.org", SITE)}
    strict, relaxed = (replace(example(name, is_default=True), **moved) for name in ("spid-public", "idem"))
    assert asked(strict).get("AssertionConsumerServiceIndex") == "2"
    assert strict.acs_urls[2] == strict.acs_url == f"{SITE}/saml/acs"
    assert asked(relaxed).get("AssertionConsumerServiceURL") == f"{SITE}/saml/acs"


def test_the_destination_is_the_address_or_the_provider_as_the_profile_says() -> None:
    profile = example("spid-public")
    outgoing = ask(replace(profile, destination="entity-id"))
    assert asked(profile).get("Destination") == SSO
    assert etree.fromstring(outgoing.xml).get("Destination") == IDP
    assert outgoing.url.startswith(f"{SSO}?")


def test_professional_use_and_ages_are_asked_for_in_extensions_at_their_place() -> None:
    profile = example("spid-public")
    terms = replace(profile.default_terms, purpose="PX", minimum_age=14, maximum_age=17)
    root = asked(profile, terms=terms, binding=HTTP_POST)
    order = [etree.QName(child).localname for child in root]
    assert order == ["Issuer", "Signature", "Extensions", "NameIDPolicy", "RequestedAuthnContext"]
    assert text_at(root, f"samlp:Extensions/{{{SPID}}}Purpose") == "PX"
    assert text_at(root, f"samlp:Extensions/{{{SPID}}}AgeLimit/{{{SPID}}}MinAge") == "14"
    assert text_at(root, f"samlp:Extensions/{{{SPID}}}AgeLimit/{{{SPID}}}MaxAge") == "17"


def test_one_age_alone_and_no_purpose_may_be_asked_for() -> None:
    profile = example("spid-public")
    root = asked(profile, terms=replace(profile.default_terms, minimum_age=18))
    extensions = root.find("samlp:Extensions", NSMAP)
    assert extensions is not None
    assert [etree.QName(node).localname for node in extensions.iterdescendants()] == ["AgeLimit", "MinAge"]
    assert asked(profile).find("samlp:Extensions", NSMAP) is None


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        (HTTP_POST, (HTTP_REDIRECT, HTTP_POST), HTTP_POST),
        (HTTP_REDIRECT, (HTTP_REDIRECT, HTTP_POST), HTTP_REDIRECT),
        (HTTP_REDIRECT, (HTTP_POST,), HTTP_POST),
        (HTTP_POST, (HTTP_REDIRECT,), HTTP_REDIRECT),
    ],
)
def test_the_profiles_binding_is_used_where_the_provider_takes_it(
    wanted: str, taken: tuple[str, ...], expected: str
) -> None:
    profile = replace(example("spid-public"), request_binding=wanted)
    outgoing = authn_request(profile, provider(*taken), terms=profile.default_terms, relay_state="", now=NOW)
    assert outgoing.binding == expected


def test_a_provider_without_the_binding_is_told() -> None:
    profile = example("spid-public")
    with pytest.raises(SamlError) as caught:
        authn_request(
            profile, provider(HTTP_POST), terms=profile.default_terms, relay_state="", now=NOW, binding=HTTP_REDIRECT
        )
    assert caught.value.code == Code.NO_ADDRESS


def test_two_requests_never_have_the_same_id() -> None:
    profile = example("spid-public")
    assert len({ask(profile).message_id for _ in range(20)}) == 20


def test_a_logout_request_has_the_same_issuer_as_the_others() -> None:
    profile = example("spid-public")
    outgoing = logout_request(profile, provider(), NameId("x"), ["s"], relay_state="", now=NOW + timedelta(hours=1))
    issuer = etree.fromstring(outgoing.xml).find("saml:Issuer", NSMAP)
    assert issuer is not None
    assert issuer.get("NameQualifier") == profile.entity_id
