"""What differs between two catalogues, in words: each entry with its properties, before and after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from flask_babel import format_date, gettext

from servicedesk.rules.approval_steps import Steps
from servicedesk.rules.catalogue import Audience, Catalogue, Category, Field, Group, LocalText, Notice, Routing, Service
from servicedesk.rules.catalogue_changes import Change, difference
from servicedesk.rules.sentences import N_
from servicedesk.web.answers.forms import AUDIENCES
from servicedesk.web.approval_desk_words import step_words
from servicedesk.web.labels import KINDS, label
from servicedesk.web.language import IN_WHICH_WE_WRITE, locale_code

PROPERTIES: Mapping[str, str] = {
    "name": N_("Name"),
    "description": N_("Description"),
    "parent": N_("Heading above"),
    "service_id": N_("Service"),
    "group": N_("Group"),
    "routing": N_("Routing by the requester"),
    "audience": N_("Who sees it"),
    "selectable": N_("Can be chosen"),
    "notice": N_("Standing warning"),
    "notices": N_("Notices before the form"),
    "synonyms": N_("Words that find it"),
    "kind": N_("Kind"),
    "urgency": N_("Urgency"),
    "impact": N_("Impact"),
    "fields": N_("Fields of the form"),
    "approvals": N_("Approvals before work starts"),
    "active_from": N_("Active from"),
    "active_to": N_("Active until"),
    "retired": N_("Retired"),
    "line": N_("Line"),
    "strategy": N_("Assignment"),
    "signature": N_("Signature"),
    "contact": N_("Contacts"),
    "escalates_to": N_("Escalates to"),
    "fallback": N_("Fallback"),
    "active": N_("Active"),
    "zone": N_("Time zone"),
    "hours": N_("Opening hours"),
    "fallback_group": N_("Fallback group"),
    "close_days": N_("Days until an answered request closes"),
    "reopen_days": N_("Days in which it can be reopened"),
    "waiting_closes": N_("Closes while waiting for the requester"),
    "asks_feedback": N_("Asks for an opinion"),
    "priority_matrix": N_("Priority matrix"),
}
STRATEGIES: Mapping[str, str] = {
    "manual": N_("taken by hand"),
    "round_robin": N_("in turn"),
    "least_loaded": N_("to the least loaded"),
    "by_attribute": N_("by the requester's area"),
}
FIELD_KINDS: Mapping[str, str] = {
    "text": N_("One line of text"),
    "long_text": N_("Several lines of text"),
    "choice": N_("Choice from a list"),
    "student_number": N_("Student number"),
    "degree_course": N_("Degree course"),
    "phone": N_("Telephone"),
    "date": N_("Date"),
    "number": N_("Number"),
    "file": N_("File"),
    "consent": N_("Consent"),
}
FIELD_PROPERTIES: Mapping[str, str] = {
    "key": N_("Key"),
    "kind": N_("Kind"),
    "label": N_("Label"),
    "help": N_("Help"),
    "required": N_("Mandatory"),
    "options": N_("Options"),
    "earliest": N_("Earliest day"),
    "latest": N_("Latest day"),
    "minimum": N_("Smallest number"),
    "maximum": N_("Largest number"),
    "decimals": N_("Decimals"),
    "accept": N_("Kinds of files"),
    "version": N_("Version of the wording"),
}
ATTRIBUTES: Mapping[str, str] = {
    "area": N_("Area of the degree course"),
    "degree_course": N_("Degree course"),
    "status": N_("Status of the student"),
}
TAGS: Mapping[str, str] = {
    "parent": N_("moved"),
    "service_id": N_("moved"),
    "name": N_("renamed"),
    "group": N_("rerouted"),
    "routing": N_("rerouted"),
    "fields": N_("form changed"),
    "approvals": N_("approvals changed"),
}
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Detail:
    """A property before and after, in words; `of` names the field of the form it belongs to."""

    label: str
    before: str
    after: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry that differs."""

    kind: str
    section: str
    key: str
    name: str
    path: str
    tags: Sequence[str]
    details: Sequence[Detail]


def told(old: Catalogue, new: Catalogue) -> list[Told]:
    """Return everything that differs between two trees."""
    return [_Teller(old, new).tell(change) for change in difference(old, new).changes]


@dataclass(frozen=True, slots=True)
class _Teller:
    old: Catalogue
    new: Catalogue

    def tell(self, change: Change) -> Told:
        before, after = _entry(self.old, change), _entry(self.new, change)
        known = after or before
        assert known is not None
        details = list(self._details(before, after, change.what)) if change.kind == "changed" else []
        tags = dict.fromkeys(gettext(TAGS[name]) for name in change.what if name in TAGS)
        return Told(change.kind, change.section, change.key, _words(known.name), self._path(known), [*tags], details)

    def _path(self, entry: Service | Group | Category) -> str:
        if not isinstance(entry, Category) or entry.parent is None:
            return ""
        tree = self.new if self.new.categories.get(entry.key) is entry else self.old
        return tree.path_name(entry.parent, locale_code())

    def _details(self, before: Any, after: Any, names: Sequence[str]) -> Iterator[Detail]:
        for name in names:
            sides = getattr(before, name), getattr(after, name)
            yield from self._property(name, *sides)

    def _property(self, name: str, before: Any, after: Any) -> Iterator[Detail]:
        words = gettext(PROPERTIES[name])
        if name == "fields":
            yield from _fields(before, after)
        elif isinstance(before or after, LocalText):
            yield from _by_language(words, *(_languages(side) for side in (before, after)))
        elif name == "synonyms":
            yield from _by_language(words, *(_synonyms(side) for side in (before, after)))
        else:
            yield Detail(words, shown(self.old, name, before), shown(self.new, name, after))


