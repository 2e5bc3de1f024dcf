"""Everything of one person, row by row, as `store.personal` declares it: for the copy they may have of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import NotFound
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, Upload
from servicedesk.store.models_all import metadata
from servicedesk.store.personal import TABLES
from servicedesk.store.personal_data import EXPORTED, OF_PEOPLE, Table, Treatment, whose_rows

AT_ONCE = 200
"""Rows in memory at a time."""
TICKETS_AT_ONCE = 20
ONESELF, SOMEBODY = "self", "somebody else"
NOT_TOLD = frozenset({"hold.place", "own_data.ask", "reading_log.ask"})
"""Entries of the record whose reason only staff read: it may speak of others, and their own tables seal it."""
Row = dict[str, Any]
Namer = Mapping[int, str]
"""What a person's export calls others: members of staff as everybody sees them, by id."""


def same_person(session: Session, person_id: int) -> Sequence[int]:
    """Return the ids under which the desk knows this person: a guest has one for each request of the address."""
    found = session.get_one(Person, person_id)
    if not found.is_guest or not found.email:
        return [person_id]
    return session.scalars(sa.select(Person.id).where(Person.email == found.email, Person.is_guest)).all()


def known_person(session: Session, person_id: int) -> Person:
    """Return a person, with or without an account. Raises NotFound for nobody."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound()
    return found


def guest_with(session: Session, address: str) -> int | None:
    """Return the id of somebody who asked without an account with this address; None where nobody did."""
    query = sa.select(Person.id).where(Person.email.in_({address, address.lower()}), Person.is_guest)
    return session.scalars(query.order_by(Person.id).limit(1)).first() if address else None


def worked_here(session: Session, people: Sequence[int]) -> bool:
    """Whether this is, or was, somebody who works at the desk: a code is given to nobody else and stays."""
    has_code = sa.select(Person.id).where(Person.id.in_(people), Person.code.is_not(None))
    has_role = sa.select(RoleGrant.person_id).where(RoleGrant.person_id.in_(people))
    return session.scalars(has_code.union(has_role)).first() is not None


def names_of_staff(session: Session) -> Sequence[Any]:
    """Return id, code, given_name and family_name of everybody who has a code."""
    columns = Person.id, Person.code, Person.given_name, Person.family_name
    return session.execute(sa.select(*columns).where(Person.code.is_not(None))).all()


def with_data() -> Iterator[str]:
    """Give the names of the tables in which something of a person is to export."""
    yield from (name for name, table in TABLES.items() if table.of and table.named(*EXPORTED))


def with_work() -> Iterator[str]:
    """Give the names of the tables that say what a member of staff did."""
    yield from (name for name, table in TABLES.items() if table.by and table.named(Treatment.FACT))


def rows(session: Session, name: str, people: Sequence[int], staff: Namer, with_notes: bool) -> Iterator[Row]:
    """Give a table's rows of this person with every column that is exported, oldest first."""
    declared = TABLES[name]
    query = _rows(name, declared.of, people, declared.named(*EXPORTED))
    if not with_notes:
        query = query.where(*_public(name, declared))
    others = frozenset(declared.named(Treatment.OTHER))
    for found in _stream(session, query):
        if name == AuditEvent.__tablename__ and found["action"] in NOT_TOLD:
            found["after"] = {key: value for key, value in found["after"].items() if key != "reason"}
        yield {key: _called(value, people, staff) if key in others else value for key, value in found.items()}


def work_rows(session: Session, name: str, people: Sequence[int]) -> Iterator[Row]:
    """Give the facts of what this person did at work in a table, oldest first."""
    declared = TABLES[name]
    yield from _stream(session, _rows(name, declared.by, people, declared.named(Treatment.FACT)))


def _rows(name: str, ways: tuple[str, ...], people: Sequence[int], columns: Sequence[str]) -> sa.Select[Any]:
    table = metadata.tables[name]
    query = sa.select(*(table.c[column] for column in columns))
    if "ticket_id" in table.c:
        numbers = sa.select(Ticket.number).where(Ticket.id == table.c.ticket_id).scalar_subquery()
        query = query.add_columns(numbers.label("request"))
    theirs = sa.or_(*(whose_rows(table, ways, person_id) for person_id in people))
    return query.where(theirs).order_by(*table.primary_key.columns)


