"""Anonymisation: of a person by an administrator, and of people and single tickets whose term is over."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.anonymising_rows import Left, clear_rows
from servicedesk.actions.audit import record
from servicedesk.rules import removed
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.permissions import Actor
from servicedesk.rules.relations import LinkKind
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.store import anonymising as store
from servicedesk.store import search
from servicedesk.store.base import UtcDateTime
from servicedesk.store.models.appointments import AppointmentTicket
from servicedesk.store.models.following import Feedback, Star
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import BellNotice
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Participation, Ticket, TicketEvent, TicketLink, Upload
from servicedesk.store.visible import FOLLOWER

SHORTEST_REASON, LONGEST_REASON = 10, 500
LEADING_BACK = (LinkKind.FOLLOWS, LinkKind.SPLIT_FROM)
"""Links that would lead from a ticket without a person to another of the same person's."""


def anonymise_person(
    session: Session, actor: Actor, person_id: int, reason: str, typed: str, left: Left, now: datetime
) -> list[str]:
    """Overwrite everything personal of somebody, and return the ids of their files: the bytes go after the commit.

    Raises NotAllowed but for administrators of everything, NotFound, Invalid for what stands in the way, without a
    reason, and where `typed` is not the word that the page asks for.
    """
    if not runs_everything(actor):
        raise NotAllowed(N_("Only an administrator of the whole installation can do this."))
    # Requests first, as everywhere: none is reopened, or held, once it was asked what stands in the way.
    theirs = sa.select(Ticket.id).where(Ticket.requester_id == person_id).order_by(Ticket.id)
    session.execute(theirs.with_for_update())
    person = store.person_with(session, person_id, lock=True)
    _refuse(session, actor, person, now)
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(
            N_("Give the reason in %(least)s to %(most)s characters, without naming the person."),
            least=SHORTEST_REASON,
            most=LONGEST_REASON,
        )
    if typed.strip() != store.word_of(session, person):
        raise Invalid(N_("What you typed is not what the page asks for. Nothing was removed."))
    tickets = len(store.tickets_of(session, [person_id]))
    files = anonymise(session, [person_id], left, now)
    after = {"reason": reason.strip(), "requests": tickets, "files": len(files)}
    record(session, f"person:{actor.person_id}", "person.anonymise", f"person:{person_id}", now, after=after)
    session.flush()
    return files


def _refuse(session: Session, actor: Actor, person: Person, now: datetime) -> None:
    if person.id == actor.person_id:
        raise Invalid(N_("You cannot remove yourself."))
    if person.anonymised_at is not None:
        raise Invalid(N_("This person has been removed already."))
    if store.obstacles(session, person.id, now):
        raise Invalid(N_("Something stands in the way, as the page shows. Nothing was removed."))


def anonymise(session: Session, people: Sequence[int], left: Left, now: datetime) -> list[str]:
    """Overwrite everything personal of these people and their tickets; return the ids of their files.

    What figures are made of stays: tickets and events with their times, states, categories and groups.
    """
    tickets = store.tickets_of(session, people)
    files = store.files_of(session, people)
    _mark(session, tickets, now)
    _let_go(session, tickets)
    _forget_reasons(session, tickets.values())
    session.execute(sa.delete(Upload).where(Upload.id.in_(store.draft_files_of(session, people))))
    clear_rows(session, people, left)
    _name(session, people, left, now)
    if not left.keeps_texts:
        for ticket_id, number in tickets.items():
            search.reindex_ticket(session, ticket_id, [number])
    session.expire_all()
    return files


def _mark(session: Session, tickets: Collection[int], now: datetime) -> None:
    gone = sa.select(sa.func.count()).where(Upload.ticket_id == Ticket.id).scalar_subquery()
    values = {
        "anonymised_at": now,
        "files_removed": sa.func.coalesce(Ticket.files_removed, gone),
        "files_removed_at": sa.func.coalesce(Ticket.files_removed_at, sa.literal(now, UtcDateTime())),
    }
    query = sa.update(Ticket).where(Ticket.id.in_(tickets)).values(values)
    session.execute(query.execution_options(synchronize_session=False))


