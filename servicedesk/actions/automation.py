"""Rules of a service: written, tried, switched on; and what they do when something happens."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.details import Details
from servicedesk.actions.rule_steps import Step, answering, carry_out
from servicedesk.rules import automation as rules
from servicedesk.rules.answers import Stage
from servicedesk.rules.automation import OF_ACTION, TIMED, Deeds, Rule
from servicedesk.rules.calendar import plus_days
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.lines import way_to
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import RichText, from_plain
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import automation as store
from servicedesk.store import automation_timed as timed
from servicedesk.store import catalogue, standard_answers
from servicedesk.store.models.automation import AutomationFiring, AutomationRule, Pending
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent

LOOKED_BACK = timedelta(days=30)
MOST_TRIED = 2000
log = logging.getLogger(__name__)


def save(
    session: Session, actor: Actor, service_id: str, rule: Rule, rule_id: int | None, seen: int, now: datetime
) -> AutomationRule:
    """Keep a rule, switched off until it has been tried as it is now.

    Raises Invalid with a sentence at each field, Conflict when somebody else changed it meanwhile, NotAllowed for
    another service's.
    """
    _demand(actor, service_id)
    rules.check(rule, catalogue.current(session), service_id, store.staff_codes(session))
    _demand_known(session, rule.deeds)
    if rule_id is None:
        row = AutomationRule(service_id=service_id, position=_end(session, service_id), revision=0, tried_revision=0)
        before: dict[str, object] = {}
        session.add(row)
    else:
        row = store.rule_with(session, rule_id, [service_id])
        if row.revision != seen:
            raise Conflict(N_("Somebody else has changed this rule since you opened it. Open it again and compare."))
        before = {"rule": row.content}
    row.name, row.trigger, row.content = rule.name, rule.trigger.value, rule.as_json()
    row.revision += 1
    row.is_on, row.on_since, row.changed_at = False, None, now
    session.flush()
    record(session, f"person:{actor.person_id}", "rule.save", f"rule:{row.id}", now, before, {"rule": row.content})
    return row


def _demand_known(session: Session, deeds: Deeds) -> None:
    faults = {}
    answer = standard_answers.answer_of(session, deeds.answer) if deeds.answer else None
    if deeds.answer and (answer is None or not standard_answers.version_in(session, answer.id, Stage.PUBLISHED)):
        faults["do_answer"] = Sentence(N_("Choose a standard answer that is published."))
    if deeds.link and session.scalars(sa.select(Ticket.id).where(Ticket.number == deeds.link)).first() is None:
        faults["do_link"] = Sentence(N_("There is no request with this number."))
    if faults:
        raise Invalid(N_("The rule cannot be kept like this."), fields=faults)


def _demand(actor: Actor, service_id: str) -> None:
    if not actor.administers_service(service_id):
        raise NotAllowed(N_("You can change only the rules of the services you administer."))


def _end(session: Session, service_id: str) -> int:
    query = sa.select(sa.func.max(AutomationRule.position)).where(AutomationRule.service_id == service_id)
    return (session.scalar(query) or 0) + 1


def mark_tried(session: Session, actor: Actor, row: AutomationRule) -> None:
    """Note that the rule was tried as it is now."""
    _demand(actor, row.service_id)
    row.tried_revision = row.revision


def switch(session: Session, actor: Actor, row: AutomationRule, is_on: bool, seen: int, now: datetime) -> None:
    """Switch a rule on or off. Raises Invalid for one that was not tried as it is, Conflict when it was changed."""
    _demand(actor, row.service_id)
    if row.revision != seen:
        raise Conflict(N_("Somebody else has changed this rule since you opened it. Open it again and compare."))
    if is_on and row.tried_revision != row.revision:
        raise Invalid(N_("Try the rule on past requests first: it has been changed since it was last tried."))
    if row.is_on == is_on:
        return
    row.is_on, row.on_since = is_on, now if is_on else None
    record(session, f"person:{actor.person_id}", "rule.switch", f"rule:{row.id}", now, {"on": not is_on}, {"on": is_on})


def move(session: Session, actor: Actor, row: AutomationRule, is_up: bool, now: datetime) -> None:
    """Put a rule one place earlier or later among those of its service."""
    _demand(actor, row.service_id)
    order = list(store.rules_of(session, [row.service_id]))
    place = order.index(row)
    other = place - 1 if is_up else place + 1
    if not 0 <= other < len(order):
        return
    order[place], order[other] = order[other], order[place]
    for position, each in enumerate(order, 1):
        each.position = position
    record(
        session,
        f"person:{actor.person_id}",
        "rule.move",
        f"rule:{row.id}",
        now,
        {"place": place + 1},
        {"place": other + 1},
    )


def remove(session: Session, actor: Actor, row: AutomationRule, now: datetime) -> None:
    """Forget a rule and its list of what it did; what it did stays on the requests."""
    _demand(actor, row.service_id)
    record(session, f"person:{actor.person_id}", "rule.remove", f"rule:{row.id}", now, {"rule": row.content})
    session.delete(row)
    session.flush()


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have looked at and acted on; `found` are ids of tickets."""

    looked_at: int
    found: Sequence[int]
    is_whole: bool
    """Whether all of the period was looked at."""
    is_now: bool = False
    """Whether it is about what the rule would do as soon as it is on: time sets it off, no event of the past."""


