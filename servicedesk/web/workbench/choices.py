"""What a technician may choose from on a ticket's page: colleagues, groups of each line, categories, levels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.lines import Usual
from servicedesk.rules.priority import LEVELS
from servicedesk.store import lines, people, queue
from servicedesk.web.clock import utc_now
from servicedesk.web.labels import level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.load_words import colleague_words, group_choices, least_loaded, usual_group

JOINT = " > "


@dataclass(frozen=True, slots=True)
class Colleague:
    """A technician of the ticket's group: what is on their desk in words, and whether they are there today."""

    id: int
    name: str
    words: str
    is_present: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of the forms beside the conversation; empty where the action is not offered.

    Groups are (code, name and load); categories are (service name, ((key, path), ...)); levels are (1 to 5, words).
    """

    colleagues: Sequence[Colleague]
    same_line: Sequence[tuple[str, str]]
    other_lines: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    levels: Sequence[tuple[int, str]]
    usual: Usual | None = None
    """Where the ticket most likely goes next."""


def choices_for(session: Session, row: Any, actions: Collection[str], tree: Catalogue) -> Choices:
    """Return what the offered actions need; `row` is the ticket with its group, category and service."""
    zone = ZoneInfo(tree.services[row.service_id].zone)
    today = local_day(utc_now(), zone)
    same_line, other_lines = _groups(session, row, actions, tree, today)
    offered = [code for code, _words in other_lines] if Action.FORWARD in actions else []
    return Choices(
        colleagues=_colleagues(session, row, today, zone) if Action.ASSIGN_TECHNICIAN in actions else (),
        same_line=same_line,
        other_lines=other_lines,
        categories=category_options(tree, row.category_key) if Action.RECLASSIFY in actions else (),
        levels=[(number, level(number)) for number in LEVELS],
        usual=usual_group(session, row, tree, offered) if offered else None,
    )


def _groups(
    session: Session, row: Any, actions: Collection[str], tree: Catalogue, today: date
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the other groups, of the ticket's own line and of the others."""
    if not {Action.ASSIGN_GROUP, Action.FORWARD, Action.ASK_ADVICE} & set(actions):
        return [], []
    line = tree.groups[row.group_code].line if row.group_code in tree.groups else None
    staffed = people.staffed_groups(session) - {row.group_code}
    others = [group for group in tree.groups.values() if group.active and group.code in staffed]
    words = dict(group_choices(session, others, tree.services[row.service_id], today))
    same = [(group.code, words[group.code]) for group in others if group.line == line]
    return same, [(group.code, words[group.code]) for group in others if group.line != line]


def _colleagues(session: Session, row: Any, today: date, zone: ZoneInfo) -> list[Colleague]:
    members = {member.id: member for member in people.members_of(session, row.group_code)}
    tomorrow = datetime.combine(today + timedelta(days=1), time())
    loads = lines.loads_of(session, members, instant(tomorrow, zone))
    least = least_loaded(members.values(), loads, today)
    return [
        Colleague(
            who.id,
            staff_name(who),
            colleague_words(members[who.id], loads.get(who.id, lines.Load()), today, is_least=who.id == least),
            members[who.id].is_present(today),
        )
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
