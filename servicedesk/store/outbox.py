"""The outbox as queries: which mails are due, what each is about, and which could not be delivered."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from servicedesk.rules.catalogue import Catalogue, LocalText
from servicedesk.rules.hiding import hide, hide_in_html
from servicedesk.rules.letters import DeskLetter, Letter
from servicedesk.rules.lifecycle import State
from servicedesk.rules.names import TechnicianName, technician_shown
from servicedesk.rules.permissions import Actor
from servicedesk.store import catalogue, relations
from servicedesk.store.guests import unconfirmed
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent
from servicedesk.store.tickets import reopen_until
from servicedesk.store.visible import visible_to

WAITING, SENT, FAILED, DROPPED = "waiting", "sent", "failed", "dropped"
MAIL, DIGEST, PUSH, WEBHOOK = "mail", "digest", "push", "webhook"
# Written out, not as parameters, so that plans kept by the database may use the partial indexes.
IS_WAITING, IS_FAILED = sa.text(f"notice.state = '{WAITING}'"), sa.text(f"notice.state = '{FAILED}'")


@dataclass(frozen=True, slots=True)
class FailedNotice:
    """A mail that nobody will get unless somebody does something."""

    id: int
    number: str
    template: str
    address: str
    attempts: int
    reason: str
    first_try_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed notice: its letter, and its bytes when it was rendered before."""

    id: int
    letter: Letter | DeskLetter
    rendered: bytes | None


def due_notices(session: Session, now: datetime, limit: int, channels: Collection[str]) -> Sequence[int]:
    """Return the ids of up to `limit` notices of these channels that may go out now, locked where the database can.

    A mail waits while an earlier one of the same ticket to the same address does.
    """
    earlier = aliased(Notice)
    blocked = sa.exists().where(
        earlier.ticket_id == Notice.ticket_id,
        earlier.address == Notice.address,
        earlier.channel == Notice.channel,
        earlier.id < Notice.id,
        earlier.state == WAITING,
    )
    free = sa.or_(Notice.claimed_until.is_(None), Notice.claimed_until <= now)
    query = (
        sa.select(Notice.id)
        .where(IS_WAITING, Notice.next_try_at <= now, free, Notice.channel.in_(channels), ~blocked)
        .order_by(Notice.next_try_at, Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Notice)
    )
    return session.scalars(query).all()


