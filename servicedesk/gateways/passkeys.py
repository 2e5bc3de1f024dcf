"""Passkeys (W3C WebAuthn, level 2): what the browser is asked, and the check of what its authenticator answers."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

LONGEST_ANSWER = 20_000
"""Characters of what a browser posts; attestations that are asked for nowhere would be longer."""
CREDENTIAL = re.compile(r"[A-Za-z0-9_-]{1,1400}")
"""A credential id in base64url: 1023 bytes at most (WebAuthn, 5.1.3)."""
UNREADABLE = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises for JSON and CBOR that no authenticator made."""
REFUSED = N_("The passkey could not be checked. Try again, or use another way.")


@dataclass(frozen=True, slots=True)
class Party:
    """The desk towards browsers: passkeys belong to its host."""

    host: str
    origin: str
    name: str

    @classmethod
    def at(cls, base_url: str, name: str) -> "Party":
        """Return the party for the desk's address."""
        parts = urlsplit(base_url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)

    @property
    def is_possible(self) -> bool:
        """Whether browsers make passkeys here: never for a bare IP address."""
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser's script is given, as JSON, and the challenge to remember, in base64url."""

    options: str
    challenge: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that an authenticator has just made."""

    credential_id: str
    public_key: bytes
    sign_count: int


def ask_for_new(party: Party, handle: str, account: str, name: str, known: Iterable[str]) -> Asked:
    """Ask for a new passkey that the authenticator finds by itself; `known` credentials are not made again.

    `handle` is a random name of the account: authenticators keep it, so it says nothing of the person.
    """
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=handle.encode(),
        user_name=account,
        user_display_name=name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(known),
    )
    return Asked(webauthn.options_to_json(options), bytes_to_base64url(options.challenge))


def ask(party: Party, known: Iterable[str], is_only_step: bool) -> Asked:
    """Ask for a passkey: one of `known` after a password; any, with PIN or fingerprint, where it is the only step."""
    needed = UserVerificationRequirement.REQUIRED if is_only_step else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=party.host, allow_credentials=_descriptors(known), user_verification=needed
    )
    return Asked(webauthn.options_to_json(options), bytes_to_base64url(options.challenge))


def _descriptors(known: Iterable[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known]


def made(party: Party, answer: str, challenge: str) -> NewPasskey:
    """Return the passkey that the browser's answer brings. Raises Invalid when it is not one made for us just now."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    except UNREADABLE as error:
        raise Invalid(REFUSED) from error
    if not CREDENTIAL.fullmatch(bytes_to_base64url(found.credential_id)):
        raise Invalid(REFUSED)
    return NewPasskey(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def credential_of(answer: str) -> str:
    """Return the id of the credential that an answer names. Raises Invalid where it names none."""
    try:
        named = str(json.loads(answer[:LONGEST_ANSWER])["id"])
    except UNREADABLE as error:
        raise Invalid(REFUSED) from error
    if not CREDENTIAL.fullmatch(named):
        raise Invalid(REFUSED)
    return named


def proved(party: Party, answer: str, challenge: str, public_key: bytes, sign_count: int, is_only_step: bool) -> int:
    """Return the authenticator's new count of signatures. Raises Invalid when the answer does not prove the passkey.

    Where it is the only step, the authenticator must have verified its user by PIN or fingerprint. A count that went
    backwards means that the passkey was copied.
    """
    try:
        found = webauthn.verify_authentication_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=is_only_step,
        )
    except UNREADABLE as error:
        raise Invalid(REFUSED) from error
    return found.new_sign_count
