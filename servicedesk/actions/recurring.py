"""Recurring requests: kept, paused, removed by who leads their group; opened once each when their day has come."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from servicedesk.actions import automation, recurring_files
from servicedesk.actions.audit import record
from servicedesk.actions.guests import plain_address
from servicedesk.actions.letters import write_letter
from servicedesk.actions.on_behalf import Asker, open_for
from servicedesk.actions.recurring_files import Attached, ChangedMeanwhile, Copies, Files
from servicedesk.actions.rule_steps import carry_out
from servicedesk.actions.tickets import NewTicket
from servicedesk.rules import recurring as rules
from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue, FieldKind
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed
from servicedesk.rules.forms import Known, check_answers
from servicedesk.rules.permissions import SYSTEM, Actor
from servicedesk.rules.recurring import Missed, Recurring
from servicedesk.rules.rhythm import Occurrence, next_one, occurrences
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue, people
from servicedesk.store import recurring as store
from servicedesk.store.degree_courses import degree_courses
from servicedesk.store.models.people import Person
from servicedesk.store.models.recurring import RecurringRun, RecurringTicket
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.recurring import Days
from servicedesk.store.tickets import next_number

ORIGIN = "recurring"
PAUSED_LETTER = "recurring_paused"
NO_FILES = Files()
NO_COPIES: Copies = {}
FIELD = "field_"
"""How the form calls the fields of a category."""
INCOMPLETE = N_("The recurring request cannot be kept like this.")
CHANGED = N_("Somebody else has changed this since you opened it. Open it again and compare.")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ForWhom:
    """In whose name it is opened: a person who works here, or an office known by name and address."""

    person_id: int | None = None
    office_name: str = ""
    office_email: str = ""


def may_keep(actor: Actor, tree: Catalogue, key: str) -> bool:
    """Whether the person may have requests of a category open themselves: who leads its group, or administers it."""
    category = tree.categories.get(key)
    return category is not None and (
        category.group in actor.supervises or actor.administers_service(category.service_id)
    )


def save(
    session: Session,
    actor: Actor,
    it: Recurring,
    whom: ForWhom,
    recurring_id: int | None,
    seen: int,
    now: datetime,
    files: Files = NO_FILES,
) -> RecurringTicket:
    """Keep it with these files and no others; what is due from now on opens, unless it is paused.

    Raises Invalid with a sentence at each field, Conflict when somebody else changed it meanwhile, NotAllowed for a
    category of others.
    """
    assert actor.person_id is not None
    tree = catalogue.current(session)
    if it.category not in tree.categories:
        raise Invalid(INCOMPLETE, {"category": Sentence(N_("Choose a category."))})
    if not may_keep(actor, tree, it.category):
        raise NotAllowed(N_("Only who leads the group of this category, or administers its service, may do this."))
    it = _checked(session, it, whom, tree, now)
    if recurring_id is None:
        row = RecurringTicket(revision=0, is_on=True, seen_until=now)
        before: Mapping[str, Any] = {}
        session.add(row)
    else:
        row = store.one(session, actor, recurring_id)
        _refuse_stale(row, seen)
        before = _shown(session, row)
    category = tree.categories[it.category]
    row.service_id, row.category_key, row.group_code = category.service_id, category.key, category.group
    row.name, row.content, row.owner_id = it.name, it.as_json(), actor.person_id
    row.requester_id = whom.person_id
    row.office_name, row.office_email = whom.office_name, plain_address(whom.office_email)
    row.revision, row.changed_at = row.revision + 1, now
    _set_next(session, row, it, tree, now)
    session.flush()
    recurring_files.keep(session, row.id, files)
    record(session, _by(actor), "recurring.save", f"recurring:{row.id}", now, before, _shown(session, row))
    return row


def _by(actor: Actor) -> str:
    return f"person:{actor.person_id}"


def _refuse_stale(row: RecurringTicket, seen: int) -> None:
    if row.revision != seen:
        raise Conflict(CHANGED)


def _shown(session: Session, row: RecurringTicket) -> dict[str, Any]:
    whom = f"person:{row.requester_id}" if row.requester_id else row.office_name
    files = list(recurring_files.names(session, row.id).values())
    return {"recurring": row.content, "requester": whom, **({"files": files} if files else {})}


def _checked(session: Session, it: Recurring, whom: ForWhom, tree: Catalogue, now: datetime) -> Recurring:
    """Return it with its answers as a request keeps them. Raises Invalid."""
    category = tree.categories[it.category]
    today = local_day(now, store.days_of(session, tree, it.category).zone)
    asks_course = any(each.kind is FieldKind.DEGREE_COURSE for each in category.fields)
    known = Known(today, frozenset(degree_courses(session) if asks_course else ()))
    answers = check_answers(category.fields, it.answers, known)
    faults = {FIELD + key: sentence for key, sentence in answers.errors.items()}
    try:
        rules.check(it, tree, today)
    except Invalid as error:
        faults.update(error.fields)
    faults.update(_whom_faults(session, whom))
    code = it.deeds.technician
    if code and automation.coded(session, code) is None:
        faults["do_technician"] = Sentence(N_("Nobody works here under the code '%(code)s'."), {"code": code})
    if faults:
        raise Invalid(INCOMPLETE, faults)
    return replace(it, answers=answers.values)


def _whom_faults(session: Session, whom: ForWhom) -> Mapping[str, Sentence]:
    if whom.person_id is not None:
        person = session.get(Person, whom.person_id)
        is_known = person is not None and person.is_active and person.code is not None
        return {} if is_known else {"requester": Sentence(N_("Choose somebody who works here."))}
    if whom.office_name and whom.office_email:
        return {}
    return {"office_name": Sentence(N_("Choose somebody who works here, or give name and address of an office."))}


def _set_next(session: Session, row: RecurringTicket, it: Recurring, tree: Catalogue, now: datetime) -> None:
    """Let it go on from now: what lies before is over."""
    days = store.days_of(session, tree, it.category)
    following = next_one(it.rhythm, now, days.zone, days.is_open)
    row.seen_until, row.next_at = now, following.at if following and row.is_on else None


def pause(session: Session, actor: Actor, recurring_id: int, seen: int, now: datetime) -> None:
    """Let it open nothing until it is resumed. Raises Conflict when it was changed meanwhile."""
    row = store.one(session, actor, recurring_id)
    _refuse_stale(row, seen)
    if row.is_on:
        row.is_on, row.next_at, row.why_paused = False, None, None
        _record_switch(session, _by(actor), row, now)


def resume(session: Session, actor: Actor, recurring_id: int, seen: int, now: datetime) -> None:
    """Let it go on from now; what it left out while it was paused stays left out.

    Raises Invalid while its category is such that nothing can be opened, Conflict when it was changed meanwhile.
    """
    row = store.one(session, actor, recurring_id)
    _refuse_stale(row, seen)
    tree, it = catalogue.current(session), rules.from_json(row.content)
    if reason := obstacle(session, row, it, tree, now):
        raise Invalid(reason.msgid)
    row.is_on, row.why_paused = True, None
    _set_next(session, row, it, tree, now)
    _record_switch(session, _by(actor), row, now)


def obstacle(session: Session, row: RecurringTicket, it: Recurring, tree: Catalogue, now: datetime) -> Sentence | None:
    """Return why nothing can be opened now; None while it can."""
    category = tree.categories.get(it.category)
    today = local_day(now, ZoneInfo(tree.services[category.service_id].zone)) if category else now.date()
    if reason := rules.unusable(tree, it.category, today):
        return reason
    person = session.get(Person, row.requester_id) if row.requester_id is not None else None
    if person is not None and not person.is_active:
        return Sentence(N_("In whose name it is opened no longer works here."))
    return None


def _record_switch(session: Session, by: str, row: RecurringTicket, now: datetime) -> None:
    record(session, by, "recurring.switch", f"recurring:{row.id}", now, {"on": not row.is_on}, {"on": row.is_on})
    session.flush()


def remove(session: Session, actor: Actor, recurring_id: int, now: datetime) -> list[str]:
    """Forget it, its list and its files, whose ids are returned: their bytes go after the commit.

    The requests it opened stay, with their copies of the files.
    """
    row = store.one(session, actor, recurring_id)
    record(session, _by(actor), "recurring.remove", f"recurring:{row.id}", now, _shown(session, row))
    own = list(recurring_files.names(session, row.id))
    recurring_files.forget(session, own)
    session.delete(row)
    session.flush()
    return own


def open_due(session: Session, now: datetime, failed: set[int], copies: Copies = NO_COPIES) -> int:
    """Open the one that waits longest, with the copies made of its files, and return whether there was one.

    One in a transaction: the numbers of requests, which everybody waits for, are held until it ends.
    """
    row = store.next_due(session, now, failed)
    if row is None:
        return 0
    try:
        with session.begin_nested():
            _look_at(session, row, copies, now)
    except ChangedMeanwhile:
        failed.add(row.id)
        log.info("recurring request %s has other files than were copied, and waits for the next run", row.id)
    except DeskError as error:
        _stop(session, row, error.sentence, now)
    except Exception as error:  # whatever one stumbles over, the others go on
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        failed.add(row.id)
        log.exception("recurring request %s failed", row.id)
    return 1


def _look_at(session: Session, row: RecurringTicket, copies: Copies, now: datetime) -> None:
    tree, it = catalogue.current(session), rules.from_json(row.content)
    if reason := obstacle(session, row, it, tree, now):
        _stop(session, row, reason, now)
        return
    days = store.days_of(session, tree, it.category)
    coming = occurrences(it.rhythm, row.seen_until, days.zone, days.is_open)
    # Not what was reckoned when it was kept: a closure may have been entered since.
    if due := list(takewhile(lambda each: each.at <= now, coming)):
        _open(session, row, it, due, days, copies, now)
    _set_next(session, row, it, tree, now)


def _open(
    session: Session,
    row: RecurringTicket,
    it: Recurring,
    due: list[Occurrence],
    days: Days,
    copies: Copies,
    now: datetime,
) -> None:
    """Open one request for everything that is due, or none where it is late and late ones are left out."""
    newest = due[-1]
    run = RecurringRun(recurring_id=row.id, due_at=newest.at, at=now, missed=len(due) - 1, refused={})
    if it.missed is Missed.SKIP and now - newest.at > rules.PUNCTUAL:
        run.missed = len(due)
    else:
        files = recurring_files.attach(session, row.id, copies, now)
        ticket = _file(session, row, it, newest, days, files, now)
        run.ticket_id, run.refused = ticket.id, _do(session, ticket, it, catalogue.current(session), now)
    session.add(run)
    session.flush()


def _file(
    session: Session,
    row: RecurringTicket,
    it: Recurring,
    newest: Occurrence,
    days: Days,
    files: Attached,
    now: datetime,
) -> Ticket:
    person = session.get(Person, row.requester_id) if row.requester_id is not None else None
    locale = (person.locale if person else None) or "it"
    new = NewTicket(
        number=next_number(session, now, days.zone),
        category_key=it.category,
        title=rules.filled(it.title.get(locale), newest.day)[:200],
        body=from_plain(rules.filled(it.text.get(locale), newest.day)),
        origin=ORIGIN,
        answers=it.answers,
        files=files.ids,
        draft_key=files.draft_key,
    )
    if person:
        asker = Asker(person.given_name, person.family_name, person.email, person_id=person.id)
    else:
        asker = Asker(row.office_name, "", row.office_email)
    return open_for(session, new, asker, locale, SYSTEM, now)


def _do(session: Session, ticket: Ticket, it: Recurring, tree: Catalogue, now: datetime) -> dict[str, Any]:
    """Do at once what it says, as a rule would; return why anything could not be done."""
    refused = {}
    for step in automation.steps(session, ticket, it.deeds, tree, now):
        try:
            carry_out(session, ticket, step, it.name, now)
        except DeskError as error:
            refused[step.name] = error.sentence.as_json()
    return refused


def _stop(session: Session, row: RecurringTicket, reason: Sentence, now: datetime) -> None:
    """Pause it, and tell its owner why."""
    row.is_on, row.next_at, row.why_paused, row.seen_until = False, None, reason.as_json(), now
    _record_switch(session, "job:recurring", row, now)
    owner = session.get_one(Person, row.owner_id)
    write_letter(
        session,
        address=people.mail_address(session, owner.id),
        locale=owner.locale,
        template=PAUSED_LETTER,
        context={
            "recipient": owner.display_name,
            "path": f"/recurring/{row.id}",
            "name": row.name,
            "msgid": str(reason),
        },
        now=now,
        person_id=owner.id,
    )
