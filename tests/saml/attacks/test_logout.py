"""Logout messages that must end nobody's session, by both bindings."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from lxml import etree

from saml.bindings import Received, unpack_post, unpack_redirect
from saml.errors import Code, SamlError
from saml.logout import LogoutAsked, read_logout_request, read_logout_response
from saml.names import DS, SAML, SAMLP, tag
from saml.registry import Registry
from tests.saml.attacks.messages import logout_request, query
from tests.saml.attacks.stage import IDP, NOW, Pair, Stage, field_of, pair, provider_with, put_signature
from tests.saml.edits import Edit, copied, one, removing, setting, writing

OTHER = "https://other.example/metadata"


@pytest.fixture
def stage() -> Stage:
    """A service that knows two providers; the second holds the stranger's key."""
    stage = Stage()
    providers = provider_with(pair("theirs").certificate_pem), provider_with(pair("stranger").certificate_pem, OTHER)
    stage.registry = Registry(providers)  # type: ignore[misc]
    return stage


def request(stage: Stage, issuer: str = IDP) -> etree._Element:
    """Return an unsigned request to end a session."""
    return logout_request(stage.profile.slo_url, issuer, NOW)


def posted(root: etree._Element, keys: Pair | None) -> Received:
    """Return a request as it is posted."""
    if keys:
        put_signature(root, keys)
    return unpack_post({"SAMLRequest": field_of(root)})


def read(stage: Stage, received: Received) -> LogoutAsked:
    """Read a request as the desk does."""
    return read_logout_request(stage.profile, stage.registry, received, now=NOW)


def refused(stage: Stage, make: Callable[[], Received]) -> Code:
    """Return why a request is refused, when it is unpacked or when it is read."""
    with pytest.raises(SamlError) as caught:
        read(stage, make())
    return caught.value.code


def by_both(stage: Stage, keys: Pair | None, edit: Edit | None = None) -> set[Code]:
    """Return why a request is refused, by both bindings."""

    def made() -> etree._Element:
        root = request(stage)
        if edit:
            edit(root)
        return root

    return {
        refused(stage, lambda: posted(made(), keys)),
        refused(stage, lambda: unpack_redirect(query(made(), keys))),
    }


def test_the_request_that_every_attack_changes_is_obeyed(stage: Stage) -> None:
    for received in (posted(request(stage), pair("theirs")), unpack_redirect(query(request(stage), pair("theirs")))):
        assert read(stage, received).name_id.value == "_name"


def test_an_unsigned_request_is_refused(stage: Stage) -> None:
    assert by_both(stage, None) == {Code.UNSIGNED}


@pytest.mark.parametrize("whose", ["stranger", "ours"])
def test_a_request_signed_by_another_provider_or_by_us_is_refused(stage: Stage, whose: str) -> None:
    assert by_both(stage, pair(whose)) == {Code.BAD_SIGNATURE}


def test_another_provider_can_ask_in_its_own_name_only(stage: Stage) -> None:
    asked = read(stage, posted(request(stage, OTHER), pair("stranger")))
    assert asked.idp == OTHER


def test_an_unknown_provider_is_refused(stage: Stage) -> None:
    assert by_both(stage, pair("theirs"), writing("saml:Issuer", "https://x.example")) == {Code.UNKNOWN_PROVIDER}


@pytest.mark.parametrize("ending", ["/evil", "?x", "#x", ".evil", ""])
def test_a_request_for_another_address_is_refused(stage: Stage, ending: str) -> None:
    place = f"{stage.profile.slo_url}{ending}" if ending else "https://evil.example/saml/slo"
    assert by_both(stage, pair("theirs"), setting(".", "Destination", place)) == {Code.WRONG_DESTINATION}
    assert by_both(stage, pair("theirs"), setting(".", "Destination", None)) == {Code.WRONG_DESTINATION}


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (setting(".", "IssueInstant", "2026-03-02T08:30:00Z"), Code.EXPIRED),
        (setting(".", "IssueInstant", "2026-03-02T09:30:00Z"), Code.TOO_EARLY),
        (setting(".", "NotOnOrAfter", "2026-03-02T08:58:00Z"), Code.EXPIRED),
        (setting(".", "Version", "1.1"), Code.WRONG_ROOT),
        (removing("saml:NameID"), Code.MALFORMED),
        (removing("saml:Issuer"), Code.WRONG_ISSUER),
    ],
)
def test_a_request_wrong_in_one_thing_is_refused(stage: Stage, edit: Edit, code: Code) -> None:
    assert by_both(stage, pair("theirs"), edit) == {code}


