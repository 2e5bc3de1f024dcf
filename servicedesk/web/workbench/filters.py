"""The queue's filters and places as they stand in its address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import SearchField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from servicedesk.rules.catalogue import Catalogue, Category, Service
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Actor
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.sentences import N_
from servicedesk.store import search
from servicedesk.store.base import UtcDateTime
from servicedesk.store.queue import ANY, IS_OPEN, NOBODY, SORTS, Place, Wanted, sorts_for
from servicedesk.web import labels
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.forms import choices

ME = "me"
WATCHED = "watched"
FILTERS = ("state", "technician", "priority", "category", "q")
QUICK_VIEWS: Mapping[str, Mapping[str, str]] = {
    "open": {},
    "mine": {"technician": ME},
    "unassigned": {"technician": NOBODY},
    "waiting": {"state": "waiting"},
    "resolved": {"state": "resolved"},
    WATCHED: {"view": WATCHED},
}
"""Each quick view by the filters it stands for."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**53
INDENT = "\u00a0\u00a0\u00a0"


class FilterForm(FlaskForm):  # type: ignore[misc]
    """The filters above the table, all optional; `is_reduced` tells that a value unknown by now was left out."""

    is_reduced = False

    class Meta:
        csrf = False

    group = SelectField(_("Group"))
    state = SelectField(_("State"))
    technician = SelectField(_("Technician"))
    priority = SelectField(_("Priority"))
    category = SelectField(_("Category"))
    q = SearchField(_("Words or number"))


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The technicians of the reader's groups, and the code that stands for each in an address."""

    rows: Sequence[Any]

    def id_of(self, code: str, actor: Actor) -> int | str | None:
        """Return the filter value for what the address says: a person's id, nobody, or no filter."""
        fixed = {"": None, ME: actor.person_id, NOBODY: NOBODY}
        return fixed[code] if code in fixed else next(row.id for row in self.rows if _code(row) == code)


def _code(row: Any) -> str:
    return str(row.code or row.id)


def filter_form(
    args: MultiDict[str, str], group: str, groups: Mapping[str, str], colleagues: Colleagues, tree: Catalogue
) -> FilterForm:
    """Return the form filled from the address, without the values that no longer exist.

    `groups` are codes and names of the reader's groups.
    """
    form = FilterForm(args)
    form.group.choices = choices(("", gettext("All my groups")), *groups.items())
    form.group.data = group
    form.state.choices = choices(
        (IS_OPEN, gettext("All open")),
        *((state, label(labels.STATES, state)) for state in labels.STATES),
        (ANY, gettext("Open and ended")),
    )
    form.technician.choices = choices(
        ("", gettext("Anybody")),
        (ME, gettext("Me")),
        (NOBODY, gettext("Nobody")),
        *((_code(row), staff_name(row)) for row in colleagues.rows),
    )
    form.priority.choices = choices(("", gettext("Any")), *((str(each), level(each)) for each in reversed(LEVELS)))
    form.category.choices = choices(("", gettext("Any"))) + _category_choices(tree)
    for name, usual in {"state": IS_OPEN, "technician": "", "priority": "", "category": ""}.items():
        field = form[name]
        field.data = field.data if name in args else usual
    if not form.validate():
        form.is_reduced = True
        for name in form.errors:
            form[name].data = IS_OPEN if name == "state" else ""
            form[name].errors = ()
    return form


def _category_choices(tree: Catalogue) -> list[SelectChoice]:
    language = locale_code()

    def under(parent: str | None, service: Service, depth: int) -> Iterator[SelectChoice]:
        for category in tree.children(parent, service.id):
            name = INDENT * depth + category.name.get(language)
            yield SelectChoice(category.key, name, optgroup=service.name.get(language))
            yield from under(category.key, service, depth + 1)

    return [choice for service in tree.services.values() for choice in under(None, service, 0)]


def subtree(tree: Catalogue, key: str) -> tuple[str, ...]:
    """Return the keys of a category and of everything below it."""

    def below(category: Category) -> Iterator[str]:
        yield category.key
        for child in tree.children(category.key, category.service_id):
            yield from below(child)

    return tuple(below(tree.categories[key]))


def wanted_by(
    session: Session,
    form: FilterForm,
    args: MultiDict[str, str],
    groups: Sequence[str],
    colleagues: Colleagues,
    tree: Catalogue,
    actor: Actor,
) -> Wanted:
    """Return what the address asks of the queue. Raises Invalid when its place in the list cannot be read."""
    ids = search.matching(session, form.q.data, actor) if form.q.data else None
    sorts = sorts_for(form.state.data, ids is not None)
    sort = args.get("sort", "")
    sort = sort if sort in sorts else sorts[0]
    return Wanted(
        groups=tuple(groups),
        state=form.state.data,
        technician=colleagues.id_of(form.technician.data, actor),
        priority=int(form.priority.data) if form.priority.data else None,
        categories=subtree(tree, form.category.data) if form.category.data else None,
        ids=tuple(ids) if ids is not None else None,
        is_watched=args.get("view") == WATCHED,
        sort=sort,
        place=place_in(args, sort),
    )


def place_in(args: MultiDict[str, str], sort: str) -> Place | None:
    """Return the place named by `after` or `before` in the address. Raises Invalid for one that cannot be read."""
    name = next((name for name in ("after", "before") if args.get(name)), None)
    if name is None:
        return None
    try:
        numbers = [int(part) for part in args[name].split(".")]
        are_instants = [isinstance(column.type, UtcDateTime) for column, _is_descending in SORTS[sort]]
        if any(abs(number) > LARGEST for number in numbers):
            raise OverflowError
        key = tuple(
            EPOCH + timedelta(microseconds=number) if is_instant else number
            for is_instant, number in zip(are_instants, numbers, strict=True)
        )
    except (ValueError, OverflowError) as error:
        raise Invalid(N_("This address of a page in the queue is damaged. Open the queue again.")) from error
    return Place(key, backwards=name == "before")


def place_arguments(place: Place) -> dict[str, str]:
    """Return the part of an address that `place_in` reads back."""
    numbers = [
        (part - EPOCH) // timedelta(microseconds=1) if isinstance(part, datetime) else part for part in place.key
    ]
    return {"before" if place.backwards else "after": ".".join(str(number) for number in numbers)}
