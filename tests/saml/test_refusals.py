"""Answers that must not sign anybody in: each changed in one thing only, signed by the provider's real key."""

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from saml import devidp_answers as answers
from saml.errors import Code, SamlError
from saml.names import REQUEST_DENIED, RESPONDER, SAML, UNKNOWN_PRINCIPAL, tag
from saml.responses import mapped
from saml.safexml import MAX_XML, written
from saml.signing import sign_element
from tests.saml import forge
from tests.saml.desk import BASE, NOW, Desk, encoded
from tests.saml.edits import Edit, copied, doubling, one, removing, setting, writing
from tests.saml.forge import forged, new_pair

CONFIRMATION = "saml:Assertion/saml:Subject/saml:SubjectConfirmation"
DATA = CONFIRMATION + "/saml:SubjectConfirmationData"
HOLDER = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
CONDITIONS = "saml:Assertion/saml:Conditions"
AUTHENTICATION = "saml:Assertion/saml:AuthnStatement"
VALUE = "saml:Assertion/saml:AttributeStatement/saml:Attribute/saml:AttributeValue"
LATE = written(NOW - timedelta(minutes=1))
EARLY = written(NOW + timedelta(minutes=1, seconds=1))


def refused(desk: Desk, saml_response: str) -> Code:
    """Return why the answer is refused."""
    with pytest.raises(SamlError) as caught:
        desk.read(saml_response)
    return caught.value.code


def test_the_answer_made_by_hand_is_accepted_when_nothing_is_changed(desk: Desk) -> None:
    signin = desk.read(encoded(forged(desk, desk.ask())))
    assert mapped(desk.profile, signin)["given_name"] == ("Lucia",)


def test_an_answer_signed_on_response_and_assertion_is_accepted(desk: Desk) -> None:
    assert desk.read(encoded(forged(desk, desk.ask(), sign="assertion response"))).session_index == forge.SESSION


BEFORE_SIGNING: list[tuple[str, Edit, Code]] = [
    ("another root", lambda root: setattr(root, "tag", tag(SAML, "Assertion")), Code.WRONG_ROOT),
    ("version 1.1", setting(".", "Version", "1.1"), Code.WRONG_ROOT),
    ("no destination", setting(".", "Destination", None), Code.WRONG_DESTINATION),
    ("another destination", setting(".", "Destination", "https://evil.example/saml/acs"), Code.WRONG_DESTINATION),
    ("a longer destination", setting(".", "Destination", f"{BASE}/saml/acs.evil"), Code.WRONG_DESTINATION),
    ("a shorter destination", setting(".", "Destination", f"{BASE}/saml"), Code.WRONG_DESTINATION),
    ("no InResponseTo", setting(".", "InResponseTo", None), Code.NO_REQUEST),
    ("another InResponseTo", setting(".", "InResponseTo", "_other"), Code.OTHER_BROWSER),
    ("another issuer", writing("saml:Issuer", "https://evil.example/metadata"), Code.WRONG_ISSUER),
    ("no issuer", removing("saml:Issuer"), Code.WRONG_ISSUER),
    ("no status", removing("samlp:Status"), Code.PROVIDER_ERROR),
    ("an error status", setting("samlp:Status/samlp:StatusCode", "Value", RESPONDER), Code.PROVIDER_ERROR),
    ("two assertions", doubling("saml:Assertion"), Code.WRAPPED),
    ("no assertion", removing("saml:Assertion"), Code.ASSERTION_COUNT),
    ("the assertion's issuer", writing("saml:Assertion/saml:Issuer", "https://evil.example"), Code.WRONG_ISSUER),
    ("no subject", removing("saml:Assertion/saml:Subject"), Code.WRONG_SUBJECT),
    ("an empty name", writing("saml:Assertion/saml:Subject/saml:NameID", " "), Code.WRONG_SUBJECT),
    ("no confirmation", removing(CONFIRMATION), Code.WRONG_SUBJECT),
    ("two confirmations", doubling(CONFIRMATION), Code.WRONG_SUBJECT),
    (
        "holder of key",
        setting(CONFIRMATION, "Method", HOLDER),
        Code.WRONG_SUBJECT,
    ),
    ("confirmation without InResponseTo", setting(DATA, "InResponseTo", None), Code.NO_REQUEST),
    ("confirmation of another request", setting(DATA, "InResponseTo", "_other"), Code.NO_REQUEST),
    ("no recipient", setting(DATA, "Recipient", None), Code.WRONG_RECIPIENT),
    ("a longer recipient", setting(DATA, "Recipient", f"{BASE}/saml/acs/evil"), Code.WRONG_RECIPIENT),
    (
        "a recipient with us inside",
        setting(DATA, "Recipient", f"https://x/?{BASE}/saml/acs"),
        Code.WRONG_RECIPIENT,
    ),
    ("confirmation without end", setting(DATA, "NotOnOrAfter", None), Code.WRONG_SUBJECT),
    ("confirmation over", setting(DATA, "NotOnOrAfter", LATE), Code.EXPIRED),
    ("confirmation to come", setting(DATA, "NotBefore", EARLY), Code.TOO_EARLY),
    ("no conditions", removing(CONDITIONS), Code.MALFORMED),
    ("conditions over", setting(CONDITIONS, "NotOnOrAfter", LATE), Code.EXPIRED),
    ("conditions to come", setting(CONDITIONS, "NotBefore", EARLY), Code.TOO_EARLY),
    ("no audience", removing(CONDITIONS + "/saml:AudienceRestriction"), Code.WRONG_AUDIENCE),
    ("another audience", writing(CONDITIONS + "/*/saml:Audience", f"{BASE}/saml/metadata2"), Code.WRONG_AUDIENCE),
    ("a Response from the future", setting(".", "IssueInstant", EARLY), Code.TOO_EARLY),
    ("a Response before the request", setting(".", "IssueInstant", "2026-03-02T08:58:59Z"), Code.EXPIRED),
    ("issued in the future", setting("saml:Assertion", "IssueInstant", EARLY), Code.TOO_EARLY),
    ("issued before the request", setting("saml:Assertion", "IssueInstant", "2026-03-02T08:58:59Z"), Code.EXPIRED),
    ("a local instant", setting("saml:Assertion", "IssueInstant", "2026-03-02T09:00:00+01:00"), Code.MALFORMED),
    ("no authentication", removing(AUTHENTICATION), Code.NO_AUTHENTICATION),
    ("two authentications", doubling(AUTHENTICATION), Code.NO_AUTHENTICATION),
    ("authenticated in the future", setting(AUTHENTICATION, "AuthnInstant", EARLY), Code.TOO_EARLY),
    ("session over", setting(AUTHENTICATION, "SessionNotOnOrAfter", LATE), Code.EXPIRED),
    ("an attribute twice", doubling("saml:Assertion/saml:AttributeStatement/saml:Attribute"), Code.BAD_ATTRIBUTE),
    ("a foreign scope", writing(VALUE, "l.studente2@other.example"), Code.BAD_ATTRIBUTE),
    ("an element in a value", lambda root: put_element_in_value(root), Code.BAD_ATTRIBUTE),
    ("not by the schema", lambda root: put_element_in_status(root), Code.MALFORMED),
]


