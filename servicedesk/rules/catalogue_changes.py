"""What differs between two versions of the catalogue, and what outlives its removal because tickets need it."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from servicedesk.rules.catalogue import Catalogue, Category, Group, Service

Section = Literal["service", "group", "category"]
ChangeKind = Literal["added", "removed", "retired", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that differs; `what` names the properties of a changed one."""

    section: Section
    key: str
    kind: ChangeKind
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two versions: services, groups, categories."""

    changes: tuple[Change, ...]

    def count(self, kind: ChangeKind) -> int:
        """Return how many entries were added, removed, retired or changed."""
        return sum(change.kind == kind for change in self.changes)

    def to_data(self) -> dict[str, Any]:
        """Return the stored form: `{"changes": [[section, key, kind, [property, ...]], ...]}`."""
        return {"changes": [[c.section, c.key, c.kind, list(c.what)] for c in self.changes]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Difference":
        """Read the stored form back."""
        return cls(tuple(Change(section, key, kind, tuple(what)) for section, key, kind, what in data["changes"]))


@dataclass(frozen=True, slots=True)
class InUse:
    """What tickets still name: categories and groups of those that are open or may be reopened, services of all."""

    categories: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


EMPTY = Catalogue({}, {}, {})


def difference(old: Catalogue, new: Catalogue) -> Difference:
    """Return what `new` changes against `old`, services by their key; use EMPTY where nothing ran before."""
    old_services = {service.key: service for service in old.services.values()}
    new_services = {service.key: service for service in new.services.values()}
    return Difference(
        (
            *_changes("service", old_services, new_services),
            *_changes("group", old.groups, new.groups),
            *_changes("category", old.categories, new.categories),
        )
    )


def _changes(section: Section, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key, entry in new.items():
        if key not in old:
            yield Change(section, key, "added")
        elif _is_retired(entry) and not _is_retired(old[key]):
            yield Change(section, key, "retired")
        elif entry != old[key]:
            yield Change(section, key, "changed", _what(old[key], entry))
    yield from (Change(section, key, "removed") for key in old if key not in new)


def _is_retired(entry: Service | Group | Category) -> bool:
    return isinstance(entry, Category) and entry.retired


def _what(old: Any, new: Any) -> tuple[str, ...]:
    names = [field.name for field in fields(new)]
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def foreign(old: Catalogue, new: Catalogue, may: Callable[[str], bool]) -> tuple[Change, ...]:
    """Return the changes that are not for somebody who administers only the services for which `may(id)` holds.

    Groups serve every service: they are for those who administer all of them, for whom `may("")` holds.
    """
    if may(""):
        return ()
    return tuple(change for change in difference(old, new).changes if not _is_own(change, old, new, may))


def _is_own(change: Change, old: Catalogue, new: Catalogue, may: Callable[[str], bool]) -> bool:
    if change.section == "category":
        sides = (tree.categories.get(change.key) for tree in (old, new))
        return all(may(category.service_id) for category in sides if category)
    service = old.service_by_key(change.key) if change.section == "service" else None
    return service is not None and change.kind == "changed" and may(service.id)


def retire(new: Catalogue, old: Catalogue, in_use: InUse) -> Catalogue:
    """Return `new` with what it removes but tickets still use: categories retired, groups inactive, services empty.

    A retired category cannot be chosen but keeps its name, its group and the headings above it. Source: rule 5.
    """
    kept = _kept_categories(new, old, in_use.categories)
    service_ids = in_use.services | {category.service_id for category in kept}
    services = {key: old.services[key] for key in old.services if key in service_ids and key not in new.services}
    wanted = in_use.groups | {category.group for category in kept} | {s.fallback_group for s in services.values()}
    groups = {**new.groups}
    groups.update((code, group) for code, group in old.groups.items() if code in wanted and code not in groups)
    return Catalogue(
        services={**new.services, **services},
        groups={code: _within(group, groups, is_kept=code not in new.groups) for code, group in groups.items()},
        categories={**new.categories, **{category.key: category for category in kept}},
    )


def _kept_categories(new: Catalogue, old: Catalogue, keys_in_use: Set[str]) -> list[Category]:
    used = [key for key in old.categories if key in keys_in_use and key not in new.categories]
    wanted = {step.key for key in used for step in old.path(key)} - set(new.categories)
    return [
        replace(category, retired=True, selectable=False) for key, category in old.categories.items() if key in wanted
    ]


def _within(group: Group, groups: Mapping[str, Group], *, is_kept: bool) -> Group:
    """Return a group kept from before as inactive, leading only to groups that still exist."""
    if not is_kept:
        return group
    fallback = group.fallback if group.fallback in groups else None
    escalates_to = group.escalates_to if group.escalates_to in groups else None
    return replace(group, active=False, fallback=fallback, escalates_to=escalates_to)
