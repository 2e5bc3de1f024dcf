"""Which counter for which question: the catalogue as a table of subjects, offices and ways to reach them (D4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from flask import g, url_for

from servicedesk.rules.catalogue import Catalogue, Category, Service
from servicedesk.rules.counters import Counter
from servicedesk.rules.routing import Requester, route
from servicedesk.store import appointments, catalogue, people
from servicedesk.web.appointments.times import weekday_name
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code
from servicedesk.web.portal import choosing


@dataclass(frozen=True, slots=True)
class Office:
    """Who answers, how one reaches them, and name and address of the counters where one can meet them."""

    name: str
    contact: str
    counters: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A question: its subject and the office that answers it, or the several among which the degree course decides."""

    subject: str
    url: str
    offices: Sequence[Office]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The questions under one heading of the catalogue."""

    key: str
    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Desk:
    """A service: when it is open, and its questions by heading."""

    key: str
    name: str
    description: str
    hours: Sequence[tuple[str, str]]
    shelves: Sequence[Shelf]


class _Directory:
    """Finds the offices of a category for the person asking; what is asked of the database is asked once."""

    def __init__(self) -> None:
        session = reading()
        self.tree: Catalogue = catalogue.current(session)
        self._counters = [each for each in appointments.counters(session) if each.is_active]
        self._staffed = frozenset(self.tree.groups)
        person = g.actor.person_id
        self._asking = people.requester_for_routing(session, person) if person is not None else Requester()

    def row(self, category: Category, name: str) -> Row:
        """Return the row of a category under this name."""
        codes = self._codes(category)
        return Row(name, url_for("portal.category", key=category.key), [self._office(code) for code in codes])

    def _codes(self, category: Category) -> Iterable[str]:
        routing = category.routing
        if routing is None or getattr(self._asking, routing.attribute):
            return [route(self.tree, category.key, self._asking, self._staffed).group]
        return dict.fromkeys(routing.to.values())

    def _office(self, code: str) -> Office:
        group = self.tree.groups[code]
        locale = locale_code()
        meeting = [_link(counter) for counter in self._counters if counter.group == code]
        return Office(group.name.get(locale), group.contact.get(locale), meeting)


def desks() -> Sequence[Desk]:
    """Return every question this person may ask, by service and heading."""
    directory = _Directory()
    return [_desk(directory, service) for service in choosing.services()]


def found(words: str) -> Sequence[Row]:
    """Return the questions that fit the words, the best first."""
    directory = _Directory()
    return [directory.row(directory.tree.categories[card.key], _path(card)) for card in choosing.found(words)]


def _path(card: choosing.Card) -> str:
    return f"{card.path} - {card.name}" if card.path else card.name


def _desk(directory: _Directory, service: Service) -> Desk:
    tree, locale = directory.tree, locale_code()
    visible = tree.open_to(g.actor.audiences, choosing.today(), service.id)
    rows: dict[str, list[Row]] = {root.key: [] for root in visible.children(None)}
    for key, category in visible.categories.items():
        if key in visible.selectable:
            rows[tree.path(key)[0].key].append(directory.row(category, _below_root(tree, key, locale)))
    shelves = [Shelf(key, tree.categories[key].name.get(locale), of_root) for key, of_root in rows.items()]
    return Desk(service.key, service.name.get(locale), service.description.get(locale), _hours(service.hours), shelves)


def _below_root(tree: Catalogue, key: str, locale: str) -> str:
    steps = tree.path(key)
    return " - ".join(step.name.get(locale) for step in steps[1:] or steps)


def _hours(hours: Mapping[int, Sequence[tuple[time, time]]]) -> Sequence[tuple[str, str]]:
    return [
        (weekday_name(day), ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in periods))
        for day, periods in sorted(hours.items())
    ]


def _link(counter: Counter) -> tuple[str, str]:
    return counter.name.get(locale_code()), url_for("appointments.counter", key=counter.key)
