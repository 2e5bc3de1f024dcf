"""Tickets tied to a ticket: links with the other's state, its parents, and what can be answered together with it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.hiding import secrets_of
from servicedesk.rules.permissions import Actor
from servicedesk.rules.relations import ANSWERS, LEADING, LinkKind
from servicedesk.rules.states import Action, State
from servicedesk.store.models.people import Person
from servicedesk.store.models.relations import JointAnswer, JointAnswerPart
from servicedesk.store.models.tickets import Message, Participation, Ticket, TicketEvent, TicketLink, Upload
from servicedesk.store.visible import visible_to

MOST_LINKS = 200
"""Links shown of one ticket, the newest first."""
MOST_LED = 2000
_DONE_WITH = (State.RESOLVED, State.CLOSED, State.CANCELLED)


def links_of(session: Session, ticket_id: int, actor: Actor) -> Sequence[Any]:
    """Return the ticket's links: id, kind, direction, who made it when, and of the other ticket what a list shows.

    `is_readable` says whether this person may open the other one.
    """
    ends = ((TicketLink.ticket_id, TicketLink.other_id, True), (TicketLink.other_id, TicketLink.ticket_id, False))
    found = sa.union_all(
        *(
            sa.select(
                TicketLink.id,
                TicketLink.kind,
                TicketLink.linked_at,
                TicketLink.linked_by,
                there.label("other"),
                sa.literal(is_outward).label("is_outward"),
            ).where(here == ticket_id)
            for here, there, is_outward in ends
        )
    ).subquery()
    query = (
        sa.select(
            *(found.c[name] for name in ("id", "kind", "linked_at", "is_outward")),
            Ticket.number,
            Ticket.title,
            Ticket.state,
            visible_to(actor).label("is_readable"),
            Person.code,
            Person.given_name,
            Person.family_name,
        )
        .select_from(found)
        .join(Ticket, Ticket.id == found.c.other)
        .outerjoin(Person, Person.id == found.c.linked_by)
        .order_by(found.c.id.desc())
        .limit(MOST_LINKS)
    )
    return session.execute(query).all()


def is_linked(session: Session, ticket_id: int, other_id: int, kind: str) -> bool:
    """Whether the two are linked so already; for a relation without direction, either way round."""
    pairs = [(ticket_id, other_id)] + ([(other_id, ticket_id)] if kind == LinkKind.RELATED else [])
    query = sa.select(TicketLink.id).where(
        sa.tuple_(TicketLink.ticket_id, TicketLink.other_id).in_(pairs), TicketLink.kind == kind
    )
    return session.scalars(query).first() is not None


def parent_of(session: Session, ticket_id: int) -> int | None:
    """Return the id of the ticket this one is part of."""
    query = sa.select(TicketLink.other_id).where(
        TicketLink.ticket_id == ticket_id, TicketLink.kind == LinkKind.CHILD_OF
    )
    return session.scalars(query).first()


def ancestors(session: Session, ticket_id: int, most: int) -> list[int]:
    """Return the ticket, its parent, that one's parent and so on, at most so many."""
    chain: list[int] = []
    above: int | None = ticket_id
    while above is not None and above not in chain and len(chain) < most:
        chain.append(above)
        above = parent_of(session, above)
    return chain


def led(ticket_id: int) -> sa.Select[int]:
    """Return the ids of unsolved tickets under this one: its parts, and the incidents it causes."""
    return (
        sa.select(TicketLink.ticket_id)
        .join(Ticket, Ticket.id == TicketLink.ticket_id)
        .where(
            TicketLink.other_id == ticket_id,
            TicketLink.kind.in_([kind.value for kind in LEADING]),
            Ticket.state.not_in([state.value for state in _DONE_WITH]),
        )
    )


def last_solution(session: Session, ticket_id: int, actions: Sequence[str]) -> str:
    """Return the words of the newest solution, empty when there is none."""
    query = (
        sa.select(Message.body_text)
        .join(TicketEvent, TicketEvent.id == Message.event_id)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.action.in_(list(actions)), Message.is_public)
        .order_by(TicketEvent.seq.desc())
        .limit(1)
    )
    return session.scalars(query).first() or ""


def is_led(session: Session, ticket_id: int, leading_id: int) -> bool:
    """Whether the ticket still hangs on the leading one."""
    query = sa.select(TicketLink.id).where(
        TicketLink.ticket_id == ticket_id,
        TicketLink.other_id == leading_id,
        TicketLink.kind.in_([kind.value for kind in LEADING]),
    )
    return session.scalars(query).first() is not None


def led_rows(session: Session, ticket_id: int, actor: Actor) -> Sequence[Any]:
    """Return the unsolved tickets under this one with what a list shows and their requesters' languages, by number."""
    query = (
        sa.select(
            Ticket.number,
            Ticket.title,
            Ticket.state,
            Ticket.group_code,
            Person.given_name,
            Person.family_name,
            Person.locale,
            visible_to(actor).label("is_readable"),
        )
        .join(Person, Person.id == Ticket.requester_id)
        .where(Ticket.id.in_(led(ticket_id)))
        .order_by(Ticket.id)
        .limit(MOST_LED)
    )
    return session.execute(query).all()


