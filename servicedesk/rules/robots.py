"""Telling people from robots without cookies or third parties: a signed start, a trap, and work for the browser."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

LIFE = timedelta(hours=24)
"""How long a form that was shown can be sent."""
_PARTS = 4
_LONGEST_PROOF = 20
_HASH_BITS = 256


class Verdict(StrEnum):
    """What a form that was sent says of its sender."""

    PROVED = "proved"
    UNPROVED = "unproved"
    """Perhaps a person without JavaScript: to be confirmed by mail."""
    QUICK = "quick"
    TRAPPED = "trapped"
    STALE = "stale"
    """Shown too long ago, for another form, or never by us."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a form asks: how many leading zero bits of a hash, and how long people need at least."""

    secret_key: str
    bits: int
    fastest: timedelta


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back with a form: its start as it was given out, the proof, and the field that people leave empty."""

    start: str
    proof: str
    trap: str


def new_start(terms: Terms, form: str, now: datetime) -> str:
    """Return the signed start of a form shown at `now`: its instant, its difficulty, a salt, and a code over them.

    It is also the challenge: the proof is a number that, written behind it with a dot, gives a SHA-256 that begins with
    as many zero bits as the start says.
    """
    said = f"{int(now.timestamp())}.{terms.bits}.{secrets.token_urlsafe(12)}"
    return f"{said}.{_code(terms, form, said)}"


def judge(terms: Terms, form: str, sent: Sent, now: datetime) -> Verdict:
    """Return what to think of a form that was sent. `form` names it as in `new_start`; no order of checks is told."""
    shown = _shown_at(terms, form, sent.start)
    if shown is None or not timedelta(0) <= now - shown <= LIFE:
        return Verdict.STALE
    if sent.trap:
        return Verdict.TRAPPED
    if now - shown < terms.fastest:
        return Verdict.QUICK
    return Verdict.PROVED if is_proof(sent.start, sent.proof) else Verdict.UNPROVED


def is_proof(start: str, proof: str) -> bool:
    """Tell whether a number solves a start, whose signature was checked before; one hash."""
    if not (proof.isascii() and proof.isdigit() and len(proof) <= _LONGEST_PROOF):
        return False
    digest = hashlib.sha256(f"{start}.{proof}".encode()).digest()
    return int.from_bytes(digest) >> (_HASH_BITS - int(start.split(".")[1])) == 0


def _shown_at(terms: Terms, form: str, start: str) -> datetime | None:
    said, _dot, code = start.rpartition(".")
    if start.count(".") != _PARTS - 1 or not start.isascii():
        return None
    if not hmac.compare_digest(code, _code(terms, form, said)):
        return None
    return datetime.fromtimestamp(int(said.split(".")[0]), UTC)


def _code(terms: Terms, form: str, said: str) -> str:
    signed = f"robots|{form}|{said}".encode()
    return hmac.new(terms.secret_key.encode(), signed, hashlib.sha256).hexdigest()[:32]
