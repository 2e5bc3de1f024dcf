"""The record of who of the staff opened which request: written after the answer, searched with a reason, forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import Actor, Permission, may
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import reading_log as store
from servicedesk.store.administration import administered_ticket
from servicedesk.store.models.reading import Reading
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.reading_log import About, Question

SHORTEST, LONGEST = 10, 500
LASTS = timedelta(minutes=60)
"""How long the answer to a question can be read."""
ASKED = "reading_log.ask"
_EACH = ("person_id", "ticket_id", "hour", "way")


class Way(StrEnum):
    """In which way a request was read."""

    PAGE = "page"
    PRINT = "print"
    PDF = "pdf"
    FILE = "file"
    LIST = "list"
    """A list of requests taken away as a file."""


def note_opened(session: Session, person_id: int, numbers: Collection[str], way: Way, now: datetime) -> None:
    """Note that this member of staff has opened a request, and what is one with it, once an hour; one statement."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    hour = now.replace(minute=0, second=0, microsecond=0)
    values = (person_id, Ticket.id, hour, way, now)
    typed = [
        value if value is Ticket.id else sa.literal(value, Reading.__table__.c[name].type)
        for name, value in zip((*_EACH, "at"), values, strict=True)
    ]
    found = sa.select(*typed).where(Ticket.number.in_(sorted(numbers)))
    session.execute(dialect.insert(Reading).from_select([*_EACH, "at"], found).on_conflict_do_nothing())


def note_list(session: Session, person_id: int, now: datetime) -> None:
    """Note that this member of staff has taken a list of requests away; what was in it stands in the audit record."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    session.add(Reading(person_id=person_id, ticket_id=None, way=Way.LIST, hour=hour, at=now))


def ask(session: Session, actor: Actor, about: str, typed: str, reason: str, now: datetime) -> int:
    """Write down who asks about whom and why, and return the number under which the answer can be read for an hour.

    `typed` is the number of a request, or a person's code or e-mail address. Raises NotAllowed for whoever is no
    administrator, Invalid for what fits nothing and for a reason that says too little.
    """
    if actor.person_id is None or not may(actor, Permission.ACCESS_WITH_REASON):
        raise NotAllowed(N_("Only administrators look into this record."))
    problems: dict[str, Sentence] = {}
    subject = _subject(session, actor, About(about), typed.strip()) if about in set(About) else None
    if subject is None:
        problems["subject"] = Sentence(N_("No request of the services you administer, and nobody, fits."))
    if not SHORTEST <= len(reason.strip()) <= LONGEST:
        problems["reason"] = Sentence(
            N_("Say why in %(least)s to %(most)s characters."), {"least": SHORTEST, "most": LONGEST}
        )
    if problems or subject is None:
        raise Invalid(N_("Nothing was looked up. Please correct what follows."), problems)
    after = {"about": about, "reason": reason.strip()}
    event = audit.record(session, f"person:{actor.person_id}", ASKED, subject, now, after=after)
    session.flush()
    return event.id


def question(session: Session, actor: Actor, asked: int, now: datetime) -> Question | None:
    """Return what this administrator asked within the last hour; None for others' questions and for older ones."""
    event = session.get(AuditEvent, asked)
    if event is None or (event.action, event.actor) != (ASKED, f"person:{actor.person_id}") or event.at <= now - LASTS:
        return None
    if "about" not in event.after:  # of whom everything was removed since
        return None
    _kind, _colon, which = event.subject.partition(":")
    return Question(About(event.after["about"]), which, event.after["reason"], event.at)


def _subject(session: Session, actor: Actor, about: About, typed: str) -> str | None:
    if about is About.TICKET:
        read = read_number(typed)
        found = administered_ticket(session, read.number, actor) if read else None
        return f"ticket:{read.number}" if found and read else None
    person = store.person_named(session, typed)
    return f"person:{person}" if person else None


def forget_old(session: Session, before: datetime, limit: int) -> int:
    """Delete up to `limit` entries from before that instant, and return how many there were."""
    old = sa.select(Reading.id).where(Reading.at < before).order_by(Reading.at).limit(limit)
    found = session.execute(sa.delete(Reading).where(Reading.id.in_(old)).execution_options(synchronize_session=False))
    assert isinstance(found, sa.CursorResult)
    return found.rowcount