def _public(name: str, declared: Table) -> Iterator[sa.ColumnElement[bool]]:
    """Give the conditions that leave out what staff did and said among themselves."""
    if declared.only:
        yield metadata.tables[name].c[declared.only]
    if name == TicketEvent.__tablename__:
        said = sa.exists().where(Message.event_id == TicketEvent.id, Message.is_public)
        yield sa.or_(TicketEvent.before.is_distinct_from(TicketEvent.after), said)
    if name == Upload.__tablename__:
        hidden = sa.exists().where(Message.id == Upload.message_id, ~Message.is_public)
        yield ~hidden


def _stream(session: Session, query: sa.Select[Any]) -> Iterator[Row]:
    for row in session.execute(query, execution_options={"yield_per": AT_ONCE}):
        yield dict(row._mapping)


def _called(person_id: int | None, people: Sequence[int], staff: Namer) -> str | None:
    if person_id is None:
        return None
    return ONESELF if person_id in people else staff.get(person_id, SOMEBODY)


def tickets(session: Session, people: Sequence[int]) -> Iterator[Sequence[Any]]:
    """Give this person's requests as rows, some at a time, oldest first."""
    after = 0
    columns = [column for column in Ticket.__table__.columns if column.name in TABLES["ticket"].named(*EXPORTED)]
    query = sa.select(Ticket.id, Ticket.catalogue_version, *columns)
    query = query.where(Ticket.requester_id.in_(people), Ticket.kind.in_(OF_PEOPLE))
    while found := session.execute(query.where(Ticket.id > after).order_by(Ticket.id).limit(TICKETS_AT_ONCE)).all():
        yield found
        after = found[-1].id


def conversation(session: Session, ticket_ids: Sequence[int], with_notes: bool) -> dict[int, list[Any]]:
    """Return what was said on these tickets by their ids, oldest first."""
    query = (
        sa.select(
            Message.id,
            Message.ticket_id,
            Message.is_public,
            Message.body_html,
            TicketEvent.at,
            TicketEvent.actor_id,
            TicketEvent.actor_kind,
        )
        .join(TicketEvent, TicketEvent.id == Message.event_id)
        .where(Message.ticket_id.in_(ticket_ids))
        .order_by(Message.ticket_id, TicketEvent.seq)
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query if with_notes else query.where(Message.is_public)):
        found.setdefault(row.ticket_id, []).append(row)
    return found


def own_words(session: Session, people: Sequence[int]) -> Iterator[Row]:
    """Give what this person wrote on requests of others that are shared with them."""
    from_others = Ticket.requester_id.not_in(people)
    columns: tuple[Any, ...] = (Ticket.number.label("request"), TicketEvent.at, Message.body_text)
    query = (
        sa.select(*columns)
        .join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
        .join(Message, Message.event_id == TicketEvent.id)
        .where(TicketEvent.actor_id.in_(people), Message.is_public, from_others, Ticket.id.in_(_followed(people)))
        .order_by(TicketEvent.id)
    )
    yield from _stream(session, query)


def _followed(people: Sequence[int]) -> sa.Select[Any]:
    table = metadata.tables["participation"]
    return sa.select(table.c.ticket_id).where(table.c.person_id.in_(people), table.c.role == "follower")


def files(session: Session, people: Sequence[int], with_notes: bool) -> Iterator[Row]:
    """Give id, name and request of every file of this person's tickets and appointments."""
    query = _rows("upload", TABLES["upload"].of, people, ("id", "name", "message_id", "size"))
    yield from _stream(session, query if with_notes else query.where(*_public("upload", TABLES["upload"])))


def files_of(session: Session, ticket_ids: Sequence[int], with_notes: bool) -> dict[int, list[tuple[str, str]]]:
    """Return id and name of the attachments of these tickets by their ids, oldest first."""
    query = sa.select(Upload.ticket_id, Upload.id, Upload.name).where(Upload.ticket_id.in_(ticket_ids))
    if not with_notes:
        query = query.where(*_public("upload", TABLES["upload"]))
    found: dict[int, list[tuple[str, str]]] = {}
    for row in session.execute(query.order_by(Upload.created_at, Upload.id)):
        found.setdefault(row.ticket_id, []).append((row.id, row.name))
    return found
