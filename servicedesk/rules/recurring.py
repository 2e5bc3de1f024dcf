"""Requests that open themselves: what each says, in which rhythm, and what stands in the way of one."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Any

from servicedesk.rules.automation import Deeds
from servicedesk.rules.catalogue import Catalogue, LocalText
from servicedesk.rules.errors import Invalid
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.rhythm import MOST, OffDay, Rhythm, Unit
from servicedesk.rules.sentences import N_, Sentence

LONGEST_NAME = 120
LONGEST_TITLE = 160
"""Shorter than that of a request: what stands for the day may be longer than its mark."""
LONGEST_TEXT = 4000
PUNCTUAL = timedelta(hours=1)
"""What opens within so long after its instant is not late: a job may have waited for another."""


class Missed(StrEnum):
    """What becomes of those that nobody opened in time, because the desk stood still or was paused."""

    LATE = "late"
    """One is opened for all of them."""
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Recurring:
    """A request that opens itself: what it says, in which rhythm, and what the desk does with it at once."""

    name: str
    category: str
    title: LocalText
    text: LocalText
    rhythm: Rhythm
    answers: Mapping[str, str] = field(default_factory=dict)
    """By the keys of the category's fields."""
    deeds: Deeds = field(default_factory=Deeds)
    """Group, technician, urgency with impact, and a note for those who work on it."""
    missed: Missed = Missed.LATE

    def as_json(self) -> dict[str, Any]:
        """Return what is kept."""
        rhythm = {**asdict(self.rhythm), "at": f"{self.rhythm.at:%H:%M}", "starts": self.rhythm.starts.isoformat()}
        rhythm["ends"] = self.rhythm.ends.isoformat() if self.rhythm.ends else None
        return {**asdict(self), "answers": dict(self.answers), "rhythm": rhythm}


def from_json(data: Mapping[str, Any]) -> Recurring:
    """Return it as it was kept."""
    kept = data["rhythm"]
    rhythm = Rhythm(
        **{
            **kept,
            "unit": Unit(kept["unit"]),
            "starts": date.fromisoformat(kept["starts"]),
            "at": time.fromisoformat(kept["at"]),
            "weekdays": tuple(kept["weekdays"]),
            "ends": date.fromisoformat(kept["ends"]) if kept["ends"] else None,
            "off_days": OffDay(kept["off_days"]),
        }
    )
    return Recurring(
        name=data["name"],
        category=data["category"],
        title=LocalText(**data["title"]),
        text=LocalText(**data["text"]),
        rhythm=rhythm,
        answers=data["answers"],
        deeds=Deeds(**data["deeds"]),
        missed=Missed(data["missed"]),
    )


def filled(text: str, day: date) -> str:
    """Return a title or text with the marks for its day filled in."""
    year, week, _weekday = day.isocalendar()
    marks = {"{date}": f"{day:%d/%m/%Y}", "{month}": f"{day:%m/%Y}", "{year}": f"{day:%Y}", "{week}": f"{week}/{year}"}
    for mark, words in marks.items():
        text = text.replace(mark, words)
    return text


def unusable(tree: Catalogue, key: str, today: date) -> Sentence | None:
    """Return why no request can be opened in a category today; None while one can."""
    category = tree.categories.get(key)
    if category is None:
        return Sentence(N_("Its category is no longer in the catalogue."))
    if not category.selectable:
        return Sentence(N_("Its category has become a heading, in which no requests are opened."))
    if not all(each.is_active(today) for each in tree.path(key)):
        return Sentence(N_("Its category is closed."))
    return None


def check(it: Recurring, tree: Catalogue, today: date) -> None:
    """Raise Invalid, with a sentence at each field of the form, for one that cannot run."""
    faults = {name: Sentence(words) for name, words in (*_text_faults(it), *rhythm_faults(it.rhythm))}
    faults.update((name, Sentence(words)) for name, words in _deed_faults(it, tree))
    if reason := unusable(tree, it.category, today):
        faults["category"] = reason
    if faults:
        raise Invalid(N_("The recurring request cannot be kept like this."), fields=faults)


def _text_faults(it: Recurring) -> Iterator[tuple[str, str]]:
    if not 0 < len(it.name) <= LONGEST_NAME:
        yield "name", N_("Give it a name of at most 120 characters.")
    for language, title, text in (("it", it.title.it, it.text.it), ("en", it.title.en, it.text.en)):
        if not 0 < len(title) <= LONGEST_TITLE:
            yield f"title_{language}", N_("Write a title of at most 160 characters.")
        if not 0 < len(text) <= LONGEST_TEXT:
            yield f"text_{language}", N_("Write what is to be done, in at most 4,000 characters.")


def rhythm_faults(rhythm: Rhythm) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a rhythm, by field of the form; until then it has no days."""
    if not 1 <= rhythm.every <= MOST[rhythm.unit]:
        yield "every", N_("This number is too small or too large for what it counts.")
    if rhythm.unit is Unit.WEEK and not rhythm.weekdays:
        yield "weekdays", N_("Choose at least one day of the week.")
    if rhythm.ends is not None and rhythm.ends < rhythm.starts:
        yield "ends", N_("The last day is before the first.")


def _deed_faults(it: Recurring, tree: Catalogue) -> Iterator[tuple[str, str]]:
    deeds = it.deeds
    group = tree.groups.get(deeds.group)
    if deeds.group and (group is None or not group.active):
        yield "do_group", N_("Choose a group that works.")
    if bool(deeds.urgency) != bool(deeds.impact) or not {deeds.urgency, deeds.impact} <= {0, *LEVELS}:
        yield "do_urgency", N_("Choose both urgency and impact, or neither.")
    if len(deeds.note) > LONGEST_TEXT:
        yield "do_note", N_("This text is too long: at most 4,000 characters.")