def try_out(session: Session, service_id: str, rule: Rule, now: datetime) -> Trial:
    """Return which requests of the last 30 days the rule would have acted on, as they are now; nothing changes.

    Of a rule that time sets off: which it would act on at once.
    """
    tree, is_now = catalogue.current(session), rule.trigger in TIMED
    if is_now:
        untried = AutomationRule(id=0, service_id=service_id)
        pairs = [(each, now) for each, _cause in timed.found_by(session, untried, rule, tree, now, MOST_TRIED + 1)]
    else:
        pairs = [*store.candidates(session, service_id, rule.trigger, now - LOOKED_BACK, MOST_TRIED + 1)]
    when = dict(pairs[:MOST_TRIED])
    seen = store.snapshots(session, when, tree)
    found = [ticket_id for ticket_id in when if rules.matches(rule.conditions, seen[ticket_id], tree)]
    return Trial(len(when), found, len(pairs) <= MOST_TRIED, is_now)


def act_on_pending(session: Session, now: datetime, limit: int, failed: set[int]) -> int:
    """Look at up to `limit` events and do what the rules say; return how many there were."""
    found = store.pending_events(session, limit)
    for pending_id, event_id in found:
        event = session.get(TicketEvent, event_id)
        if event is not None:
            try:
                with session.begin_nested():
                    _look_at(session, event, now)
            except Exception as error:  # whatever one rule stumbles over, the others go on
                _demand_connection(error)
                failed.add(event_id)
                log.exception("rules failed on event %s", event_id)
        session.execute(sa.delete(Pending).where(Pending.id == pending_id))
    return len(found)


def _demand_connection(error: Exception) -> None:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        raise error


def _look_at(session: Session, event: TicketEvent, now: datetime) -> None:
    ticket = _locked(session, event.ticket_id)
    if ticket is None:
        return
    for row in store.rules_on(session, ticket.service_id, OF_ACTION[Action(event.action)]):
        # A rule before it may have taken the request to another service, whose own rules are others.
        if row.service_id == ticket.service_id and not store.has_fired(session, row.id, ticket.id, event.seq):
            _fire(session, ticket, row, event, event.seq, now)


def act_on_time(session: Session, now: datetime, limit: int, failed: set[int]) -> int:
    """Do what rules say about up to `limit` requests whose time has come; return how many there were."""
    done, tree = 0, catalogue.current(session)
    for row in timed.timed_rules(session):
        rule = rules.from_json(row.content)
        for ticket_id, cause in timed.found_by(session, row, rule, tree, now, limit - done):
            ticket = _locked(session, ticket_id)
            if ticket is None or ticket_id in failed or ticket.service_id != row.service_id:
                continue
            done += 1
            try:
                with session.begin_nested():
                    _fire(session, ticket, row, None, cause, now, keeps_silence=True)
            except Exception as error:
                _demand_connection(error)
                failed.add(ticket_id)
                log.exception("rule %s failed on ticket %s", row.id, ticket_id)
        if done >= limit:
            break
    return done


def _locked(session: Session, ticket_id: int) -> Ticket | None:
    query = sa.select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).first()


