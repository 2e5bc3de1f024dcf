"""The page of one ticket: everything its templates show, for requester, guest and staff alike."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from flask import current_app, g, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.lifecycle import Action, State, WaitingFor, allowed_actions
from servicedesk.rules.next_steps import Clocks, next_steps
from servicedesk.rules.numbering import full_number
from servicedesk.rules.permissions import ActorKind, Permission, TicketFacts, asked_with_account, is_requester, may
from servicedesk.rules.sentences import Sentence
from servicedesk.store import catalogue, people, sharing, timeline
from servicedesk.store.people import Student
from servicedesk.web import labels, parked, tabs, uploads
from servicedesk.web.clock import utc_now
from servicedesk.web.context import exact
from servicedesk.web.db import reading
from servicedesk.web.entries import Entry, Names, entries_of
from servicedesk.web.filled_in import filled_in
from servicedesk.web.labels import impact, label, level
from servicedesk.web.language import for_staff, locale_code, say
from servicedesk.web.revisions import with_edits
from servicedesk.web.tabs import Attached, Tab, Visibility
from servicedesk.web.workbench.choices import Choices, choices_for


@dataclass(frozen=True, slots=True)
class Link:
    """Another ticket tied to this one; `url` is None where the reader may not open it."""

    words: str
    number: str
    url: str | None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """What the templates of a ticket get. Texts are in the page's language, instants aware."""

    number: str
    shown_number: str
    """With the suffix for the guest who holds it, else the plain number."""
    title: str
    state: str
    state_label: str
    waiting_label: str
    outcome_label: str
    is_open: bool
    kind_label: str
    origin_label: str
    service_name: str
    category: str
    category_key: str
    group: str
    group_name: str
    technician: str
    urgency: int
    impact: int
    priority: int
    urgency_label: str
    impact_label: str
    priority_label: str
    requester: str
    requester_email: str
    requester_phone: str
    requester_is_guest: bool
    student: Student | None
    student_status: str
    answers: Sequence[tuple[str, str]]
    why_here: str
    opened_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    resumes_at: datetime | None
    entries: Sequence[Entry]
    solution: Entry | None
    """The newest solution while the ticket is resolved or closed with one."""
    question: Entry | None
    """What the requester was asked, while the ticket waits for the answer."""
    actions: frozenset[str]
    steps: Sequence[str]
    links: Sequence[Link]
    last_seq: int
    is_guest: bool
    key: str
    """Idempotency key of the page's forms, and the draft key of their files."""
    problem: str | None
    typed: Mapping[str, Any]
    files: Sequence[Any]
    """Draft files that survive a redisplay."""
    choices: Choices | None
    """For staff who may act: colleagues, groups, categories."""
    created: Entry | None
    """How it began; None where a very long conversation no longer shows it."""
    ended: Entry | None
    """How it was closed or withdrawn, once it was."""
    is_mine: bool
    is_shared_with_me: bool
    """Whether the reader follows it: contact data and answers of the form are not theirs to see."""
    tab: Tab
    tabs: Sequence[tuple[str, str, bool, int]]
    visibility: Visibility | None
    """Who else can see it; only for the requester and those who work on it."""

    @property
    def attached(self) -> Sequence[Attached]:
        """All files of the conversation."""
        return tabs.attached(self.entries)

    def may(self, action: str) -> bool:
        """Whether the page offers this action."""
        return action in self.actions


def show(
    number: str,
    *,
    status: int = 200,
    problem: Sentence | None = None,
    typed: MultiDict[str, str] | None = None,
    since: Sequence[int] = (),
) -> tuple[str, int]:
    """Return the page of the ticket whose facts are in `g.facts`, and its status.

    `problem` is what went wrong with a form sent from it, `typed` what the form held, `since` the events its sender had
    not seen.
    """
    facts: TicketFacts = g.facts
    is_staff = may(g.actor, Permission.TICKET_READ_INTERNAL, facts)
    typed = typed if typed is not None else parked.restored()
    template = "workbench/ticket.html" if is_staff else "portal/ticket.html"
    with for_staff() if is_staff else nullcontext():
        page = _gather(facts, is_staff, problem, typed or MultiDict(), since)
        return render_template(template, page=page), status


