"""The sign-in log of SPID and CIE: append, check, read out, and purge what is past its term.

Source: DPCM 24 October 2014, article 13 (2) and AgID's Regole Tecniche SPID 4.2: request and response of every
transaction are kept for 24 months, confidential, unalterable, whole.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.gateways.log_cipher import LogCipher, log_cipher
from servicedesk.rules.errors import DeskError
from servicedesk.rules.sentences import N_
from servicedesk.store import saml_log as store
from servicedesk.store.models.records import SignInLogEntry, SignInLogMonth
from servicedesk.store.refusals import ACCEPTED

TERM = 24
"""Months that the law demands; the settings may ask for more, never for less."""
REQUEST, RESPONSE = "request", "response"
MOST_REFUSED = 3
LONGEST_REFUSED = 32 * 1024
_LONGEST_ID = 255


class LogBroken(DeskError):
    """The log is not what was written; the sentence names the first place where it is not."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A month whose chain holds; of a purged one only its place in the chain of months."""

    month: str
    entries: int
    is_purged: bool


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An entry as it reads with the key."""

    month: str
    seq: int
    at: datetime
    profile: str
    provider: str
    kind: str
    exchange: str
    message_id: str
    outcome: str
    message: bytes


def record_request(
    session: Session, key: str, *, profile: str, provider: str, request_id: str, message: bytes, now: datetime
) -> None:
    """Append an AuthnRequest as it was sent, with its signature: a document, or an address with a signed query.

    `key` is `records.log_key`; raises Invalid when there is none. Nobody else appends until the transaction ends: call
    it last, and commit soon.
    """
    entry = SignInLogEntry(
        at=now, profile=profile, provider=provider, kind=REQUEST, exchange=request_id, message_id=request_id, outcome=""
    )
    _append(session, log_cipher(key), entry, message, now)


def record_response(
    session: Session,
    key: str,
    *,
    profile: str,
    provider: str,
    request_id: str,
    response_id: str,
    message: bytes,
    outcome: str,
    now: datetime,
) -> None:
    """Append a Response as it came; `outcome` is `accepted` or the refusal's code. The rest as `record_request`.

    Anybody may begin a sign-in and answer it with junk: of what was refused the beginning is kept, which holds any
    answer of a provider whole, and only so many answers to one request.
    """
    if outcome != ACCEPTED:
        if store.answers_to(session, request_id) >= MOST_REFUSED:
            return
        message = message[:LONGEST_REFUSED]
    entry = SignInLogEntry(
        at=now,
        profile=profile,
        provider=provider,
        kind=RESPONSE,
        exchange=request_id[:_LONGEST_ID],
        message_id=response_id[:_LONGEST_ID],
        outcome=outcome,
    )
    _append(session, log_cipher(key), entry, message, now)


def _append(session: Session, cipher: LogCipher, entry: SignInLogEntry, message: bytes, now: datetime) -> None:
    head = _head(session, cipher, now)
    entry.month, entry.seq = head.month, head.entries + 1
    entry.nonce, entry.sealed = cipher.seal(message, _beside(entry))
    entry.hash = _hash(cipher, head.last_hash, entry)
    session.add(entry)
    head.entries, head.last_hash = entry.seq, entry.hash
    head.proof = _proof(cipher, head)
    session.flush()


def _head(session: Session, cipher: LogCipher, now: datetime) -> SignInLogMonth:
    """Return the month to append to: the newest one even for a writer whose clock is behind."""
    month, newest = f"{now.astimezone(UTC):%Y-%m}", store.newest_month(session)
    if newest is not None and newest.month >= month:
        return newest
    opened = SignInLogMonth(
        month=month,
        before=newest.month if newest else "",
        before_entries=newest.entries if newest else 0,
        before_hash=newest.last_hash if newest else "",
        entries=0,
        purged_at=None,
    )
    opened.last_hash = _seal(cipher, opened)
    opened.proof = _proof(cipher, opened)
    return store.add_month(session, opened)


def _seal(cipher: LogCipher, month: SignInLogMonth) -> str:
    """Return the hash from which the month's chain starts: it holds on to how the month before ended."""
    return cipher.chain(b"month", *_bytes(month.month, month.before, month.before_entries, month.before_hash))


def _proof(cipher: LogCipher, month: SignInLogMonth) -> str:
    purged = month.purged_at.astimezone(UTC).isoformat() if month.purged_at else ""
    return cipher.chain(b"proof", *_bytes(_seal(cipher, month), month.entries, month.last_hash, purged))


def _hash(cipher: LogCipher, before: str, entry: SignInLogEntry) -> str:
    return cipher.chain(b"entry", before.encode(), _beside(entry), entry.nonce, entry.sealed)


