"""The one way to change a ticket: `act()` checks the table, then writes effect, event, text and notices together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions import approvals, clocks, files, handing_over, last_word, notices, pending, service_levels
from servicedesk.actions.details import Details, Situation
from servicedesk.actions.effects import EFFECTS
from servicedesk.actions.standard_uses import note_use, refuse_gaps
from servicedesk.actions.unconfirmed import confirm
from servicedesk.rules import level_moves
from servicedesk.rules.approvals import first_action
from servicedesk.rules.catalogue import Category
from servicedesk.rules.errors import AlreadyDone, Conflict, Invalid
from servicedesk.rules.lifecycle import (
    QUIET,
    Action,
    Move,
    Note,
    State,
    Transition,
    check,
    target_of,
)
from servicedesk.rules.permissions import SYSTEM, Actor, ActorKind, is_requester, speaks_as_follower
from servicedesk.rules.priority import priority
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, search
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, TicketLink
from servicedesk.store.tickets import claim_form_key, facts_of, news_since

FOLLOWS = "follows"
NOTHING = Details()
_NEEDS_REASON = frozenset(
    {
        *(Action.REFUSE, Action.REOPEN, Action.FORWARD, Action.HOLD_OVER, Action.KEEP, Action.ESCALATE),
        *(Action.DECLARE_MAJOR, Action.END_MAJOR, Action.DISAPPROVE),
    }
)
_NEVER_CONFLICTS = frozenset({Action.NOTE, Action.SUBMIT, Action.SHARE, *QUIET}) - {Action.APPROVE}


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A request as somebody filed it; `number` was given out beforehand by `store.tickets.next_number`."""

    number: str
    category_key: str
    title: str
    body: RichText
    origin: str
    answers: Mapping[str, str]
    access_suffix: str | None = None
    urgency: int | None = None
    follows: int | None = None
    """Id of the closed ticket of the same requester that this one carries on."""
    files: tuple[str, ...] = ()
    draft_key: str = ""
    form_key: str = ""
    kind: str = ""
    """What it is where that does not follow from the category: a problem."""


def open_ticket(session: Session, new: NewTicket, requester_id: int, actor: Actor, now: datetime) -> Ticket:
    """File a request and route it: two events of one transaction.

    Raises AlreadyDone when the same form was sent before, KeyError for a category the catalogue does not know.
    """
    if new.form_key and (made := claim_form_key(session, new.form_key, new.number, now)):
        raise AlreadyDone(made)
    ticket = _fresh_ticket(session, new, requester_id, now)
    session.add(ticket)
    session.flush()
    if new.follows is not None:
        session.add(TicketLink(ticket_id=ticket.id, other_id=new.follows, kind=FOLLOWS))
    details = Details(note=new.body, files=new.files, draft_key=new.draft_key)
    submitted = act(session, ticket, Action.SUBMIT, actor, now, details)
    then = first_action(ticket.kind, catalogue.current(session).categories[ticket.category_key].approvals)
    act(session, ticket, then, SYSTEM, now, cause=submitted)
    search.index_ticket(session, ticket.id, [ticket.number, ticket.title, new.body.text])
    return ticket


def _fresh_ticket(session: Session, new: NewTicket, requester_id: int, now: datetime) -> Ticket:
    version, tree = catalogue.current_version(session)
    category = tree.categories[new.category_key]
    urgency = new.urgency or category.urgency
    return Ticket(
        number=new.number,
        access_suffix=new.access_suffix,
        service_id=category.service_id,
        kind=new.kind or category.kind,
        origin=new.origin,
        category_key=category.key,
        catalogue_version=version,
        group_code=category.group,
        requester_id=requester_id,
        route_reason={},
        title=new.title,
        answers=kept_answers(category, new.answers),
        state=State.NEW,
        urgency=urgency,
        impact=category.impact,
        priority=priority(urgency, category.impact, tree.services[category.service_id].priority_matrix),
        opened_at=now,
        changed_at=now,
        last_seq=0,
    )


def kept_answers(category: Category, values: Mapping[str, str]) -> dict[str, Any]:
    """Keep each answer with its label and the words of the option chosen, so that later forms never rewrite it."""
    kept: dict[str, Any] = {}
    for field in category.fields:
        value = values.get(field.key)
        if value:
            shown = dict(field.options).get(value)
            kept[field.key] = {
                "kind": field.kind.value,
                "value": value,
                "label": {"it": field.label.it, "en": field.label.en},
                "shown": {"it": shown.it, "en": shown.en} if shown else None,
            }
    return kept


