"""Rules as data: when something happens to a request that fits, the desk does something by itself."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action, State
from servicedesk.rules.words import fold

LONGEST_NAME = 120
LONGEST_TEXT = 4000
MOST_HOURS = 24 * 90
MOST_DAYS = 90


class Trigger(StrEnum):
    """What makes the desk look at a rule."""

    OPENED = "opened"
    MOVED = "moved"
    RECLASSIFIED = "reclassified"
    REQUESTER_WROTE = "requester_wrote"
    NOTED = "noted"
    SOLVED = "solved"
    REFUSED = "refused"
    REOPENED = "reopened"
    PRIORITY = "priority"
    LEVEL_WARNED = "level_warned"
    LEVEL_MISSED = "level_missed"
    IDLE = "idle"
    """Nothing happened to it for some hours."""
    IN_STATE = "in_state"
    """It has been in one state for some hours, whatever else happened."""
    DUE_SOON = "due_soon"
    """Some hours before the next promised time runs out."""
    OVERDUE = "overdue"
    """Some hours after a promised time has run out."""
    CLOSING = "closing"
    """Some hours before it closes by itself."""


OF_ACTION: Mapping[Action, Trigger] = {
    Action.ROUTE: Trigger.OPENED,
    Action.ASSIGN_GROUP: Trigger.MOVED,
    Action.FORWARD: Trigger.MOVED,
    Action.RECLASSIFY: Trigger.RECLASSIFIED,
    Action.COMMENT: Trigger.REQUESTER_WROTE,
    Action.NOTE: Trigger.NOTED,
    Action.PROPOSE: Trigger.SOLVED,
    Action.REFUSE: Trigger.REFUSED,
    Action.REOPEN: Trigger.REOPENED,
    Action.PRIORITISE: Trigger.PRIORITY,
    Action.LEVEL_WARN: Trigger.LEVEL_WARNED,
    Action.LEVEL_BREACH: Trigger.LEVEL_MISSED,
}
STATED = frozenset({Trigger.IDLE, Trigger.IN_STATE})
"""Those that wait in one state, and may count opening hours alone."""
TIMED = STATED | {Trigger.DUE_SOON, Trigger.OVERDUE, Trigger.CLOSING}
"""What no event sets off, but time."""
IDLE_STATES = (State.ASSIGNED_GROUP, State.ASSIGNED_TECHNICIAN, State.IN_PROGRESS, State.WAITING)


class Hours(StrEnum):
    """When it happens."""

    OPEN = "open"
    CLOSED = "closed"


class Technician(StrEnum):
    """Who has it."""

    NOBODY = "nobody"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request has to be like; what is empty asks nothing, and within one field any value will do."""

    categories: tuple[str, ...] = ()
    """Keys; each stands for everything below it too."""
    groups: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    priority_from: int = 0
    urgency_from: int = 0
    audiences: tuple[str, ...] = ()
    """What the requester is to the university: values of an `Audience`."""
    courses: tuple[str, ...] = ()
    """Codes of degree courses or areas."""
    words: tuple[str, ...] = ()
    """Any of them stands in title or description, however it is written."""
    field: str = ""
    """Key of a field of the form, with `value` for what was filled in."""
    value: str = ""
    hours: str = ""
    technician: str = ""
    any_of: bool = False
    """Whether one condition that holds is enough."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What the desk then does, in this order; what is empty is not done."""

    category: str = ""
    group: str = ""
    technician: str = ""
    """Code of a technician of the group."""
    urgency: int = 0
    impact: int = 0
    watcher: str = ""
    """Code of a colleague who then watches the request."""
    note: str = ""
    """Internal; where a group is asked for advice, the question."""
    reply: str = ""
    """To the requester, in Italian."""
    reply_en: str = ""
    answer: str = ""
    """Shortcut of the standard answer that goes to the requester."""
    wait_days: int = 0
    """For so many days it then waits; the reply says why."""
    advise: str = ""
    """Code of the group whose advice is asked."""
    link: str = ""
    """Number of the request it is then tied to."""
    escalate: str = ""
    """The reason given to the supervisors."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is done at all."""
        return self == Deeds()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a service."""

    name: str
    trigger: Trigger
    conditions: Conditions = field(default_factory=Conditions)
    deeds: Deeds = field(default_factory=Deeds)
    idle_hours: int = 0
    """Of a rule that time sets off: after how many hours, or how many before."""
    idle_state: str = ""
    in_opening_hours: bool = False
    """Whether only opening hours count."""

    def as_json(self) -> dict[str, Any]:
        """Return what is kept."""
        return {**asdict(self), "trigger": self.trigger.value}


def from_json(data: Mapping[str, Any]) -> Rule:
    """Return a rule as it was kept; lists come back as tuples."""
    conditions: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data["conditions"].items()
    }
    return Rule(
        name=data["name"],
        trigger=Trigger(data["trigger"]),
        conditions=Conditions(**conditions),
        deeds=Deeds(**data["deeds"]),
        idle_hours=data["idle_hours"],
        idle_state=data["idle_state"],
        in_opening_hours=data.get("in_opening_hours", False),
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a rule looks at: a request as it is at one moment."""

    category: str
    group: str
    kind: str
    origin: str
    priority: int
    urgency: int = 0
    audiences: frozenset[str] = frozenset()
    course: str = ""
    area: str = ""
    text: str = ""
    """Title and description."""
    answers: Mapping[str, str] = field(default_factory=dict)
    is_open_hours: bool = True
    technician: Technician = Technician.NOBODY


def matches(conditions: Conditions, it: Snapshot, tree: Catalogue) -> bool:
    """Whether the conditions hold: all of them, or any where the rule says so; without conditions, always."""
    asked = [test(conditions, it, tree) for is_asked, test in TESTS if is_asked(conditions)]
    if not asked:
        return True
    return any(asked) if conditions.any_of else all(asked)


