"""Mails to addresses that nobody has confirmed: at most three an hour, and no word in them of whoever caused them."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.errors import TooMany
from servicedesk.rules.sentences import N_
from servicedesk.store import guests
from servicedesk.store.models.guests import ConfirmedGuest
from servicedesk.store.models.notices import Notice
from servicedesk.store.rate_limits import count_of, count_up

MAILS = 3
"""Mails to one address within `WINDOW`, whoever asks for them and by whatever form."""
WINDOW = timedelta(hours=1)
TOO_MANY = N_("This address was sent several mails already. Look at its inbox, or try again in an hour.")


def may_mail(session: Session, address: str, now: datetime) -> bool:
    """Count one more mail that somebody has asked for to this address; False when it has had its share."""
    return count_up(session, _key(address), WINDOW, 1, now) <= MAILS


def count_mail(session: Session, address: str, now: datetime) -> None:
    """Count one more mail that somebody has asked for to this address. Raises TooMany when it has had its share."""
    if not may_mail(session, address, now):
        raise TooMany(TOO_MANY, again_at=count_of(session, _key(address), now)[1])


def hold_back(session: Session, notice: Notice, now: datetime) -> None:
    """Let a mail wait until it is one of at most three within an hour to its address; none is lost."""
    earlier = guests.newest_mails(session, notice.address, now - WINDOW, MAILS)
    if len(earlier) == MAILS:
        notice.first_try_at = notice.next_try_at = max(now, earlier[-1] + WINDOW)


def confirm(session: Session, person_id: int, now: datetime) -> None:
    """Note that a guest has read what was mailed to their address: from now on mails say what theirs are about."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(ConfirmedGuest).values(person_id=person_id, at=now).on_conflict_do_nothing())


def _key(address: str) -> str:
    # Hashed, so that the counter is no list of the addresses people have tried.
    return "unconfirmed/" + hashlib.sha256(address.strip().lower().encode()).hexdigest()
