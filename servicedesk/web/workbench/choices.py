"""What a technician may choose from on a ticket's page: colleagues, groups of each line, categories, levels."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue, Category, Group
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.priority import LEVELS
from servicedesk.store import people, queue
from servicedesk.web.clock import utc_now
from servicedesk.web.labels import level
from servicedesk.web.language import locale_code

JOINT = " > "


@dataclass(frozen=True, slots=True)
class Colleague:
    """A technician of the ticket's group: how many open tickets they have, and whether they are there today."""

    id: int
    name: str
    load: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of the forms beside the conversation; empty where the action is not offered.

    Groups are (code, name); categories are (service name, ((key, path), ...)); levels are (1 to 5, words).
    """

    colleagues: Sequence[Colleague]
    same_line: Sequence[tuple[str, str]]
    other_lines: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    levels: Sequence[tuple[int, str]]


def choices_for(session: Session, row: Any, actions: Collection[str], tree: Catalogue) -> Choices:
    """Return what the offered actions need; `row` is the ticket with its group, category and service."""
    line = tree.groups[row.group_code].line if row.group_code in tree.groups else None
    today = local_day(utc_now(), ZoneInfo(tree.services[row.service_id].zone))
    staffed = people.staffed_groups(session) - {row.group_code}
    others = [group for group in tree.groups.values() if group.active and group.code in staffed]
    return Choices(
        colleagues=_colleagues(session, row, today) if Action.ASSIGN_TECHNICIAN in actions else (),
        same_line=_named(group for group in others if group.line == line) if Action.ASSIGN_GROUP in actions else (),
        other_lines=_named(group for group in others if group.line != line) if Action.FORWARD in actions else (),
        categories=category_options(tree, row.category_key) if Action.RECLASSIFY in actions else (),
        levels=[(number, level(number)) for number in LEVELS],
    )


def _named(groups: Iterator[Group]) -> list[tuple[str, str]]:
    return [(group.code, group.name.get(locale_code())) for group in groups]


def _colleagues(session: Session, row: Any, today: date) -> list[Colleague]:
    members = {member.id: member for member in people.members_of(session, row.group_code)}
    loads = people.open_loads(session, members)
    return [
        Colleague(who.id, staff_name(who), loads.get(who.id, 0), members[who.id].is_present(today))
        for who in queue.technicians(session, [row.group_code])
        if who.id in members and who.id != row.technician_id
    ]


def staff_name(who: Any) -> str:
    """Return code and name, as colleagues know each other; requesters never see this."""
    return f"{who.code or ''} {who.given_name} {who.family_name}".strip()


def category_options(tree: Catalogue, present: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every category a ticket can be moved to, under its service's name: (key, path in words)."""
    language = locale_code()

    def options(service_id: str) -> list[tuple[str, str]]:
        found = (c for c in tree.categories.values() if c.service_id == service_id and _can_be_chosen(c))
        return [(c.key, tree.path_name(c.key, language, JOINT)) for c in found if c.key != present]

    return [(service.name.get(language), options(service.id)) for service in tree.services.values()]


def _can_be_chosen(category: Category) -> bool:
    return category.selectable and not category.retired
