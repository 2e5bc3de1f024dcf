"""Counts how sign-ins end, without saying whose, and raises an alarm when too many are refused."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.alarms import clear_alarm, raise_alarm
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import alarms, rate_limits, refusals
from servicedesk.store.refusals import ACCEPTED

REPLAYS = frozenset({"replay"})
"""Codes of answers that were used before."""
WINDOW = timedelta(minutes=10)
"""Long enough to tell a fault from a few slips, short enough to act while it lasts."""
MANY_OF_PROVIDER = 20
"""Refusals of one provider within the window, more than half of its sign-ins: a fault on its side or ours."""
PERSON_WINDOW = timedelta(hours=1)
MANY_OF_PERSON = 10
"""Refusals of one person in an hour: nobody is turned away that often and goes on."""
MANY_OF_PLACE = 100
"""Refusals of one network address in an hour: a whole campus may share it, and people slip."""
MANY_REPLAYS = 20
"""Answers used twice within the window: a few are pages loaded again, many are somebody trying."""
QUIET = timedelta(hours=1)
"""An alarm that was not raised again for so long is over."""
KEYS = "sign-ins:"
log = logging.getLogger(__name__)


def note_accepted(session: Session, *, profile: str, provider: str, now: datetime) -> None:
    """Count a sign-in that was accepted; `provider` is the entity id."""
    refusals.count_up(session, profile, provider, ACCEPTED, now)


def note(
    session: Session,
    *,
    profile: str,
    provider: str,
    code: str,
    pseudonym: str,
    now: datetime,
    is_person: bool = False,
) -> None:
    """Count a refused sign-in, and raise the alarms it is one too many for.

    `provider` is the entity id of a provider we know, else empty; `pseudonym` comes from `rules.identity.pseudonym`
    over the fiscal code or name id where the provider proved one (`is_person`), else over the network address.
    """
    refusals.count_up(session, profile, provider, code, now)
    _watch_provider(session, profile, provider, now)
    _watch_person(session, pseudonym, MANY_OF_PERSON if is_person else MANY_OF_PLACE, now)
    if code in REPLAYS:
        _watch_replays(session, code, now)


def _watch_provider(session: Session, profile: str, provider: str, now: datetime) -> None:
    refused, everyone = refusals.refused_and_all(session, profile, provider, now - WINDOW)
    if provider and refused >= MANY_OF_PROVIDER and refused * 2 > everyone:
        sentence = Sentence(
            N_(
                "%(refused)s of the last %(all)s sign-ins of %(provider)s (%(profile)s) were refused. Compare the "
                "codes; if the provider changed its keys, refresh its metadata, else ask the provider."
            ),
            {"refused": refused, "all": everyone, "provider": provider, "profile": profile},
        )
        raise_alarm(session, f"{KEYS}provider:{profile}:{provider}", sentence, now)


def _watch_person(session: Session, pseudonym: str, many: int, now: datetime) -> None:
    count = rate_limits.count_up(session, f"refused-sign-ins {pseudonym}", PERSON_WINDOW, 1, now)
    if count < many:
        return
    sentence = Sentence(
        N_(
            "The same person, or the same network address, was refused %(count)s times within an hour. The log knows "
            "them as %(pseudonym)s; if this is no test, find out who tries."
        ),
        {"count": count, "pseudonym": pseudonym},
    )
    # One alarm for all of them: whoever comes from many addresses must not flood the operators with mails.
    raise_alarm(session, f"{KEYS}person", sentence, now)


def _watch_replays(session: Session, code: str, now: datetime) -> None:
    count = refusals.count_of(session, code, now - WINDOW)
    if count >= MANY_REPLAYS:
        sentence = Sentence(
            N_(
                "%(count)s answers of identity providers were presented again after they had been used. "
                "Somebody may be trying answers that they copied: look at the log of refused sign-ins."
            ),
            {"count": count},
        )
        raise_alarm(session, f"{KEYS}replay", sentence, now)


def clear_quiet(session: Session, now: datetime) -> int:
    """Close the alarms about refused sign-ins that were not raised again for an hour; return how many."""
    keys = alarms.open_keys(session, KEYS, now - QUIET)
    for key in keys:
        clear_alarm(session, key, now)
    return len(keys)
