"""What the demo identity provider says: signed Responses, logout messages and its own metadata."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from saml.bindings import Outgoing, new_id, pack, pack_post
from saml.contacts import add_localised
from saml.devidp_config import IdpConfig, ServiceProvider
from saml.devidp_people import Person
from saml.logout import add_logout_status
from saml.names import (
    BEARER,
    BINDINGS,
    DS,
    ENTITY_FORMAT,
    MD,
    MDUI,
    PASSWORD_PROTECTED,
    SAML,
    SAMLP,
    SHIBMD,
    SUCCESS,
    TRANSIENT,
    URI_NAMES,
    tag,
)
from saml.requests import NameId, add_name_id, message
from saml.safexml import only, written
from saml.signing import Keys, certificate_bodies, sign_element

VALIDITY: Final = timedelta(minutes=5)
FEDERATION_VALIDITY: Final = timedelta(days=7)
SESSION: Final = timedelta(hours=8)


def sign_in(
    config: IdpConfig,
    service: ServiceProvider,
    person: Person,
    *,
    name_id: str,
    session_index: str,
    authenticated_at: datetime,
    in_response_to: str,
    relay_state: str,
    now: datetime,
    level: int = 0,
    wanted: frozenset[str] | None = None,
) -> Outgoing:
    """Return the Response about `person` to post to the service: the document signed, and its assertion too.

    `level` counts from 1, 0 states a password; `wanted` are the attributes given, None for all.
    """
    root = response(config, service, in_response_to, now)
    add_status(root, SUCCESS)
    assertion = assertion_about(config, service, person, name_id, in_response_to, now)
    context = config.manner.levels[level - 1] if level else PASSWORD_PROTECTED
    add_authentication(assertion, session_index, authenticated_at, context)
    add_attributes(assertion, config.known(person, now), config.manner.name_format, wanted)
    root.append(assertion)
    sign_element(assertion, config)
    return pack_post(service.acs_url, "SAMLResponse", root, relay_state, config)


def refusal(
    config: IdpConfig,
    service: ServiceProvider,
    *statuses: str,
    in_response_to: str,
    relay_state: str,
    now: datetime,
    text: str = "",
) -> Outgoing:
    """Return the signed Response that says why nobody was signed in, by statuses from the outermost to the inmost."""
    root = response(config, service, in_response_to, now)
    add_status(root, *statuses, text=text)
    return pack_post(service.acs_url, "SAMLResponse", root, relay_state, config)


def response(config: IdpConfig, service: ServiceProvider, in_response_to: str, now: datetime) -> etree._Element:
    """Return a Response without status or assertion."""
    root = said(config, "Response", service.acs_url, now)
    root.set("InResponseTo", in_response_to)
    return root


def said(config: IdpConfig, kind: str, url: str, now: datetime) -> etree._Element:
    """Return a protocol message of the provider, its Issuer written as its federation wants it."""
    root = message(kind, config.entity_id, url, now)
    if config.manner.strict:
        only(root, "saml:Issuer").set("Format", ENTITY_FORMAT)
    return root


def add_status(root: etree._Element, *codes: str, text: str = "") -> None:
    """Add a status, each further code inside the one before, and a StatusMessage if there is a text."""
    status = parent = etree.SubElement(root, tag(SAMLP, "Status"))
    for code in codes:
        parent = etree.SubElement(parent, tag(SAMLP, "StatusCode"), {"Value": code})
    if text:
        etree.SubElement(status, tag(SAMLP, "StatusMessage")).text = text


def assertion_about(
    config: IdpConfig, service: ServiceProvider, person: Person, name_id: str, in_response_to: str, now: datetime
) -> etree._Element:
    """Return an assertion with issuer, subject and conditions."""
    assertion = etree.Element(
        tag(SAML, "Assertion"), {"ID": new_id(), "Version": "2.0", "IssueInstant": written(now)}, nsmap={"saml": SAML}
    )
    strict = config.manner.strict
    issuer = etree.SubElement(assertion, tag(SAML, "Issuer"), {"Format": ENTITY_FORMAT} if strict else {})
    issuer.text = config.entity_id
    subject = etree.SubElement(assertion, tag(SAML, "Subject"))
    add_name_id(subject, transient(config, service, name_id))
    confirmation = etree.SubElement(subject, tag(SAML, "SubjectConfirmation"), {"Method": BEARER})
    until = written(now + VALIDITY)
    etree.SubElement(
        confirmation,
        tag(SAML, "SubjectConfirmationData"),
        {"InResponseTo": in_response_to, "Recipient": service.acs_url, "NotOnOrAfter": until},
    )
    window = {"NotBefore": written(now), "NotOnOrAfter": until}
    conditions = etree.SubElement(assertion, tag(SAML, "Conditions"), window)
    restriction = etree.SubElement(conditions, tag(SAML, "AudienceRestriction"))
    etree.SubElement(restriction, tag(SAML, "Audience")).text = service.entity_id
    return assertion


def transient(config: IdpConfig, service: ServiceProvider, value: str) -> NameId:
    """Return a transient name with the qualifiers this provider writes."""
    return NameId(value, TRANSIENT, config.entity_id, "" if config.manner.strict else service.entity_id)


def add_authentication(
    assertion: etree._Element, session_index: str, authenticated_at: datetime, context: str = PASSWORD_PROTECTED
) -> None:
    """Add when and how the person proved who they are, and the session here where there is one."""
    instants = {"AuthnInstant": written(authenticated_at)}
    if session_index:
        instants["SessionIndex"] = session_index
        instants["SessionNotOnOrAfter"] = written(authenticated_at + SESSION)
    statement = etree.SubElement(assertion, tag(SAML, "AuthnStatement"), instants)
    node = etree.SubElement(statement, tag(SAML, "AuthnContext"))
    etree.SubElement(node, tag(SAML, "AuthnContextClassRef")).text = context


def add_attributes(
    assertion: etree._Element, person: Person, name_format: str = URI_NAMES, wanted: frozenset[str] | None = None
) -> None:
    """Add what is wanted (None: everything) of the person's attributes."""
    statement = etree.SubElement(assertion, tag(SAML, "AttributeStatement"))
    for name, values in person.attributes.items():
        if wanted is None or name in wanted:
            attribute = etree.SubElement(statement, tag(SAML, "Attribute"), {"Name": name, "NameFormat": name_format})
            for value in values:
                etree.SubElement(attribute, tag(SAML, "AttributeValue")).text = value


