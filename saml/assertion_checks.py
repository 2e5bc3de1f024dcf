"""Checks on the one assertion of a Response: that it is signed, about whom, for whom, until when, how authenticated.

Sources: SAML 2.0 core (2.3 to 2.7, 5.4) and profiles (4.1.4.2, 4.1.4.3); "AgID 33" as in checks.py.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from saml.errors import Code, SamlError
from saml.names import BEARER, SAML, TRANSIENT, tag
from saml.safexml import find, instant, only, refuse_outside, text_of
from saml.signing import Algorithms, refuse_odd_signature, signature_of

UNDERSTOOD: Final = frozenset(tag(SAML, name) for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction"))
SUFFICES: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "exact": operator.eq,
    "minimum": operator.ge,
    "better": operator.gt,
    "maximum": operator.le,
}


def sole_assertion(root: etree._Element) -> etree._Element:
    """Return the one assertion (AgID 32): of SAML 2.0 with an ID (33 to 35), a child of the Response, in clear."""
    if find(root, "//saml:EncryptedAssertion"):
        raise SamlError(Code.ENCRYPTED, "an encrypted assertion where one in clear is expected")
    everywhere = find(root, "//saml:Assertion")
    children = find(root, "/samlp:Response/saml:Assertion")
    if len(everywhere) != 1 or everywhere != children:
        raise SamlError(Code.ASSERTION_COUNT, f"{len(everywhere)} assertions, {len(children)} of them in place")
    if not children[0].get("ID") or children[0].get("Version") != "2.0":
        raise SamlError(Code.MALFORMED, "the assertion has no ID or is not of version 2.0")
    return children[0]


def check_signature_places(
    root: etree._Element, assertion: etree._Element, accepted: Algorithms, *, on_assertion: bool, on_response: bool
) -> None:
    """Signatures stand only on the Response and its assertion, plain and strong; the assertion is covered (AgID 2, 3).

    With `on_assertion` the assertion needs its own, with `on_response` the Response; else one of both is enough.
    """
    own, around = signature_of(assertion), signature_of(root)
    signatures = [signature for signature in (own, around) if signature is not None]
    if len(find(root, "//ds:Signature")) != len(signatures):
        raise SamlError(Code.WRAPPED, "a signature stands elsewhere than on the Response and its assertion")
    if own is None and (on_assertion or around is None):
        raise SamlError(Code.UNSIGNED, "the assertion is not signed")
    if around is None and on_response:
        raise SamlError(Code.UNSIGNED, "the Response is not signed")
    for signature in signatures:
        refuse_odd_signature(signature, accepted)


def check_subject(assertion: etree._Element, *, transient_only: bool, qualified: bool) -> etree._Element:
    """Return the one NameID of the subject (AgID 41 to 44), which is not empty.

    With `transient_only` its Format is transient (45 to 47), with `qualified` it has a NameQualifier (48, 49).
    """
    name_id = only(assertion, "saml:Subject/saml:NameID", Code.WRONG_SUBJECT)
    if not text_of(name_id):
        raise SamlError(Code.WRONG_SUBJECT, "the NameID is empty")
    if transient_only and name_id.get("Format") != TRANSIENT:
        raise SamlError(Code.WRONG_SUBJECT, f"NameID Format {name_id.get('Format')!r}, expected {TRANSIENT!r}")
    if qualified and not name_id.get("NameQualifier", "").strip():
        raise SamlError(Code.WRONG_SUBJECT, "the NameID has no NameQualifier")
    return name_id


def confirmation_data(assertion: etree._Element) -> etree._Element:
    """Return the SubjectConfirmationData of the one bearer confirmation (AgID 51 to 56)."""
    path = f"saml:Subject/saml:SubjectConfirmation[@Method='{BEARER}']/saml:SubjectConfirmationData"
    return only(assertion, path, Code.WRONG_SUBJECT)


def check_confirmation(data: etree._Element, acs_url: str, now: datetime, skew: timedelta) -> datetime:
    """The assertion is addressed to us (AgID 57 to 59) and still fresh (63 to 66).

    Return the instant after which it is worthless.
    """
    if data.get("Recipient") != acs_url:
        raise SamlError(Code.WRONG_RECIPIENT, f"Recipient {data.get('Recipient')!r}, expected {acs_url!r}")
    until = data.get("NotOnOrAfter")
    if until is None:
        raise SamlError(Code.WRONG_SUBJECT, "SubjectConfirmationData has no NotOnOrAfter")
    refuse_outside(data.get("NotBefore"), until, now, skew)
    return instant(until) + skew


def check_conditions(assertion: etree._Element, entity_id: str, now: datetime, skew: timedelta) -> None:
    """The one Conditions element, all of it understood, holds now (AgID 73 to 82) and is meant for us (83 to 87).

    Every audience restriction, at least one, must name us exactly.
    """
    conditions = only(assertion, "saml:Conditions")
    not_before, until = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    if not_before is None or until is None:
        raise SamlError(Code.MALFORMED, "Conditions does not say from when until when")
    refuse_outside(not_before, until, now, skew)
    if any(condition.tag not in UNDERSTOOD for condition in conditions):
        raise SamlError(Code.MALFORMED, "a condition that is not understood")
    restrictions = find(conditions, "saml:AudienceRestriction")
    audiences = [[text_of(node) for node in find(each, "saml:Audience")] for each in restrictions]
    if not audiences or not all(entity_id in each for each in audiences):
        raise SamlError(Code.WRONG_AUDIENCE, f"audiences {audiences}, expected {entity_id!r}")


def check_authentication(assertion: etree._Element, now: datetime, skew: timedelta) -> etree._Element:
    """Return the one AuthnStatement (AgID 88, 89): neither in the future nor of a session that is over."""
    statement = only(assertion, "saml:AuthnStatement", Code.NO_AUTHENTICATION)
    refuse_outside(statement.get("AuthnInstant"), statement.get("SessionNotOnOrAfter"), now, skew)
    return statement


def check_level(statement: etree._Element, levels: tuple[str, ...], comparison: str, asked: int) -> int:
    """Return the level stated, counted from 1: one of `levels` that suffices for the one asked (AgID 90 to 97).

    `asked` 0 accepts any of them; a federation without levels accepts every context, and 0 comes back.
    """
    if not levels:
        return 0
    context = "saml:AuthnContext/saml:AuthnContextClassRef"
    stated = text_of(only(statement, context, Code.WRONG_CONTEXT))
    if stated not in levels:
        raise SamlError(Code.WRONG_CONTEXT, f"authentication context {stated!r} is no level of this federation")
    level = levels.index(stated) + 1
    if asked and not SUFFICES[comparison](level, asked):
        raise SamlError(Code.WRONG_CONTEXT, f"level {level} where {comparison} {asked} was asked")
    return level


def check_renewed(statement: etree._Element, since: datetime, skew: timedelta) -> None:
    """The person proved who they are after the request that forced it (core 3.4.1, ForceAuthn)."""
    if instant(statement.get("AuthnInstant", "")) < since - skew:
        raise SamlError(Code.NO_AUTHENTICATION, "the provider did not authenticate the person again")