def _let_go(session: Session, tickets: Collection[int]) -> None:
    """Forget with whom the tickets were shared and who kept them as favourites."""
    followed = sa.and_(Participation.ticket_id.in_(tickets), Participation.role == FOLLOWER)
    for table, condition in ((Participation, followed), (Star, Star.ticket_id.in_(tickets))):
        session.execute(sa.delete(table).where(condition).execution_options(synchronize_session=False))


def _forget_reasons(session: Session, numbers: Iterable[str]) -> None:
    """Empty what the record of administration says of these tickets: reasons for holds and for looking into them."""
    about = AuditEvent.subject.in_([f"ticket:{number}" for number in numbers])
    query = sa.update(AuditEvent).where(about).values(before={}, after={})
    session.execute(query.execution_options(synchronize_session=False))


def _name(session: Session, people: Sequence[int], left: Left, now: datetime) -> None:
    """Say in the place of each name that there was one; a technician is a former one."""
    values: dict[str, object] = {
        "family_name": sa.case((Person.code.is_not(None), removed.STAFF), else_=removed.PERSON),
        "is_active": False,
        "anonymised_at": now,
    }
    if not left.keeps_codes:
        code = sa.literal("X") + sa.cast(Person.id, sa.String)
        values["code"] = sa.case((Person.code.is_not(None), code), else_=None)
    query = sa.update(Person).where(Person.id.in_(people)).values(values)
    session.execute(query.execution_options(synchronize_session=False))


def anonymise_tickets(session: Session, tickets: Sequence[Ticket], left: Left, now: datetime) -> list[str]:
    """Take what is personal out of these locked tickets; who asked, and has an account, keeps it.

    Return the ids of the files: the bytes go after the commit.
    """
    for ticket in tickets:
        requester = session.get_one(Person, ticket.requester_id)
        if not requester.is_guest:
            _give_to_nobody(session, ticket, requester.id, now)
    session.flush()
    return anonymise(session, sorted({ticket.requester_id for ticket in tickets}), left, now)


def _give_to_nobody(session: Session, ticket: Ticket, person_id: int, now: datetime) -> None:
    """Put a guest without a name in the place of the person, in everything of this ticket that says who it was."""
    nobody = Person(given_name="", family_name="", email="", is_guest=True, is_active=False, created_at=now)
    session.add(nobody)
    session.flush()
    ticket.requester_id = nobody.id
    _put(session, nobody.id, TicketEvent.actor_id == person_id, TicketEvent, "actor_id", ticket.id)
    _put(session, nobody.id, TicketEvent.on_behalf_of == person_id, TicketEvent, "on_behalf_of", ticket.id)
    _put(session, nobody.id, Feedback.person_id == person_id, Feedback, "person_id", ticket.id)
    named = sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)
    for event in session.scalars(named.execution_options(populate_existing=True)):
        if "requester" in event.changes:
            event.changes = {name: value for name, value in event.changes.items() if name != "requester"}
    own = sa.select(Ticket.id).where(Ticket.requester_id == person_id)
    for query in (
        sa.delete(BellNotice).where(BellNotice.person_id == person_id, BellNotice.number == ticket.number),
        sa.delete(AppointmentTicket).where(AppointmentTicket.ticket_id == ticket.id),
        sa.delete(TicketLink).where(
            TicketLink.kind.in_(LEADING_BACK),
            sa.or_(
                sa.and_(TicketLink.ticket_id == ticket.id, TicketLink.other_id.in_(own)),
                sa.and_(TicketLink.other_id == ticket.id, TicketLink.ticket_id.in_(own)),
            ),
        ),
    ):
        session.execute(query.execution_options(synchronize_session=False))


def _put(session: Session, nobody: int, meant: sa.ColumnElement[bool], model: type, name: str, ticket_id: int) -> None:
    query = sa.update(model).where(model.ticket_id == ticket_id, meant).values({name: nobody})  # type: ignore[attr-defined]  # of a model
    session.execute(query.execution_options(synchronize_session=False))
