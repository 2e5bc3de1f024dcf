"""Federation metadata made for tests: entities, groups of them, and their signature by a federation's key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from saml.federation_metadata import CATEGORY, HIDDEN, MDATTR
from saml.names import BINDINGS, DS, HTTP_REDIRECT, MD, MDUI, SAML, SAMLP, SHIBMD, XML, tag
from saml.safexml import written
from saml.signing import certificate_bodies, sign_element

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """A key and its certificate."""

    key_pem: str
    certificate_pem: str


@cache
def pair(name: str, *, bits: int = 2048, ends: datetime = BEGUN + timedelta(days=3650)) -> Pair:
    """Return a key pair, always the same one for a name; no bits make an elliptic one."""
    key = rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(BEGUN - timedelta(days=3650))
    certificate = made.not_valid_after(ends).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    return Pair(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
    )


FEDERATION = "federation"


def entity(
    entity_id: str,
    *,
    names: Mapping[str, str] | None = None,
    keys: Sequence[Pair] | None = None,
    scopes: Sequence[str] = (),
    sso: Mapping[str, str] | None = None,
    is_hidden: bool = False,
    valid_until: datetime | str | None = None,
) -> etree._Element:
    """Return an EntityDescriptor with an identity provider's role."""
    root = etree.Element(tag(MD, "EntityDescriptor"), {"entityID": entity_id}, nsmap={"md": MD, "ds": DS})
    set_end(root, valid_until)
    if is_hidden:
        attributes = etree.SubElement(etree.SubElement(root, tag(MD, "Extensions")), tag(MDATTR, "EntityAttributes"))
        category = etree.SubElement(attributes, tag(SAML, "Attribute"), {"Name": CATEGORY})
        etree.SubElement(category, tag(SAML, "AttributeValue")).text = HIDDEN
    role = etree.SubElement(root, tag(MD, "IDPSSODescriptor"), {"protocolSupportEnumeration": SAMLP})
    extensions = etree.SubElement(role, tag(MD, "Extensions"))
    for scope in scopes:
        etree.SubElement(extensions, tag(SHIBMD, "Scope"), {"regexp": "false"}).text = scope
    information = etree.SubElement(extensions, tag(MDUI, "UIInfo"))
    for language, name in (names or {}).items():
        etree.SubElement(information, tag(MDUI, "DisplayName"), {tag(XML, "lang"): language}).text = name
    for each in [pair("provider")] if keys is None else keys:
        add_key(role, each)
    for binding, place in ({HTTP_REDIRECT: f"{entity_id}/sso"} if sso is None else sso).items():
        etree.SubElement(role, tag(MD, "SingleSignOnService"), {"Binding": binding, "Location": place})
    return root


def add_key(role: etree._Element, key: Pair) -> None:
    """Add a signing key to a role."""
    node = etree.SubElement(role, tag(MD, "KeyDescriptor"), {"use": "signing"})
    data = etree.SubElement(etree.SubElement(node, tag(DS, "KeyInfo")), tag(DS, "X509Data"))
    for body in certificate_bodies(key.certificate_pem):
        etree.SubElement(data, tag(DS, "X509Certificate")).text = body


def service(entity_id: str) -> etree._Element:
    """Return an EntityDescriptor that is no identity provider."""
    root = etree.Element(tag(MD, "EntityDescriptor"), {"entityID": entity_id}, nsmap={"md": MD})
    role = etree.SubElement(root, tag(MD, "SPSSODescriptor"), {"protocolSupportEnumeration": SAMLP})
    etree.SubElement(role, tag(MD, "AssertionConsumerService"), {"Binding": BINDINGS[1], "Location": entity_id})
    return root


def group(*members: etree._Element, valid_until: datetime | str | None = None) -> etree._Element:
    """Return an EntitiesDescriptor."""
    root = etree.Element(tag(MD, "EntitiesDescriptor"), nsmap={"md": MD, "ds": DS})
    set_end(root, valid_until)
    root.extend(members)
    return root


def set_end(node: etree._Element, valid_until: datetime | str | None) -> None:
    """State until when an element is valid."""
    if valid_until is not None:
        node.set("validUntil", valid_until if isinstance(valid_until, str) else written(valid_until))


def signed(root: etree._Element, by: Pair | None = None) -> bytes:
    """Return the document signed by `by`, the federation's own key by default."""
    root.set("ID", root.get("ID", "_aggregate"))
    sign_element(root, by or pair(FEDERATION))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def trusted() -> list[str]:
    """Return the federation's certificate as what is trusted."""
    return [pair(FEDERATION).certificate_pem]
