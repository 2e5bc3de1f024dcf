"""Keeping the identity providers of federations up to date: what is due, a new copy, a failed reading, the alarms."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.actions.alarms import clear_alarm, raise_alarm
from servicedesk.gateways.metadata_source import Planned
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import alarms, federation
from servicedesk.store.federation import Changes, Listed
from servicedesk.store.models.federation import FederationSource

RETRY = timedelta(minutes=10)
"""After a failed reading; a source that is read more rarely than that is not asked more often than it wants."""
PATIENCE = 6
"""So many failures in a row (an hour) are worth an alarm."""
NEAR = timedelta(days=2)
"""A copy that ends so soon and cannot be read again is worth one at once."""
CERTIFICATE_WARNING = timedelta(days=30)
OWN_CERTIFICATE_WARNING = timedelta(days=60)
"""Federations take weeks to hand new metadata on."""
OWN_CERTIFICATE = "own-certificate:"
FEW = 50
"""Of a source with more providers, only those that people sign in with are watched: nobody can mend the others."""
MOST_PROBLEMS = 200
LONGEST_PROBLEM = 300
MOST_NAMED = 5


@dataclass(frozen=True)
class NewCopy:
    """What a source gave: its providers, a line for each one left out or weakened, and when it all ends."""

    listed: tuple[Listed, ...]
    problems: tuple[str, ...]
    valid_until: datetime | None


def due(session: Session, planned: Sequence[Planned], now: datetime) -> list[Planned]:
    """Return the sources that are to be read now."""
    rows = federation.sources(session, [each.key for each in planned])
    return [each for each in planned if each.key not in rows or _is_due(rows[each.key], each, now)]


def _is_due(row: FederationSource, planned: Planned, now: datetime) -> bool:
    every = timedelta(hours=planned.source.hours)
    return row.tried_at is None or now - row.tried_at >= (min(RETRY, every) if row.failures else every)


def keep(session: Session, planned: Planned, copy: NewCopy, now: datetime) -> Changes:
    """Make the new copy the one that counts, and look after its certificates; return what changed.

    The providers of a file are kept in memory by every process: of it only the standing is noted.
    """
    row = federation.enter(session, planned.key, planned.profile, planned.place[:500])
    changes = federation.replace(session, row.id, copy.listed if planned.source.url else ())
    row.valid_until, row.read_at, row.tried_at = copy.valid_until, now, now
    row.failures, row.failure = 0, None
    row.providers, row.problems = len(copy.listed), _shortened(copy.problems)
    clear_alarm(session, _alarm(planned, "reading"), now)
    _watch_certificates(session, planned, copy.listed, now)
    session.flush()
    return changes


def _shortened(problems: Sequence[str]) -> list[str]:
    lines = [problem[:LONGEST_PROBLEM] for problem in problems[:MOST_PROBLEMS]]
    more = len(problems) - len(lines)
    return [*lines, f"... and {more} more"] if more else lines


def note_failure(session: Session, planned: Planned, why: Sentence, now: datetime) -> None:
    """Note that a source could not be read: its last good copy stays, an alarm is raised when that becomes a danger."""
    row = federation.enter(session, planned.key, planned.profile, planned.place[:500])
    row.tried_at = now
    row.failures += 1
    row.failure = why.as_json()
    is_near = row.valid_until is not None and row.valid_until - now < NEAR
    if row.failures >= PATIENCE or row.read_at is None or is_near:
        raise_alarm(session, _alarm(planned, "reading"), _warning(row), now)
    session.flush()


def _warning(row: FederationSource) -> Sentence:
    facts = {"place": row.place, "profile": row.profile}
    if row.read_at is None:
        text = N_(
            "The identity providers of %(profile)s could not be read from %(place)s, and there is no copy: "
            "nobody can sign in through them. The page Federation of the administration says why."
        )
        return Sentence(text, facts)
    text = N_(
        "The identity providers of %(profile)s cannot be read again from %(place)s. "
        "The copy of %(read)s is used until %(until)s. The page Federation of the administration says why."
    )
    until = f"{row.valid_until:%Y-%m-%d %H:%M} UTC" if row.valid_until else "-"
    return Sentence(text, {**facts, "read": f"{row.read_at:%Y-%m-%d %H:%M} UTC", "until": until})


def _watch_certificates(session: Session, planned: Planned, listed: Sequence[Listed], now: datetime) -> None:
    """Raise an alarm for each provider whose last certificate ends soon; clear those of the others."""
    ending = [each for each in listed if each.expires is not None and each.expires < now + CERTIFICATE_WARNING]
    if len(listed) > FEW:
        used = federation.in_use(session, [each.entity_id for each in ending])
        ending = [each for each in ending if each.entity_id in used]
    text = N_(
        "The signing certificate of %(provider)s (%(profile)s) ends on %(date)s. "
        "Ask the provider to publish its new one, or nobody can sign in through it."
    )
    for each in ending:
        facts = {"provider": each.entity_id, "profile": planned.profile, "date": f"{each.expires:%Y-%m-%d}"}
        digest = sha256(each.entity_id.encode()).hexdigest()[:16]
        raise_alarm(session, _alarm(planned, f"certificate:{digest}"), Sentence(text, facts), now)
    _clear_older(session, _alarm(planned, "certificate:"), now)


def watch_own_certificates(session: Session, ends: Mapping[str, datetime], now: datetime) -> int:
    """Raise an alarm for each profile (by name: when its certificate ends) whose keys have to be changed soon.

    The alarms of the others are over. Return how many there are.
    """
    text = N_(
        "Our own certificate of %(profile)s ends on %(date)s. Change the keys before, as docs/saml.md says, and leave "
        "the federation time to hand our new metadata on, or nobody can sign in through it."
    )
    near = {profile: end for profile, end in ends.items() if end - now < OWN_CERTIFICATE_WARNING}
    for profile, end in near.items():
        facts = {"profile": profile, "date": f"{end:%Y-%m-%d}"}
        raise_alarm(session, f"{OWN_CERTIFICATE}{profile}", Sentence(text, facts), now)
    _clear_older(session, OWN_CERTIFICATE, now)
    return len(near)


def note_conflicts(
    session: Session, planned: Planned, repeated: Collection[str], strange: Collection[str], now: datetime
) -> None:
    """Note the providers that a source before this one lists too, with an alarm for the `strange` among them.

    Strange are those for which this source gives none of the certificates the other one gives: perhaps somebody means
    to pass for them.
    """
    row = federation.enter(session, planned.key, planned.profile, planned.place[:500])
    row.repeated = _shortened(sorted(repeated))
    session.flush()
    if not strange:
        clear_alarm(session, _alarm(planned, "conflict"), now)
        return
    text = N_(
        "%(place)s gives other certificates for identity providers that another source of %(profile)s lists before it: "
        "%(providers)s. They are not used; find out which source is right."
    )
    names = ", ".join(sorted(strange)[:MOST_NAMED])
    facts = {"place": planned.place, "profile": planned.profile, "providers": names}
    raise_alarm(session, _alarm(planned, "conflict"), Sentence(text, facts), now)


def forget_others(session: Session, planned: Sequence[Planned], now: datetime) -> int:
    """Remove what came from sources that are no longer in the settings; return how many sources that were."""
    gone = federation.forget_others(session, [each.key for each in planned])
    for key in gone:
        _clear_older(session, f"federation:{key[:16]}:", now)
    return len(gone)


def read_again(session: Session, planned: Sequence[Planned], by: str, now: datetime) -> None:
    """Let the job read these sources at its next turn; who asked is recorded."""
    federation.make_due(session, [each.key for each in planned])
    profiles = ", ".join(dict.fromkeys(each.profile for each in planned))
    audit.record(session, by, "federation.read_again", f"federation:{profiles}", now)


def _alarm(planned: Planned, what: str) -> str:
    return f"federation:{planned.key[:16]}:{what}"


def _clear_older(session: Session, start: str, now: datetime) -> None:
    for key in alarms.open_keys(session, start, now):
        clear_alarm(session, key, now)
