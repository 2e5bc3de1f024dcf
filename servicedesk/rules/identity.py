"""How a person is known again: fiscal codes checked and hidden behind a keyed hash, and identities from a sign-in."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.sentences import N_

FISCAL = "fiscal"
LOCAL = "local"
"""Namespace of the desk's own accounts (A5), whose subjects are random."""
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
LONGEST_SUBJECT = 255

_DIGIT = "[0-9LMNPQRSTUV]"  # where two people would share a code, letters stand for digits (omocodia)
_PERSONAL = re.compile(f"[A-Z]{{6}}{_DIGIT}{{2}}[ABCDEHLMPRST]{_DIGIT}{{2}}[A-Z]{_DIGIT}{{3}}[A-Z]")
_PROVISIONAL = re.compile(r"[0-9]{11}")
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FIRST_TEN = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_LAST_SIXTEEN = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip(_SIGNS, (*_FIRST_TEN, *_FIRST_TEN, *_LAST_SIXTEEN), strict=True))
_EVEN = dict(zip(_SIGNS, (*range(10), *range(26)), strict=True))
_SMALL = {ord(letter): letter.lower() for letter in ascii_uppercase}
# Of A to Z alone: "ß" and "ss", "K" and the sign for kelvin may be two people of one provider.
_PREFIX = "TINIT-"  # how SPID writes an Italian fiscal code


@dataclass(frozen=True, slots=True)
class Proof:
    """A stable identity: `fiscal` with the hash of the fiscal code, or a provider's entity id with its subject."""

    namespace: str
    subject: str


def fiscal_code(typed: str) -> str:
    """Return a fiscal code in its normal form: capitals, no spaces, no prefix.

    Raises Invalid when it has the wrong shape or its check character does not fit. Source: D.M. 23 December 1976 for
    the sixteen characters, DPR 605/1973 for the provisional code of eleven digits.
    """
    code = "".join(typed.split()).upper().removeprefix(_PREFIX)
    if _PERSONAL.fullmatch(code) and check_letter(code[:15]) == code[15]:
        return code
    if _PROVISIONAL.fullmatch(code) and _check_digit(code[:10]) == code[10]:
        return code
    raise Invalid(N_("This is not a valid fiscal code. Compare it with the health insurance card, letter by letter."))


def check_letter(code: str) -> str:
    """Return the sixteenth character that belongs to the first fifteen of a fiscal code."""
    total = sum(_ODD[sign] for sign in code[::2]) + sum(_EVEN[sign] for sign in code[1::2])
    return chr(ord("A") + total % 26)


def _check_digit(code: str) -> str:
    doubled = [int(digit) * 2 for digit in code[1::2]]
    total = sum(map(int, code[::2])) + sum(value - 9 if value > 9 else value for value in doubled)
    return str(-total % 10)


def fiscal_hash(key: str, typed: str) -> str:
    """Return the keyed hash (HMAC-SHA256, 64 hex digits) under which a fiscal code is known here.

    Raises Invalid for a code that is not valid.
    """
    return hmac.new(key.encode(), fiscal_code(typed).encode(), hashlib.sha256).hexdigest()


def pseudonym(key: str, value: str) -> str:
    """Return by what logs and counts know whoever `value` (fiscal code, name id, network address) stands for.

    Sixteen hex digits: nobody without the key gets from it to the person, nor to the hash under which they are stored.
    """
    return hmac.new(key.encode(), f"pseudonym {value}".encode(), hashlib.sha256).hexdigest()[:16]


def stable_proof(key: str, entity_id: str, facts: Mapping[str, Sequence[str]], name_id: str, name_format: str) -> Proof:
    """Return by what a signed-in person is known: the fiscal code, else the principal name, else a persistent name id.

    `facts` are attributes by logical name. Raises NotAllowed where nothing stable was sent, or a fiscal code that is
    not valid or not the only one. Source: rule 6.
    """
    codes = set(facts.get("fiscal_code", ()))
    if codes:
        return Proof(FISCAL, _sole_hash(key, codes))
    subject = _subject(facts.get("principal", ()), name_id if name_format == PERSISTENT else "")
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise NotAllowed(
            N_(
                "Your identity provider sent nothing by which we would know you again next time, so we cannot sign you "
                "in. Use another way to sign in, or tell the help desk of your identity provider."
            )
        )
    return Proof(entity_id, subject)


def _subject(principals: Sequence[str], persistent_id: str) -> str:
    if len(principals) == 1:
        return f"principal:{principals[0].translate(_SMALL)}"
    return f"persistent:{persistent_id}" if persistent_id else ""


def _sole_hash(key: str, codes: set[str]) -> str:
    try:
        hashes = {fiscal_hash(key, code) for code in codes}
    except Invalid:
        hashes = set()
    if len(hashes) != 1:
        raise NotAllowed(
            N_(
                "Your identity provider sent a fiscal code that we cannot use, so we cannot sign you in. "
                "Tell the help desk of your identity provider."
            )
        )
    return hashes.pop()
