"""What publishing a catalogue leads to beyond the catalogue: open requests, groups nobody works in, warnings."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from servicedesk.rules.approval_steps import OWN_GROUP, By, Steps
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_checks import Draft, Problem, check
from servicedesk.rules.sentences import N_, Sentence


@dataclass(frozen=True, slots=True)
class Held:
    """How many open requests lie in each category and each group, and the groups that have technicians."""

    by_category: Mapping[str, int]
    by_group: Mapping[str, int]
    staffed: Set[str]
    led: Set[str] = frozenset()
    """The groups that have supervisors."""
    codes: Set[str] = frozenset()
    """The codes of the people who work here."""


def problems_of(tree: Catalogue) -> tuple[Problem, ...]:
    """Return what the check of a file finds in a tree, errors and warnings."""
    listed = Draft(tuple(tree.services.values()), tuple(tree.groups.values()), tuple(tree.categories.values()))
    return tuple(check(listed))


def consequences(running: Catalogue, new: Catalogue, held: Held) -> Iterator[Sentence]:
    """Yield what somebody has to know before `new` replaces the running tree, the heaviest first."""
    yield from _categories_gone(running, new, held)
    yield from _groups_gone(running, new, held)
    yield from _services_gone(running, new)
    yield from _unstaffed(running, new, held)
    yield from _nobody_approves(running, new, held)
    yield from (problem.sentence for problem in problems_of(new) if problem.severity == "warning")


def _categories_gone(running: Catalogue, new: Catalogue, held: Held) -> Iterator[Sentence]:
    for key, category in running.categories.items():
        count = held.by_category.get(key, 0)
        if count and not category.retired and key not in new.categories:
            msgid = N_(
                "'%(name)s' (%(category)s) is retired with %(count)s open requests: they stay there, in group "
                "'%(group)s' as far as nobody moves them, and no new ones can be filed."
            )
            params: dict[str, str | int] = {
                "name": category.name.it,
                "category": key,
                "count": count,
                "group": category.group,
            }
            yield Sentence(msgid, params)


def _groups_gone(running: Catalogue, new: Catalogue, held: Held) -> Iterator[Sentence]:
    for code, group in running.groups.items():
        after, count = new.groups.get(code), held.by_group.get(code, 0)
        if count and group.active and (after is None or not after.active):
            msgid = N_("Group '%(group)s' becomes inactive with %(count)s open requests: they stay with its people.")
            yield Sentence(msgid, {"group": code, "count": count})


def _services_gone(running: Catalogue, new: Catalogue) -> Iterator[Sentence]:
    for key, service in running.services.items():
        if key not in new.services:
            msgid = N_("Service '%(service)s' goes: its pages and its address for visitors lead nowhere any more.")
            yield Sentence(msgid, {"service": service.key})


def _nobody_approves(running: Catalogue, new: Catalogue, held: Held) -> Iterator[Sentence]:
    people: Mapping[By, Set[str]] = {By.SUPERVISORS: held.led, By.MEMBERS: held.staffed, By.PERSON: held.codes}
    told: set[Steps] = set()
    for key, category in new.categories.items():
        before = running.categories.get(key)
        if not category.approvals or category.approvals in told or category == before:
            continue
        told.add(category.approvals)
        places = (each for step in category.approvals for each in step.by)
        named = {(each.by, category.group if each.of == OWN_GROUP else each.of) for each in places}
        missing = sorted(of for by, of in named if of not in people[by])
        if missing:
            msgid = N_(
                "Nobody can approve for '%(name)s' as %(missing)s: no such supervisor, member or person works here. "
                "The group's supervisors or an administrator are asked instead."
            )
            yield Sentence(msgid, {"name": category.name.it, "missing": ", ".join(missing)})


def _unstaffed(running: Catalogue, new: Catalogue, held: Held) -> Iterator[Sentence]:
    for code, group in new.groups.items():
        if group.active and code not in held.staffed and group != running.groups.get(code):
            msgid = N_("Group '%(group)s' has no technician: its requests go to the next group until it has one.")
            yield Sentence(msgid, {"group": code})
