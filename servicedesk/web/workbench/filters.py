"""The queue's filters and places as they stand in its address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.calendar import instant
from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Actor
from servicedesk.rules.priority import LEVELS, MAJOR
from servicedesk.rules.sentences import N_
from servicedesk.store import search
from servicedesk.store.base import UtcDateTime
from servicedesk.store.queue import ANY, IS_OPEN, NOBODY, SORTS, TO_DO, Place, Wanted, sorts_for
from servicedesk.web import labels
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.choices import staff_name

ME = "me"
PICKS = ("group", "state", "technician", "priority", "category", "kind", "origin", "service", "waiting")
"""Filters of which several values may be chosen."""
FLAGS = ("news", "unread", "approval", "watched")
FILTERS = ("q", *PICKS, "from", "to", *FLAGS)
Chosen = Mapping[str, Sequence[str]]
"""The filters in use, in the order of `FILTERS`: what an address or a saved view holds."""
USUAL: Chosen = {"state": [TO_DO]}
"""What a bare address shows."""
QUICK_VIEWS: Mapping[str, Chosen] = {
    "todo": USUAL,
    "open": {},
    "mine": {"technician": [ME]},
    "unassigned": {"state": [TO_DO], "technician": [NOBODY]},
    "due": {},
    "news": {"news": ["1"]},
    "unread": {"unread": ["1"]},
    "waiting": {"state": ["waiting"]},
    "approval": {"approval": ["1"]},
    "resolved": {"state": ["resolved"]},
    "watched": {"watched": ["1"]},
}
"""Each quick view by the filters it stands for."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_YEAR = 9000
LARGEST = 2**53
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose; `depth` is how far it stands below others, `heading` begins a new part of the list."""

    value: str
    words: str
    depth: int = 0
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """A filter with its options and what is chosen of them."""

    name: str
    label: str
    options: Sequence[Option]
    chosen: Sequence[str]


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The technicians of the reader's groups, and the code that stands for each in an address."""

    rows: Sequence[Any]

    def id_of(self, code: str, actor: Actor) -> int | str:
        """Return the filter value for what the address says: a person's id, or nobody."""
        if code == ME:
            assert actor.person_id is not None
            return actor.person_id
        return NOBODY if code == NOBODY else next(int(row.id) for row in self.rows if _code(row) == code)


def _code(row: Any) -> str:
    return str(row.code or row.id)


def chosen_in(args: MultiDict[str, str]) -> dict[str, list[str]]:
    """Return the filters that an address holds, those that let everything open through left out."""
    found = {name: [value for value in args.getlist(name) if value] for name in FILTERS}
    # Whoever types words into the list of what is to do looks for a request wherever it stands.
    if found["state"] == [IS_OPEN] or (found["q"] and found["state"] == [TO_DO]):
        found["state"] = []
    return {name: list(dict.fromkeys(values)) for name, values in found.items() if values}


def picks(chosen: Chosen, groups: Mapping[str, str], colleagues: Colleagues, tree: Catalogue) -> list[Pick]:
    """Return the filters to choose from; `groups` are codes and names of the reader's groups."""
    states = [
        Option(TO_DO, _("To do")),
        Option(IS_OPEN, _("All open")),
        *_words(labels.STATES),
        Option(ANY, _("Open and ended")),
    ]
    levels = [Option(str(each), level(each)) for each in (MAJOR, *sorted(LEVELS, reverse=True))]
    options = {
        "group": (_("Group"), _named(groups)),
        "state": (_("State"), states),
        "technician": (_("Technician"), _technicians(colleagues)),
        "priority": (_("Priority"), levels),
        "category": (_("Category"), list(_categories(tree))),
        "kind": (_("Type"), _words(labels.KINDS)),
        "origin": (_("Origin"), _words(labels.ORIGINS)),
        "service": (_("Service"), _named({key: each.name.get(locale_code()) for key, each in tree.services.items()})),
        "waiting": (_("Waits for"), _words(labels.WAITING_FOR)),
    }
    return [
        Pick(name, words, offered, [each.value for each in offered if each.value in chosen.get(name, ())])
        for name, (words, offered) in options.items()
    ]