def read() -> TicketPage:
    """Return all that this reader may see of the ticket whose facts are in `g.facts`, for showing it elsewhere."""
    return _gather(g.facts, may(g.actor, Permission.TICKET_READ_INTERNAL, g.facts), None, MultiDict(), ())


def _gather(
    facts: TicketFacts, is_staff: bool, problem: Sentence | None, typed: MultiDict[str, str], since: Sequence[int]
) -> TicketPage:
    session = reading()
    assert facts.id is not None
    row = timeline.ticket_row(session, facts.id)
    tree = catalogue.current(session)
    archive = None if row.category_key in tree.categories else catalogue.numbered(session, row.catalogue_version)
    names = Names(tree, current_app.extensions["desk_settings"], locale_code(), row, archive)
    entries = with_edits(session, row.id, entries_of(session, row, names, is_staff, since), is_staff)
    actions = _actions(facts, entries)
    key = typed.get("idempotency_key") or token_urlsafe(24)
    is_mine = is_requester(g.actor, facts)
    asker = _requester(session, row, names) if is_mine or is_staff else _name_alone(row, names)
    return TicketPage(
        **_subject(row, names),
        **_levels(row),
        **asker,
        **_seen_by(session, facts, is_staff, asker["student"], names, entries, typed),
        answers=filled_in(row.answers) if is_mine or is_staff else (),
        why_here=_why_here(row, names) if is_staff and row.route_reason else "",
        entries=entries,
        created=next((entry for entry in entries if entry.is_description), None),
        ended=next((entry for entry in reversed(entries) if entry.ended_as), None) if row.closed_at else None,
        is_mine=is_mine,
        is_shared_with_me=not (is_mine or is_staff),
        solution=_solution(entries, row.state),
        question=_question(entries, row.waiting_for),
        actions=actions,
        steps=_steps(row, facts, names.group(row.group_code)) if is_mine or is_staff else (),
        links=_links(session, facts),
        key=key,
        problem=say(problem) if problem else None,
        typed=typed,
        files=uploads.drafts(key) if typed else (),
        choices=choices_for(session, row, actions, tree) if is_staff and actions else None,
    )


def _subject(row: Any, names: Names) -> dict[str, Any]:
    """What the ticket is about, where it stands and who has it."""
    is_guest = g.actor.kind is ActorKind.GUEST
    return {
        "number": row.number,
        "shown_number": full_number(row.number, row.access_suffix) if is_guest else row.number,
        "is_guest": is_guest,
        "title": row.title,
        "state": row.state,
        "state_label": label(labels.STATES, row.state),
        "waiting_label": label(labels.WAITING_FOR, row.waiting_for),
        "outcome_label": label(labels.OUTCOMES, row.outcome),
        "is_open": row.closed_at is None,
        "service_name": names.tree.services[row.service_id].name.get(names.locale),
        "category": names.category(row.category_key),
        "category_key": row.category_key,
        "group": row.group_code,
        "group_name": names.group(row.group_code),
        "technician": names.technician(row.technician_code, row.technician_given_name, row.technician_family_name),
        "opened_at": row.opened_at,
        "changed_at": row.changed_at,
        "expires_at": row.expires_at,
        "resumes_at": row.resume_at,
        "last_seq": row.last_seq,
    }


def _levels(row: Any) -> dict[str, Any]:
    """Type, origin, urgency, impact and priority, with their words."""
    return {
        "kind_label": label(labels.KINDS, row.kind),
        "origin_label": label(labels.ORIGINS, row.origin),
        "urgency": row.urgency,
        "impact": row.impact,
        "priority": row.priority,
        "urgency_label": level(row.urgency),
        "impact_label": impact(row.impact),
        "priority_label": level(row.priority),
    }