def put_element_in_value(root: etree._Element) -> None:
    etree.SubElement(one(root, VALUE), tag(SAML, "NameID")).text = "evil"


def put_element_in_status(root: etree._Element) -> None:
    etree.SubElement(one(root, "samlp:Status"), tag(SAML, "Issuer")).text = "evil"


@pytest.mark.parametrize(("edit", "code"), [row[1:] for row in BEFORE_SIGNING], ids=[row[0] for row in BEFORE_SIGNING])
def test_an_answer_signed_with_one_wrong_thing_is_refused(desk: Desk, edit: Edit, code: Code) -> None:
    root = forge.plain(desk, desk.ask())
    edit(root)
    for assertion in root.findall(tag(SAML, "Assertion"))[:1]:
        sign_element(assertion, desk.config)
    assert refused(desk, encoded(root)) == code


AFTER_SIGNING: list[tuple[str, Edit, Code]] = [
    ("a changed value", writing(VALUE, "evil@unidemo.example"), Code.BAD_SIGNATURE),
    ("a changed name", writing("saml:Assertion/saml:Subject/saml:NameID", "evil"), Code.BAD_SIGNATURE),
    ("a later end", setting(CONDITIONS, "NotOnOrAfter", "2030-01-01T00:00:00Z"), Code.BAD_SIGNATURE),
    ("no signature", removing("saml:Assertion/ds:Signature"), Code.UNSIGNED),
    ("two signatures", doubling("saml:Assertion/ds:Signature"), Code.MALFORMED),
    ("a changed signature", writing("saml:Assertion/ds:Signature/ds:SignatureValue", "AAAA"), Code.BAD_SIGNATURE),
]


@pytest.mark.parametrize(("edit", "code"), [row[1:] for row in AFTER_SIGNING], ids=[row[0] for row in AFTER_SIGNING])
def test_an_answer_changed_after_signing_is_refused(desk: Desk, edit: Edit, code: Code) -> None:
    root = forged(desk, desk.ask(), after=edit)
    assert refused(desk, encoded(root)) == code
    assert desk.pending.requests, "a forged answer must not spend the request"


