"""What a federation publishes counts only as it signed it, as long as it said, and provider by provider."""

from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from lxml import etree

from saml import federation_metadata
from saml.errors import Code, SamlError
from saml.federation_metadata import Copy, read_metadata
from saml.names import BINDINGS, SAML, tag
from tests.saml.aggregates import Pair, entity, group, pair, service, signed, trusted
from tests.saml.forge import sign_weakly

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ONE, TWO = "https://one.example/idp", "https://two.example/idp"


def both() -> etree._Element:
    return group(entity(ONE, names={"it": "Uno", "en": "One"}, scopes=["one.example"]), entity(TWO))


def ids(copy: Copy) -> list[str]:
    return [entry.provider.entity_id for entry in copy.entries]


def refusal(data: bytes, certificates: list[str] | None = None) -> Code:
    with pytest.raises(SamlError) as caught:
        read_metadata(data, trusted() if certificates is None else certificates)
    return caught.value.code


def test_a_signed_aggregate_gives_its_identity_providers_and_nothing_else() -> None:
    copy = read_metadata(signed(group(service("https://sp.example"), group(entity(ONE)), entity(TWO))), trusted())
    assert ids(copy) == [ONE, TWO]
    assert copy.problems == ()


def test_the_entity_of_one_provider_is_read_as_well_as_an_aggregate() -> None:
    alone = entity(ONE, scopes=["one.example"])
    (entry,) = read_metadata(signed(alone), trusted()).entries
    assert (entry.provider.entity_id, entry.provider.scopes) == (ONE, ("one.example",))


def test_each_of_several_trusted_certificates_will_do_while_a_federation_changes_its_key() -> None:
    new = pair("new federation")
    for by in (pair("federation"), new):
        assert ids(read_metadata(signed(both(), by), [*trusted(), new.certificate_pem])) == [ONE, TWO]


def test_what_is_not_signed_by_the_federation_is_refused() -> None:
    assert refusal(etree.tostring(both())) == Code.UNSIGNED
    assert refusal(signed(both(), pair("somebody"))) == Code.BAD_SIGNATURE


def test_a_provider_cannot_sign_for_the_federation() -> None:
    assert refusal(signed(both(), pair("provider"))) == Code.BAD_SIGNATURE


def test_a_change_after_signing_is_refused() -> None:
    data = signed(both())
    assert refusal(data.replace(b"https://one.example/idp/sso", b"https://evil.example/sso")) == Code.BAD_SIGNATURE
    root = etree.fromstring(data)
    root.append(entity("https://evil.example"))
    assert refusal(etree.tostring(root)) == Code.BAD_SIGNATURE


def test_a_signed_document_wrapped_into_another_does_not_sign_the_other() -> None:
    inner = etree.fromstring(signed(both()))
    assert refusal(etree.tostring(group(entity("https://evil.example"), inner))) == Code.UNSIGNED
    signature = inner[0]
    outer = group(entity("https://evil.example"), inner)
    outer.set("ID", "_other")
    outer.insert(0, signature)
    assert refusal(etree.tostring(outer)) == Code.WRAPPED


def test_a_second_element_with_the_signed_identifier_is_refused() -> None:
    root = etree.fromstring(signed(both()))
    root[-1].set("ID", "_aggregate")
    assert refusal(etree.tostring(root)) == Code.WRAPPED


def test_signatures_on_entities_inside_an_aggregate_do_not_disturb() -> None:
    member = entity(ONE)
    member.set("ID", "_member")
    signed(member, pair("registrar"))
    assert ids(read_metadata(signed(group(member)), trusted())) == [ONE]


@pytest.mark.parametrize(
    ("method", "digest"), [("TransformRsaSha1", "TransformSha256"), ("TransformRsaSha256", "TransformSha1")]
)
def test_a_signature_with_sha_1_is_refused(method: str, digest: str) -> None:
    root = both()
    root.set("ID", "_aggregate")
    sign_weakly(root, pair("federation"), method, digest)
    root.insert(0, root.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    assert refusal(etree.tostring(root)) == Code.WEAK_ALGORITHM


def test_a_comment_inside_a_text_hides_nothing_of_it() -> None:
    data = signed(both()).replace(b">one.example<", b">one.exam<!-- x -->ple<")
    (entry, _other) = read_metadata(data, trusted()).entries
    assert entry.provider.scopes == ("one.example",)


def test_processing_instructions_inside_are_refused() -> None:
    assert refusal(etree.tostring(both()).replace(b">one.example<", b">one<?x y?>.example<"), []) == Code.MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-16"),
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
)
def test_a_document_type_is_refused(data: bytes) -> None:
    assert refusal(data, []) == Code.DTD


def test_what_is_no_metadata_is_refused() -> None:
    assert refusal(b"<a/>", []) == Code.WRONG_ROOT
    assert refusal(b"<html><body>Sign in to the network</body>", []) == Code.NOT_XML
    assert refusal(b"", []) == Code.NOT_XML
    assert refusal(etree.tostring(group(service("https://sp.example"))), []) == Code.MALFORMED


