"""What the demo identity provider says: signed Responses, logout messages and its own metadata."""

from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from saml.bindings import Outgoing, new_id, pack, pack_post
from saml.devidp_config import IdpConfig, Person, ServiceProvider
from saml.logout import add_logout_status
from saml.metadata import add_key, add_localised
from saml.names import (
    BEARER,
    BINDINGS,
    DS,
    MD,
    MDUI,
    PASSWORD_PROTECTED,
    RESPONDER,
    SAML,
    SAMLP,
    SHIBMD,
    SUCCESS,
    TRANSIENT,
    URI_NAMES,
    tag,
)
from saml.requests import NameId, add_name_id, message
from saml.safexml import written
from saml.signing import sign_element

VALIDITY: Final = timedelta(minutes=5)
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
) -> Outgoing:
    """Return the signed Response, with a signed assertion about `person`, to post to the service."""
    root = response(config, service, in_response_to, now)
    add_status(root, SUCCESS)
    assertion = assertion_about(config, service, person, name_id, in_response_to, now)
    add_authentication(assertion, session_index, authenticated_at)
    add_attributes(assertion, person)
    root.append(assertion)
    sign_element(assertion, config)
    return pack_post(service.acs_url, "SAMLResponse", root, relay_state, config)


def refusal(
    config: IdpConfig, service: ServiceProvider, status: str, *, in_response_to: str, relay_state: str, now: datetime
) -> Outgoing:
    """Return the signed Response that says why nobody was signed in."""
    root = response(config, service, in_response_to, now)
    add_status(root, RESPONDER, status)
    return pack_post(service.acs_url, "SAMLResponse", root, relay_state, config)


def response(config: IdpConfig, service: ServiceProvider, in_response_to: str, now: datetime) -> etree._Element:
    """Return a Response without status or assertion."""
    root = message("Response", config.entity_id, service.acs_url, now)
    root.set("InResponseTo", in_response_to)
    return root


def add_status(root: etree._Element, *codes: str) -> None:
    """Add a status, each further code inside the one before."""
    parent = etree.SubElement(root, tag(SAMLP, "Status"))
    for code in codes:
        parent = etree.SubElement(parent, tag(SAMLP, "StatusCode"), {"Value": code})


def assertion_about(
    config: IdpConfig, service: ServiceProvider, person: Person, name_id: str, in_response_to: str, now: datetime
) -> etree._Element:
    """Return an assertion with issuer, subject and conditions."""
    assertion = etree.Element(
        tag(SAML, "Assertion"), {"ID": new_id(), "Version": "2.0", "IssueInstant": written(now)}, nsmap={"saml": SAML}
    )
    etree.SubElement(assertion, tag(SAML, "Issuer")).text = config.entity_id
    subject = etree.SubElement(assertion, tag(SAML, "Subject"))
    add_name_id(subject, NameId(name_id, TRANSIENT, config.entity_id, service.entity_id))
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


def add_authentication(assertion: etree._Element, session_index: str, authenticated_at: datetime) -> None:
    """Add when and how the person proved who they are."""
    statement = etree.SubElement(
        assertion,
        tag(SAML, "AuthnStatement"),
        {
            "AuthnInstant": written(authenticated_at),
            "SessionIndex": session_index,
            "SessionNotOnOrAfter": written(authenticated_at + SESSION),
        },
    )
    context = etree.SubElement(statement, tag(SAML, "AuthnContext"))
    etree.SubElement(context, tag(SAML, "AuthnContextClassRef")).text = PASSWORD_PROTECTED


def add_attributes(assertion: etree._Element, person: Person) -> None:
    """Add the person's attributes."""
    statement = etree.SubElement(assertion, tag(SAML, "AttributeStatement"))
    for name, values in person.attributes.items():
        attribute = etree.SubElement(statement, tag(SAML, "Attribute"), {"Name": name, "NameFormat": URI_NAMES})
        for value in values:
            etree.SubElement(attribute, tag(SAML, "AttributeValue")).text = value


def logout_request(
    config: IdpConfig, service: ServiceProvider, name_id: str, session_index: str, binding: str, now: datetime
) -> Outgoing:
    """Return the signed request that the service end a session."""
    url = service.slo[binding]
    root = message("LogoutRequest", config.entity_id, url, now)
    root.set("NotOnOrAfter", written(now + VALIDITY))
    add_name_id(root, NameId(name_id, TRANSIENT, config.entity_id, service.entity_id))
    etree.SubElement(root, tag(SAMLP, "SessionIndex")).text = session_index
    return pack(binding, url, "SAMLRequest", root, "", config)


def logout_response(
    config: IdpConfig, service: ServiceProvider, binding: str, in_response_to: str, relay_state: str, now: datetime
) -> Outgoing:
    """Return the signed answer that the person's session here has ended."""
    url = service.slo[binding]
    root = message("LogoutResponse", config.entity_id, url, now)
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
    etree.SubElement(extensions, tag(SHIBMD, "Scope"), {"regexp": "false"}).text = config.scope
    add_localised(etree.SubElement(extensions, tag(MDUI, "UIInfo")), tag(MDUI, "DisplayName"), config.names)
    add_key(role, config.certificate_pem)
    add_addresses(role, "SingleLogoutService", config.slo_url)
    etree.SubElement(role, tag(MD, "NameIDFormat")).text = TRANSIENT
    add_addresses(role, "SingleSignOnService", config.sso_url)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def add_addresses(role: etree._Element, service: str, url: str) -> None:
    """Add the address of `service`, the same for every binding."""
    for binding in BINDINGS:
        etree.SubElement(role, tag(MD, service), {"Binding": binding, "Location": url})
