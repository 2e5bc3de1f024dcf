"""From a posted SAMLResponse to a person signed in: the order of the checks, and what is remembered to refuse replays.

What is consumed when: a request id is burnt as soon as an assertion with a valid signature of the asked provider
confirms it, whatever the later checks say; an assertion id is remembered last. Until the signature holds nothing is
consumed, so forged answers and error answers cannot spend somebody's request.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import xmlsec
from lxml import etree
from onelogin.saml2.errors import (
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
)
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from saml import checks
from saml.errors import Code, SamlError
from saml.names import HTTP_POST
from saml.profile import Profile
from saml.registry import IdentityProvider, Registry
from saml.requests import NameId, read_name_id
from saml.safexml import decode, find, instant, parse, refuse_invalid, refuse_repeated_ids, text_of

REQUEST_LIFETIME: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class PendingRequest:
    """An AuthnRequest sent to `idp` (entity id) and not answered yet; `forced` asked for a new proof."""

    id: str
    idp: str
    issued_at: datetime
    forced: bool = False


class PendingRequests(Protocol):
    """Where sent requests are remembered. `take` must be atomic and lasting even if the sign-in fails afterwards."""

    def find(self, request_id: str) -> PendingRequest | None:
        """Return the request without consuming it, None when it is unknown or taken."""

    def take(self, request_id: str) -> bool:
        """Consume the request; False when it was unknown or taken before."""


class UsedAssertions(Protocol):
    """Where assertion ids are remembered until they expire by themselves."""

    def remember(self, assertion_id: str, until: datetime) -> bool:
        """Remember the id, which is qualified by its issuer; False when it was seen before. Atomic."""


@dataclass(frozen=True)
class SignIn:
    """What a verified assertion says: who, in which session at the provider, until when (None: unsaid)."""

    idp: str
    request_id: str
    name_id: NameId
    session_index: str
    not_on_or_after: datetime | None
    class_ref: str
    attributes: Mapping[str, tuple[str, ...]] = field(repr=False)


def read_response(
    profile: Profile,
    registry: Registry,
    saml_response: str,
    *,
    pending: PendingRequests,
    bound: Collection[str],
    used: UsedAssertions,
    now: datetime,
) -> SignIn:
    """Return the sign-in that the posted `saml_response` (base64) proves; SamlError when anything is wrong with it.

    `bound` are the ids of the requests started in this browser, from its own cookie.
    """
    root = parse(decode(saml_response))
    checks.check_root(root, "Response")
    checks.check_destination(root, profile.acs_url)
    request = asked_request(root, pending, bound, now)
    provider = registry.get(request.idp)
    checks.check_issuer(root, provider.entity_id)
    checks.check_issued(root, request.issued_at, now, profile.skew)
    checks.check_status(root)
    refuse_repeated_ids(root)
    refuse_invalid(root)
    assertion = verified_assertion(profile, provider, root, saml_response)
    data = checks.confirmation_data(assertion)
    checks.check_answers(data, request.id)
    if not pending.take(request.id):
        raise SamlError(Code.REPLAY, f"request {request.id} was answered before")
    signin, until = read_assertion(profile, provider, assertion, request, now)
    if not used.remember(f"{provider.entity_id} {assertion.get('ID')}", until):
        raise SamlError(Code.REPLAY, f"assertion {assertion.get('ID')} was used before")
    return signin


def asked_request(
    root: etree._Element, pending: PendingRequests, bound: Collection[str], now: datetime
) -> PendingRequest:
    """Return the request that the Response answers: known, recent, and started in this browser."""
    request_id = root.get("InResponseTo", "")
    if not request_id:
        raise SamlError(Code.NO_REQUEST, "the Response has no InResponseTo")
    if request_id not in bound:
        raise SamlError(Code.OTHER_BROWSER, f"request {request_id} was not started in this browser")
    request = pending.find(request_id)
    if request is None or now - request.issued_at >= REQUEST_LIFETIME:
        raise SamlError(Code.NO_REQUEST, f"request {request_id} is unknown, answered or too old")
    return request


def verified_assertion(
    profile: Profile, provider: IdentityProvider, root: etree._Element, saml_response: str
) -> etree._Element:
    """Return the assertion out of the very tree whose signatures were verified; nothing else is read afterwards."""
    assertion = checks.sole_assertion(root)
    checks.check_signature_places(root, assertion, profile, on_assertion=profile.assertions_signed)
    response = OneLogin_Saml2_Response(library_settings(profile, provider), saml_response)
    try:
        response.is_valid({}, raise_exceptions=True)
    except (OneLogin_Saml2_ValidationError, OneLogin_Saml2_Error, xmlsec.Error, etree.LxmlError) as error:
        raise SamlError(Code.BAD_SIGNATURE, str(error)) from error
    return checks.sole_assertion(response.document)


def library_settings(profile: Profile, provider: IdentityProvider) -> OneLogin_Saml2_Settings:
    """Return python3-saml's settings for its structural and signature checks.

    Not strict: its strict checks read the machine's clock and compare addresses by prefix; checks.py has them all.
    """
    return OneLogin_Saml2_Settings(
        {
            "strict": False,
            "sp": {
                "entityId": profile.entity_id,
                "assertionConsumerService": {"url": profile.acs_url, "binding": HTTP_POST},
            },
            "idp": {
                "entityId": provider.entity_id,
                "singleSignOnService": {"url": next(iter(provider.sso.values()))},
                "x509certMulti": {"signing": list(provider.certificates)},
            },
            "security": {"rejectDeprecatedAlgorithm": True, "allowSingleLabelDomains": True},
        }
    )


def read_assertion(
    profile: Profile, provider: IdentityProvider, assertion: etree._Element, request: PendingRequest, now: datetime
) -> tuple[SignIn, datetime]:
    """Return what the verified assertion says and until when its id must be remembered."""
    checks.check_issuer(assertion, provider.entity_id)
    checks.check_issued(assertion, request.issued_at, now, profile.skew)
    until = checks.check_confirmation(checks.confirmation_data(assertion), profile.acs_url, now, profile.skew)
    checks.check_conditions(assertion, profile.entity_id, now, profile.skew)
    statement = checks.check_authentication(assertion, frozenset(profile.levels), now, profile.skew)
    if request.forced:
        checks.check_renewed(statement, request.issued_at, profile.skew)
    ends = statement.get("SessionNotOnOrAfter")
    class_refs = [text_of(node) for node in find(statement, "saml:AuthnContext/saml:AuthnContextClassRef")]
    signin = SignIn(
        idp=provider.entity_id,
        request_id=request.id,
        name_id=read_name_id(checks.check_subject(assertion)),
        session_index=statement.get("SessionIndex", ""),
        not_on_or_after=instant(ends) if ends else None,
        class_ref=class_refs[0] if class_refs else "",
        attributes=checks.read_attributes(assertion, wanted_names(profile)),
    )
    for name in profile.scoped:
        checks.check_scopes(mapped(profile, signin).get(name, ()), provider.scopes)
    return signin, until


def wanted_names(profile: Profile) -> set[str]:
    """Return the SAML attribute names that the profile reads."""
    return {name for names in profile.mapping.values() for name in names}


def mapped(profile: Profile, signin: SignIn) -> dict[str, tuple[str, ...]]:
    """Return the attributes by logical name (only those with values): the first SAML name that carries any wins."""
    found: dict[str, tuple[str, ...]] = {}
    for logical, names in profile.mapping.items():
        candidates = (bare(signin.attributes.get(name, ()), profile.prefixes.get(logical, ())) for name in names)
        values = next((values for values in candidates if values), ())
        if values:
            found[logical] = values
    return found


def bare(values: tuple[str, ...], prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values that begin with one of `prefixes` (in any case), without it; all of them when there is none."""
    if not prefixes:
        return values
    starts = [(value, prefix) for value in values for prefix in prefixes if value.lower().startswith(prefix.lower())]
    return tuple(value[len(prefix) :] for value, prefix in starts)
