"""Where a ticket goes: from category and requester to a group, and from the group to one of its technicians."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from servicedesk.rules.catalogue import Audience, Catalogue, Category, Group, Routing, Strategy
from servicedesk.rules.sentences import N_, Sentence

# Reasons stay on the ticket for staff to read, so their parameters are in the catalogue's first language.
LOCALE = "it"
JOINT = " > "


@dataclass(frozen=True, slots=True)
class Requester:
    """What routing may know of a person: the student record's attributes, None where there is none."""

    area: str | None = None
    degree_course: str | None = None
    degree_course_name: str | None = None
    status: str | None = None
    audiences: frozenset[Audience] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """The group that receives a ticket and why."""

    group: str
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Member:
    """A technician of a group; `absences` are (first day, last day), the last None while it is open."""

    id: int
    code: str
    areas: frozenset[str] = frozenset()
    absences: tuple[tuple[date, date | None], ...] = ()

    def is_present(self, today: date) -> bool:
        """Tell whether no absence covers `today`; both ends of an absence count."""
        return not any(first <= today and (last is None or today <= last) for first, last in self.absences)


@dataclass(frozen=True, slots=True)
class Choice:
    """The technician chosen; `member` is None when the ticket waits in the group."""

    member: Member | None
    reason: Sentence

    @property
    def code(self) -> str | None:
        """The code of the technician chosen."""
        return self.member.code if self.member else None


# Each reason twice: as it is, and where the group meant was not available and handed on.
REASONS: Mapping[str, tuple[str, str]] = {
    "category": (
        N_("%(path)s, the category's own group"),
        N_("%(path)s, the category's own group; %(missing)s not available, handed to %(group)s"),
    ),
    "course_area": (
        N_("%(path)s, area from degree course '%(course)s'"),
        N_("%(path)s, area from degree course '%(course)s'; %(missing)s not available, handed to %(group)s"),
    ),
    "area": (
        N_("%(path)s, area '%(value)s'"),
        N_("%(path)s, area '%(value)s'; %(missing)s not available, handed to %(group)s"),
    ),
    "degree_course": (
        N_("%(path)s, degree course '%(value)s'"),
        N_("%(path)s, degree course '%(value)s'; %(missing)s not available, handed to %(group)s"),
    ),
    "status": (
        N_("%(path)s, status '%(value)s'"),
        N_("%(path)s, status '%(value)s'; %(missing)s not available, handed to %(group)s"),
    ),
}


def route(catalogue: Catalogue, key: str, requester: Requester, staffed: Set[str]) -> Route:
    """Return the group for a ticket of category `key` and the reason in words.

    `staffed` holds the codes of the groups that have members. A group that is inactive or not staffed hands to its
    fallback, then to the group it escalates to; in the end the service's fallback group receives the ticket, staffed
    or not. Raises KeyError for a category the catalogue does not know. Source: requirement F1.
    """
    category = catalogue.categories[key]
    meant, why, details = _meant(category, requester)
    group, missing = _available(catalogue, meant, category.service_id, staffed)
    plain, handed_on = REASONS[why]
    params = {"path": catalogue.path_name(key, LOCALE, JOINT), **details}
    if not missing:
        return Route(group, Sentence(plain, params))
    return Route(group, Sentence(handed_on, {**params, "missing": ", ".join(missing), "group": group}))


def _meant(category: Category, requester: Requester) -> tuple[str, str, dict[str, str]]:
    """Return the group that category and requester ask for, the kind of reason and its parameters."""
    match = _match(category.routing, requester) if category.routing else None
    if match is None or category.routing is None:
        return category.group, "category", {}
    value, group = match
    if category.routing.attribute == "area" and requester.degree_course_name:
        return group, "course_area", {"course": requester.degree_course_name}
    if category.routing.attribute == "degree_course":
        return group, "degree_course", {"value": requester.degree_course_name or value}
    return group, category.routing.attribute, {"value": value}


def _match(routing: Routing, requester: Requester) -> tuple[str, str] | None:
    value: str | None = getattr(requester, routing.attribute)
    if not value:
        return None
    return next(((value, group) for key, group in routing.to.items() if key.casefold() == value.casefold()), None)


def _available(catalogue: Catalogue, meant: str, service_id: str, staffed: Set[str]) -> tuple[str, list[str]]:
    """Return the first group on the way from `meant` that can take a ticket, and those passed over."""
    missing: list[str] = []
    waiting = [meant]
    while waiting:
        code = waiting.pop(0)
        if code in missing:
            continue
        group = catalogue.groups.get(code)
        if group and group.active and code in staffed:
            return code, missing
        missing.append(code)
        waiting = _next(group, waiting)
    last = catalogue.services[service_id].fallback_group
    return last, [code for code in missing if code != last]


def _next(group: Group | None, waiting: list[str]) -> list[str]:
    if group is None:
        return waiting
    fallback = [group.fallback] if group.fallback else []
    escalation = [group.escalates_to] if group.escalates_to else []
    return [*fallback, *waiting, *escalation]


def choose(
    strategy: Strategy,
    members: Sequence[Member],
    loads: Mapping[int, int],
    last: int | None,
    requester: Requester,
    today: date,
) -> Choice:
    """Return the technician who receives a new ticket of a group, or none when it waits there for someone.

    `loads` counts the open tickets per member id (missing is 0), `last` is the member who received the group's
    previous ticket. The same arguments give the same choice, whatever the order of `members`. Source: requirement F1.
    """
    present = sorted((member for member in members if member.is_present(today)), key=lambda member: member.id)
    if strategy is not Strategy.MANUAL and not present:
        return Choice(None, Sentence(N_("nobody of the group is present, the ticket waits in the group")))
    return STRATEGIES[strategy](_Question(present, loads, last, requester))


@dataclass(frozen=True, slots=True)
class _Question:
    present: Sequence[Member]
    loads: Mapping[int, int]
    last: int | None
    requester: Requester

    def lightest(self, members: Sequence[Member]) -> Member:
        """Return the member with the fewest open tickets, the lower id among equals."""
        return min(members, key=lambda member: (self.loads.get(member.id, 0), member.id))


def _manual(question: _Question) -> Choice:
    return Choice(None, Sentence(N_("the group's technicians take tickets themselves")))


def _round_robin(question: _Question) -> Choice:
    after = [member for member in question.present if question.last is not None and member.id > question.last]
    return Choice((after or question.present)[0], Sentence(N_("next in turn")))


def _least_loaded(question: _Question) -> Choice:
    member = question.lightest(question.present)
    load = question.loads.get(member.id, 0)
    return Choice(member, Sentence(N_("fewest open tickets (%(count)s)"), {"count": load}))


def _by_attribute(question: _Question) -> Choice:
    area = question.requester.area or ""
    own = [member for member in question.present if area.casefold() in {name.casefold() for name in member.areas}]
    if own:
        return Choice(question.lightest(own), Sentence(N_("works for area '%(area)s'"), {"area": area}))
    general = [member for member in question.present if not member.areas]
    if general:
        return Choice(question.lightest(general), Sentence(N_("works for every area")))
    return Choice(None, Sentence(N_("nobody present works for this area, the ticket waits in the group")))


STRATEGIES: Mapping[Strategy, Callable[[_Question], Choice]] = {
    Strategy.MANUAL: _manual,
    Strategy.ROUND_ROBIN: _round_robin,
    Strategy.LEAST_LOADED: _least_loaded,
    Strategy.BY_ATTRIBUTE: _by_attribute,
}
