"""The words for watching a ticket, which only staff read."""

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext

from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

EVENTS: Mapping[Action, str] = {
    Action.WATCH: N_("added to those who watch: %(watcher)s"),
    Action.UNWATCH: N_("taken from those who watch: %(watcher)s"),
}
DONE: Mapping[Action, str] = {
    Action.WATCH: N_("Added to those who watch. News of this request is told to them."),
    Action.UNWATCH: N_("No longer among those who watch."),
}
MAILS: Mapping[str, str] = {
    "watch_added": N_("You watch a request"),
    "watch_mentioned": N_("You are mentioned in a note"),
    "watch_news": N_("News of a request you watch"),
    "watch_unsent": N_("Your answer was not sent"),
}
JOBS: Mapping[str, str] = {"send_held": N_("sends what technicians could still take back until now")}
INTERNAL = frozenset(EVENTS)


STOOD_IN = N_("%(absent)s is away: told too, standing in: %(stand_in)s")


def people_of(changes: Mapping[str, Any]) -> frozenset[int]:
    """Return whom a note told in the place of whom."""
    return frozenset(person for side in changes.get("stood_in") or () for person in side)


def stood_in(changes: Mapping[str, Any], people: Mapping[int, Any]) -> str:
    """Return the sentence about those who were named in a note while they are away, empty where there are none."""
    absent, instead = changes.get("stood_in") or ((), ())
    if not instead:
        return ""
    return gettext(STOOD_IN) % {"absent": _names(absent, people), "stand_in": _names(instead, people)}


def _names(ids: Collection[int], people: Mapping[int, Any]) -> str:
    return ", ".join(_name(people[each]) for each in ids if each in people)


def _name(person: Any) -> str:
    return f"{person.code or ''} {person.given_name} {person.family_name}".strip()


def of_event(changes: Mapping[str, Any], people: Mapping[int, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes; `people` are rows of persons by id."""
    person = people.get(next((each for each in changes.get("watcher") or () if each), 0))
    return {"watcher": _name(person) if person else ""}
