"""From a posted SAMLResponse to a person signed in: the order of the checks, and what is remembered to refuse replays.

What is consumed when: a request id is burnt as soon as an assertion with a valid signature of the asked provider
confirms it, whatever the later checks say; an assertion id is remembered last. Until the signature holds nothing is
consumed, so forged answers and error answers cannot spend somebody's request.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol

import xmlsec
from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from saml import assertion_checks, attribute_checks, checks
from saml.encryption import decrypted, is_encrypted
from saml.errors import Code, SamlError
from saml.names import HTTP_POST
from saml.profile import Profile
from saml.registry import IdentityProvider, Providers
from saml.requests import NameId, read_name_id
from saml.safexml import decode, find, instant, parse, refuse_invalid, refuse_repeated_ids, text_of

REQUEST_LIFETIME: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class PendingRequest:
    """An AuthnRequest sent to `idp` (entity id) and not answered yet.

    `forced` asked for a new proof, `level` and `attribute_set` for what Terms says, `acs_url` for the answer at that
    one of our addresses (empty: the profile's first).
    """

    id: str
    idp: str
    issued_at: datetime
    forced: bool = False
    level: int = 0
    attribute_set: int | None = None
    acs_url: str = ""


class PendingRequests(Protocol):
    """Where sent requests are remembered. `take` must be atomic and lasting even if the sign-in fails afterwards."""

    def was_taken(self, request_id: str) -> bool:
        """Whether the request was consumed before; False also where nothing is known of it any more."""

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
    """What a verified assertion says: who, in which session at the provider, until when (None: unsaid).

    `level` is the one stated, counted from 1 in the profile's levels; 0 where the federation has none. `is_own` tells
    that the provider is the university's own.
    """

    idp: str
    request_id: str
    response_id: str
    assertion_id: str
    name_id: NameId
    session_index: str
    not_on_or_after: datetime | None
    class_ref: str
    level: int
    attributes: Mapping[str, tuple[str, ...]] = field(repr=False)
    is_own: bool = False


def read_response(
    profile: Profile,
    providers: Providers,
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
    request = asked_request(root, pending, bound, now)
    checks.check_destination(root, request.acs_url or profile.acs_url)
    provider = providers.get(request.idp)
    checks.check_issuer(root, provider.entity_id)
    check_time(root, profile, request, now)
    checks.check_status(root)
    refuse_repeated_ids(root)
    assertion = verified_assertion(profile, provider, root)
    data = assertion_checks.confirmation_data(assertion)
    checks.check_answers(data, request.id)
    if not pending.take(request.id):
        raise SamlError(Code.REPLAY, f"request {request.id} was answered before")
    signin, until = read_assertion(profile, provider, assertion, request, root.get("ID", ""), now)
    if not used.remember(f"{provider.entity_id} {signin.assertion_id}", until):
        raise SamlError(Code.REPLAY, f"assertion {signin.assertion_id} was used before")
    return signin


def asked_request(
    root: etree._Element, pending: PendingRequests, bound: Collection[str], now: datetime
) -> PendingRequest:
    """Return the request that the Response answers: known, recent, and started in this browser."""
    request_id = root.get("InResponseTo", "")
    if not request_id:
        raise SamlError(Code.NO_REQUEST, "the Response has no InResponseTo")
    if pending.was_taken(request_id):
        raise SamlError(Code.REPLAY, f"request {request_id!r} was answered before")
    if request_id not in bound:
        raise SamlError(Code.OTHER_BROWSER, f"request {request_id!r} was not started in this browser")
    request = pending.find(request_id)
    if request is None or now - request.issued_at >= REQUEST_LIFETIME:
        raise SamlError(Code.NO_REQUEST, f"request {request_id!r} is unknown or too old")
    return request


def check_time(node: etree._Element, profile: Profile, request: PendingRequest, now: datetime) -> None:
    """The Response or assertion was issued between the request and now, as exactly as the federation wants it."""
    checks.check_issued(node, request.issued_at, now, profile.skew)
    if profile.answers_after_request:
        checks.check_issued_after(node, request.issued_at)


class ParsedResponse(OneLogin_Saml2_Response):  # type: ignore[misc]  # the library is untyped
    """python3-saml's Response over trees parsed here, so that what it verifies is the very tree that is read."""

    def __init__(self, settings: OneLogin_Saml2_Settings, root: etree._Element, clear: etree._Element) -> None:
        """Take the document as it came and the one with its assertion in clear: the same when none was encrypted.

        The library's own constructor is left out: all it does is parse and decrypt.
        """
        self._settings = settings
        self.document = root
        self.encrypted = clear is not root
        self.decrypted_document = clear if self.encrypted else None


def verified_assertion(profile: Profile, provider: IdentityProvider, root: etree._Element) -> etree._Element:
    """Return the assertion out of the very tree whose signatures were verified; nothing else is read afterwards."""
    clear = in_clear(profile, root)
    assertion = assertion_checks.sole_assertion(clear)
    assertion_checks.check_signature_places(
        clear, assertion, profile, on_assertion=profile.assertions_signed, on_response=profile.responses_signed
    )
    sso = next(iter(provider.sso.values()))
    settings = library_settings(profile.entity_id, profile.acs_url, provider.entity_id, sso, provider.certificates)
    try:
        ParsedResponse(settings, root, clear).is_valid({}, raise_exceptions=True)
    except (OneLogin_Saml2_ValidationError, OneLogin_Saml2_Error, xmlsec.Error, etree.LxmlError) as error:
        raise SamlError(Code.BAD_SIGNATURE, str(error)) from error
    return assertion


def in_clear(profile: Profile, root: etree._Element) -> etree._Element:
    """Return the document by the schema: itself, or where its assertion is encrypted a copy that has it in clear.

    The encrypted one is not held against the schema, which does not know what XML Encryption 1.1 added.
    """
    if not is_encrypted(root):
        refuse_invalid(root)
        return root
    if not profile.accepts_encrypted:
        raise SamlError(Code.ENCRYPTED, "encrypted assertions are not accepted in this federation")
    return decrypted(root, profile.keys)


@lru_cache(maxsize=256)
def library_settings(
    entity_id: str, acs_url: str, idp: str, sso: str, certificates: tuple[str, ...]
) -> OneLogin_Saml2_Settings:
    """Return python3-saml's settings for its structural and signature checks; kept, for they are slow to make.

    Not strict: its strict checks read the machine's clock and compare addresses by prefix; ours have them all.
    """
    return OneLogin_Saml2_Settings(
        {
            "strict": False,
            "sp": {"entityId": entity_id, "assertionConsumerService": {"url": acs_url, "binding": HTTP_POST}},
            "idp": {
                "entityId": idp,
                "singleSignOnService": {"url": sso},
                "x509certMulti": {"signing": list(certificates)},
            },
            "security": {"rejectDeprecatedAlgorithm": True, "allowSingleLabelDomains": True},
        }
    )


def read_assertion(
    profile: Profile,
    provider: IdentityProvider,
    assertion: etree._Element,
    request: PendingRequest,
    response_id: str,
    now: datetime,
) -> tuple[SignIn, datetime]:
    """Return what the verified assertion says and until when its id must be remembered."""
    checks.check_issuer(assertion, provider.entity_id, format_needed=profile.issuer_format_needed)
    check_time(assertion, profile, request, now)
    data = assertion_checks.confirmation_data(assertion)
    until = assertion_checks.check_confirmation(data, request.acs_url or profile.acs_url, now, profile.skew)
    assertion_checks.check_conditions(assertion, profile.entity_id, now, profile.skew)
    statement = assertion_checks.check_authentication(assertion, now, profile.skew)
    level = assertion_checks.check_level(statement, profile.levels, profile.comparison, request.level)
    if request.forced:
        assertion_checks.check_renewed(statement, request.issued_at, profile.skew)
    name_id = assertion_checks.check_subject(
        assertion, transient_only=profile.name_id_transient_only, qualified=profile.name_qualifier_needed
    )
    ends = statement.get("SessionNotOnOrAfter")
    class_refs = [text_of(node) for node in find(statement, "saml:AuthnContext/saml:AuthnContextClassRef")]
    signin = SignIn(
        idp=provider.entity_id,
        request_id=request.id,
        response_id=response_id,
        assertion_id=assertion.get("ID", ""),
        name_id=read_name_id(name_id),
        session_index=statement.get("SessionIndex", ""),
        not_on_or_after=instant(ends) if ends else None,
        class_ref=class_refs[0] if class_refs else "",
        level=level,
        attributes=vouched_for(profile, provider, attribute_checks.read_attributes(assertion, wanted_names(profile))),
        is_own=is_own(profile, provider),
    )
    check_person(profile, provider, request, signin)
    return signin, until


def is_own(profile: Profile, provider: IdentityProvider) -> bool:
    """Whether the provider is the university's own, of all the members of its federation."""
    return not profile.own_scopes.isdisjoint(provider.scopes)


def vouched_for(
    profile: Profile, provider: IdentityProvider, attributes: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """Return the attributes that this provider may state: not those kept for the university's own, unless it is one."""
    if is_own(profile, provider):
        return attributes
    kept = {name for logical in profile.own_only for name in profile.mapping.get(logical, ())}
    return {name: values for name, values in attributes.items() if name not in kept}


def check_person(profile: Profile, provider: IdentityProvider, request: PendingRequest, signin: SignIn) -> None:
    """The attributes are those that the federation, the request and the provider's scopes allow."""
    if profile.attributes_needed:
        asked = profile.attribute_set(request.attribute_set)
        names = None if asked is None else {attribute.name for attribute in asked.attributes}
        attribute_checks.check_attributes(signin.attributes, names)
    named = mapped(profile, signin) if profile.scoped else {}
    for name in profile.scoped:
        attribute_checks.check_scopes(named.get(name, ()), provider.scopes)


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