def _within(conditions: Conditions, it: Snapshot, tree: Catalogue) -> bool:
    if it.category not in tree.categories:
        return it.category in conditions.categories
    return any(step.key in conditions.categories for step in tree.path(it.category))


def _says(conditions: Conditions, it: Snapshot, _tree: Catalogue) -> bool:
    text = fold(it.text)
    return any(fold(word) in text for word in conditions.words)


def _is_filled(conditions: Conditions, it: Snapshot, _tree: Catalogue) -> bool:
    filled = it.answers.get(conditions.field, "")
    return fold(filled) == fold(conditions.value) if conditions.value else bool(filled)


Asked = Callable[[Conditions], object]
Test = Callable[[Conditions, Snapshot, Catalogue], bool]
TESTS: tuple[tuple[Asked, Test], ...] = (
    (lambda c: c.categories, _within),
    (lambda c: c.groups, lambda c, it, _: it.group in c.groups),
    (lambda c: c.kinds, lambda c, it, _: it.kind in c.kinds),
    (lambda c: c.origins, lambda c, it, _: it.origin in c.origins),
    (lambda c: c.priority_from, lambda c, it, _: it.priority >= c.priority_from),
    (lambda c: c.urgency_from, lambda c, it, _: it.urgency >= c.urgency_from),
    (lambda c: c.audiences, lambda c, it, _: bool(it.audiences & set(c.audiences))),
    (lambda c: c.courses, lambda c, it, _: bool({it.course, it.area} & set(c.courses))),
    (lambda c: c.words, _says),
    (lambda c: c.field, _is_filled),
    (lambda c: c.hours, lambda c, it, _: (c.hours == Hours.OPEN) == it.is_open_hours),
    (lambda c: c.technician, lambda c, it, _: it.technician == c.technician),
)


def check(rule: Rule, tree: Catalogue, service_id: str, codes: Collection[str]) -> None:
    """Raise Invalid, with a sentence at each field, for a rule that cannot run; `codes` are those of colleagues."""
    faults = dict(_faults(rule, tree, service_id, codes))
    if faults:
        raise Invalid(N_("The rule cannot be kept like this."), fields=faults)


def _faults(rule: Rule, tree: Catalogue, service_id: str, codes: Collection[str]) -> Iterator[tuple[str, Sentence]]:
    if not rule.name or len(rule.name) > LONGEST_NAME:
        yield "name", Sentence(N_("Give the rule a name of at most 120 characters."))
    yield from _idle_faults(rule)
    yield from _place_faults(rule, tree, service_id)
    deeds = rule.deeds
    for name in ("technician", "watcher"):
        code = getattr(deeds, name)
        if code and code not in codes:
            yield f"do_{name}", Sentence(N_("Nobody works here under the code '%(code)s'."), {"code": code})
    for name in ("note", "reply", "reply_en", "escalate"):
        if len(getattr(deeds, name)) > LONGEST_TEXT:
            yield f"do_{name}", Sentence(N_("This text is too long: at most 4,000 characters."))
    yield from _deed_faults(deeds)
    if bool(deeds.reply) != bool(deeds.reply_en):
        yield "do_reply_en" if deeds.reply else "do_reply", Sentence(N_("Write the reply in both languages."))
    if bool(deeds.urgency) != bool(deeds.impact) or not {deeds.urgency, deeds.impact} <= {0, *LEVELS}:
        yield "do_urgency", Sentence(N_("Choose both urgency and impact, or neither."))
    if deeds.is_empty:
        yield "does", Sentence(N_("Say what the rule does: tick at least one of these and fill it in."))


def _deed_faults(deeds: Deeds) -> Iterator[tuple[str, Sentence]]:
    if deeds.answer and deeds.reply:
        yield "do_answer", Sentence(N_("Send a standard answer or a text of the rule's own, not both."))
    if deeds.wait_days and not 1 <= deeds.wait_days <= MOST_DAYS:
        yield "do_wait_days", Sentence(N_("Say for how many days, from 1 to 90."))
    if deeds.wait_days and not deeds.reply:
        yield "do_reply", Sentence(N_("Tell the requester why the request waits."))
    if deeds.advise and deeds.advise == deeds.group:
        yield "do_advise", Sentence(N_("Ask another group than the one it is given to."))


def _idle_faults(rule: Rule) -> Iterator[tuple[str, Sentence]]:
    if rule.trigger not in TIMED:
        return
    if not 1 <= rule.idle_hours <= MOST_HOURS:
        yield "idle_hours", Sentence(N_("Say after how many hours, from 1 to 2,160."))
    if rule.trigger in STATED and rule.idle_state not in IDLE_STATES:
        yield "idle_state", Sentence(N_("Choose the state in which it stands still."))


def _place_faults(rule: Rule, tree: Catalogue, service_id: str) -> Iterator[tuple[str, Sentence]]:
    own = {key for key, each in tree.categories.items() if each.service_id == service_id}
    if not set(rule.conditions.categories) <= own:
        yield "categories", Sentence(N_("Choose categories of this service."))
    if not set(rule.conditions.groups) <= set(tree.groups):
        yield "groups", Sentence(N_("Choose groups of the running catalogue."))
    found = tree.categories.get(rule.deeds.category)
    if rule.deeds.category and (found is None or not found.selectable or found.retired):
        yield "do_category", Sentence(N_("Choose a category that requests can have."))
    for name in ("group", "advise"):
        code = getattr(rule.deeds, name)
        if code and not (code in tree.groups and tree.groups[code].active):
            yield f"do_{name}", Sentence(N_("Choose a group that works."))
