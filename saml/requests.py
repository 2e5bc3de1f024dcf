"""Messages that this service starts: the request to sign a person in, the request to sign them out everywhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from saml.bindings import Outgoing, new_id, pack
from saml.errors import Code, SamlError
from saml.names import BINDINGS, ENTITY_FORMAT, HTTP_POST, HTTP_REDIRECT, SAML, SAMLP, SPID, tag
from saml.profile import Profile, Terms
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
    terms: Terms,
    relay_state: str,
    now: datetime,
    binding: str | None = None,
) -> Outgoing:
    """Return a signed AuthnRequest (core 3.4.1); its message_id is what the answer must refer to.

    `binding` defaults to the profile's where the provider takes it, else to the other. SamlError when the provider
    takes no requests by `binding`.
    """
    binding = binding or next((each for each in (profile.request_binding, *BINDINGS) if each in provider.sso), "")
    url = address(provider.sso, binding)
    root = sent_by(profile, "AuthnRequest", url if profile.destination == "sso" else provider.entity_id, now)
    add_extensions(root, terms)
    add_answer_place(root, profile)
    if terms.attribute_set is not None:
        root.set("AttributeConsumingServiceIndex", str(terms.attribute_set))
    if terms.force:
        root.set("ForceAuthn", "true")
    policy = etree.SubElement(root, tag(SAMLP, "NameIDPolicy"), {"Format": profile.name_id_formats[0]})
    if not profile.name_id_transient_only:
        policy.set("AllowCreate", "true")
    add_context(root, profile, terms.level)
    return pack(binding, url, "SAMLRequest", root, relay_state, profile)


def add_answer_place(root: etree._Element, profile: Profile) -> None:
    """Ask for the answer at our address: by its index in the metadata (SPID, CIE) or spelled out."""
    if profile.acs_by_index:
        root.set("AssertionConsumerServiceIndex", str(profile.acs_index))
        return
    root.set("AssertionConsumerServiceURL", profile.acs_url)
    root.set("ProtocolBinding", HTTP_POST)


def add_extensions(root: etree._Element, terms: Terms) -> None:
    """Ask for professional identities (AgID, Avviso 18 v2) or for an age (AgID, guidelines on minors), if wanted."""
    ages = {"MinAge": terms.minimum_age, "MaxAge": terms.maximum_age}
    stated = {name: str(age) for name, age in ages.items() if age is not None}
    if not terms.purpose and not stated:
        return
    extensions = etree.SubElement(root, tag(SAMLP, "Extensions"), nsmap={"spid": SPID})
    if terms.purpose:
        etree.SubElement(extensions, tag(SPID, "Purpose")).text = terms.purpose
    if stated:
        limit = etree.SubElement(extensions, tag(SPID, "AgeLimit"))
        for name, age in stated.items():
            etree.SubElement(limit, tag(SPID, name)).text = age


def add_context(root: etree._Element, profile: Profile, level: int) -> None:
    """Ask for an authentication context of `level` (0: none is asked for)."""
    if not level:
        return
    wanted = etree.SubElement(root, tag(SAMLP, "RequestedAuthnContext"), {"Comparison": profile.comparison})
    etree.SubElement(wanted, tag(SAML, "AuthnContextClassRef")).text = profile.levels[level - 1]


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
    root = sent_by(profile, "LogoutRequest", url, now)
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


def sent_by(profile: Profile, kind: str, destination: str, now: datetime) -> etree._Element:
    """Return a message of ours; its issuer is qualified where the federation wants that (Regole Tecniche 1.2.2.1)."""
    root = message(kind, profile.entity_id, destination, now)
    if profile.issuer_qualified:
        root[0].set("Format", ENTITY_FORMAT)
        root[0].set("NameQualifier", profile.entity_id)
    return root


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