def _requester(session: Session, row: Any, names: Names) -> dict[str, Any]:
    """Who asked, with what the register says of them."""
    student = people.student_of(session, row.requester_id)
    return {
        "requester": names.requester(),
        "requester_email": row.requester_email,
        "requester_phone": row.requester_phone,
        "requester_is_guest": row.requester_is_guest,
        "student": student,
        "student_status": label(labels.STUDENT_STATUS, student.status if student else None),
    }


def _name_alone(row: Any, names: Names) -> dict[str, Any]:
    """What a follower learns of the requester: their name."""
    return {
        "requester": names.requester(),
        "requester_email": "",
        "requester_phone": "",
        "requester_is_guest": row.requester_is_guest,
        "student": None,
        "student_status": "",
    }


def _seen_by(
    session: Session,
    facts: TicketFacts,
    is_staff: bool,
    student: Student | None,
    names: Names,
    entries: Sequence[Entry],
    typed: MultiDict[str, str],
) -> dict[str, Any]:
    """The tabs, and who else can see the ticket."""
    assert facts.id is not None
    tab = tabs.chosen(typed)
    invited = sharing.invitations(session, facts.id)
    service = names.tree.services[facts.service_id].name.get(names.locale)
    is_theirs = is_staff or is_requester(g.actor, facts)
    with_preview = tab is Tab.VISIBILITY and asked_with_account(g.actor, facts)
    return {
        "tab": tab,
        "tabs": tabs.links(names.row.number, tab, entries, len(invited)),
        "visibility": tabs.visibility(session, facts, student, service, invited, with_preview) if is_theirs else None,
    }


def _actions(facts: TicketFacts, entries: Sequence[Entry]) -> frozenset[str]:
    """Return what the page offers: what the table allows, but a second thank you for the same answer."""
    allowed = frozenset(action.value for action in allowed_actions(facts, g.actor, utc_now()))
    newest = next((entry for entry in reversed(entries) if entry.is_solution or entry.action == Action.THANK), None)
    return allowed if newest and newest.is_solution else allowed - {Action.THANK}


def _why_here(row: Any, names: Names) -> str:
    """Return the reason for the group in the page's language; the path it begins with is always the category's own."""
    reason = Sentence.from_json(row.route_reason)
    return say(Sentence(reason.msgid, {**reason.params, "path": names.category(row.category_key)}))


def _solution(entries: Sequence[Entry], state: str) -> Entry | None:
    if state not in (State.RESOLVED, State.CLOSED):
        return None
    solutions = [entry for entry in entries if entry.is_solution]
    return solutions[-1] if solutions else None


def _question(entries: Sequence[Entry], waiting_for: str | None) -> Entry | None:
    if waiting_for != WaitingFor.REQUESTER:
        return None
    return next((entry for entry in reversed(entries) if entry.action == Action.WAIT and entry.body), None)


def _steps(row: Any, facts: TicketFacts, group_name: str) -> list[str]:
    clocks = Clocks(State(row.state), row.waiting_for, row.outcome, row.expires_at, row.resume_at, facts.reopen_until)
    words = []
    for step in next_steps(clocks, utc_now()):
        at = exact(step.at) if step.at else ""
        words.append(say(Sentence(step.msgid, {"group": group_name, "at": at})))
    return words


def _links(session: Session, facts: TicketFacts) -> list[Link]:
    assert facts.id is not None
    found = timeline.link_rows(session, facts.id)
    readable = timeline.readable(session, [row.id for row in found], g.actor)
    return [
        Link(
            words=_(labels.LINKS[row.kind, bool(row.is_outward)]),
            number=row.number,
            url=url_for("portal.ticket", number=row.number) if row.id in readable else None,
        )
        for row in found
    ]