def logout_request(
    config: IdpConfig, service: ServiceProvider, name_id: str, session_index: str, binding: str, now: datetime
) -> Outgoing:
    """Return the signed request that the service end a session."""
    url = service.slo[binding]
    root = said(config, "LogoutRequest", url, now)
    root.set("NotOnOrAfter", written(now + VALIDITY))
    add_name_id(root, transient(config, service, name_id))
    etree.SubElement(root, tag(SAMLP, "SessionIndex")).text = session_index
    return pack(binding, url, "SAMLRequest", root, "", config)


def logout_response(
    config: IdpConfig, service: ServiceProvider, binding: str, in_response_to: str, relay_state: str, now: datetime
) -> Outgoing:
    """Return the signed answer that the person's session here has ended."""
    url = service.slo[binding]
    root = said(config, "LogoutResponse", url, now)
    root.set("InResponseTo", in_response_to)
    add_logout_status(root, complete=True)
    return pack(binding, url, "SAMLResponse", root, relay_state, config)


def idp_metadata(config: IdpConfig) -> bytes:
    """Return the provider's EntityDescriptor as UTF-8 XML."""
    nsmap = {"md": MD, "ds": DS, "mdui": MDUI, "shibmd": SHIBMD}
    root = etree.Element(tag(MD, "EntityDescriptor"), {"entityID": config.entity_id}, nsmap=nsmap)
    role = etree.SubElement(
        root,
        tag(MD, "IDPSSODescriptor"),
        {"protocolSupportEnumeration": SAMLP, "WantAuthnRequestsSigned": "true"},
    )
    extensions = etree.SubElement(role, tag(MD, "Extensions"))
    if config.scope:
        etree.SubElement(extensions, tag(SHIBMD, "Scope"), {"regexp": "false"}).text = config.scope
    add_localised(etree.SubElement(extensions, tag(MDUI, "UIInfo")), tag(MDUI, "DisplayName"), config.names)
    key = etree.SubElement(role, tag(MD, "KeyDescriptor"), {"use": "signing"})
    data = etree.SubElement(etree.SubElement(key, tag(DS, "KeyInfo")), tag(DS, "X509Data"))
    for body in certificate_bodies(config.certificate_pem):
        etree.SubElement(data, tag(DS, "X509Certificate")).text = body
    add_addresses(role, "SingleLogoutService", config.slo_url)
    etree.SubElement(role, tag(MD, "NameIDFormat")).text = TRANSIENT
    add_addresses(role, "SingleSignOnService", config.sso_url)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def site_metadata(configs: Sequence[IdpConfig]) -> bytes:
    """Return the metadata of one provider as it is, of several in an EntitiesDescriptor, as UTF-8 XML."""
    if len(configs) == 1:
        return idp_metadata(configs[0])
    root = etree.Element(tag(MD, "EntitiesDescriptor"), nsmap={"md": MD})
    for config in configs:
        root.append(etree.fromstring(idp_metadata(config)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def federation_metadata(configs: Sequence[IdpConfig], keys: Keys, now: datetime) -> bytes:
    """Return the EntitiesDescriptor by which a federation publishes providers: signed, and valid for some days."""
    until = written(now + FEDERATION_VALIDITY)
    root = etree.Element(tag(MD, "EntitiesDescriptor"), {"ID": new_id(), "validUntil": until}, nsmap={"md": MD})
    for config in configs:
        root.append(etree.fromstring(idp_metadata(config)))
    sign_element(root, keys)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def add_addresses(role: etree._Element, service: str, url: str) -> None:
    """Add the address of `service`, the same for every binding."""
    for binding in BINDINGS:
        etree.SubElement(role, tag(MD, service), {"Binding": binding, "Location": url})
