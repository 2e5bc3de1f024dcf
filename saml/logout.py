"""Single logout as others start it or answer it: verified LogoutRequests and LogoutResponses, and our answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from saml.bindings import Kind, Outgoing, Received, pack, verify
from saml.checks import check_answers, check_destination, check_issued, check_issuer, check_root
from saml.errors import Code, SamlError
from saml.names import PARTIAL_LOGOUT, RESPONDER, SAMLP, SUCCESS, tag
from saml.profile import Profile
from saml.registry import IdentityProvider, Providers
from saml.requests import NameId, address, read_name_id, sent_by
from saml.safexml import find, only, refuse_invalid, refuse_outside, text_of

MESSAGE_LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class LogoutAsked:
    """A provider's verified request to end a person's sessions: those with `session_indexes`, or all without any."""

    id: str
    idp: str
    binding: str
    name_id: NameId
    session_indexes: tuple[str, ...]
    relay_state: str


@dataclass(frozen=True)
class LogoutAnswered:
    """A verified answer to our own request; `complete` unless the provider reports that some sessions remain."""

    in_response_to: str
    idp: str
    complete: bool
    relay_state: str


def read_logout_request(profile: Profile, providers: Providers, received: Received, *, now: datetime) -> LogoutAsked:
    """Return what a provider asks; SamlError when the request is unsigned, wrongly signed, misaddressed or stale."""
    provider = verified_sender(profile, providers, received, "SAMLRequest", "LogoutRequest", now)
    root = received.root
    refuse_outside(None, root.get("NotOnOrAfter"), now, profile.skew)
    name_id = read_name_id(only(root, "saml:NameID", Code.WRONG_SUBJECT))
    indexes = tuple(text_of(node) for node in find(root, "samlp:SessionIndex"))
    return LogoutAsked(root.get("ID", ""), provider.entity_id, received.binding, name_id, indexes, received.relay_state)


def read_logout_response(
    profile: Profile, providers: Providers, received: Received, *, request_id: str, now: datetime
) -> LogoutAnswered:
    """Return the answer to our LogoutRequest `request_id`; SamlError as there, or when it answers another."""
    provider = verified_sender(profile, providers, received, "SAMLResponse", "LogoutResponse", now)
    check_answers(received.root, request_id)
    codes = [node.get("Value", "") for node in find(received.root, "samlp:Status//samlp:StatusCode")]
    return LogoutAnswered(request_id, provider.entity_id, codes == [SUCCESS], received.relay_state)


def verified_sender(
    profile: Profile, providers: Providers, received: Received, kind: Kind, root_name: str, now: datetime
) -> IdentityProvider:
    """Return the provider that signed the message; SamlError when any check of a logout message fails."""
    root = received.root
    if received.kind != kind:
        raise SamlError(Code.WRONG_ROOT, f"{received.kind} where {kind} is expected")
    check_root(root, root_name)
    check_destination(root, *profile.slo_urls)
    provider = providers.get(text_of(only(root, "saml:Issuer", Code.WRONG_ISSUER)))
    check_issuer(root, provider.entity_id)
    verify(received, provider.certificates, profile)
    refuse_invalid(root)
    check_issued(root, now - MESSAGE_LIFETIME, now, profile.skew)
    return provider


def logout_response(
    profile: Profile, provider: IdentityProvider, asked: LogoutAsked, *, complete: bool, now: datetime
) -> Outgoing:
    """Return the signed answer to `asked` by the binding it came with.

    `complete` tells that every session named was ended. SamlError when the provider takes no answer by that binding.
    """
    url = address(provider.slo_answers, asked.binding)
    root = sent_by(profile, "LogoutResponse", url, now)
    root.set("InResponseTo", asked.id)
    add_logout_status(root, complete)
    return pack(asked.binding, url, "SAMLResponse", root, asked.relay_state, profile)


def add_logout_status(root: etree._Element, complete: bool) -> None:
    """Add success, or that some sessions remain (core 3.7.3.2)."""
    status = etree.SubElement(root, tag(SAMLP, "Status"))
    outer = etree.SubElement(status, tag(SAMLP, "StatusCode"), {"Value": SUCCESS if complete else RESPONDER})
    if not complete:
        etree.SubElement(outer, tag(SAMLP, "StatusCode"), {"Value": PARTIAL_LOGOUT})