def act(
    session: Session,
    ticket: Ticket,
    action: Action,
    actor: Actor,
    now: datetime,
    details: Details = NOTHING,
    cause: TicketEvent | None = None,
) -> TicketEvent:
    """Do one thing to a ticket whose row is locked, and return the event it left.

    Ticket, event, text and notices are flushed together and committed by the caller. Raises NotFound, NotAllowed or
    NotNow when the life-cycle refuses it, Invalid when something is missing, Conflict when somebody else was faster,
    AlreadyDone when the same form was sent before.
    """
    s = _situation(session, ticket, action, actor, now, details)
    _refuse_repetition(s)
    if handing_over.held_instead(s):
        s.action = Action.HOLD_OVER
    transition = check(s.action, s.facts, actor, now)
    _refuse_stale(s)
    _refuse_wordless(s, transition)
    refuse_gaps(s, transition)
    changes = EFFECTS[s.action](s) if s.action in EFFECTS else {}
    after = target_of(transition, Move(s.facts, actor, now, ticket.technician_id, s.awaits))
    ticket.state = after
    clocks.set_clocks(s)
    last_word.note(s, transition)
    event = _record(s, {**changes, **note_use(s), **by_rule(s)}, cause)
    handing_over.settle(s)
    approvals.settle(s, event)
    pending.note(s, event)
    if s.matter is not None:
        s.matter.event_id = event.id
    message = _write(s, event, transition)
    _note_that_mail_is_read(s)
    service_levels.follow(s)
    notices.tell(s, transition, event)
    session.flush()
    if message is not None and details.files:
        files.attach(session, details.files, details.draft_key, ticket.id, message.id)
    if s.follows is not None:
        act(session, ticket, s.follows, SYSTEM, now, cause=event)
    return event


def by_rule(s: Situation) -> Mapping[str, Any]:
    """Return what an event keeps of the rule that caused it."""
    return {"rule": [None, s.details.rule]} if s.details.rule else {}


def _situation(
    session: Session, ticket: Ticket, action: Action, actor: Actor, now: datetime, details: Details
) -> Situation:
    tree = catalogue.current(session)
    service = tree.services[ticket.service_id]
    facts = facts_of(session, ticket, service)
    if action is Action.SUBMIT:
        facts = replace(facts, state=None)
    return Situation(session, ticket, action, actor, now, details, tree, service, facts)


def _refuse_repetition(s: Situation) -> None:
    if not s.details.form_key:
        return
    made = f"{s.ticket.number}#{s.ticket.last_seq + 1}"
    if before := claim_form_key(s.session, s.details.form_key, made, s.now):
        raise AlreadyDone(before)


def _refuse_stale(s: Situation) -> None:
    if s.details.seen_seq is None or s.action in _NEVER_CONFLICTS:
        return
    if s.action is Action.COMMENT and (is_requester(s.actor, s.facts) or speaks_as_follower(s.actor, s.facts)):
        return
    if news := news_since(s.session, s.ticket, s.details.seen_seq, s.actor):
        raise Conflict(N_("Somebody else was faster: read what is new, then decide. Your text is kept below."), news)


def _refuse_wordless(s: Situation, transition: Transition) -> None:
    # What the desk does by itself has its reason in the event that caused it.
    if transition.note is not Note.NEEDED or s.details.note or s.actor is SYSTEM:
        return
    if s.action in _NEEDS_REASON:
        raise Invalid(N_("Give the reason: this cannot be sent without one."))
    if not s.details.files:
        raise Invalid(N_("Write a text: this cannot be sent without one."))


def _note_that_mail_is_read(s: Situation) -> None:
    # What opens a ticket to its guest was mailed; opening alone is no sign, since scanners open links too.
    if s.actor.kind is ActorKind.GUEST and s.action is not Action.SUBMIT and s.actor.person_id is not None:
        confirm(s.session, s.actor.person_id, s.now)


def _record(s: Situation, changes: Mapping[str, Any], cause: TicketEvent | None) -> TicketEvent:
    ticket = s.ticket
    if s.action not in level_moves.ROWS:  # what the desk notes for itself is no news
        ticket.changed_at = s.now
    ticket.last_seq += 1
    event = TicketEvent(
        ticket_id=ticket.id,
        seq=ticket.last_seq,
        at=s.now,
        actor_kind=s.actor.kind,
        actor_id=s.actor.person_id,
        action=s.action,
        before=s.facts.state,
        after=ticket.state,
        changes=dict(changes),
        cause_event=cause.id if cause else None,
    )
    s.session.add(event)
    s.session.flush()
    return event


def _write(s: Situation, event: TicketEvent, transition: Transition) -> Message | None:
    note = s.details.note
    if transition.note is Note.NONE or (not note and not s.details.files):
        return None
    message = Message(
        ticket_id=s.ticket.id,
        event_id=event.id,
        is_public=transition.is_public,
        body_html=note.html if note else "",
        body_text=note.text if note else "",
        policy=note.policy if note else 0,
    )
    s.session.add(message)
    s.session.flush()
    return message
