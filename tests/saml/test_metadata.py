"""What this service publishes about itself in each federation."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from onelogin import saml2

from saml.metadata import build_metadata
from saml.names import BASIC_NAMES, CIE, FPA, HTTP_POST, HTTP_REDIRECT, NSMAP, SPID, TRANSIENT, URI_NAMES, XML, tag
from saml.parties import Contact, Organisation
from saml.profile import Profile
from saml.signing import certificate_bodies, verify_element
from tests.saml.examples import EXAMPLES, SITE, example, key_pair

SCHEMA = Path(saml2.__file__).parent / "schemas" / "saml-schema-metadata-2.0.xsd"
AMPERSAND = {"it": "Università & Figli <Srl>", "en": 'University "&" Sons'}
ALL = {**NSMAP, "spid": SPID, "fpa": FPA, "cie": CIE}


def published(profile: Profile) -> etree._Element:
    return etree.fromstring(build_metadata(profile))


def texts(root: etree._Element, path: str) -> list[str | None]:
    return [node.text for node in root.findall(path, ALL)]


def contact(root: etree._Element, kind: str) -> etree._Element:
    found = root.findall(f"md:ContactPerson[@contactType='{kind}']", ALL)
    assert len(found) == 1
    return found[0]


def names_and_texts(node: etree._Element) -> list[tuple[str, str | None]]:
    """Return what stands right inside an element, without the white space of containers."""
    return [(etree.QName(child).localname, child.text) for child in node]


@pytest.mark.parametrize("is_default", [True, False])
@pytest.mark.parametrize("name", EXAMPLES)
def test_our_metadata_follows_the_schema_and_carries_our_signature(name: str, is_default: bool) -> None:
    profile = example(name, is_default=is_default)
    root = published(profile)
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    assert schema.validate(root), schema.error_log
    verify_element(root, [profile.certificate_pem], profile)
    assert root.get("entityID") == profile.entity_id


def test_the_same_profile_gives_the_same_bytes_and_another_one_another_id() -> None:
    profile = example("spid-public")
    assert build_metadata(profile) == build_metadata(profile)
    renamed = replace(profile, entity_id="https://other.example/")
    assert published(profile).get("ID") != published(renamed).get("ID")


def test_the_default_profile_gives_both_its_addresses_by_index() -> None:
    root = published(example("idem", is_default=True))
    places = [
        (
            etree.QName(node).localname,
            node.get("Binding"),
            node.get("Location"),
            node.get("index"),
            node.get("isDefault"),
        )
        for node in root.iterdescendants(tag(NSMAP["md"], "SingleLogoutService"), "{*}AssertionConsumerService")
    ]
    assert places == [
        ("SingleLogoutService", HTTP_REDIRECT, f"{SITE}/saml/slo", None, None),
        ("SingleLogoutService", HTTP_POST, f"{SITE}/saml/slo", None, None),
        ("AssertionConsumerService", HTTP_POST, f"{SITE}/saml/acs", "0", "true"),
        ("AssertionConsumerService", HTTP_POST, f"{SITE}/saml/university/acs", "1", "false"),
    ]


def test_names_with_special_characters_arrive_unharmed() -> None:
    names = Organisation(AMPERSAND, AMPERSAND, {"it": "https://a.example/?a=1&b=2", "en": "https://a.example/"})
    base = example("spid-public")
    sets = tuple(replace(each, name=AMPERSAND) for each in base.attribute_sets[:1])
    root = published(replace(base, organisation=names, attribute_sets=sets))
    verify_element(root, [base.certificate_pem], base)
    assert texts(root, "md:Organization/md:OrganizationName") == list(AMPERSAND.values())
    assert texts(root, "md:Organization/md:OrganizationURL") == list(names.url.values())
    assert texts(root, "md:SPSSODescriptor/md:AttributeConsumingService/md:ServiceName") == list(AMPERSAND.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_organisation_stands_in_italian_and_english(name: str) -> None:
    root = published(example(name))
    languages = [
        (etree.QName(node).localname, node.get(tag(XML, "lang"))) for node in root.find("md:Organization", ALL)
    ]  # type: ignore[union-attr]
    assert languages == [
        (kind, language)
        for kind in ("OrganizationName", "OrganizationDisplayName", "OrganizationURL")
        for language in ("it", "en")
    ]


def test_attribute_sets_have_their_index_and_a_name_in_both_languages() -> None:
    root = published(example("spid-public"))
    sets = root.findall("md:SPSSODescriptor/md:AttributeConsumingService", ALL)
    assert [each.get("index") for each in sets] == ["0", "99"]
    assert texts(sets[0], "md:ServiceName") == ["Servizio Studenti", "Student Service Desk"]
    asked = [dict(node.attrib) for node in sets[0].findall("md:RequestedAttribute", ALL)]
    assert asked[0] == {"Name": "fiscalNumber", "NameFormat": BASIC_NAMES, "isRequired": "true"}
    assert len(asked) == 4


def test_attributes_named_by_uri_say_so_with_their_other_name() -> None:
    root = published(example("idem"))
    asked = {
        node.get("FriendlyName"): (node.get("Name"), node.get("NameFormat"), node.get("isRequired"))
        for node in root.iter(tag(NSMAP["md"], "RequestedAttribute"))
    }
    assert asked["mail"] == ("urn:oid:0.9.2342.19200300.100.1.3", URI_NAMES, "true")
    assert asked["employeeNumber"] == ("urn:oid:2.16.840.1.113730.3.1.3", URI_NAMES, "false")


def test_cie_identifies_a_set_by_a_lasting_uuid_and_describes_it_in_words() -> None:
    root = published(example("cie"))
    name = root.find("md:SPSSODescriptor/md:AttributeConsumingService/md:ServiceName", ALL)
    assert name is not None
    assert (name.get(tag(XML, "lang")), (name.text or "")[:9]) == ("", "urn:uuid:")
    assert (name.text or "")[23] == "4"
    described = texts(root, "md:SPSSODescriptor/md:AttributeConsumingService/md:ServiceDescription")
    assert described == ["Servizio Studenti", "Student Service Desk"]


@pytest.mark.parametrize("name", ["spid-public", "spid-private", "cie", "eidas"])
def test_only_the_transient_format_is_taken_in_spid_and_cie(name: str) -> None:
    assert texts(published(example(name)), "md:SPSSODescriptor/md:NameIDFormat") == [TRANSIENT]


def test_a_public_body_states_its_ipa_code_to_spid() -> None:
    root = published(example("spid-public"))
    person = contact(root, "other")
    extensions = person.find("md:Extensions", ALL)
    assert extensions is not None
    assert names_and_texts(extensions) == [("IPACode", "uniesempio"), ("Public", None)]
    assert {etree.QName(child).namespace for child in extensions} == {SPID}
    assert names_and_texts(person)[1:] == [
        ("Company", "Università degli Studi di Esempio"),
        ("EmailAddress", "servicedesk@unidemo.example"),
        ("TelephoneNumber", "+390221234567"),
    ]


def test_a_private_body_states_its_numbers_to_spid_and_who_pays() -> None:
    root = published(example("spid-private"))
    extensions = contact(root, "other").find("md:Extensions", ALL)
    assert extensions is not None
    assert names_and_texts(extensions) == [
        ("VATNumber", "IT12345678903"),
        ("FiscalCode", "12345678903"),
        ("Private", None),
    ]
    buyer = contact(root, "billing").find("md:Extensions/fpa:CessionarioCommittente", ALL)
    assert buyer is not None
    assert texts(buyer, "fpa:DatiAnagrafici/fpa:IdFiscaleIVA/*") == ["IT", "12345678903"]
    assert texts(buyer, "fpa:DatiAnagrafici/fpa:Anagrafica/fpa:Denominazione") == ["Università degli Studi di Esempio"]
    seat = buyer.find("fpa:Sede", ALL)
    assert seat is not None
    assert [name for name, _ in names_and_texts(seat)] == [
        "Indirizzo",
        "NumeroCivico",
        "CAP",
        "Comune",
        "Provincia",
        "Nazione",
    ]


def test_a_person_may_pay_under_their_own_name() -> None:
    profile = example("spid-private")
    invoice = profile.contacts[1].invoice
    assert invoice
    person = replace(invoice, name="", first_name="Ada", surname="Bianchi", vat_code="", fiscal_code="BNCDAA80A41F205X")
    contacts = (profile.contacts[0], replace(profile.contacts[1], invoice=person))
    buyer = contact(published(replace(profile, contacts=contacts)), "billing").find("md:Extensions/*", ALL)
    assert buyer is not None
    assert texts(buyer, "fpa:DatiAnagrafici/fpa:CodiceFiscale") == ["BNCDAA80A41F205X"]
    assert texts(buyer, "fpa:DatiAnagrafici/fpa:IdFiscaleIVA") == []
    assert texts(buyer, "fpa:DatiAnagrafici/fpa:Anagrafica/*") == ["Ada", "Bianchi"]


def test_cie_learns_of_the_body_and_of_its_technical_partner() -> None:
    root = published(example("cie"))
    own, partner = (contact(root, kind) for kind in ("administrative", "technical"))
    assert names_and_texts(own[0]) == [
        ("Public", None),
        ("IPACode", "uniesempio"),
        ("Municipality", "F205"),
        ("Province", "MI"),
        ("Country", "IT"),
    ]
    assert own.findtext("md:Company", namespaces=ALL) == "Università degli Studi di Esempio"
    assert [name for name, _ in names_and_texts(partner[0])][:4] == ["Private", "VATNumber", "FiscalCode", "NACE2Code"]
    assert partner.findtext("md:Company", namespaces=ALL) == "Esempio Informatica S.r.l."
    assert {etree.QName(child).namespace for child in own[0]} == {CIE}


def test_elsewhere_contacts_are_addresses_as_the_standard_has_them() -> None:
    root = published(example("idem"))
    assert names_and_texts(contact(root, "technical")) == [
        ("GivenName", "Help"),
        ("SurName", "Desk"),
        ("EmailAddress", "mailto:servicedesk@unidemo.example"),
    ]


def test_a_contact_in_an_idem_profile_carries_no_extensions_of_others() -> None:
    profile = replace(example("idem"), contacts=(Contact("support", "help@unidemo.example", ipa_code="x"),))
    assert contact(published(profile), "support").find("md:Extensions", ALL) is None


def test_the_sign_in_page_learns_name_description_and_logo_where_the_federation_shows_them() -> None:
    shown = published(example("idem")).find("md:SPSSODescriptor/md:Extensions/mdui:UIInfo", ALL)
    assert shown is not None
    assert texts(shown, "mdui:DisplayName") == ["Servizio Studenti", "Student Service Desk"]
    assert len(texts(shown, "mdui:Description")) == len(texts(shown, "mdui:PrivacyStatementURL")) == 2
    assert texts(shown, "mdui:Logo") == ["https://www.unidemo.example/logo.png"]
    assert published(example("spid-public")).find("md:SPSSODescriptor/md:Extensions", ALL) is None


def test_old_and_new_certificate_stand_side_by_side_and_the_first_signs() -> None:
    old, new = key_pair("spid-public"), key_pair("spid-private")
    profile = replace(example("spid-public"), keys=(new, old))
    root = published(profile)
    keys = root.findall("md:SPSSODescriptor/md:KeyDescriptor", ALL)
    assert [key.get("use") for key in keys] == ["signing", "signing"]
    stated = texts(root, "md:SPSSODescriptor/md:KeyDescriptor/ds:KeyInfo/ds:X509Data/ds:X509Certificate")
    assert stated == [certificate_bodies(pair.certificate_pem)[0] for pair in (new, old)]
    verify_element(root, [new.certificate_pem], profile)


def test_a_key_for_encryption_is_published_with_authenticated_methods_alone() -> None:
    keys = published(example("idem")).findall("md:SPSSODescriptor/md:KeyDescriptor", ALL)
    assert [key.get("use") for key in keys] == ["signing", "encryption"]
    methods = [node.get("Algorithm", "") for node in keys[1].findall("md:EncryptionMethod", ALL)]
    assert methods
    assert not [method for method in methods if "cbc" in method or "rsa-1_5" in method]


@pytest.mark.needs_xmlsec1
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_xmlsec_command_accepts_our_metadata(name: str, tmp_path: Path) -> None:
    profile = example(name)
    metadata, certificate = tmp_path / "metadata.xml", tmp_path / "certificate.pem"
    metadata.write_bytes(build_metadata(profile))
    certificate.write_text(profile.certificate_pem)
    identifier = ["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"]
    command = ["xmlsec1", "--verify", *identifier, "--pubkey-cert-pem", str(certificate), str(metadata)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
