"""The catalogue as frozen data: services, groups, the category tree, and the questions one asks of it."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Literal

from servicedesk.rules.approval_steps import Steps
from servicedesk.rules.priority import MATRIX, Matrix

CategoryKind = Literal["request", "incident"]
NoticeKind = Literal["info", "warning"]
RoutingAttribute = Literal["area", "degree_course", "status"]
Hours = Mapping[int, tuple[tuple[time, time], ...]]

PATH_JOINT = " - "


class Audience(StrEnum):
    """Who may see a category; `EVERYONE` also opens it to visitors who have not signed in."""

    STUDENT = "student"
    FORMER_STUDENT = "former_student"
    PROSPECTIVE = "prospective"
    STAFF = "staff"
    EXTERNAL = "external"
    EVERYONE = "everyone"


class Strategy(StrEnum):
    """How a group finds the technician of a new ticket."""

    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    BY_ATTRIBUTE = "by_attribute"


class FieldKind(StrEnum):
    """What an extra field of a form accepts."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    STUDENT_NUMBER = "student_number"
    DEGREE_COURSE = "degree_course"
    PHONE = "phone"
    DATE = "date"
    NUMBER = "number"
    FILE = "file"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text in Italian and English."""

    it: str
    en: str

    def get(self, locale: str) -> str:
        """Return the text for `locale` ("it", "en-GB", ...); the other language where that one is empty.

        Languages other than Italian read English.
        """
        return (self.it or self.en) if locale.startswith("it") else (self.en or self.it)


@dataclass(frozen=True, slots=True)
class Service:
    """A desk of its own; `hours` maps the weekday (Monday is 0) to its opening periods in `zone`."""

    id: str
    key: str
    name: LocalText
    description: LocalText
    zone: str
    hours: Hours
    audience: frozenset[Audience]
    fallback_group: str
    close_days: int = 20
    reopen_days: int = 20
    waiting_closes: bool = True
    asks_feedback: bool = True
    """Whether the mail about a closed ticket asks how satisfied its requester is (F13)."""
    priority_matrix: Matrix = MATRIX
    """Rows are urgency 1 to 5, columns impact 1 to 5 (rule 4)."""


@dataclass(frozen=True, slots=True)
class Group:
    """An assignment group on a support line; groups serve the whole installation."""

    code: str
    name: LocalText
    line: int
    strategy: Strategy
    signature: LocalText
    contact: LocalText
    escalates_to: str | None = None
    fallback: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """An extra field of a category's form; the properties after `required` each belong to one kind."""

    key: str
    kind: FieldKind
    label: LocalText
    help: LocalText | None = None
    required: bool = False
    options: tuple[tuple[str, LocalText], ...] = ()
    """(value, label) pairs of a choice."""
    earliest: str | None = None
    latest: str | None = None
    """The days between which a date lies: "2026-09-30", "today", "today-365", "today+30"."""
    minimum: int | None = None
    maximum: int | None = None
    decimals: int = 0
    """How many digits a number has behind the point."""
    accept: tuple[str, ...] = ()
    """Suffixes of the files taken, as "pdf"; every kind where there are none."""
    version: str | None = None
    """Which wording of a consent this is."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Which group receives a category's tickets, by a value of the requester's `attribute`."""

    attribute: RoutingAttribute
    to: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know before asking, from one day to another; both ends count (B3)."""

    text: LocalText
    kind: NoticeKind = "info"
    active_from: date | None = None
    active_to: date | None = None

    def is_shown(self, today: date) -> bool:
        """Tell whether it is to be read on `today`."""
        return (self.active_from or date.min) <= today <= (self.active_to or date.max)


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree, complete: what its file entry leaves out is already inherited."""

    key: str
    service_id: str
    parent: str | None
    name: LocalText
    description: LocalText
    group: str
    audience: frozenset[Audience]
    selectable: bool
    notice: LocalText | None = None
    """A warning that always stands."""
    notices: tuple[Notice, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: CategoryKind = "request"
    urgency: int = 2
    impact: int = 2
    routing: Routing | None = None
    fields: tuple[Field, ...] = ()
    approvals: Steps = ()
    """What has to be approved by whom before work starts."""
    active_from: date | None = None
    active_to: date | None = None
    retired: bool = False

    def to_read(self, today: date) -> tuple[Notice, ...]:
        """Return what to read before asking on `today`, the standing warning first."""
        standing = (Notice(self.notice, "warning"),) if self.notice else ()
        return (*standing, *(notice for notice in self.notices if notice.is_shown(today)))

    def is_active(self, today: date) -> bool:
        """Tell whether the category itself is in use on `today`; both ends of its period count."""
        started = self.active_from is None or self.active_from <= today
        ended = self.active_to is not None and self.active_to < today
        return started and not ended and not self.retired

    def is_for(self, audiences: Set[Audience]) -> bool:
        """Tell whether people of these `audiences` may use the category; an empty set is a visitor without account."""
        return Audience.EVERYONE in self.audience or not self.audience.isdisjoint(audiences)


@dataclass(frozen=True, slots=True)
class OpenTree:
    """The part of a service's tree that a person sees today: `categories` in the file's order, headings included."""

    service_id: str
    categories: Mapping[str, Category]
    selectable: frozenset[str]
    _children: Mapping[tuple[str, str | None], tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_children", _index_children(self.categories.values()))

    def children(self, key: str | None) -> tuple[Category, ...]:
        """Return the visible children of `key`; the roots for None."""
        return tuple(self.categories[child] for child in self._children.get((self.service_id, key), ()))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One version of everything published: services by id, groups by code, categories by key in the file's order."""

    services: Mapping[str, Service]
    groups: Mapping[str, Group]
    categories: Mapping[str, Category]
    _children: Mapping[tuple[str, str | None], tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_children", _index_children(self.categories.values()))

    def children(self, key: str | None, service_id: str) -> tuple[Category, ...]:
        """Return the direct children of `key`, retired ones included; the roots of the service for None."""
        return tuple(self.categories[child] for child in self._children.get((service_id, key), ()))

    def path(self, key: str) -> tuple[Category, ...]:
        """Return the categories from the root down to `key`. Raises KeyError for an unknown key."""
        found = [self.categories[key]]
        while (parent := found[-1].parent) is not None:
            found.append(self.categories[parent])
        return tuple(reversed(found))

    def path_name(self, key: str, locale: str, joint: str = PATH_JOINT) -> str:
        """Return the full path in words, as "A - B - Area ..."; requirement B1."""
        return joint.join(category.name.get(locale) for category in self.path(key))

    def name_of(self, key: str) -> LocalText | None:
        """Return the name of a category, retired or not; None when this version does not know it."""
        category = self.categories.get(key)
        return category.name if category else None

    def service_by_key(self, key: str) -> Service | None:
        """Return the service that the file calls `key`."""
        return next((service for service in self.services.values() if service.key == key), None)

    def is_open(self, key: str, audiences: Set[Audience], today: date) -> bool:
        """Tell whether a person of these `audiences` may file a request under `key` today."""
        category = self.categories.get(key)
        if category is None or not category.selectable or not category.is_for(audiences):
            return False
        return all(step.is_active(today) for step in self.path(key))

    def open_to(self, audiences: Set[Audience], today: date, service_id: str) -> OpenTree:
        """Return what a person of these `audiences` sees of a service: selectable categories and the way to them.

        A heading is shown when something under it is. An empty set is a visitor without account; requirement A9.
        """
        roots = self.children(None, service_id)
        shown = [category for root in roots for category in self._visible(root, audiences, today)]
        selectable = (category.key for category in shown if category.selectable and category.is_for(audiences))
        return OpenTree(service_id, {category.key: category for category in shown}, frozenset(selectable))

    def _visible(self, top: Category, audiences: Set[Audience], today: date) -> list[Category]:
        if not top.is_active(today):
            return []
        children = self.children(top.key, top.service_id)
        below = [category for child in children for category in self._visible(child, audiences, today)]
        return [top, *below] if below or (top.selectable and top.is_for(audiences)) else []

    def services_open_to(self, audiences: Set[Audience], today: date) -> tuple[Service, ...]:
        """Return the services in which a person of these `audiences` may file at least one request."""
        return tuple(service for service in self.services.values() if self._serves(service.id, audiences, today))

    def _serves(self, service_id: str, audiences: Set[Audience], today: date) -> bool:
        own = (key for key, category in self.categories.items() if category.service_id == service_id)
        return any(self.is_open(key, audiences, today) for key in own)


def _index_children(categories: Iterable[Category]) -> dict[tuple[str, str | None], tuple[str, ...]]:
    children: dict[tuple[str, str | None], list[str]] = {}
    for category in categories:
        children.setdefault((category.service_id, category.parent), []).append(category.key)
    return {parent: tuple(keys) for parent, keys in children.items()}
