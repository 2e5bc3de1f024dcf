"""The words for approvals: on the timeline, in notices, in the list of jobs."""

from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask_babel import gettext
from sqlalchemy.orm import Session

from servicedesk.rules.approval_steps import OWN_GROUP, By
from servicedesk.rules.catalogue import Category
from servicedesk.rules.names import technician_shown
from servicedesk.rules.permissions import TicketFacts
from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action
from servicedesk.store import catalogue, timeline
from servicedesk.store.approval_lists import people_with_codes
from servicedesk.web import approval_desk_words
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code

MOST_NAMED = 5

EVENTS: Mapping[Action, str] = {
    Action.ASK_APPROVAL: N_("Approval was asked of: %(approvers)s"),
    Action.APPROVE: N_("approved the request"),
    Action.DISAPPROVE: N_("did not approve the request"),
    **approval_desk_words.EVENTS,
}
MAILS: Mapping[str, str] = {
    **approval_desk_words.MAILS,
    "approved": N_("Approved"),
    "not_approved": N_("Not approved"),
}
JOBS = approval_desk_words.JOBS
INTERNAL = frozenset(approval_desk_words.EVENTS)
"""What requesters do not see."""


def of_event(changes: Mapping[str, Any], names: Any, people: Mapping[int, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes; `people` are rows of persons by id."""
    found = (people.get(person_id) for person_id in changes.get("asked") or ())
    return {"approvers": ", ".join(names.technician(p.code, p.given_name, p.family_name) for p in found if p)}


def awaited(session: Session, facts: TicketFacts, names: Any) -> str:
    """Return those whose approval is awaited as the one setting names them (C3); empty for nobody."""
    if not facts.deciders:
        return ""
    found = timeline.names_of(session, set(facts.deciders))
    return ", ".join(
        sorted({names.technician(p.code, p.given_name, p.family_name) for p in found.values()})[:MOST_NAMED]
    )


def approvers_of(category: Category) -> str:
    """Return who has to approve what is asked under a category: groups by name, persons as the one setting says."""
    named = [each for step in category.approvals for each in step.by]
    codes = [each.of for each in named if each.by is By.PERSON]
    people = people_with_codes(reading(), codes) if codes else {}
    groups, locale = catalogue.current(reading()).groups, locale_code()
    setting = current_app.extensions["desk_settings"].privacy.technician_name
    found = []
    for each in named:
        group = groups.get(category.group if each.of == OWN_GROUP else each.of)
        if each.by is By.PERSON:
            found.append(technician_shown(each.of, people.get(each.of, each.of), setting))
        else:
            found.append(group.name.get(locale) if group else each.of)
    return ", ".join(dict.fromkeys(found))


def author(name: str, changes: Mapping[str, Any], names: Any, people: Mapping[int, Any]) -> str:
    """Return who acted, and for whom where somebody stood in."""
    found = (people.get(person_id) for person_id in changes.get("instead_of") or ())
    whom = ", ".join(names.technician(p.code, p.given_name, p.family_name) for p in found if p)
    return gettext("%(who)s for %(whom)s", who=name, whom=whom) if whom else name