def _fire(
    session: Session,
    ticket: Ticket,
    row: AutomationRule,
    cause: TicketEvent | None,
    cause_seq: int,
    now: datetime,
    keeps_silence: bool = False,
) -> None:
    """Do what one rule says, if the request is still such; each deed that cannot be done is noted with the reason.

    A rule that waits is noted even where it does nothing (`keeps_silence`), so that it is not asked again every minute.
    """
    tree = catalogue.current(session)
    rule = rules.from_json(row.content)
    fits = rules.matches(rule.conditions, store.snapshots(session, {ticket.id: now}, tree)[ticket.id], tree)
    if not fits and not keeps_silence:
        return
    firing = AutomationFiring(rule_id=row.id, ticket_id=ticket.id, cause_seq=cause_seq, at=now, done=[], refused={})
    session.add(firing)
    session.flush()
    if not fits:
        return
    done, refused = [], {}
    for step in steps(session, ticket, rule.deeds, tree, now):
        try:
            carry_out(session, ticket, step, rule.name, now, cause)
            done.append(step.name)
        except DeskError as error:
            refused[step.name] = error.sentence.as_json()
    firing.done, firing.refused = done, refused
    session.flush()


def steps(session: Session, ticket: Ticket, deeds: Deeds, tree: Catalogue, now: datetime) -> Iterator[Step]:
    """Yield each deed that would change something, one after the other."""
    if deeds.category and ticket.category_key != deeds.category:
        yield Step("category", Action.RECLASSIFY, lambda: Details(category=deeds.category))
    # A group that was removed since the rule was written gets nothing any more.
    if deeds.group in tree.groups and ticket.group_code != deeds.group:
        note = from_plain(deeds.note or deeds.escalate or tree.groups[deeds.group].name.it)
        yield Step("group", way_to(tree, ticket.group_code, deeds.group), lambda: Details(group=deeds.group, note=note))
    if deeds.technician:
        yield Step(
            "technician", Action.ASSIGN_TECHNICIAN, lambda: Details(technician_id=coded(session, deeds.technician))
        )
    if deeds.urgency:
        yield Step("urgency", Action.PRIORITISE, lambda: Details(urgency=deeds.urgency, impact=deeds.impact))
    if deeds.watcher:
        yield Step("watcher", Action.WATCH, lambda: Details(technician_id=coded(session, deeds.watcher)))
    if deeds.link:
        yield Step("link", Action.LINK, lambda: Details(link_kind="related", other=deeds.link))
    if deeds.advise in tree.groups:
        question = from_plain(deeds.note or tree.groups[deeds.advise].name.it)
        yield Step("advise", Action.ASK_ADVICE, lambda: Details(group=deeds.advise, note=question))
    elif deeds.note:
        yield Step("note", Action.NOTE, lambda: Details(note=from_plain(deeds.note)))
    yield from _words(session, ticket, deeds, tree, now)
    if deeds.escalate:
        yield Step("escalate", Action.ESCALATE, lambda: Details(note=from_plain(deeds.escalate)))


def _words(session: Session, ticket: Ticket, deeds: Deeds, tree: Catalogue, now: datetime) -> Iterator[Step]:
    """Yield what the requester is told."""
    if deeds.answer:
        yield answering(session, ticket, deeds.answer, now)
    if deeds.wait_days:
        until = plus_days(now, deeds.wait_days, ZoneInfo(tree.services[ticket.service_id].zone))
        kept = Details(waiting_for=WaitingFor.DATE, until=until)
        yield Step("wait_days", Action.WAIT, lambda: replace(kept, note=_reply(session, ticket, deeds)))
    elif deeds.reply:
        yield Step("reply", Action.COMMENT, lambda: Details(note=_reply(session, ticket, deeds)))


def coded(session: Session, code: str) -> int | None:
    """Return who is known by a code, as long as the account is open."""
    return session.scalars(sa.select(Person.id).where(Person.code == code, Person.is_active)).first()


def _reply(session: Session, ticket: Ticket, deeds: Deeds) -> RichText:
    """Return the reply in the requester's language; in both where nobody knows it (C10)."""
    locale = session.scalars(sa.select(Person.locale).where(Person.id == ticket.requester_id)).one()
    if locale is None:
        return from_plain(f"{deeds.reply}\n\n{deeds.reply_en}")
    return from_plain(deeds.reply if locale.startswith("it") else deeds.reply_en)
