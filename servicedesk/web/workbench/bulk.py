"""Many tickets at once: a preview of what will happen to each, then each on its own, then what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions import held
from servicedesk.actions.details import Details
from servicedesk.actions.standard_values import subject_of
from servicedesk.actions.tickets import act
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import AlreadyDone, DeskError, Invalid
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.permissions import Permission, TicketFacts
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue, people
from servicedesk.store import queue as store
from servicedesk.store import standard_answers as standard
from servicedesk.store.tickets import facts_of, locked
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import LARGEST_ID, fingerprint
from servicedesk.web.labels import impact, level
from servicedesk.web.language import locale_code, say
from servicedesk.web.move_details import details_of
from servicedesk.web.workbench.bulk_actions import BULK, MOST, Bulk, steps, why_not
from servicedesk.web.workbench.choices import category_options, staff_name
from servicedesk.web.workbench.standard_panel import written_for

bp = Blueprint("bulk", __name__, url_prefix="/workbench/bulk")
_NOT_SAID = {"csrf_token", "idempotency_key", "ticket"}


@dataclass(frozen=True, slots=True)
class Planned:
    """One of the tickets: what will happen to it, or why nothing will."""

    number: str
    title: str
    requester: str
    seen_seq: int
    state: str
    group: str
    category: str
    why_not: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of the tickets; `why_not` is empty where it was done."""

    number: str
    title: str
    why_not: str


@bp.post("")
@demands(Permission.QUEUE_READ, page="workbench.queue")
def prepare() -> Response | tuple[str, int]:
    """Show what will happen to each ticket selected, and ask for what it needs."""
    name = request.form.get("bulk", "")
    picked = _picked()
    if name not in BULK or not picked:
        flash(_("Select the requests first, then what to do with them."), "warning")
        return redirect(_back(), 303)
    return _page(name, picked)


@bp.post("/<any({}):name>".format(", ".join(BULK)))
@demands(Permission.QUEUE_READ, page="workbench.queue")
def carry_out(name: str) -> tuple[str, int]:
    """Do it to each ticket in a transaction of its own, and show what became of each."""
    picked = _picked()
    try:
        details = _details(name)
    except DeskError as error:
        return _page(name, picked, problem=error.sentence)
    rows = {row.number: row for row in store.selected(reading(), list(picked), g.actor)}
    outcomes = [
        Outcome(number, rows[number].title, _do(BULK[name], number, replace(details, seen_seq=seen)))
        for number, seen in picked.items()
        if number in rows
    ]
    refused = {each.number: rows[each.number].last_seq for each in outcomes if each.why_not}
    return _page(name, refused, outcomes=outcomes)


def _picked() -> dict[str, int]:
    """Return the tickets selected by number, with the newest event that was seen of each."""
    found = {}
    for value in request.form.getlist("ticket")[:MOST]:
        number, _mark, seen = value.partition(":")
        if seen.isascii() and seen.isdigit() and len(seen) < 20 and int(seen) <= LARGEST_ID:
            found[number] = int(seen)
    return found


def _back() -> str:
    here = request.form.get("here", "")
    queue = url_for("workbench.queue")
    return here if here == queue or here.startswith((f"{queue}?", f"{queue}/")) else queue


def _details(name: str) -> Details:
    """Return what the form says, the same for every ticket. Raises Invalid for what is missing or cannot be read."""
    bulk = BULK[name]
    tree = catalogue.current(reading())
    facts = TicketFacts(id=None, state=None, service_id=next(iter(tree.services)), group_code="", requester_id=0)
    details = details_of(facts)
    is_wordless = not details.note and not details.standard_answer
    if is_wordless and bulk.action is not Action.DUPLICATE and {"reply", "reason"} & set(bulk.fields):
        raise Invalid(N_("Write a text, or choose a standard answer."))
    if bulk.action is Action.FORWARD and not details.group:
        raise Invalid(N_("Choose the group the requests go to."))
    if "waiting" in bulk.fields and details.waiting_for is WaitingFor.DATE and details.until is None:
        raise Invalid(N_("Give the date until which the requests wait."))
    return replace(details, files=(), draft_key="", waiting_for=details.waiting_for or WaitingFor.REQUESTER)


