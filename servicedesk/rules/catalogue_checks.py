"""What makes a catalogue sound beyond its types: names that exist, no circles, nothing unreachable."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from servicedesk.rules.approval_steps import OWN_GROUP, By
from servicedesk.rules.catalogue import Category, Field, FieldKind, Group, Routing, Service
from servicedesk.rules.forms import are_crossed
from servicedesk.rules.sentences import N_, Sentence

Section = Literal["services", "groups", "categories"]
Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]

NO_ROUTING = Routing("area", {})
TWICE = N_("field '%(field)s' of category '%(category)s' is stated twice; keep one")


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning in entry number `index` of a section, in the file's order.

    `where` leads from the entry to the property, as ("routing", "to", "Medicina").
    """

    section: Section
    index: int
    where: Path
    sentence: Sentence
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a file states, before it may become a catalogue; empty texts stand for what could not be read."""

    services: Sequence[Service]
    groups: Sequence[Group]
    categories: Sequence[Category]


def check(draft: Draft) -> Iterator[Problem]:
    """Yield every problem of a draft; without errors it may be published. An empty reference is not a problem."""
    groups = {group.code: group for group in draft.groups}
    yield from _twice("services", "id", [service.id for service in draft.services])
    yield from _twice("services", "key", [service.key for service in draft.services])
    yield from _twice("groups", "code", [group.code for group in draft.groups])
    yield from _twice("categories", "key", [category.key for category in draft.categories])
    yield from _services(draft.services, groups)
    yield from _groups(draft.groups, groups)
    yield from _circles(draft.groups, "escalates_to", lambda group: group.escalates_to)
    yield from _circles(draft.groups, "fallback", lambda group: group.fallback)
    yield from _categories(draft.categories, groups)
    yield from _unreachable(draft.categories)
    yield from _never_open(draft.categories)
    yield from _unused(draft)
    yield from _inactive(draft.categories, groups)


def _twice(section: Section, prop: str, names: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            sentence = Sentence(N_("%(prop)s '%(name)s' is used twice; choose another"), {"prop": prop, "name": name})
            yield Problem(section, index, (prop,), sentence)
        seen.add(name)


def _services(services: Sequence[Service], groups: Mapping[str, Group]) -> Iterator[Problem]:
    for index, service in enumerate(services):
        group = groups.get(service.fallback_group)
        if group is None and service.fallback_group:
            yield Problem("services", index, ("fallback_group",), _unknown(service.fallback_group, service.key))
        elif group is not None and not group.active:
            msgid = N_("fallback group '%(group)s' of service '%(service)s' is inactive; choose an active one")
            params = {"group": group.code, "service": service.key}
            yield Problem("services", index, ("fallback_group",), Sentence(msgid, params))


def _groups(listed: Sequence[Group], groups: Mapping[str, Group]) -> Iterator[Problem]:
    for index, group in enumerate(listed):
        if group.escalates_to and group.escalates_to not in groups:
            yield Problem("groups", index, ("escalates_to",), _unknown(group.escalates_to, group.code))
        if group.fallback and group.fallback not in groups:
            yield Problem("groups", index, ("fallback",), _unknown(group.fallback, group.code))


def _circles(listed: Sequence[Group], prop: str, follow: Callable[[Group], str | None]) -> Iterator[Problem]:
    next_of = {group.code: follow(group) for group in listed}
    done: set[str] = set()
    for index, group in enumerate(listed):
        way: list[str] = []
        step: str | None = group.code
        while step in next_of and step not in done and step not in way:
            way.append(step)
            step = next_of[step]
        if way and step == group.code:
            circle = " > ".join([*way, step])
            msgid = N_("%(prop)s of group '%(group)s' goes in a circle (%(circle)s); break it at one of these groups")
            yield Problem("groups", index, (prop,), Sentence(msgid, {"prop": prop, "group": step, "circle": circle}))
            done.update(way)


def _categories(categories: Sequence[Category], groups: Mapping[str, Group]) -> Iterator[Problem]:
    for index, category in enumerate(categories):
        for where, sentence in _one(category, groups):
            yield Problem("categories", index, where, sentence)


def _one(category: Category, groups: Mapping[str, Group]) -> Iterator[tuple[Path, Sentence]]:
    where = {"category": category.key}
    if category.group and category.group not in groups:
        yield ("group",), _unknown(category.group, category.key)
    if not category.group and category.selectable:
        yield ("group",), Sentence(N_("category '%(category)s' has no group; state one here or above"), where)
    yield from _routing(category, groups)
    if category.active_from and category.active_to and category.active_from > category.active_to:
        msgid = N_("category '%(category)s' ends before it starts; exchange active_from and active_to")
        yield ("active_to",), Sentence(msgid, where)
    yield from _approvals(category, groups)
    yield from _fields(category.key, category.fields)
    yield from _notices(category)


def _routing(category: Category, groups: Mapping[str, Group]) -> Iterator[tuple[Path, Sentence]]:
    seen: set[str] = set()
    for value, code in (category.routing or NO_ROUTING).to.items():
        if code not in groups:
            yield ("routing", "to", value), _unknown(code, category.key)
        if value.casefold() in seen:
            msgid = N_("the routing of category '%(category)s' has '%(value)s' in capital and small letters; keep one")
            yield ("routing", "to", value), Sentence(msgid, {"category": category.key, "value": value})
        seen.add(value.casefold())


def _approvals(category: Category, groups: Mapping[str, Group]) -> Iterator[tuple[Path, Sentence]]:
    for place, step in enumerate(category.approvals):
        for index, each in enumerate(step.by):
            if each.by is not By.PERSON and each.of != OWN_GROUP and each.of not in groups:
                yield ("approvals", place, "by", index), _unknown(each.of, category.key)


def _notices(category: Category) -> Iterator[tuple[Path, Sentence]]:
    for place, notice in enumerate(category.notices):
        if notice.active_from and notice.active_to and notice.active_from > notice.active_to:
            msgid = N_("a notice of category '%(category)s' ends before it starts; exchange active_from and active_to")
            yield ("notices", place), Sentence(msgid, {"category": category.key})


def _fields(category: str, fields: Sequence[Field]) -> Iterator[tuple[Path, Sentence]]:
    seen: set[str] = set()
    for place, field in enumerate(fields):
        problem = TWICE if field.key in seen else _field_problem(field)
        if problem:
            yield ("fields", place), Sentence(problem, {"field": field.key, "category": category})
        seen.add(field.key)


OWN: Mapping[str, FieldKind] = {
    "options": FieldKind.CHOICE,
    "earliest": FieldKind.DATE,
    "latest": FieldKind.DATE,
    "minimum": FieldKind.NUMBER,
    "maximum": FieldKind.NUMBER,
    "decimals": FieldKind.NUMBER,
    "accept": FieldKind.FILE,
    "version": FieldKind.CONSENT,
}
"""The kind of field to which a property belongs."""


def _field_problem(field: Field) -> str | None:
    if field.kind is FieldKind.CHOICE and not field.options:
        return N_("field '%(field)s' of category '%(category)s' is a choice without options; list them")
    if field.kind is not FieldKind.CHOICE and field.options:
        return N_("field '%(field)s' of category '%(category)s' is no choice but has options; make it a choice")
    if any(getattr(field, name) and field.kind is not kind for name, kind in OWN.items()):
        return N_(
            "field '%(field)s' of category '%(category)s' has a property of another kind: earliest and latest belong "
            "to a date, minimum, maximum and decimals to a number, accept to a file, version to a consent; delete it"
        )
    if field.kind is FieldKind.CONSENT and not field.version:
        return N_(
            "field '%(field)s' of category '%(category)s' is a consent without version; state which wording it is"
        )
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        return N_("field '%(field)s' of category '%(category)s' takes no number: exchange minimum and maximum")
    if are_crossed(field.earliest, field.latest):
        return N_("field '%(field)s' of category '%(category)s' takes no date: exchange earliest and latest")
    if _repeated(value for value, _ in field.options):
        return N_("field '%(field)s' of category '%(category)s' has an option twice; keep one")
    return None


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _unreachable(categories: Sequence[Category]) -> Iterator[Problem]:
    parents = {category.key: category.parent for category in categories}
    useful: set[str] = set()
    for category in categories:
        key: str | None = category.key if category.selectable else None
        while key is not None and key not in useful:
            useful.add(key)
            key = parents.get(key)
    for index, category in enumerate(categories):
        if category.key not in useful:
            msgid = N_("heading '%(category)s' leads to no category that can be chosen; add one or delete the heading")
            yield Problem("categories", index, ("key",), Sentence(msgid, {"category": category.key}))


def _never_open(categories: Sequence[Category]) -> Iterator[Problem]:
    """Find the periods that do not meet those of the headings above: nobody ever gets there."""
    periods: dict[str, tuple[date, date]] = {}
    for index, category in enumerate(categories):
        own = (category.active_from or date.min, category.active_to or date.max)
        above = periods.get(category.parent or "", (date.min, date.max))
        together = max(own[0], above[0]), min(own[1], above[1])
        is_cut_off = own[0] <= own[1] and together[0] > together[1]
        if is_cut_off:
            msgid = N_(
                "category '%(category)s' is never open: the heading above is not active in its period; "
                "correct active_from or active_to of one of them"
            )
            where = "active_from" if own[0] > above[1] else "active_to"
            yield Problem("categories", index, (where,), Sentence(msgid, {"category": category.key}))
        # Below what is told once, only the own period counts, and backwards ones are told elsewhere.
        periods[category.key] = own if is_cut_off or together[0] > together[1] else together


def _unused(draft: Draft) -> Iterator[Problem]:
    used = {service.fallback_group for service in draft.services}
    for group in draft.groups:
        used.update(code for code in (group.fallback, group.escalates_to) if code)
    for category in draft.categories:
        used.add(category.group)
        used.update((category.routing or NO_ROUTING).to.values())
        used.update(each.of for step in category.approvals for each in step.by)
    for index, group in enumerate(draft.groups):
        if group.code not in used:
            msgid = N_("no category and no other group leads to group '%(group)s'; name it somewhere or delete it")
            yield Problem("groups", index, ("code",), Sentence(msgid, {"group": group.code}), "warning")


def _inactive(categories: Sequence[Category], groups: Mapping[str, Group]) -> Iterator[Problem]:
    for index, category in enumerate(categories):
        named: dict[Path, str] = {("group",): category.group}
        named.update({("routing", "to", value): code for value, code in (category.routing or NO_ROUTING).to.items()})
        for where, code in named.items():
            if code in groups and not groups[code].active:
                msgid = N_("group '%(group)s' of category '%(category)s' is inactive; its tickets go to the fallback")
                params = {"group": code, "category": category.key}
                yield Problem("categories", index, where, Sentence(msgid, params), "warning")


def _unknown(group: str, where: str) -> Sentence:
    msgid = N_("group '%(group)s', named in '%(where)s', does not exist; correct the code or add the group")
    return Sentence(msgid, {"group": group, "where": where})
