"""The parts of a ticket's page that do not depend on who does what with it: subject, levels, people, steps, ties."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import Action, State, WaitingFor
from servicedesk.rules.next_steps import Clocks, next_steps
from servicedesk.rules.numbering import full_number
from servicedesk.rules.permissions import ActorKind, TicketFacts
from servicedesk.rules.relations import CONVERTED, ONLY_OWN
from servicedesk.rules.sentences import Sentence
from servicedesk.store import people, timeline
from servicedesk.web import labels
from servicedesk.web.clock import utc_now
from servicedesk.web.context import exact
from servicedesk.web.entries import Entry, Names
from servicedesk.web.labels import impact, label, level
from servicedesk.web.language import say


@dataclass(frozen=True, slots=True)
class Link:
    """Another ticket tied to this one; `url` is None where the reader may not open it."""

    words: str
    number: str
    url: str | None


def subject(row: Any, names: Names) -> dict[str, Any]:
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


def levels(row: Any) -> dict[str, Any]:
    """Type, origin, urgency, impact and priority, with their words."""
    return {
        "kind_label": label(labels.KINDS, row.kind),
        "is_asked": row.kind in CONVERTED,
        "origin_label": label(labels.ORIGINS, row.origin),
        "urgency": row.urgency,
        "impact": row.impact,
        "priority": row.priority,
        "urgency_label": level(row.urgency),
        "impact_label": impact(row.impact),
        "priority_label": level(row.priority),
    }


def requester(session: Session, row: Any, names: Names) -> dict[str, Any]:
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


def name_alone(row: Any, names: Names) -> dict[str, Any]:
    """What a follower learns of the requester: their name."""
    return {
        "requester": names.requester(),
        "requester_email": "",
        "requester_phone": "",
        "requester_is_guest": row.requester_is_guest,
        "student": None,
        "student_status": "",
    }


def why_here(row: Any, names: Names) -> str:
    """Return the reason for the group in the page's language; the path it begins with is always the category's own."""
    reason = Sentence.from_json(row.route_reason)
    return say(Sentence(reason.msgid, {**reason.params, "path": names.category(row.category_key)}))


def solution(entries: Sequence[Entry], state: str) -> Entry | None:
    """The newest solution, while the ticket is resolved or closed with one."""
    if state not in (State.RESOLVED, State.CLOSED):
        return None
    solutions = [entry for entry in entries if entry.is_solution]
    return solutions[-1] if solutions else None


def question(entries: Sequence[Entry], waiting_for: str | None) -> Entry | None:
    """What the requester was asked, while the ticket waits for the answer."""
    if waiting_for != WaitingFor.REQUESTER:
        return None
    return next((entry for entry in reversed(entries) if entry.action == Action.WAIT and entry.body), None)


def steps(row: Any, facts: TicketFacts, group_name: str, approvers: str = "") -> list[str]:
    """What happens next, in words (C12); `approvers` are those whose approval is awaited."""
    clocks = Clocks(State(row.state), row.waiting_for, row.outcome, row.expires_at, row.resume_at, facts.reopen_until)
    words = []
    for step in next_steps(clocks, utc_now()):
        at = exact(step.at) if step.at else ""
        words.append(say(Sentence(step.msgid, {"group": group_name, "at": at})))
    return [*words, _("It waits for the approval of %(who)s.", who=approvers)] if approvers else words


def links(session: Session, facts: TicketFacts) -> list[Link]:
    """The tickets tied to this one; those the reader may open with their address."""
    assert facts.id is not None
    found = [row for row in timeline.link_rows(session, facts.id) if _is_shown(row, facts)]
    readable = timeline.readable(session, [row.id for row in found], g.actor)
    return [
        Link(
            words=_(labels.LINKS[row.kind, bool(row.is_outward)]),
            number=row.number,
            url=url_for("portal.ticket", number=row.number) if row.id in readable else None,
        )
        for row in found
    ]


def _is_shown(row: Any, facts: TicketFacts) -> bool:
    """Whether the link stands on the page: what staff tie together only where both are the same requester's."""
    return row.kind not in ONLY_OWN or row.requester_id == facts.requester_id