def _do(bulk: Bulk, number: str, details: Details) -> str:
    """Do it to one ticket and return why not, empty where it was done, now or by the same form before."""
    said = {key: values for key, values in request.form.lists() if key not in _NOT_SAID}
    key = fingerprint([request.form.get("idempotency_key", ""), number, request.path, said])
    try:
        with writing() as session:
            _act(session, bulk, number, replace(details, form_key=key))
    except AlreadyDone:
        return ""
    except DeskError as error:
        return say(error.sentence)
    return ""


def _act(session: Session, bulk: Bulk, number: str, details: Details) -> None:
    ticket, now = locked(session, number, g.actor), utc_now()
    tree = catalogue.current(session)
    held.send_now(session, ticket, g.actor, now)  # said before, hence first
    if details.standard_answer:
        filled = written_for(standard.published(session, details.standard_answer), subject_of(session, ticket), now)
        if filled.missing:
            raise Invalid(N_("The standard answer has gaps that nothing is known for: answer this request by itself."))
        details = replace(details, note=filled.text)
    facts = facts_of(session, ticket, tree.services[ticket.service_id])
    *before, last = steps(bulk, facts, details.group, tree)
    for action in before:
        act(session, ticket, action, g.actor, now, Details(seen_seq=details.seen_seq))
    act(session, ticket, last, g.actor, now, details)


def _page(
    name: str, picked: Mapping[str, int], problem: Sentence | None = None, outcomes: Sequence[Outcome] = ()
) -> tuple[str, int]:
    session = reading()
    tree = catalogue.current(session)
    planned = _planned(session, BULK[name], picked, tree)
    shown = render_template(
        "workbench/bulk.html",
        name=name,
        bulk=BULK[name],
        planned=planned,
        ready=[each for each in planned if not each.why_not],
        outcomes=outcomes,
        problem=say(problem) if problem else None,
        choices=_choices(session, BULK[name], planned, tree),
        typed=request.form,
        key=token_urlsafe(24) if outcomes else request.form.get("idempotency_key") or token_urlsafe(24),
        back_url=_back(),
    )
    return shown, 422 if problem else 200


def _planned(session: Session, bulk: Bulk, picked: Mapping[str, int], tree: Catalogue) -> list[Planned]:
    now = utc_now()
    rows = {row.number: row for row in store.selected(session, list(picked), g.actor)}
    found = []
    for row in (rows[number] for number in picked if number in rows):
        facts = TicketFacts(row.id, row.state, row.service_id, row.group_code, row.requester_id, row.technician_id)
        why = why_not(bulk, facts, g.actor, tree, now)
        found.append(
            Planned(
                number=row.number,
                title=row.title,
                requester=f"{row.requester_given_name} {row.requester_family_name}".strip(),
                seen_seq=picked[row.number],
                state=row.state,
                group=row.group_code,
                category=row.category_key,
                why_not=say(why) if why else "",
            )
        )
    return found


def _choices(session: Session, bulk: Bulk, planned: Sequence[Planned], tree: Catalogue) -> dict[str, Any]:
    """Return the options of the fields that this asks for."""
    language, found = locale_code(), dict[str, Any]()
    if "standard" in bulk.fields:
        places = {standard.Place(each.group, each.category) for each in planned}
        offered = standard.offered(session, tree, places) if places else []
        found["standard"] = [(each.id, each.name) for each in offered]
    if "technician" in bulk.fields:
        rows = store.technicians(session, sorted({each.group for each in planned}))
        found["technician"] = [(row.id, staff_name(row)) for row in rows]
    if "group" in bulk.fields:
        staffed = people.staffed_groups(session)
        found["group"] = [
            (each.code, each.name.get(language))
            for each in tree.groups.values()
            if each.active and each.code in staffed
        ]
    if "category" in bulk.fields:
        found["category"] = category_options(tree, "")
    if "levels" in bulk.fields:
        found["urgency"] = [(number, level(number)) for number in LEVELS]
        found["impact"] = [(number, impact(number)) for number in LEVELS]
    return found
