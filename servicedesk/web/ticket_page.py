"""The page of one ticket: everything its templates show, for requester, guest and staff alike."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from flask import current_app, g, render_template
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.lifecycle import Action, allowed_actions
from servicedesk.rules.permissions import Permission, TicketFacts, asked_with_account, is_approver, is_requester, may
from servicedesk.rules.sentences import Sentence
from servicedesk.store import catalogue, sharing, timeline
from servicedesk.store.people import Student
from servicedesk.web import approval_words, parked, reading_log, tabs, ticket_parts, uploads
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.entries import Entry, Names, entries_of
from servicedesk.web.filled_in import filled_in
from servicedesk.web.language import for_staff, locale_code, say
from servicedesk.web.merged import entries_elsewhere
from servicedesk.web.revisions import with_edits
from servicedesk.web.tabs import Attached, Tab, Visibility
from servicedesk.web.workbench.choices import Choices, choices_for
from servicedesk.web.workbench.forms import is_composed
from servicedesk.web.workbench.hand import EMPTY, Hand, in_hand
from servicedesk.web.workbench.panels import panels_of
from servicedesk.web.workbench.work import Work


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
    is_asked: bool
    """Whether somebody asked for it: problems and changes are the desk's own."""
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
    links: Sequence[ticket_parts.Link]
    last_seq: int
    is_guest: bool
    key: str
    """Idempotency key of the page's forms; where they have files, the key of those."""
    compose_key: str
    """The same for the one text field of staff, whose text and files are kept under it."""
    composed: MultiDict[str, str]
    """What stands in that field: typed just now, or kept before."""
    hand: Hand
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
    panels: Mapping[str, Any]
    """What other areas show of it to staff, by name; empty for everybody else."""
    visibility: Visibility | None
    """Who else can see it; only for the requester and those who work on it."""

    @property
    def attached(self) -> Sequence[Attached]:
        """All files of the conversation."""
        return tabs.attached(self.entries)

    @property
    def is_only_read(self) -> bool:
        """Whether the reader can do nothing but stop watching."""
        return not self.actions - {Action.UNWATCH}

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
    reading_log.shown(row.number, row.last_seq)
    tree = catalogue.current(session)
    archive = None if row.category_key in tree.categories else catalogue.numbered(session, row.catalogue_version)
    names = Names(tree, current_app.extensions["desk_settings"], locale_code(), row, archive)
    own = with_edits(session, row.id, entries_of(session, row, names, is_staff, since), is_staff)
    elsewhere = entries_elsewhere(session, row, names, is_staff)
    entries = sorted((*own, *elsewhere), key=lambda entry: entry.at) if elsewhere else own
    actions = _actions(facts, own)
    hand = in_hand(session, facts) if is_staff else EMPTY
    composed = typed if is_composed(typed) else hand.typed
    key = typed.get("idempotency_key") or token_urlsafe(24)
    compose_key = composed.get("idempotency_key") or token_urlsafe(24)
    is_mine, approves = is_requester(g.actor, facts), is_approver(g.actor, facts)
    asker = ticket_parts.requester(session, row, names) if is_mine or is_staff else ticket_parts.name_alone(row, names)
    return TicketPage(
        **ticket_parts.subject(row, names),
        **ticket_parts.levels(row),
        **asker,
        **_seen_by(session, facts, is_staff, asker["student"], names, entries, typed),
        answers=filled_in(row.answers) if is_mine or is_staff else (),
        why_here=ticket_parts.why_here(row, names) if is_staff and row.route_reason else "",
        entries=entries,
        created=next((entry for entry in own if entry.is_description), None),
        ended=next((entry for entry in reversed(own) if entry.ended_as), None) if row.closed_at else None,
        is_mine=is_mine,
        is_shared_with_me=not (is_mine or is_staff or approves),
        solution=ticket_parts.solution(own if is_staff else entries, row.state),
        question=ticket_parts.question(own, row.waiting_for),
        actions=actions,
        steps=ticket_parts.steps(row, facts, names.group(row.group_code), approval_words.awaited(session, facts, names))
        if is_mine or is_staff
        else (),
        links=ticket_parts.links(session, facts),
        key=key,
        compose_key=compose_key,
        composed=composed,
        hand=hand,
        problem=say(problem) if problem else None,
        typed=typed,
        files=uploads.drafts(compose_key) if composed else (),
        choices=choices_for(session, row, actions, tree) if is_staff and Action.NOTE in actions else None,
        panels=panels_of(Work(session, row, facts, names, entries, actions, typed, composed)) if is_staff else {},
    )


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
