"""Our own metadata: what identity providers must know about this service, signed."""

from collections.abc import Mapping

from lxml import etree

from saml.bindings import new_id
from saml.names import BINDINGS, DS, HTTP_POST, MD, MDUI, SAMLP, URI_NAMES, XML, tag
from saml.profile import AttributeSet, Profile
from saml.signing import certificate_bodies, sign_element


def build_metadata(profile: Profile) -> bytes:
    """Return the signed EntityDescriptor of `profile` as UTF-8 XML (metadata 2.3.2)."""
    root = etree.Element(
        tag(MD, "EntityDescriptor"),
        {"entityID": profile.entity_id, "ID": new_id()},
        nsmap={"md": MD, "ds": DS, "mdui": MDUI},
    )
    add_descriptor(root, profile)
    add_organisation(root, profile)
    for person in profile.contacts:
        contact = etree.SubElement(root, tag(MD, "ContactPerson"), {"contactType": person.kind})
        etree.SubElement(contact, tag(MD, "EmailAddress")).text = f"mailto:{person.email}"
    sign_element(root, profile)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def add_descriptor(root: etree._Element, profile: Profile) -> None:
    """Add the SPSSODescriptor: key, addresses, name identifiers, requested attributes.

    Only a signing key is published, so that identity providers do not encrypt their assertions.
    """
    descriptor = etree.SubElement(
        root,
        tag(MD, "SPSSODescriptor"),
        {
            "protocolSupportEnumeration": SAMLP,
            "AuthnRequestsSigned": "true",
            "WantAssertionsSigned": str(profile.assertions_signed).lower(),
        },
    )
    add_names(descriptor, profile.service_name)
    for pair in profile.keys:
        add_key(descriptor, pair.certificate_pem)
    for binding in BINDINGS:
        etree.SubElement(descriptor, tag(MD, "SingleLogoutService"), {"Binding": binding, "Location": profile.slo_url})
    for name_id_format in profile.name_id_formats:
        etree.SubElement(descriptor, tag(MD, "NameIDFormat")).text = name_id_format
    for index, url in enumerate(profile.acs_urls):
        place = {"Binding": HTTP_POST, "Location": url, "index": str(index)}
        default = {} if index else {"isDefault": "true"}
        etree.SubElement(descriptor, tag(MD, "AssertionConsumerService"), {**place, **default})
    add_requested(descriptor, profile)


def add_names(descriptor: etree._Element, names: Mapping[str, str]) -> None:
    """Add the names a provider's sign-in page shows for this service."""
    extensions = etree.SubElement(descriptor, tag(MD, "Extensions"))
    add_localised(etree.SubElement(extensions, tag(MDUI, "UIInfo")), tag(MDUI, "DisplayName"), names)


def add_key(descriptor: etree._Element, certificate_pem: str) -> None:
    """Add the signing certificate."""
    key = etree.SubElement(descriptor, tag(MD, "KeyDescriptor"), {"use": "signing"})
    data = etree.SubElement(etree.SubElement(key, tag(DS, "KeyInfo")), tag(DS, "X509Data"))
    for body in certificate_bodies(certificate_pem):
        etree.SubElement(data, tag(DS, "X509Certificate")).text = body


def add_requested(descriptor: etree._Element, profile: Profile) -> None:
    """Add the attributes this service asks for."""
    for each in profile.attribute_sets:
        add_attribute_set(descriptor, each)


def add_attribute_set(descriptor: etree._Element, wanted: AttributeSet) -> None:
    """Add one set of attributes that requests may refer to by index."""
    service = etree.SubElement(descriptor, tag(MD, "AttributeConsumingService"), {"index": str(wanted.index)})
    add_localised(service, tag(MD, "ServiceName"), wanted.name)
    for attribute in wanted.attributes:
        etree.SubElement(
            service,
            tag(MD, "RequestedAttribute"),
            {
                "Name": attribute.name,
                "NameFormat": URI_NAMES,
                "FriendlyName": attribute.friendly_name,
                "isRequired": str(attribute.required).lower(),
            },
        )


def add_organisation(root: etree._Element, profile: Profile) -> None:
    """Add who runs the service, in every language."""
    organisation = etree.SubElement(root, tag(MD, "Organization"))
    add_localised(organisation, tag(MD, "OrganizationName"), profile.organisation.name)
    add_localised(organisation, tag(MD, "OrganizationDisplayName"), profile.organisation.display_name)
    add_localised(organisation, tag(MD, "OrganizationURL"), profile.organisation.url)


def add_localised(parent: etree._Element, name: str, texts: Mapping[str, str]) -> None:
    """Add one element per language."""
    for language, text in texts.items():
        etree.SubElement(parent, name, {tag(XML, "lang"): language}).text = text