def _named(names: Mapping[str, str]) -> list[Option]:
    return [Option(value, words) for value, words in names.items()]


def _words(words: Mapping[str, str]) -> list[Option]:
    return [Option(value, label(words, value)) for value in words]


def _technicians(colleagues: Colleagues) -> list[Option]:
    return [
        Option(ME, _("Me")),
        Option(NOBODY, _("Nobody")),
        *(Option(_code(row), staff_name(row)) for row in colleagues.rows),
    ]


def _categories(tree: Catalogue) -> Iterator[Option]:
    language = locale_code()

    def under(parent: str | None, service_id: str, depth: int, heading: str) -> Iterator[Option]:
        for category in tree.children(parent, service_id):
            yield Option(category.key, category.name.get(language), depth, heading)
            heading = ""
            yield from under(category.key, service_id, depth + 1, "")

    for service in tree.services.values():
        yield from under(None, service.id, 0, service.name.get(language))


def chosen_of(chosen: Chosen, offered: Sequence[Pick]) -> dict[str, list[str]]:
    """Return the filters without the values that no longer exist, each value once and in the order of its options."""
    known = {
        pick.name: [each.value for each in pick.options if each.value in chosen.get(pick.name, ())] for pick in offered
    }
    for name in ("q", *FLAGS):
        known[name] = [value[:MOST_WORDS] for value in chosen.get(name, ())][:1]
    for name in ("from", "to"):
        known[name] = [value for value in chosen.get(name, ()) if _day(value)][:1]
    return {name: known[name] for name in FILTERS if known[name]}


def _day(typed: str) -> date | None:
    """Return a day that any request can have been opened on; with those at the ends of time nothing can be reckoned."""
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if EPOCH.year < found.year < LAST_YEAR else None


def subtree(tree: Catalogue, key: str) -> tuple[str, ...]:
    """Return the keys of a category and of everything below it."""

    def below(category: Category) -> Iterator[str]:
        yield category.key
        for child in tree.children(category.key, category.service_id):
            yield from below(child)

    return tuple(below(tree.categories[key]))


def wanted_by(
    session: Session, chosen: Chosen, groups: Sequence[str], colleagues: Colleagues, tree: Catalogue, actor: Actor
) -> Wanted:
    """Return what these filters ask of the queue, in the usual order; `groups` are those there are to choose from."""
    words = next(iter(chosen.get("q", ())), "")
    states = tuple(chosen.get("state", ()))
    found = search.matching(session, words, actor) if words else None
    ids = tuple(found) if found is not None else None
    first, last = (next(iter(chosen.get(name, ())), "") for name in ("from", "to"))
    return Wanted(
        groups=tuple(chosen.get("group") or groups),
        states=states,
        technicians=tuple(colleagues.id_of(code, actor) for code in chosen.get("technician", ())),
        priorities=tuple(int(value) for value in chosen.get("priority", ())),
        categories=tuple(key for chosen_key in chosen.get("category", ()) for key in subtree(tree, chosen_key)),
        kinds=tuple(chosen.get("kind", ())),
        origins=tuple(chosen.get("origin", ())),
        services=tuple(chosen.get("service", ())),
        waiting_for=tuple(chosen.get("waiting", ())),
        opened_from=_midnight(first, 0, tree) if first else None,
        opened_before=_midnight(last, 1, tree) if last else None,
        is_unanswered=bool(chosen.get("news")),
        is_unread=bool(chosen.get("unread")),
        awaits_approval=bool(chosen.get("approval")),
        ids=ids,
        is_watched=bool(chosen.get("watched")),
        sort=sorts_for(states, ids is not None)[0],
    )


def _midnight(day: str, days_later: int, tree: Catalogue) -> datetime:
    """Return the beginning of a day on the wall of the first service."""
    zone = ZoneInfo(next(iter(tree.services.values())).zone)
    return instant(datetime.combine(date.fromisoformat(day) + timedelta(days=days_later), time()), zone)


def sort_in(args: MultiDict[str, str], wanted: Wanted) -> str:
    """Return the order that the address asks for, the usual one where it cannot be had."""
    sort = args.get("sort", "")
    return sort if sort in sorts_for(wanted.states, wanted.ids is not None) else wanted.sort


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