def outcomes(session: Session, joint_id: int, ticket_id: int) -> Sequence[Any] | None:
    """Return what became of a joint answer on each ticket; None when this ticket leads no such answer."""
    asked = sa.select(JointAnswer.id).where(JointAnswer.id == joint_id, JointAnswer.ticket_id == ticket_id)
    if session.scalars(asked).first() is None:
        return None
    query = (
        sa.select(Ticket.number, Ticket.title, JointAnswerPart.state, JointAnswerPart.why)
        .join(Ticket, Ticket.id == JointAnswerPart.ticket_id)
        .where(JointAnswerPart.joint_answer_id == joint_id)
        .order_by(JointAnswerPart.ticket_id)
    )
    return session.execute(query).all()


def heir_of(session: Session, ticket_id: int) -> Any:
    """Return id, number and state of the ticket this one was merged into, and `merged_at`; None for any other."""
    query = (
        sa.select(Ticket.id, Ticket.number, Ticket.state, TicketLink.linked_at.label("merged_at"))
        .join(TicketLink, TicketLink.other_id == Ticket.id)
        .where(TicketLink.ticket_id == ticket_id, TicketLink.kind == LinkKind.MERGED_INTO)
    )
    return session.execute(query).first()


def merged_into(session: Session, ticket_id: int) -> Sequence[Ticket]:
    """Return the tickets that were merged into this one, oldest first."""
    query = (
        sa.select(Ticket)
        .join(TicketLink, TicketLink.ticket_id == Ticket.id)
        .where(TicketLink.other_id == ticket_id, TicketLink.kind == LinkKind.MERGED_INTO)
        .order_by(Ticket.id)
        .limit(MOST_LINKS)
    )
    return session.scalars(query).all()


def names_to_hide(session: Session, ticket_id: int) -> frozenset[str]:
    """Return what must not show of the one who asked this, where its answer is read by others."""
    query = (
        sa.select(Person.given_name, Person.family_name, Person.phone)
        .join(Ticket, Ticket.requester_id == Person.id)
        .where(Ticket.id == ticket_id)
    )
    return secrets_of(*session.execute(query).one())


def weights(session: Session, ticket_id: int) -> Any:
    """Return how many messages, files and watching or following people a ticket has."""
    counted = [
        sa.select(sa.func.count()).where(column == ticket_id).scalar_subquery().label(name)
        for name, column in (
            ("messages", Message.ticket_id),
            ("files", Upload.ticket_id),
            ("others", Participation.ticket_id),
        )
    ]
    return session.execute(sa.select(*counted)).one()


def ways_to_file(session: Session, upload_id: str) -> Sequence[tuple[str, bool]]:
    """Return the tickets on which a file shows because of a merge: number, and whether it is the one that stays.

    On those that were merged, only files of public answers given since then show, or of what solves the matter.
    """
    file = sa.select(Upload.ticket_id).where(Upload.id == upload_id).scalar_subquery()
    heirs = (
        sa.select(Ticket.number, sa.literal(True))
        .join(TicketLink, TicketLink.other_id == Ticket.id)
        .where(TicketLink.kind == LinkKind.MERGED_INTO, TicketLink.ticket_id == file)
    )
    subject = aliased(Ticket)
    merged = (
        sa.select(Ticket.number, sa.literal(False))
        .select_from(Upload)
        .join(Message, Message.id == Upload.message_id)
        .join(TicketEvent, TicketEvent.id == Message.event_id)
        .join(subject, subject.id == Upload.ticket_id)
        .join(TicketLink, TicketLink.other_id == Upload.ticket_id)
        .join(Ticket, Ticket.id == TicketLink.ticket_id)
        .where(
            Upload.id == upload_id,
            Message.is_public,
            TicketLink.kind == LinkKind.MERGED_INTO,
            TicketEvent.action.in_([action.value for action in ANSWERS]),
            TicketEvent.actor_id != subject.requester_id,
            sa.or_(TicketEvent.at >= TicketLink.linked_at, TicketEvent.action != Action.COMMENT),
        )
    )
    return [(row[0], bool(row[1])) for row in session.execute(heirs.union_all(merged))]


def public_messages(session: Session, ticket_id: int) -> Sequence[Any]:
    """Return the public messages of a ticket with who wrote them when, oldest first."""
    query = (
        sa.select(
            Message.id,
            TicketEvent.at,
            TicketEvent.actor_id,
            Person.given_name,
            Person.family_name,
            Message.body_html,
            Message.body_text,
        )
        .join(TicketEvent, TicketEvent.id == Message.event_id)
        .outerjoin(Person, Person.id == TicketEvent.actor_id)
        .where(Message.ticket_id == ticket_id, Message.is_public)
        .order_by(TicketEvent.seq)
        .limit(MOST_LED)
    )
    return session.execute(query).all()


def files_of(session: Session, ticket_id: int) -> dict[int, list[Upload]]:
    """Return the files of a ticket by message."""
    found: dict[int, list[Upload]] = {}
    query = sa.select(Upload).where(Upload.ticket_id == ticket_id).order_by(Upload.created_at, Upload.id)
    for file in session.scalars(query):
        if file.message_id is not None:
            found.setdefault(file.message_id, []).append(file)
    return found
