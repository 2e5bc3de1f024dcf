"""Messages that this service starts: the request to sign a person in, the request to sign them out everywhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from saml.bindings import Outgoing, new_id, pack
from saml.errors import Code, SamlError
from saml.names import BINDINGS, HTTP_POST, HTTP_REDIRECT, SAML, SAMLP, tag
from saml.profile import Profile
from saml.registry import IdentityProvider
from saml.safexml import written

PREFIXES: Final = {"samlp": SAMLP, "saml": SAML}


@dataclass(frozen=True)
class NameId:
    """How an identity provider names a person towards us; given back unchanged in a logout."""

    value: str
    format: str = ""
    qualifier: str = ""
    sp_qualifier: str = ""


def authn_request(
    profile: Profile,
    provider: IdentityProvider,
    *,
    relay_state: str,
    now: datetime,
    binding: str = HTTP_REDIRECT,
    force: bool = False,
) -> Outgoing:
    """Return a signed AuthnRequest (core 3.4.1); its message_id is what the answer must refer to.

    SamlError when the provider takes no requests by `binding`.
    """
    url = address(provider.sso, binding)
    root = message("AuthnRequest", profile.entity_id, url, now)
    root.set("AssertionConsumerServiceURL", profile.acs_url)
    root.set("ProtocolBinding", HTTP_POST)
    if force:
        root.set("ForceAuthn", "true")
    policy = etree.SubElement(root, tag(SAMLP, "NameIDPolicy"), {"AllowCreate": "true"})
    policy.set("Format", profile.name_id_formats[0])
    add_context(root, profile)
    return pack(binding, url, "SAMLRequest", root, relay_state, profile)


def add_context(root: etree._Element, profile: Profile) -> None:
    """Ask for the profile's authentication contexts, if it has any."""
    if not profile.class_refs:
        return
    wanted = etree.SubElement(root, tag(SAMLP, "RequestedAuthnContext"), {"Comparison": profile.comparison})
    for class_ref in profile.class_refs:
        etree.SubElement(wanted, tag(SAML, "AuthnContextClassRef")).text = class_ref


def logout_request(
    profile: Profile,
    provider: IdentityProvider,
    name_id: NameId,
    session_indexes: Iterable[str],
    *,
    relay_state: str,
    now: datetime,
    binding: str | None = None,
) -> Outgoing:
    """Return a signed LogoutRequest (core 3.7.1) by `binding`, by default the first the provider takes.

    SamlError when the provider offers no single logout (by that binding).
    """
    binding = binding or next((each for each in BINDINGS if each in provider.slo), HTTP_REDIRECT)
    url = address(provider.slo, binding)
    root = message("LogoutRequest", profile.entity_id, url, now)
    add_name_id(root, name_id)
    for session_index in session_indexes:
        etree.SubElement(root, tag(SAMLP, "SessionIndex")).text = session_index
    return pack(binding, url, "SAMLRequest", root, relay_state, profile)


def add_name_id(parent: etree._Element, name_id: NameId) -> None:
    """Add a NameID element with the qualifiers that are known."""
    node = etree.SubElement(parent, tag(SAML, "NameID"))
    node.text = name_id.value
    known = {"Format": name_id.format, "NameQualifier": name_id.qualifier, "SPNameQualifier": name_id.sp_qualifier}
    for name, value in known.items():
        if value:
            node.set(name, value)


def read_name_id(node: etree._Element) -> NameId:
    """Return the NameID in `node`."""
    return NameId(
        (node.text or "").strip(),
        node.get("Format", ""),
        node.get("NameQualifier", ""),
        node.get("SPNameQualifier", ""),
    )


def message(kind: str, issuer: str, destination: str, now: datetime) -> etree._Element:
    """Return a protocol message with a new ID, the instant, the destination and the issuer."""
    attributes = {"ID": new_id(), "Version": "2.0", "IssueInstant": written(now), "Destination": destination}
    root = etree.Element(tag(SAMLP, kind), attributes, nsmap=PREFIXES)
    etree.SubElement(root, tag(SAML, "Issuer")).text = issuer
    return root


def address(places: Mapping[str, str], binding: str) -> str:
    """Return the provider's address for `binding`; SamlError when it has none."""
    if binding not in places:
        raise SamlError(Code.NO_ADDRESS, f"the identity provider has no address for {binding}")
    return places[binding]