def wrapped(stage: Stage) -> etree._Element:
    """Return an evil request that holds the signed one in its Extensions."""
    signed, evil = request(stage), request(stage)
    put_signature(signed, pair("theirs"))
    evil.set("ID", "_evil")
    one(evil, "saml:NameID").text = "_somebody_else"
    extensions = etree.Element(tag(SAMLP, "Extensions"))
    extensions.append(signed)
    one(evil, "saml:Issuer").addnext(extensions)
    return evil


def test_a_signed_request_inside_another_does_not_sign_the_other(stage: Stage) -> None:
    assert refused(stage, lambda: posted(wrapped(stage), None)) == Code.UNSIGNED


def test_the_signature_of_the_request_inside_does_not_serve_outside(stage: Stage) -> None:
    root = wrapped(stage)
    signature = next(root.iter(tag(DS, "Signature")))
    one(root, "saml:Issuer").addnext(copied(signature))
    signature.getparent().remove(signature)
    assert refused(stage, lambda: posted(root, None)) == Code.WRAPPED


def test_two_elements_with_the_signed_identifier_are_refused(stage: Stage) -> None:
    root = wrapped(stage)
    root.set("ID", "_logout")
    assert refused(stage, lambda: posted(root, None)) == Code.WRAPPED


def test_a_name_changed_or_split_after_signing_is_refused(stage: Stage) -> None:
    root = request(stage)
    put_signature(root, pair("theirs"))
    changed, split = copied(root), copied(root)
    one(changed, "saml:NameID").text = "_evil"
    name = one(split, "saml:NameID")
    name.text = "_na"
    comment = etree.Comment("x")
    comment.tail = "me"
    name.append(comment)
    assert refused(stage, lambda: posted(changed, None)) == Code.BAD_SIGNATURE
    assert refused(stage, lambda: posted(split, None)) == Code.MALFORMED


def test_a_query_without_its_algorithm_or_with_a_weak_one_is_refused(stage: Stage) -> None:
    whole = query(request(stage), pair("theirs"))
    name, _, rest = whole.partition("&SigAlg=")
    signature = rest.partition("&Signature=")[2]
    assert refused(stage, lambda: unpack_redirect(f"{name}&Signature={signature}")) == Code.WEAK_ALGORITHM
    for weak in ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "none"):
        sent = query(request(stage), pair("theirs"), weak)
        assert refused(stage, lambda sent=sent: unpack_redirect(sent)) == Code.WEAK_ALGORITHM


def test_a_query_with_a_parameter_more_or_twice_is_refused(stage: Stage) -> None:
    whole = query(request(stage), pair("theirs"))
    assert refused(stage, lambda: unpack_redirect(whole + "&RelayState=evil")) == Code.BAD_SIGNATURE
    assert refused(stage, lambda: unpack_redirect(f"SAMLRequest=evil&{whole}")) == Code.MALFORMED
    assert refused(stage, lambda: unpack_redirect(whole + "&SAMLResponse=evil")) == Code.MALFORMED


def test_an_answer_to_a_logout_that_is_unsigned_or_answers_another_is_refused(stage: Stage) -> None:
    for keys, asked, code in ((None, "_ours", Code.UNSIGNED), (pair("theirs"), "_other", Code.NO_REQUEST)):
        root = request(stage)
        root.tag = tag(SAMLP, "LogoutResponse")
        for child in (one(root, "saml:NameID"), one(root, "samlp:SessionIndex")):
            root.remove(child)
        status = etree.SubElement(root, tag(SAMLP, "Status"))
        etree.SubElement(status, tag(SAMLP, "StatusCode"), {"Value": "urn:oasis:names:tc:SAML:2.0:status:Success"})
        root.set("InResponseTo", "_ours")
        if keys:
            put_signature(root, keys)
        received = unpack_post({"SAMLResponse": field_of(root)})
        with pytest.raises(SamlError) as caught:
            read_logout_response(
                stage.profile, stage.registry, received, request_id=asked, now=NOW + timedelta(seconds=5)
            )
        assert caught.value.code == code


def test_an_encrypted_name_is_refused(stage: Stage) -> None:
    def edit(root: etree._Element) -> None:
        one(root, "saml:NameID").tag = tag(SAML, "EncryptedID")

    assert by_both(stage, pair("theirs"), edit) <= {Code.MALFORMED, Code.WRONG_SUBJECT}
