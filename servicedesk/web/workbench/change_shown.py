"""A change in words, for its page and for those who are asked to approve it: plan, window, what stands in its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.changes import COMING_PHASES, PLANNED, ChangeType, Consent, Plan, Window, collide, risk
from servicedesk.store import catalogue
from servicedesk.store import changes as store
from servicedesk.store.models.changes import Change
from servicedesk.web import change_words as words
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.labels import level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.changes import bp, services_in_words
from servicedesk.web.workbench.choices import staff_name


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another change at the same time; `url` is None where the reader may not open it."""

    words: str
    url: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A change as it is planned and decided on."""

    phase: str
    change_type: str
    consent: str
    approve_by: datetime | None
    is_late: bool
    """Whether that time is over."""
    risk_label: str
    plan: Plan
    facts: Sequence[tuple[str, str]]
    neighbours: Sequence[Neighbour]
    freezes: Sequence[Any]
    result: str


def shown(session: Session, change: Change, tree: Catalogue) -> Shown:
    """Return a change in words; four statements at most."""
    plan, grade = store.plan_of(change), risk(change.harm, change.likelihood)
    window = window_of(plan)
    approve_by = change.approve_by if change.consent == Consent.ASKED else None
    return Shown(
        phase=gettext(words.PHASES[change.phase]),
        change_type=gettext(words.TYPES[change.change_type]),
        consent=_consent(change),
        approve_by=approve_by,
        is_late=approve_by is not None and approve_by < utc_now(),
        risk_label=level(grade) if grade else "",
        plan=plan,
        facts=_facts(session, plan, tree),
        neighbours=_neighbours(session, change, window) if window and change.phase in COMING_PHASES else (),
        freezes=store.freezes_on(session, window) if window and change.phase in PLANNED else (),
        result=gettext(words.RESULTS[change.result]) if change.result else "",
    )


@bp.app_template_global("change_asked")
def asked(number: str) -> Shown | None:
    """Return the change of this number that somebody is asked to approve; None for any other ticket."""
    session = reading()
    change = store.change_asked(session, number, g.actor)
    return shown(session, change, catalogue.current(session)) if change else None


def window_of(plan: Plan) -> Window | None:
    """Return the window of a plan, where it has one."""
    if plan.starts_at is None or plan.ends_at is None:
        return None
    return Window(plan.starts_at, plan.ends_at, frozenset(plan.services))


def _consent(change: Change) -> str:
    if change.change_type == ChangeType.STANDARD:
        return gettext("not needed for this type")
    return gettext(words.CONSENTS[change.consent])


def _facts(session: Session, plan: Plan, tree: Catalogue) -> list[tuple[str, str]]:
    named = store.person_name(session, plan.implementer_id) if plan.implementer_id else None
    language = locale_code()
    paths = [tree.path_name(key, language) if key in tree.categories else key for key in plan.categories]
    return [
        (gettext(words.FIELDS["harm"]), _graded(words.HARMS, plan.harm)),
        (gettext(words.FIELDS["likelihood"]), _graded(words.LIKELIHOODS, plan.likelihood)),
        (gettext(words.FIELDS["services"]), services_in_words(plan.services, tree)),
        (gettext(words.FIELDS["categories"]), "; ".join(paths)),
        (gettext(words.FIELDS["implementer_id"]), staff_name(named) if named else ""),
    ]


def _graded(grades: Mapping[int, str], grade: int | None) -> str:
    return gettext(grades[grade]) if grade else ""


def _neighbours(session: Session, change: Change, window: Window) -> list[Neighbour]:
    found = store.neighbours(session, g.actor, window.starts_at, window.ends_at)
    return [_neighbour(row) for row in found if row.id != change.ticket_id and collide(window, store.window_of(row))]


def _neighbour(row: Any) -> Neighbour:
    """Of another change nobody learns the content who may not read it."""
    title = row.title if row.is_readable else gettext("a change of the group %(group)s", group=row.group_code)
    url = url_for("portal.ticket", number=row.number) if row.is_readable else None
    return Neighbour(f"{row.number} {title}", url, row.starts_at, row.ends_at)
