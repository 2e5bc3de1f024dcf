"""Checks on any SAML message: what it is, who sent it, where to, when, in answer to what, with which outcome.

Sources: SAML 2.0 core (3.2.1, 3.2.2) and profiles (4.1.4.2). "AgID 8" is the number of AgID's list of checks that a
SPID service provider must make on a Response. The order in which they run is in responses.py.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from saml.anomalies import ANOMALIES, reported_number
from saml.errors import Code, SamlError
from saml.names import (
    AUTHN_FAILED,
    ENTITY_FORMAT,
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    REQUEST_DENIED,
    SAMLP,
    SUCCESS,
    UNKNOWN_PRINCIPAL,
    tag,
)
from saml.safexml import find, instant, only, text_of

STATUSES: Final[Mapping[str, Code]] = {
    AUTHN_FAILED: Code.AUTHN_FAILED,
    NO_AUTHN_CONTEXT: Code.CONTEXT_REFUSED,
    NO_PASSIVE: Code.PASSIVE_REFUSED,
    REQUEST_DENIED: Code.DENIED,
    UNKNOWN_PRINCIPAL: Code.UNKNOWN_PERSON,
}


def check_root(root: etree._Element, kind: str) -> None:
    """The document is a `kind` message of SAML 2.0 with an ID (AgID 8 to 10)."""
    if root.tag != tag(SAMLP, kind) or root.get("Version") != "2.0" or not root.get("ID"):
        raise SamlError(Code.WRONG_ROOT, f"{root.tag} version {root.get('Version')} where {kind} 2.0 is expected")


def check_destination(root: etree._Element, *urls: str) -> None:
    """Destination is there and equals (one of) the addresses expected, character by character (AgID 19 to 21)."""
    if root.get("Destination") not in urls:
        raise SamlError(Code.WRONG_DESTINATION, f"Destination {root.get('Destination')!r}, expected {urls!r}")


def check_issuer(node: etree._Element, entity_id: str, *, format_needed: bool = False) -> None:
    """The one Issuer is the provider that was asked; its Format is entity, unsaid only where it may be.

    AgID 27 to 31 on a Response, where Format may be left out; 68 to 72 on an assertion, where SPID wants it stated.
    """
    issuer = only(node, "saml:Issuer", Code.WRONG_ISSUER)
    if text_of(issuer) != entity_id:
        raise SamlError(Code.WRONG_ISSUER, f"Issuer {text_of(issuer)!r}, expected {entity_id!r}")
    stated = issuer.get("Format", None if format_needed else ENTITY_FORMAT)
    if stated != ENTITY_FORMAT:
        raise SamlError(Code.WRONG_ISSUER, f"Format {stated!r} of the Issuer, expected {ENTITY_FORMAT!r}")


def check_issued(node: etree._Element, since: datetime, now: datetime, skew: timedelta) -> None:
    """A message or assertion was issued, by a UTC instant, not before `since` nor in the future (AgID 11 to 15)."""
    issued = instant(node.get("IssueInstant", ""))
    if issued > now + skew:
        raise SamlError(Code.TOO_EARLY, f"issued at {issued}, in the future")
    if issued < since - skew:
        raise SamlError(Code.EXPIRED, f"issued at {issued}, before {since}")


def check_issued_after(node: etree._Element, asked_at: datetime) -> None:
    """A message or assertion was not issued before the request, to the second (AgID 14 and 39)."""
    issued = instant(node.get("IssueInstant", ""))
    if issued < asked_at.replace(microsecond=0):
        raise SamlError(Code.EXPIRED, f"issued at {issued}, before the request of {asked_at}")


def check_answers(node: etree._Element, request_id: str) -> None:
    """InResponseTo is there and is the request that was asked: no unsolicited answers (AgID 16 to 18, 60 to 62)."""
    if node.get("InResponseTo") != request_id:
        raise SamlError(Code.NO_REQUEST, f"InResponseTo {node.get('InResponseTo')!r}, expected {request_id!r}")


def check_status(root: etree._Element) -> None:
    """The provider reports success (AgID 22 to 26); otherwise its most precise report decides the sentence.

    Most precise is a number of AgID's table (AgID 104 to 111), then the innermost status code.
    """
    codes = [node.get("Value", "") for node in find(root, "samlp:Status//samlp:StatusCode")]
    if codes == [SUCCESS]:
        return
    message = " ".join(text_of(node) for node in find(root, "samlp:Status/samlp:StatusMessage"))
    number = reported_number(message)
    reasons = [STATUSES[code] for code in codes if code in STATUSES]
    anomaly = ANOMALIES.get(number or 0)
    code = anomaly.code if anomaly else reasons[-1] if reasons else Code.PROVIDER_ERROR
    raise SamlError(code, f"status {codes} {message!r}", spid=number)
