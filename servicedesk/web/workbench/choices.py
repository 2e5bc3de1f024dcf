"""What a technician can choose from on a ticket: colleagues with their load, groups by line, categories."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue
from servicedesk.store import people
from servicedesk.web.clock import utc_now
from servicedesk.web.language import locale_code


@dataclass(frozen=True, slots=True)
class Colleague:
    """A technician of the ticket's group, with open tickets at hand."""

    id: int
    code: str
    load: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Colleagues of the group, other groups as (code, name) on the same line and on others, categories by service."""

    colleagues: Sequence[Colleague]
    same_line: Sequence[tuple[str, str]]
    other_lines: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    """Per service name: (key, full path) of every category a request can be moved to."""


def choices_for(session: Session, row: Any, actions: Set[str], tree: Catalogue) -> Choices:
    """Return what the ticket in `row` can be given to or moved to."""
    own = tree.groups.get(row.group_code)
    line = own.line if own else None
    others = [group for group in tree.groups.values() if group.active and group.code != row.group_code]
    language = locale_code()
    return Choices(
        colleagues=_colleagues(session, row, tree),
        same_line=[(group.code, group.name.get(language)) for group in others if group.line == line],
        other_lines=[(group.code, group.name.get(language)) for group in others if group.line != line],
        categories=_categories(tree, language) if "reclassify" in actions else (),
    )


def _colleagues(session: Session, row: Any, tree: Catalogue) -> list[Colleague]:
    members = people.members_of(session, row.group_code)
    loads = people.open_loads(session, [member.id for member in members])
    today = local_day(utc_now(), ZoneInfo(tree.services[row.service_id].zone))
    return [Colleague(m.id, m.code, loads.get(m.id, 0), m.is_present(today)) for m in members]


def _categories(tree: Catalogue, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    today = utc_now().date()
    found: dict[str, list[tuple[str, str]]] = {service_id: [] for service_id in tree.services}
    for key, category in tree.categories.items():
        if category.selectable and category.is_active(today):
            found[category.service_id].append((key, tree.path_name(key, language)))
    return [(tree.services[service_id].name.get(language), options) for service_id, options in found.items()]
