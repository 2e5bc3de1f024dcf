"""Our own metadata: what identity providers must know about this service, signed."""

import hashlib
import uuid
from typing import Final

from lxml import etree

from saml.contacts import add_contact, add_localised, add_organisation
from saml.names import (
    BASIC_NAMES,
    BINDINGS,
    CIE,
    DS,
    FPA,
    HTTP_POST,
    MD,
    MDUI,
    SAMLP,
    SPID,
    URI_NAMES,
    XML,
    tag,
)
from saml.parties import Interface
from saml.profile import Attribute, AttributeSet, Profile
from saml.signing import certificate_bodies, sign_element

PREFIXES: Final = {"": {"mdui": MDUI}, "spid": {"spid": SPID, "fpa": FPA}, "cie": {"cie": CIE}}
ENCRYPTION_METHODS: Final = (
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
)
"""What an assertion may be encrypted with: authenticated modes only, CBC lends itself to padding oracles."""


def build_metadata(profile: Profile) -> bytes:
    """Return the signed EntityDescriptor of `profile` as UTF-8 XML (metadata 2.3.2; SPID, Regole Tecniche 1.3.2).

    The same profile always gives the same bytes: its ID comes from its content.
    """
    namespaces = {"md": MD, "ds": DS, **PREFIXES[profile.contact_extensions]}
    root = etree.Element(tag(MD, "EntityDescriptor"), {"entityID": profile.entity_id}, nsmap=namespaces)
    add_descriptor(root, profile)
    add_organisation(root, profile)
    for contact in profile.contacts:
        add_contact(root, profile, contact)
    root.set("ID", "_" + hashlib.sha256(etree.tostring(root)).hexdigest()[:40])
    sign_element(root, profile)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def add_descriptor(root: etree._Element, profile: Profile) -> None:
    """Add the SPSSODescriptor: keys, addresses, name identifiers, attribute sets."""
    descriptor = etree.SubElement(
        root,
        tag(MD, "SPSSODescriptor"),
        {
            "protocolSupportEnumeration": SAMLP,
            "AuthnRequestsSigned": "true",
            "WantAssertionsSigned": str(profile.assertions_signed).lower(),
        },
    )
    if not profile.contact_extensions:
        add_interface(descriptor, profile)
    add_keys(descriptor, profile)
    for binding in BINDINGS:
        etree.SubElement(descriptor, tag(MD, "SingleLogoutService"), {"Binding": binding, "Location": profile.slo_url})
    for name_id_format in profile.name_id_formats:
        etree.SubElement(descriptor, tag(MD, "NameIDFormat")).text = name_id_format
    for index, url in enumerate(profile.acs_urls):
        is_default = str(index == profile.acs_index).lower()
        place = {"Binding": HTTP_POST, "Location": url, "index": str(index), "isDefault": is_default}
        etree.SubElement(descriptor, tag(MD, "AssertionConsumerService"), place)
    for wanted in profile.attribute_sets:
        add_attribute_set(descriptor, profile, wanted)


def add_interface(descriptor: etree._Element, profile: Profile) -> None:
    """Add what a provider's sign-in page shows of this service; SPID and CIE take it from elsewhere."""
    extensions = etree.SubElement(descriptor, tag(MD, "Extensions"))
    shown = etree.SubElement(extensions, tag(MDUI, "UIInfo"))
    add_localised(shown, tag(MDUI, "DisplayName"), profile.service_name)
    if profile.interface:
        add_interface_details(shown, profile.interface)


def add_interface_details(shown: etree._Element, interface: Interface) -> None:
    """Add description, addresses and logo (MDUI 2.1)."""
    add_localised(shown, tag(MDUI, "Description"), interface.description)
    add_localised(shown, tag(MDUI, "InformationURL"), interface.information_url)
    add_localised(shown, tag(MDUI, "PrivacyStatementURL"), interface.privacy_url)
    size = {"width": str(interface.logo_width), "height": str(interface.logo_height)}
    etree.SubElement(shown, tag(MDUI, "Logo"), size).text = interface.logo_url


def add_keys(descriptor: etree._Element, profile: Profile) -> None:
    """Add every certificate for each of its uses, old and new side by side while keys are changed."""
    for pair in profile.keys:
        if pair.signing:
            add_key(descriptor, "signing", pair.certificate_pem)
        if pair.encryption:
            key = add_key(descriptor, "encryption", pair.certificate_pem)
            for method in ENCRYPTION_METHODS:
                etree.SubElement(key, tag(MD, "EncryptionMethod"), {"Algorithm": method})


def add_key(descriptor: etree._Element, use: str, certificate_pem: str) -> etree._Element:
    """Add a certificate for one use and return its element."""
    key = etree.SubElement(descriptor, tag(MD, "KeyDescriptor"), {"use": use})
    data = etree.SubElement(etree.SubElement(key, tag(DS, "KeyInfo")), tag(DS, "X509Data"))
    for body in certificate_bodies(certificate_pem):
        etree.SubElement(data, tag(DS, "X509Certificate")).text = body
    return key


def add_attribute_set(descriptor: etree._Element, profile: Profile, wanted: AttributeSet) -> None:
    """Add one set of attributes that requests may refer to by index."""
    service = etree.SubElement(descriptor, tag(MD, "AttributeConsumingService"), {"index": str(wanted.index)})
    if profile.contact_extensions == "cie":
        etree.SubElement(service, tag(MD, "ServiceName"), {tag(XML, "lang"): ""}).text = set_id(profile, wanted)
        add_localised(service, tag(MD, "ServiceDescription"), wanted.name)
    else:
        add_localised(service, tag(MD, "ServiceName"), wanted.name)
    for attribute in wanted.attributes:
        etree.SubElement(service, tag(MD, "RequestedAttribute"), described(attribute))


def set_id(profile: Profile, wanted: AttributeSet) -> str:
    """Return the lasting identifier that CIE wants for an attribute set: a UUID, version 4 in form."""
    digest = hashlib.sha256(f"{profile.entity_id} {wanted.index}".encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=4).urn


def described(attribute: Attribute) -> dict[str, str]:
    """Return an attribute as metadata states it; its other name only where there is one."""
    named_by_uri = attribute.name.startswith("urn:")
    found = {"Name": attribute.name, "NameFormat": URI_NAMES if named_by_uri else BASIC_NAMES}
    if attribute.friendly_name != attribute.name:
        found["FriendlyName"] = attribute.friendly_name
    return {**found, "isRequired": str(attribute.required).lower()}
