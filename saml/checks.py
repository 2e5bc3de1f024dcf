"""Every check on a Response and its Assertion, each one small; the order in which they run is in responses.py.

Sources: SAML 2.0 core (2.3 to 2.7, 3.2.2, 5.4) and profiles (4.1.4.2, 4.1.4.3).
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from saml.errors import Code, SamlError
from saml.names import (
    AUTHN_FAILED,
    BEARER,
    ENTITY_FORMAT,
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    REQUEST_DENIED,
    SAML,
    SAMLP,
    SUCCESS,
    UNKNOWN_PRINCIPAL,
    tag,
)
from saml.safexml import find, instant, only, refuse_outside, text_of
from saml.signing import Algorithms, refuse_odd_signature, signature_of

STATUSES: Final[Mapping[str, Code]] = {
    AUTHN_FAILED: Code.AUTHN_FAILED,
    NO_AUTHN_CONTEXT: Code.CONTEXT_REFUSED,
    NO_PASSIVE: Code.PASSIVE_REFUSED,
    REQUEST_DENIED: Code.DENIED,
    UNKNOWN_PRINCIPAL: Code.UNKNOWN_PERSON,
}


def check_root(root: etree._Element, kind: str) -> None:
    """The document is a `kind` message of SAML 2.0."""
    if root.tag != tag(SAMLP, kind) or root.get("Version") != "2.0" or not root.get("ID"):
        raise SamlError(Code.WRONG_ROOT, f"{root.tag} version {root.get('Version')} where {kind} 2.0 is expected")


def check_destination(root: etree._Element, url: str) -> None:
    """Destination is there and equals the address that received the message, character by character."""
    if root.get("Destination") != url:
        raise SamlError(Code.WRONG_DESTINATION, f"Destination {root.get('Destination')!r}, expected {url!r}")


def check_issuer(node: etree._Element, entity_id: str) -> None:
    """The one Issuer of a message or assertion is the provider that was asked."""
    issuer = only(node, "saml:Issuer", Code.WRONG_ISSUER)
    if text_of(issuer) != entity_id or issuer.get("Format", ENTITY_FORMAT) != ENTITY_FORMAT:
        raise SamlError(Code.WRONG_ISSUER, f"Issuer {text_of(issuer)!r}, expected {entity_id!r}")


def check_status(root: etree._Element) -> None:
    """The provider reports success; otherwise its most precise status decides the sentence."""
    codes = [node.get("Value", "") for node in find(root, "samlp:Status//samlp:StatusCode")]
    if codes == [SUCCESS]:
        return
    reasons = [STATUSES[code] for code in codes if code in STATUSES]
    texts = [text_of(node) for node in find(root, "samlp:Status/samlp:StatusMessage")]
    raise SamlError(reasons[-1] if reasons else Code.PROVIDER_ERROR, f"status {codes} {texts}")


def sole_assertion(root: etree._Element) -> etree._Element:
    """Return the one assertion: a child of the Response, in clear, and no other anywhere in the document."""
    if find(root, "//saml:EncryptedAssertion"):
        raise SamlError(Code.ENCRYPTED, "encrypted assertions are not accepted; our metadata offers no key for them")
    everywhere = find(root, "//saml:Assertion")
    children = find(root, "/samlp:Response/saml:Assertion")
    if len(everywhere) != 1 or everywhere != children:
        raise SamlError(Code.ASSERTION_COUNT, f"{len(everywhere)} assertions, {len(children)} of them in place")
    if not children[0].get("ID"):
        raise SamlError(Code.MALFORMED, "the assertion has no ID")
    return children[0]


def check_signature_places(
    root: etree._Element, assertion: etree._Element, accepted: Algorithms, *, on_assertion: bool
) -> None:
    """Signatures stand only on the Response and its assertion, plain and strong; the assertion is covered.

    With `on_assertion` the assertion needs its own; otherwise that of the Response is enough.
    """
    own, around = signature_of(assertion), signature_of(root)
    signatures = [signature for signature in (own, around) if signature is not None]
    if len(find(root, "//ds:Signature")) != len(signatures):
        raise SamlError(Code.WRAPPED, "a signature stands elsewhere than on the Response and its assertion")
    if own is None and (on_assertion or around is None):
        raise SamlError(Code.UNSIGNED, "the assertion is not signed")
    for signature in signatures:
        refuse_odd_signature(signature, accepted)


def check_issued(node: etree._Element, since: datetime, now: datetime, skew: timedelta) -> None:
    """A message or assertion was issued not before `since` and not in the future."""
    issued = instant(node.get("IssueInstant", ""))
    if issued > now + skew:
        raise SamlError(Code.TOO_EARLY, f"issued at {issued}, in the future")
    if issued < since - skew:
        raise SamlError(Code.EXPIRED, f"issued at {issued}, before {since}")


def check_subject(assertion: etree._Element) -> etree._Element:
    """Return the one NameID of the subject, which is not empty."""
    name_id = only(assertion, "saml:Subject/saml:NameID", Code.WRONG_SUBJECT)
    if not text_of(name_id):
        raise SamlError(Code.WRONG_SUBJECT, "the NameID is empty")
    return name_id


def confirmation_data(assertion: etree._Element) -> etree._Element:
    """Return the SubjectConfirmationData of the one bearer confirmation."""
    path = f"saml:Subject/saml:SubjectConfirmation[@Method='{BEARER}']/saml:SubjectConfirmationData"
    return only(assertion, path, Code.WRONG_SUBJECT)


def check_answers(node: etree._Element, request_id: str) -> None:
    """InResponseTo is there and is the request that was asked (no unsolicited answers)."""
    if node.get("InResponseTo") != request_id:
        raise SamlError(Code.NO_REQUEST, f"InResponseTo {node.get('InResponseTo')!r}, expected {request_id!r}")


def check_confirmation(data: etree._Element, acs_url: str, now: datetime, skew: timedelta) -> datetime:
    """The assertion is addressed to us and still fresh; return the instant after which it is worthless."""
    if data.get("Recipient") != acs_url:
        raise SamlError(Code.WRONG_RECIPIENT, f"Recipient {data.get('Recipient')!r}, expected {acs_url!r}")
    until = data.get("NotOnOrAfter")
    if until is None:
        raise SamlError(Code.WRONG_SUBJECT, "SubjectConfirmationData has no NotOnOrAfter")
    refuse_outside(data.get("NotBefore"), until, now, skew)
    return instant(until) + skew


def check_conditions(assertion: etree._Element, entity_id: str, now: datetime, skew: timedelta) -> None:
    """The one Conditions element holds now, and every audience restriction (at least one) names us exactly."""
    conditions = only(assertion, "saml:Conditions")
    refuse_outside(conditions.get("NotBefore"), conditions.get("NotOnOrAfter"), now, skew)
    restrictions = find(conditions, "saml:AudienceRestriction")
    audiences = [[text_of(node) for node in find(each, "saml:Audience")] for each in restrictions]
    if not audiences or not all(entity_id in each for each in audiences):
        raise SamlError(Code.WRONG_AUDIENCE, f"audiences {audiences}, expected {entity_id!r}")


def check_authentication(
    assertion: etree._Element, accepted: frozenset[str], now: datetime, skew: timedelta
) -> etree._Element:
    """Return the one AuthnStatement: its session is not over and its context is accepted (no `accepted`: any)."""
    statement = only(assertion, "saml:AuthnStatement", Code.NO_AUTHENTICATION)
    refuse_outside(statement.get("AuthnInstant"), statement.get("SessionNotOnOrAfter"), now, skew)
    stated = {text_of(node) for node in find(statement, "saml:AuthnContext/saml:AuthnContextClassRef")}
    if accepted and not (stated and stated <= accepted):
        raise SamlError(Code.WRONG_CONTEXT, f"authentication context {stated}, accepted {set(accepted)}")
    return statement


def check_renewed(statement: etree._Element, since: datetime, skew: timedelta) -> None:
    """The person proved who they are after the request that forced it (core 3.4.1, ForceAuthn)."""
    if instant(statement.get("AuthnInstant", "")) < since - skew:
        raise SamlError(Code.NO_AUTHENTICATION, "the provider did not authenticate the person again")


def read_attributes(assertion: etree._Element, wanted: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the values by SAML name.

    A value that holds elements is refused where the name is among `wanted`, else left out: federations send
    structured identifiers that nobody here reads.
    """
    found: dict[str, tuple[str, ...]] = {}
    for node in find(assertion, "saml:AttributeStatement/saml:Attribute"):
        name = node.get("Name", "")
        if name in found:
            raise SamlError(Code.BAD_ATTRIBUTE, f"attribute {name} occurs twice")
        values = list(node.iterchildren(tag(SAML, "AttributeValue")))
        if name in wanted and any(len(value) for value in values):
            raise SamlError(Code.BAD_ATTRIBUTE, f"attribute {name} holds elements")
        found[name] = tuple(text for value in values if not len(value) and (text := text_of(value)))
    return found


def check_scopes(values: Collection[str], scopes: Collection[str]) -> None:
    """Scoped values lie within the provider's own scopes, where its metadata declares any."""
    foreign = {value.rpartition("@")[2] for value in values} - set(scopes)
    if scopes and foreign:
        raise SamlError(Code.BAD_ATTRIBUTE, f"scopes {foreign} do not belong to this identity provider")