def test_a_signature_by_a_key_outside_the_metadata_is_refused_though_it_brings_its_certificate(
    desk: Desk, tmp_path: Path
) -> None:
    root = forged(desk, desk.ask(), keys=new_pair(tmp_path))
    assert refused(desk, encoded(root)) == Code.BAD_SIGNATURE


def test_a_signature_on_the_response_alone_is_not_enough_for_this_profile(desk: Desk) -> None:
    assert refused(desk, encoded(forged(desk, desk.ask(), sign="response"))) == Code.UNSIGNED


def test_a_response_changed_after_signing_is_refused_though_its_assertion_holds(desk: Desk) -> None:
    root = forged(desk, desk.ask(), sign="assertion response", after=setting(".", "IssueInstant", written(NOW)))
    root.set("Consent", "urn:oasis:names:tc:SAML:2.0:consent:obtained")
    assert refused(desk, encoded(root)) == Code.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("method", "digest"),
    [
        ("TransformRsaSha1", "TransformSha256"),
        ("TransformRsaSha256", "TransformSha1"),
    ],
)
def test_sha1_is_refused_in_signature_and_digest(desk: Desk, method: str, digest: str) -> None:
    root = forge.plain(desk, desk.ask())
    forge.sign_weakly(one(root, "saml:Assertion"), desk.config, method, digest)
    assert refused(desk, encoded(root)) == Code.WEAK_ALGORITHM


def twin_before(root: etree._Element) -> None:
    """The evil assertion first, the signed one after it."""
    one(root, "saml:Assertion").addprevious(forge.evil_twin(root, "_evil"))


def twin_after(root: etree._Element) -> None:
    """The signed assertion first, the evil one after it."""
    one(root, "saml:Assertion").addnext(forge.evil_twin(root, "_evil"))


def twin_with_same_id(root: etree._Element) -> None:
    """The evil assertion has the identifier that the signature refers to."""
    assertion = one(root, "saml:Assertion")
    assertion.addprevious(forge.evil_twin(root, assertion.get("ID", "")))


def original_in_extensions(root: etree._Element) -> None:
    """The evil assertion in place, the signed one out of sight."""
    assertion = one(root, "saml:Assertion")
    assertion.addprevious(forge.evil_twin(root, "_evil"))
    forge.extensions(root).append(assertion)


def original_in_signature(root: etree._Element) -> None:
    """The evil assertion carries the signature, and inside it the signed assertion."""
    assertion = one(root, "saml:Assertion")
    twin = forge.evil_twin(root, "_evil")
    signature = one(assertion, "ds:Signature")
    assertion.remove(signature)
    twin.insert(1, signature)
    root.replace(assertion, twin)
    forge.signature_object(root).append(assertion)


def original_in_evil(root: etree._Element) -> None:
    """The evil assertion holds the signed one as its advice."""
    assertion = one(root, "saml:Assertion")
    twin = forge.evil_twin(root, "_evil")
    root.replace(assertion, twin)
    etree.SubElement(twin, tag(SAML, "Advice")).append(assertion)
    one(twin, "saml:Conditions").addnext(one(twin, "saml:Advice"))


def reference_to_response(root: etree._Element) -> None:
    """The signature of the assertion refers to something else."""
    one(root, "saml:Assertion/ds:Signature/ds:SignedInfo/ds:Reference").set("URI", f"#{root.get('ID')}")


def empty_reference(root: etree._Element) -> None:
    """The signature of the assertion refers to the whole document."""
    one(root, "saml:Assertion/ds:Signature/ds:SignedInfo/ds:Reference").set("URI", "")


def second_reference(root: etree._Element) -> None:
    """The signature covers a second thing."""
    reference = one(root, "saml:Assertion/ds:Signature/ds:SignedInfo/ds:Reference")
    reference.addnext(copied(reference))


def extra_object(root: etree._Element) -> None:
    """The signature carries an object."""
    forge.signature_object(root).text = "evil"


def signature_moved_up(root: etree._Element) -> None:
    """The assertion's signature stands on the Response."""
    one(root, "saml:Issuer").addnext(one(root, "saml:Assertion/ds:Signature"))


WRAPPINGS: list[Callable[[etree._Element], None]] = [
    twin_before,
    twin_after,
    twin_with_same_id,
    original_in_extensions,
    original_in_signature,
    original_in_evil,
    reference_to_response,
    empty_reference,
    second_reference,
    extra_object,
    signature_moved_up,
]


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda wrap: wrap.__name__)
def test_signature_wrapping_is_refused(desk: Desk, wrap: Edit) -> None:
    code = refused(desk, encoded(forged(desk, desk.ask(), after=wrap)))
    assert code in {Code.WRAPPED, Code.ASSERTION_COUNT, Code.UNSIGNED, Code.MALFORMED}
    assert desk.pending.requests