def failed_notices(session: Session, actor: Actor, limit: int) -> list[FailedNotice]:
    """Return the newest mails given up, of the tickets this person may read."""
    query = (
        sa.select(
            Notice.id,
            Ticket.number,
            Notice.template,
            Notice.address,
            Notice.attempts,
            Notice.last_error,
            Notice.first_try_at,
        )
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .where(IS_FAILED, Notice.channel == MAIL, visible_to(actor))
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return [FailedNotice(*row) for row in session.execute(query)]


def claimed(session: Session, ids: Iterable[int], technician_name: TechnicianName) -> list[Claimed]:
    """Return these notices in the order of their ids, with everything their mails say."""
    wanted = list(ids)
    found = [*_about_tickets(session, wanted, technician_name), *_from_the_desk(session, wanted)]
    return sorted(found, key=lambda mail: mail.id)


def _from_the_desk(session: Session, ids: Sequence[int]) -> list[Claimed]:
    notices = session.scalars(sa.select(Notice).where(Notice.id.in_(ids), Notice.ticket_id.is_(None)))
    return [Claimed(notice.id, _desk_letter(notice), notice.rendered) for notice in notices]


def _desk_letter(notice: Notice) -> DeskLetter:
    context = {key: str(value) for key, value in (notice.context or {}).items()}
    return DeskLetter(
        template=notice.template,
        message_id=notice.message_id,
        address=notice.address,
        recipient=context.get("recipient", ""),
        locale=notice.locale,
        context=context,
        person_id=notice.recipient_id,
    )


def _about_tickets(session: Session, ids: Sequence[int], technician_name: TechnicianName) -> list[Claimed]:
    tree = catalogue.current(session)
    recipient, requester, technician = aliased(Person), aliased(Person), aliased(Person)
    query = (
        sa.select(Notice, Ticket, TicketEvent, Message, recipient, requester, technician, Feedback)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .join(recipient, recipient.id == Notice.recipient_id)
        .join(requester, requester.id == Ticket.requester_id)
        .outerjoin(TicketEvent, TicketEvent.id == Notice.event_id)
        .outerjoin(Message, Message.event_id == TicketEvent.id)
        .outerjoin(technician, technician.id == Ticket.technician_id)
        .outerjoin(Feedback, Feedback.ticket_id == Ticket.id)
        .where(Notice.id.in_(ids))
    )
    rows = [Row(*row) for row in session.execute(query)]
    strangers = unconfirmed(session, {row.recipient.id for row in rows})
    return [
        Claimed(
            row.notice.id,
            _told(row, _from_elsewhere(session, row, _letter(row, tree, technician_name)), strangers),
            row.notice.rendered,
        )
        for row in rows
    ]


def _from_elsewhere(session: Session, row: "Row", letter: Letter) -> Letter:
    """Leave out of what was said on another ticket, into which this one was merged, who asked there."""
    if row.event is None or row.event.ticket_id == row.ticket.id:
        return letter
    letter = replace(letter, dates={}, outcome=None)
    if not letter.to_requester:
        return letter
    names = relations.names_to_hide(session, row.event.ticket_id)
    return replace(letter, body_html=hide_in_html(letter.body_html, names), body_text=hide(letter.body_text, names))


def _told(row: "Row", letter: Letter, strangers: Collection[int]) -> Letter:
    """Leave out, for an address that nobody has confirmed, every word of whoever gave it."""
    if row.recipient.id not in strangers:
        return letter
    letter = replace(letter, recipient="", title="", requester="")
    is_own = row.event is not None and row.event.actor_id == row.recipient.id
    return replace(letter, body_html="", body_text="") if is_own else letter


@dataclass(frozen=True, slots=True)
class Row:
    """A notice with the rows it is about."""

    notice: Notice
    ticket: Ticket
    event: TicketEvent | None
    message: Message | None
    recipient: Person
    requester: Person
    technician: Person | None
    feedback: Feedback | None

    @property
    def asks_feedback(self) -> bool:
        """Whether its event was the closure at which the requester is asked."""
        asked, event = self.feedback, self.event
        if asked is None or event is None or event.after != State.CLOSED:
            return False
        return asked.grade is None and asked.asked_at == event.at


def _letter(row: Row, tree: Catalogue, technician_name: TechnicianName) -> Letter:
    notice, ticket, service = row.notice, row.ticket, tree.services[row.ticket.service_id]
    to_requester = notice.recipient_id == ticket.requester_id
    message = row.message if row.message and (row.message.is_public or not to_requester) else None
    group = tree.groups.get(ticket.group_code)
    repeated = row.event.changes.get("duplicate_of") if row.event else None
    return Letter(
        template=notice.template,
        message_id=notice.message_id,
        address=notice.address,
        recipient=row.recipient.display_name,
        locale=row.recipient.locale,
        to_requester=to_requester,
        ticket_id=ticket.id,
        number=ticket.number,
        suffix=ticket.access_suffix,
        title=ticket.title,
        service=service.name,
        category=_path(tree, ticket.category_key),
        group=group.name if group else LocalText(ticket.group_code, ticket.group_code),
        signature=group.signature if group else LocalText("", ""),
        zone=service.zone,
        requester=row.requester.display_name,
        technician=_shown(row.technician, technician_name),
        body_html=message.body_html if message else "",
        body_text=message.body_text if message else "",
        waiting_for=ticket.waiting_for,
        outcome=ticket.outcome,
        duplicate_of=repeated[1] if repeated else "",
        dates={
            "expires": ticket.expires_at,
            "resumes": ticket.resume_at,
            "due": ticket.due_at,
            "reopen_until": reopen_until(ticket.closed_at, service),
        },
        person_id=notice.recipient_id,
        awaits_approval=ticket.state == State.NEW,
        asks_feedback=to_requester and row.asks_feedback,
        service_id=ticket.service_id,
    )


def _path(tree: Catalogue, key: str) -> LocalText:
    if tree.name_of(key) is None:
        return LocalText(key, key)
    return LocalText(tree.path_name(key, "it"), tree.path_name(key, "en"))


def _shown(technician: Person | None, technician_name: TechnicianName) -> str:
    if technician is None:
        return ""
    return technician_shown(technician.code, technician.display_name, technician_name)
