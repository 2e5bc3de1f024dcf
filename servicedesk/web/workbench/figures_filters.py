"""The period and the filters of the page of figures, as they stand in its address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form, SelectField
from wtforms.fields import StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from servicedesk.actions.figure_tables import CATEGORY, GROUP, SERVICE, TECHNICIAN, Wanted
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.figures import CUSTOM, KINDS, MONTH, Span, span_of
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store import queue
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.forms import choices

PERIODS: Mapping[str, str] = {
    "week": N_("This week"),
    "month": N_("This month"),
    "year": N_("This academic year"),
    "custom": N_("Days of your choice"),
}
BY: Mapping[str, str] = {
    GROUP: N_("By group"),
    CATEGORY: N_("By category"),
    SERVICE: N_("By service"),
    TECHNICIAN: N_("By technician"),
}
FILTERS = ("period", "first", "last", SERVICE, CATEGORY, GROUP, TECHNICIAN, "by")
"""Everything of the page that stands in its address."""
EARLIEST = date(2000, 1, 1)
INDENT = "\u00a0\u00a0\u00a0"


class FilterForm(Form):
    """The filters above the figures, all optional."""

    period = SelectField(_("Period"))
    first = StringField(_("From day"))
    last = StringField(_("To day"))
    service = SelectField(_("Service"))
    category = SelectField(_("Category"))
    group = SelectField(_("Group"))
    technician = SelectField(_("Technician"))
    by = SelectField(_("Compare"))


@dataclass(frozen=True, slots=True)
class Offered:
    """What the person may choose from: groups by code, and (id, name) of the technicians whose figures they may see."""

    groups: Mapping[str, str]
    technicians: Sequence[tuple[int, str]]


def offered(session: Session, tree: Catalogue, actor: Actor) -> Offered:
    """Return the groups and technicians of this person: their own, and all groups for an administrator."""
    language = locale_code()
    mine = set(tree.groups) if actor.is_admin else actor.groups | actor.supervises
    names = {code: tree.groups[code].name.get(language) if code in tree.groups else code for code in sorted(mine)}
    led = queue.technicians(session, sorted(actor.supervises)) if actor.supervises else ()
    people = {row.id: staff_name(row) for row in led}
    if actor.groups and actor.person_id is not None:
        people[actor.person_id] = gettext("Me")
    return Offered(names, list(people.items()))


def filter_form(args: Mapping[str, str], tree: Catalogue, known: Offered) -> FilterForm:
    """Return the form filled from the address, without what is not offered."""
    form = FilterForm(MultiDict({name: args[name] for name in FILTERS if args.get(name)}))
    form.period.choices = choices(*((kind, gettext(PERIODS[kind])) for kind in KINDS))
    language = locale_code()
    form.service.choices = choices(
        ("", gettext("All")), *((each.id, each.name.get(language)) for each in tree.services.values())
    )
    form.category.choices = choices(("", gettext("All"))) + list(_categories(tree))
    form.group.choices = choices(("", gettext("All")), *known.groups.items())
    form.technician.choices = choices(("", gettext("All")), *((str(key), name) for key, name in known.technicians))
    form.by.choices = choices(
        *((by, gettext(words)) for by, words in BY.items() if by != TECHNICIAN or known.technicians)
    )
    for name, usual in {"period": MONTH, "by": GROUP, SERVICE: "", CATEGORY: "", GROUP: "", TECHNICIAN: ""}.items():
        field: Any = form[name]
        if field.data not in [choice[0] for choice in _flat(field.choices)]:
            field.data = usual
    return form


def _flat(found: Any) -> list[tuple[str, str]]:
    return [(choice.value, choice.label) if isinstance(choice, SelectChoice) else choice for choice in found]


def _categories(tree: Catalogue) -> Iterator[SelectChoice]:
    language = locale_code()

    def under(parent: str | None, service_id: str, heading: str, depth: int) -> Iterator[SelectChoice]:
        for category in tree.children(parent, service_id):
            yield SelectChoice(category.key, INDENT * depth + category.name.get(language), optgroup=heading)
            yield from under(category.key, service_id, heading, depth + 1)

    for service in tree.services.values():
        yield from under(None, service.id, service.name.get(language), 0)


def wanted_by(form: FilterForm, today: date) -> Wanted:
    """Return what the filters ask for; days of one's own choice that make no sense give the month and say so."""
    kind, span, problem = form.period.data, span_of(form.period.data, today), ""
    if kind == CUSTOM:
        chosen = _chosen_days(form, today)
        span, problem = (chosen, "") if isinstance(chosen, Span) else (span, chosen)
    form.first.data, form.last.data = form.first.data or span.first.isoformat(), form.last.data or span.last.isoformat()
    return Wanted(
        kind=kind,
        span=span,
        by=form.by.data,
        service=form.service.data,
        category=form.category.data,
        group=form.group.data,
        technician_id=int(form.technician.data) if form.technician.data else None,
        problem=problem,
    )


def _chosen_days(form: FilterForm, today: date) -> Span | str:
    try:
        first = date.fromisoformat(form.first.data or "")
        last = min(date.fromisoformat(form.last.data) if form.last.data else today, today)
    except ValueError:
        return gettext("Give the days as a calendar has them, such as 2026-03-31. This month is shown instead.")
    if first > last or first < EARLIEST:
        return gettext("The first day has to come before the last, and not in the future. This month is shown instead.")
    return Span(first, last)