def _beside(entry: SignInLogEntry) -> bytes:
    clear = (entry.profile, entry.provider, entry.kind, entry.exchange, entry.message_id, entry.outcome)
    return json.dumps([entry.month, entry.seq, entry.at.astimezone(UTC).isoformat(), *clear]).encode()


def _bytes(*values: str | int) -> tuple[bytes, ...]:
    return tuple(str(value).encode() for value in values)


def verify(session: Session, key: str) -> Iterator[Checked]:
    """Yield month after month whose chain holds; bounded in memory, and entries may be appended meanwhile.

    Raises LogBroken at the first place where it does not hold, Invalid when there is no key.
    """
    cipher = log_cipher(key)
    months = store.months(session)
    before: SignInLogMonth | None = None
    for month in months:
        _check_month(cipher, before, month)
        is_purged = month.purged_at is not None
        if not is_purged:
            try:
                _check_entries(session, cipher, month, is_newest=month is months[-1])
            except LogBroken:
                # A purge that began meanwhile takes entries away from under the walk.
                if not (is_purged := store.is_purged(session, month.month)):
                    raise
        yield Checked(month.month, month.entries, is_purged)
        before = month


def _check_month(cipher: LogCipher, before: SignInLogMonth | None, month: SignInLogMonth) -> None:
    if month.proof != _proof(cipher, month):
        raise LogBroken(
            N_("Month %(month)s: its seal was changed, or records.log_key is not the key it was written with."),
            month=month.month,
        )
    ended = (before.month, before.entries, before.last_hash) if before else ("", 0, "")
    if (month.before, month.before_entries, month.before_hash) != ended:
        raise LogBroken(
            N_("Month %(month)s: the month before does not end as it did when this one began."), month=month.month
        )
    if month.purged_at is not None and month.month > last_past(month.purged_at, TERM):
        raise LogBroken(N_("Month %(month)s: it was purged before its term was over."), month=month.month)


def _check_entries(session: Session, cipher: LogCipher, month: SignInLogMonth, is_newest: bool) -> None:
    reached, last = 0, _seal(cipher, month)
    for batch in store.entries(session, month.month, upto=month.entries if is_newest else None):
        for entry in batch:
            reached += 1
            if entry.seq != reached or entry.hash != _hash(cipher, last, entry):
                raise LogBroken(
                    N_("Month %(month)s, entry %(seq)s: it was changed, or the entry before it is missing."),
                    month=month.month,
                    seq=entry.seq,
                )
            last = entry.hash
    if (reached, last) != (month.entries, month.last_hash):
        raise LogBroken(
            N_("Month %(month)s: it ends after entry %(reached)s and should have %(entries)s."),
            month=month.month,
            reached=reached,
            entries=month.entries,
        )


def exported(session: Session, key: str, start: datetime, end: datetime, exchange: str = "") -> Iterator[Exchanged]:
    """Yield what was exchanged from `start` until before `end`, or in one exchange only; bounded in memory.

    Raises Invalid for an entry that cannot be opened, or when there is no key.
    """
    cipher = log_cipher(key)
    for batch in store.between(session, start, end, exchange):
        for entry in batch:
            yield _opened(cipher, entry)


def _opened(cipher: LogCipher, entry: SignInLogEntry) -> Exchanged:
    return Exchanged(
        month=entry.month,
        seq=entry.seq,
        at=entry.at,
        profile=entry.profile,
        provider=entry.provider,
        kind=entry.kind,
        exchange=entry.exchange,
        message_id=entry.message_id,
        outcome=entry.outcome,
        message=cipher.open(entry.nonce, entry.sealed, _beside(entry)),
    )


def note_export(session: Session, by: str, start: datetime, end: datetime, exchange: str, now: datetime) -> None:
    """Keep in the record of administration who read the log, and which part."""
    part = {"from": start.isoformat(), "to": end.isoformat(), "request": exchange}
    record(session, by, "saml_log.export", "saml_log", now, after=part)


def last_past(now: datetime, months: int) -> str:
    """Return the newest month, such as `2024-03`, that ended at least `months` months before `now`."""
    here = now.astimezone(UTC)
    index = here.year * 12 + here.month - 1 - months - 1
    return f"{index // 12:04}-{index % 12 + 1:02}"


def purge(session: Session, key: str, months: int, by: str, now: datetime, limit: int) -> tuple[str, int] | None:
    """Remove up to `limit` entries of the oldest month wholly past its term, and return the month and how many.

    None when nothing is left to purge. The month's seal stays, so the chain of the others holds. Raises Invalid
    when there is no key.
    """
    month = store.oldest_with_entries(session, last_past(now, max(months, TERM)))
    if month is None:
        return None
    if month.purged_at is None:
        month.purged_at = now
        month.proof = _proof(log_cipher(key), month)
        record(session, by, "saml_log.purge", f"saml_log:{month.month}", now, before={"entries": month.entries})
        session.flush()
    return month.month, store.remove_entries(session, month.month, limit)
