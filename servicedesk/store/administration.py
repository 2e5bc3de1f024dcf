"""Questions of administration: catalogue versions, who works where, failed mails, reasons for reading."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Actor, Role
from servicedesk.rules.sentences import N_
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Absence, Person, RoleGrant
from servicedesk.store.models.system import AccessLog, CatalogueVersion
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.outbox import IS_FAILED, IS_WAITING, MAIL, SENT

REASON_LASTS = timedelta(minutes=60)
SHOWN = 100


def versions(session: Session) -> Sequence[Any]:
    """Return number, applied_at, applied_by, note and difference of the newest 100 catalogue versions, newest first."""
    columns = (CatalogueVersion.number, CatalogueVersion.applied_at, CatalogueVersion.applied_by, CatalogueVersion.note)
    query = sa.select(*columns, CatalogueVersion.difference).order_by(CatalogueVersion.number.desc())
    return session.execute(query.limit(SHOWN)).all()


def version(session: Session, number: int) -> Any:
    """Return number, applied_at, applied_by and note of a catalogue version. Raises NotFound for none such."""
    columns = (CatalogueVersion.number, CatalogueVersion.applied_at, CatalogueVersion.applied_by, CatalogueVersion.note)
    found = session.execute(sa.select(*columns).where(CatalogueVersion.number == number)).first()
    if found is None:
        raise NotFound(N_("There is no version %(number)s of the catalogue."), number=number)
    return found


def members(session: Session) -> Sequence[Any]:
    """Return group_code, role, areas, person_id, code and names of every active person with a role in a group."""
    query = (
        sa.select(
            RoleGrant.group_code,
            RoleGrant.role,
            RoleGrant.areas,
            RoleGrant.person_id,
            Person.code,
            Person.given_name,
            Person.family_name,
        )
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.group_code != "", Person.is_active)
        .order_by(RoleGrant.group_code, Person.code, Person.id, RoleGrant.role)
    )
    return session.execute(query).all()


def administrators(session: Session) -> Sequence[Any]:
    """Return code, names and service_id (empty for all services) of every active administrator."""
    columns = (Person.code, Person.given_name, Person.family_name, RoleGrant.service_id)
    query = sa.select(*columns).join(RoleGrant, RoleGrant.person_id == Person.id)
    query = query.where(RoleGrant.role == Role.ADMINISTRATOR, Person.is_active)
    return session.execute(query.order_by(Person.family_name, Person.id, RoleGrant.service_id)).all()


def absences_from(session: Session, today: date) -> dict[int, list[tuple[date, date]]]:
    """Return the absences that last until `today` or later: (first day, last day) per person, by first day."""
    query = sa.select(Absence.person_id, Absence.first_day, Absence.last_day).where(Absence.last_day >= today)
    found: dict[int, list[tuple[date, date]]] = {}
    for person_id, first, last in session.execute(query.order_by(Absence.first_day)):
        found.setdefault(person_id, []).append((first, last))
    return found


def failed_mails(session: Session, actor: Actor) -> Sequence[Any]:
    """Return the newest 100 mails that were given up, of the services the person administers; `reason` is why.

    Those about no ticket (accounts, alarms) have no number; administrators of every service see them.
    """
    query = (
        sa.select(
            Ticket.number,
            Notice.address,
            Notice.template,
            Notice.attempts,
            Notice.first_try_at,
            Notice.last_error.label("reason"),
        )
        .outerjoin(Ticket, Ticket.id == Notice.ticket_id)
        .where(IS_FAILED, _administered(actor))
        .order_by(Notice.id.desc())
    )
    return session.execute(query.limit(SHOWN)).all()


def last_sent(session: Session) -> datetime | None:
    """Return when the newest mail that went out did, None when none of the newest 1,000 notices was one."""
    newest = sa.select(Notice.state, Notice.channel, Notice.sent_at).order_by(Notice.id.desc()).limit(1000).subquery()
    query = sa.select(sa.func.max(newest.c.sent_at)).where(newest.c.state == SENT, newest.c.channel == MAIL)
    found: datetime | None = session.scalar(query)
    return found


def waits_since(session: Session) -> datetime | None:
    """Return since when the mail is due that has been due the longest, None when none waits."""
    query = sa.select(Notice.next_try_at).where(IS_WAITING, Notice.channel == MAIL)
    return session.scalars(query.order_by(Notice.next_try_at, Notice.id).limit(1)).first()


def administered_ticket(session: Session, number: str, actor: Actor) -> int | None:
    """Return the id of a ticket of a service the person administers, None when there is no such ticket."""
    return session.scalars(sa.select(Ticket.id).where(Ticket.number == number, _administered(actor))).first()


def fresh_reasons(session: Session, person_id: int, now: datetime) -> frozenset[int]:
    """Return the ids of the tickets this administrator gave a reason for in the last 60 minutes (rule 7)."""
    query = sa.select(AccessLog.ticket_id).where(AccessLog.person_id == person_id, AccessLog.at > now - REASON_LASTS)
    return frozenset(session.scalars(query))


def accesses(session: Session, actor: Actor) -> Sequence[Any]:
    """Return the newest 100 reasons given for reading tickets of the services the person administers."""
    query = (
        sa.select(AccessLog.at, AccessLog.reason, Ticket.number, Person.code, Person.given_name, Person.family_name)
        .join(Ticket, Ticket.id == AccessLog.ticket_id)
        .join(Person, Person.id == AccessLog.person_id)
        .where(_administered(actor))
        .order_by(AccessLog.id.desc())
    )
    return session.execute(query.limit(SHOWN)).all()


def _administered(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.administers_service(""):
        return sa.true()
    return Ticket.service_id.in_(sorted(actor.administers))
