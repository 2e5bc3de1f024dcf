"""Groups as administration sees them: members, absences, and what is wrong with the running catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_checks import Draft, check
from servicedesk.rules.permissions import Role
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import administration, people
from servicedesk.web.workbench.choices import staff_name


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a role in a group; `absences` are (first day, last day), present and coming ones."""

    id: int
    name: str
    is_supervisor: bool
    areas: Sequence[str]
    absences: Sequence[tuple[date, date]]
    is_away: bool


@dataclass(frozen=True, slots=True)
class GroupOverview:
    """A group of the running catalogue with its people."""

    code: str
    name: str
    line: int
    strategy: str
    is_active: bool
    members: Sequence[Member]


def groups_of(session: Session, tree: Catalogue, today: date, locale: str) -> list[GroupOverview]:
    """Return every group, by line and in the catalogue's order."""
    rows = administration.members(session)
    absences = administration.absences_from(session, today)
    return [
        GroupOverview(
            code=group.code,
            name=group.name.get(locale),
            line=group.line,
            strategy=group.strategy,
            is_active=group.active,
            members=[_member(row, absences, today) for row in rows if row.group_code == group.code],
        )
        for group in sorted(tree.groups.values(), key=lambda group: group.line)
    ]


def _member(row: Any, absences: dict[int, list[tuple[date, date]]], today: date) -> Member:
    own = absences.get(row.person_id, [])
    return Member(
        id=row.person_id,
        name=staff_name(row),
        is_supervisor=row.role == Role.SUPERVISOR,
        areas=row.areas or (),
        absences=own,
        is_away=any(first <= today <= last for first, last in own),
    )


def administrators_of(session: Session, tree: Catalogue, locale: str) -> list[tuple[str, str]]:
    """Return (name, service) of every administrator; the service is empty for one of the whole installation."""
    return [
        (staff_name(row), tree.services[row.service_id].name.get(locale) if row.service_id in tree.services else "")
        for row in administration.administrators(session)
    ]


def warnings_of(session: Session, tree: Catalogue) -> list[Sentence]:
    """Return what an administrator should mend: groups without members, and the warnings of the catalogue's check."""
    return [*empty_groups(session, tree), *catalogue_warnings(tree)]


def empty_groups(session: Session, tree: Catalogue) -> list[Sentence]:
    """Return a sentence for each group at work in which nobody works."""
    staffed = people.staffed_groups(session)
    return [
        Sentence(
            N_("Group '%(group)s' has no technician: its requests go to the next group. Add one under People."),
            {"group": group.code},
        )
        for group in tree.groups.values()
        if group.active and group.code not in staffed
    ]


def catalogue_warnings(tree: Catalogue) -> list[Sentence]:
    """Return the warnings of the catalogue's check."""
    draft = Draft(tuple(tree.services.values()), tuple(tree.groups.values()), tuple(tree.categories.values()))
    return [problem.sentence for problem in check(draft) if problem.severity == "warning"]