def _entry(tree: Catalogue, change: Change) -> Service | Group | Category | None:
    if change.section == "service":
        return tree.service_by_key(change.key)
    found: Group | Category | None = (tree.groups if change.section == "group" else tree.categories).get(change.key)
    return found


def _words(text: LocalText) -> str:
    return text.get(locale_code())


def _languages(text: LocalText | None) -> Mapping[str, str]:
    return {"it": text.it, "en": text.en} if text else {}


def _synonyms(found: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    return {language: ", ".join(words) for language, words in found.items()}


def _by_language(words: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Detail]:
    for code, language in IN_WHICH_WE_WRITE:
        if before.get(code) != after.get(code):
            yield Detail(f"{words} ({language})", before.get(code) or NOTHING, after.get(code) or NOTHING)


def _fields(before: Sequence[Field], after: Sequence[Field]) -> Iterator[Detail]:
    words, old, new = gettext(PROPERTIES["fields"]), {f.key: f for f in before}, {f.key: f for f in after}
    for key in {**old, **new}:
        if key not in new:
            yield Detail(words, _words(old[key].label), gettext("removed"), key)
        elif key not in old:
            yield Detail(words, gettext("added"), f"{_words(new[key].label)} ({field_kind(new[key])})", key)
        elif old[key] != new[key]:
            yield from _one_field(old[key], new[key])
    common = [key for key in old if key in new]
    if common != [key for key in new if key in old]:
        yield Detail(words, ", ".join(old), ", ".join(new), gettext("order"))


def _one_field(before: Field, after: Field) -> Iterator[Detail]:
    for name in (each.name for each in fields(Field)):
        sides = getattr(before, name), getattr(after, name)
        if sides[0] == sides[1]:
            continue
        words = gettext(FIELD_PROPERTIES[name])
        if isinstance(sides[0] or sides[1], LocalText):
            found = _by_language(words, *(_languages(side) for side in sides))
        else:
            found = iter([Detail(words, *(_field_value(name, side) for side in sides))])
        yield from (Detail(each.label, each.before, each.after, after.key) for each in found)


def field_kind(field: Field) -> str:
    """Return the kind of a field in words."""
    return gettext(FIELD_KINDS[field.kind])


def _field_value(name: str, value: Any) -> str:
    if name == "kind":
        return gettext(FIELD_KINDS[value])
    if name == "options":
        return ", ".join(f"{key}: {words.it} / {words.en}" for key, words in value) or NOTHING
    if name == "accept":
        return ", ".join(value) or NOTHING
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return NOTHING if value in (None, "") else str(value)


def shown(tree: Catalogue, name: str, value: Any) -> str:
    """Return the value of a property in words, references by what this tree calls them."""
    return SHOWN[name](tree, value) if name in SHOWN else _plain(value)


def _group(tree: Catalogue, code: str | None) -> str:
    if not code:
        return NOTHING
    group = tree.groups.get(code)
    return f"{code} ({_words(group.name)})" if group else code


def _parent(tree: Catalogue, key: str | None) -> str:
    return tree.path_name(key, locale_code()) if key in tree.categories and key else gettext("at the top")


def _service(tree: Catalogue, key: str) -> str:
    return _words(tree.services[key].name) if key in tree.services else key


def _routing(tree: Catalogue, routing: Routing | None) -> str:
    if routing is None:
        return NOTHING
    ways = ", ".join(f"{value} → {code}" for value, code in routing.to.items())
    return f"{gettext(ATTRIBUTES[routing.attribute])}: {ways}"


def _audience(_tree: Catalogue, audience: frozenset[Audience]) -> str:
    return ", ".join(gettext(AUDIENCES[each]) for each in Audience if each in audience) or NOTHING


def _notices(_tree: Catalogue, notices: Sequence[Notice]) -> str:
    return " | ".join(_notice(notice) for notice in notices) or NOTHING


def _notice(notice: Notice) -> str:
    days = [f"{day:%d/%m/%Y}" if day else "..." for day in (notice.active_from, notice.active_to)]
    return f"{_words(notice.text)} ({' - '.join(days)})" if days != ["...", "..."] else _words(notice.text)


def approvals(tree: Catalogue, steps: Steps) -> str:
    """Return what has to be approved by whom, one step after the other, in words."""
    return "; ".join(f"{place}. {step_words(tree, step)}" for place, step in enumerate(steps, 1)) or NOTHING


def _hours(_tree: Catalogue, hours: Mapping[int, Sequence[tuple[Any, Any]]]) -> str:
    days = (
        f"{weekday(day)} " + " ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in periods)
        for day, periods in sorted(hours.items())
        if periods
    )
    return ", ".join(days) or NOTHING


def weekday(day: int) -> str:
    """Return the short name of a day of the week, Monday for 0."""
    return str(format_date(date(2024, 1, 1 + day), "EEE"))


def _matrix(_tree: Catalogue, matrix: Sequence[Sequence[int]]) -> str:
    return " / ".join(" ".join(map(str, row)) for row in matrix)


SHOWN: Mapping[str, Callable[[Catalogue, Any], str]] = {
    **dict.fromkeys(("group", "fallback", "escalates_to", "fallback_group"), _group),
    "parent": _parent,
    "service_id": _service,
    "routing": _routing,
    "audience": _audience,
    "notices": _notices,
    "hours": _hours,
    "approvals": approvals,
    "priority_matrix": _matrix,
    "kind": lambda _tree, kind: label(KINDS, kind),
    "strategy": lambda _tree, strategy: gettext(STRATEGIES[strategy]),
}
