"""A copy of everything the desk knows of a person: asked for, made by a job, kept for a week, then removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.letters import write_letter
from servicedesk.rules.errors import Conflict, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.rules.sentences import N_
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import OwnData
from servicedesk.store.people import mail_address

WAITING, READY, FAILED = "waiting", "ready", "failed"
KEPT = timedelta(days=7)
"""How long a finished copy can be taken."""
HELD = timedelta(minutes=30)
"""After so long without a sign of life the job that was making a copy is taken for dead."""
TRIES = 3
READY_LETTER = "own_data_ready"


@dataclass(frozen=True, slots=True)
class Order:
    """A copy to be made: of whom, in which language, and whether with what staff wrote among themselves."""

    id: int
    person_id: int
    locale: str
    with_notes: bool


def ask(session: Session, actor: Actor, locale: str, now: datetime) -> OwnData:
    """Ask for a copy of one's own data. Raises NotAllowed without an account, Conflict while one is being made."""
    if actor.kind is not ActorKind.PERSON or actor.person_id is None:
        raise NotAllowed(N_("Sign in to ask for a copy of your data."))
    return put_in_line(
        session, OwnData(person_id=actor.person_id, reason="", with_notes=False, locale=locale), actor, now
    )


def put_in_line(session: Session, wanted: OwnData, actor: Actor, now: datetime) -> OwnData:
    """Let a copy be made for this person. Raises Conflict while they wait for one of the same."""
    # The person's row stands in for a lock: two requests at once would both find that none is being made.
    session.execute(sa.select(Person.id).where(Person.id == wanted.person_id).with_for_update())
    theirs = OwnData.person_id == wanted.person_id, OwnData.asked_by == actor.person_id
    if session.scalars(sa.select(OwnData.id).where(*theirs, OwnData.state == WAITING)).first() is not None:
        raise Conflict(N_("A copy is being made already. You will be told when it is ready."))
    assert actor.person_id is not None
    wanted.asked_by, wanted.asked_at, wanted.state = actor.person_id, now, WAITING
    wanted.attempts, wanted.size = 0, 0
    session.add(wanted)
    session.flush()
    return wanted


def copies(session: Session, person_id: int, asked_by: int) -> Sequence[OwnData]:
    """Return the copies of this person's data that `asked_by` asked for, the newest first."""
    query = sa.select(OwnData).where(OwnData.person_id == person_id, OwnData.asked_by == asked_by)
    return session.scalars(query.order_by(OwnData.id.desc())).all()


def ready(session: Session, copy_id: int, person_id: int, asked_by: int, now: datetime) -> OwnData:
    """Return a finished copy for whoever asked for it. Raises NotFound for everything else."""
    found = session.get(OwnData, copy_id)
    if found is None or (found.person_id, found.asked_by, found.state) != (person_id, asked_by, READY):
        raise NotFound()
    if found.file_id is None or found.expires_at is None or found.expires_at <= now:
        raise NotFound(N_("This copy is not there any more. Ask for a new one."))
    return found


def claim(session: Session, now: datetime) -> Order | None:
    """Return the next copy to make, which is then nobody else's for half an hour; None while there is none."""
    free = sa.or_(OwnData.claimed_until.is_(None), OwnData.claimed_until < now)
    query = sa.select(OwnData).where(OwnData.state == WAITING, free).order_by(OwnData.id).limit(1)
    found = session.scalars(query.with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    found.claimed_until, found.attempts = now + HELD, found.attempts + 1
    if found.attempts > TRIES:
        found.state = FAILED
        found.expires_at = now + KEPT
        session.flush()
        return claim(session, now)
    session.flush()
    return Order(found.id, found.person_id, found.locale, found.with_notes)


def hold_on(session: Session, order: Order, now: datetime) -> None:
    """Say that the copy is still being made."""
    session.execute(sa.update(OwnData).where(OwnData.id == order.id).values(claimed_until=now + HELD))


def finish(session: Session, order: Order, file_id: str, size: int, now: datetime) -> bool:
    """Make a finished copy available and tell whoever asked; False where it was made already, or nobody waits."""
    query = sa.select(OwnData).where(OwnData.id == order.id, OwnData.state == WAITING).with_for_update()
    found = session.scalars(query).first()
    if found is None:
        return False
    found.state, found.file_id, found.size = READY, file_id, size
    found.ready_at, found.expires_at, found.claimed_until = now, now + KEPT, None
    asker = session.get_one(Person, found.asked_by)
    is_own = found.asked_by == found.person_id
    write_letter(
        session,
        address=mail_address(session, asker.id),
        locale=asker.locale or None,
        template=READY_LETTER,
        context={
            "recipient": asker.display_name,
            "path": "/preferences/data" if is_own else f"/admin/people/{found.person_id}/data",
            "days": str(KEPT.days),
        },
        now=now,
        person_id=asker.id,
    )
    session.flush()
    return True


def forget_due(session: Session, now: datetime, limit: int) -> list[str]:
    """Delete the copies whose time is over, and return the ids of their files."""
    query = sa.select(OwnData.id, OwnData.file_id).where(OwnData.expires_at < now).limit(limit)
    found = session.execute(query).all()
    session.execute(sa.delete(OwnData).where(OwnData.id.in_([row.id for row in found])))
    return [row.file_id for row in found if row.file_id]