def test_more_bytes_elements_or_attributes_than_any_federation_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = etree.tostring(both())
    monkeypatch.setattr(federation_metadata, "MAX_BYTES", len(data) - 1)
    assert refusal(data, []) == Code.TOO_LARGE
    monkeypatch.setattr(federation_metadata, "MAX_BYTES", len(data))
    assert ids(read_metadata(data, [])) == [ONE, TWO]
    for mark in (b"<", b"="):
        many = data.replace(b"</md:EntitiesDescriptor>", b"<a" + mark * 50)
        monkeypatch.setattr(federation_metadata, "MAX_BYTES", len(many))
        monkeypatch.setattr(federation_metadata, "MAX_MARKS", max(data.count(b"<"), data.count(b"=")))
        assert refusal(many, []) == Code.TOO_LARGE


def test_a_copy_is_refused_from_the_instant_its_validity_ends() -> None:
    copy = read_metadata(signed(group(entity(ONE), valid_until=NOW)), trusted())
    assert copy.valid_until == NOW
    copy.refuse_ended(NOW - timedelta(seconds=1))
    with pytest.raises(SamlError) as caught:
        copy.refuse_ended(NOW)
    assert caught.value.code == Code.EXPIRED


def test_a_copy_without_an_end_is_never_over() -> None:
    copy = read_metadata(signed(both()), trusted())
    assert copy.valid_until is None
    copy.refuse_ended(NOW + timedelta(days=10_000))


def test_an_end_that_is_no_instant_is_refused() -> None:
    assert refusal(signed(group(entity(ONE), valid_until="tomorrow"))) == Code.MALFORMED


def test_the_earliest_end_around_a_provider_counts_for_it_alone() -> None:
    soon, sooner = NOW + timedelta(days=2), NOW + timedelta(days=1)
    inner = group(entity(ONE, valid_until=soon), entity(TWO), valid_until=sooner)
    third = entity("https://three.example")
    third[0].set("validUntil", "2026-03-05T00:00:00Z")
    copy = read_metadata(signed(group(inner, third, valid_until=NOW + timedelta(days=9))), trusted())
    assert [entry.valid_until for entry in copy.entries] == [sooner, sooner, datetime(2026, 3, 5, tzinfo=UTC)]


def test_a_provider_that_cannot_be_used_is_left_out_with_a_line_and_the_others_stay() -> None:
    bad = {
        "https://no-key.example": entity("https://no-key.example", keys=[]),
        "https://weak.example": entity("https://weak.example", keys=[pair("weak", bits=1024)]),
        "https://curve.example": entity("https://curve.example", keys=[pair("curve", bits=0)]),
        "https://broken.example": entity("https://broken.example", keys=[Pair("", "")]),
        "https://no-sso.example": entity("https://no-sso.example", sso={}),
        "https://script.example": entity("https://script.example", sso={BINDINGS[0]: "javascript:alert(1)"}),
        "https://when.example": entity("https://when.example", valid_until="soon"),
        "https://long.example/" + 255 * "x": entity("https://long.example/" + 255 * "x"),
        "": entity(""),
    }
    copy = read_metadata(signed(group(*bad.values(), entity(ONE))), trusted())
    assert ids(copy) == [ONE]
    for entity_id in bad:
        assert any(line.startswith(f"{entity_id}: ") for line in copy.problems), entity_id
    assert "https://weak.example: X509Certificate: RSA key of 1024 bits, at least 2048 are needed" in copy.problems


def test_a_weak_key_beside_a_good_one_is_left_out_alone() -> None:
    good = pair("provider")
    copy = read_metadata(signed(group(entity(ONE, keys=[pair("weak", bits=1024), good]))), trusted())
    assert copy.entries[0].provider.certificates == (good.certificate_pem,)
    assert len(copy.problems) == 1


def test_of_a_provider_listed_twice_the_first_counts() -> None:
    copy = read_metadata(signed(group(entity(ONE), entity(ONE, keys=[pair("somebody")]))), trusted())
    assert copy.entries[0].provider.certificates == (pair("provider").certificate_pem,)
    assert copy.problems == (f"{ONE}: entityID: occurs twice, the first one counts",)


def test_providers_that_want_to_be_in_no_list_are_marked() -> None:
    copy = read_metadata(signed(group(entity(ONE, is_hidden=True), entity(TWO))), trusted())
    assert [entry.is_hidden for entry in copy.entries] == [True, False]


def test_scopes_that_are_patterns_are_not_taken() -> None:
    data = etree.tostring(both()).replace(b'regexp="false"', b'regexp="true"')
    assert read_metadata(data, []).entries[0].provider.scopes == ()


def test_an_attribute_of_the_same_name_elsewhere_hides_nobody() -> None:
    other = entity(ONE, is_hidden=True)
    category = other.find(f".//{tag(SAML, 'Attribute')}")
    assert category is not None
    category.set("Name", "urn:oid:1.3.6.1.4.1.5923.1.1.1.7")
    assert not read_metadata(signed(group(other)), trusted()).entries[0].is_hidden


def test_the_signature_is_one_that_other_software_makes() -> None:
    """The federation's signature comes from xmlsec's own template here, with a prefix list as federations write it."""
    root = both()
    signature = xmlsec.template.create(root, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformRsaSha256)
    root.insert(0, signature)
    reference = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri="#_aggregate")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    transform = xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    etree.SubElement(
        transform, "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces", {"PrefixList": "md mdui"}
    )
    root.set("ID", "_aggregate")
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair("federation").key_pem, xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID")
    context.sign(signature)
    assert ids(read_metadata(etree.tostring(root), trusted())) == [ONE, TWO]