def test_an_encrypted_assertion_is_refused(desk: Desk) -> None:
    root = forge.plain(desk, desk.ask())
    encrypted = etree.SubElement(root, tag(SAML, "EncryptedAssertion"))
    encrypted.append(
        etree.fromstring(
            '<x:EncryptedData xmlns:x="http://www.w3.org/2001/04/xmlenc#"><x:CipherData>'
            "<x:CipherValue>AAAA</x:CipherValue></x:CipherData></x:EncryptedData>"
        )
    )
    assert refused(desk, encoded(root)) == Code.ENCRYPTED


def xml_of(desk: Desk) -> bytes:
    return etree.tostring(forged(desk, desk.ask()))


def as_field(xml: bytes) -> str:
    return base64.b64encode(xml).decode()


def test_a_document_type_is_refused_before_any_entity_is_read(desk: Desk) -> None:
    doctype = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    assert refused(desk, as_field(doctype + xml_of(desk))) == Code.DTD


def test_an_external_entity_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    doctype = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    body = xml_of(desk).replace(b"Lucia", b"&x;")
    assert refused(desk, as_field(doctype + body)) == Code.DTD


def test_a_comment_that_splits_a_signed_value_is_refused(desk: Desk) -> None:
    split = xml_of(desk).replace(b"l.studente2@unidemo", b"l.studente2<!-- -->@unidemo")
    assert refused(desk, as_field(split)) == Code.MALFORMED


def test_a_processing_instruction_is_refused(desk: Desk) -> None:
    assert refused(desk, as_field(xml_of(desk).replace(b"Lucia", b"<?x y?>Lucia"))) == Code.MALFORMED


def test_an_answer_above_the_limit_is_refused_before_it_is_decoded(desk: Desk) -> None:
    assert refused(desk, "A" * (2 * MAX_XML)) == Code.TOO_LARGE
    assert refused(desk, as_field(b"<a>" + b" " * MAX_XML + b"</a>")) == Code.TOO_LARGE


@pytest.mark.parametrize(("field", "code"), [("", Code.NOT_XML), ("***", Code.NOT_BASE64), ("é", Code.NOT_BASE64)])
def test_rubbish_is_refused(desk: Desk, field: str, code: Code) -> None:
    assert refused(desk, field) == code


def test_base64_with_line_breaks_is_accepted(desk: Desk) -> None:
    field = as_field(xml_of(desk))
    assert desk.read("\r\n".join(field[at : at + 76] for at in range(0, len(field), 76))).session_index


@pytest.mark.parametrize(("status", "code"), [(REQUEST_DENIED, Code.DENIED), (UNKNOWN_PRINCIPAL, Code.UNKNOWN_PERSON)])
def test_the_providers_precise_status_decides_the_sentence(desk: Desk, status: str, code: Code) -> None:
    outgoing = desk.ask()
    refusal = answers.refusal(
        desk.config, desk.service, status, in_response_to=outgoing.message_id, relay_state="", now=desk.now
    )
    assert refused(desk, refusal.fields["SAMLResponse"]) == code


def test_a_wrong_assertion_with_a_right_signature_spends_the_request(desk: Desk) -> None:
    root = forged(desk, desk.ask(), before=setting(DATA, "Recipient", "https://evil.example/acs"))
    assert refused(desk, encoded(root)) == Code.WRONG_RECIPIENT
    assert not desk.pending.requests
    assert not desk.used.ids


def test_the_skew_is_tolerated_and_nothing_beyond_it(desk: Desk) -> None:
    outgoing = desk.ask()
    answer = encoded(forged(desk, outgoing))
    desk.now = NOW + timedelta(minutes=6)
    assert refused(desk, answer) == Code.EXPIRED
    desk.pending.requests[outgoing.message_id] = forge.pending_of(desk, outgoing)
    desk.now -= timedelta(seconds=1)
    assert desk.read(answer).session_index


def test_an_unread_attribute_may_hold_elements_and_is_left_out(desk: Desk) -> None:
    def edit(root: etree._Element) -> None:
        statement = one(root, "saml:Assertion/saml:AttributeStatement")
        attribute = etree.SubElement(statement, tag(SAML, "Attribute"), {"Name": "urn:oid:1.3.6.1.4.1.5923.1.1.1.10"})
        value = etree.SubElement(attribute, tag(SAML, "AttributeValue"))
        etree.SubElement(value, tag(SAML, "NameID")).text = "opaque"

    signin = desk.read(encoded(forged(desk, desk.ask(), before=edit)))
    assert signin.attributes["urn:oid:1.3.6.1.4.1.5923.1.1.1.10"] == ()
