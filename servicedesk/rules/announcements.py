"""Announcements: what makes one complete, how Markdown becomes its text, when it shows, and who may change it (D1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from servicedesk.rules.answers import render
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.permissions import Actor, Permission, may
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence

LONGEST_TITLE = 200
INCOMPLETE = N_("The announcement is not complete yet.")


class Weight(IntEnum):
    """How much an announcement matters; the heavier stand above the others."""

    INFORMATION = 1
    WARNING = 2
    OUTAGE = 3


class Phase(StrEnum):
    """Where an announcement stands in its time; nobody sets it, the clock does."""

    SCHEDULED = "scheduled"
    CURRENT = "current"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Text:
    """An announcement in one language: its title, and its body in Markdown, which may be empty."""

    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Written:
    """An announcement as somebody wrote it, shown from `starts_at` until before `ends_at`.

    `service_id` is None for one of every service; `texts` has every language of `languages.WRITTEN`.
    """

    weight: Weight
    service_id: str | None
    audience: frozenset[Audience]
    starts_at: datetime
    ends_at: datetime
    texts: Mapping[str, Text]


def phase(starts_at: datetime, ends_at: datetime, now: datetime) -> Phase:
    """Return where an announcement of this period stands at `now`; one ended before it began is over."""
    if ends_at <= now:
        return Phase.OVER
    return Phase.SCHEDULED if now < starts_at else Phase.CURRENT


def checked(written: Written) -> Mapping[str, RichText]:
    """Return the bodies by language as they are shown. Raises Invalid with a sentence for each field at fault."""
    faults: dict[str, Sentence] = {}
    if not written.audience:
        faults["audience"] = Sentence(N_("Choose who sees the announcement."))
    if written.ends_at <= written.starts_at:
        faults["ends_at"] = Sentence(N_("The end has to come after the beginning."))
    bodies = {language: _checked_text(language, written.texts[language], faults) for language in WRITTEN}
    missing = [language for language, body in bodies.items() if not body]
    if 0 < len(missing) < len(bodies):
        faults.setdefault(f"source_{missing[0]}", Sentence(N_("Write the text in this language as well.")))
    if faults:
        raise Invalid(INCOMPLETE, faults)
    return bodies


def _checked_text(language: str, text: Text, faults: dict[str, Sentence]) -> RichText:
    if not text.title:
        faults[f"title_{language}"] = Sentence(N_("Write a title in both languages."))
    if len(text.title) > LONGEST_TITLE:
        faults[f"title_{language}"] = Sentence(N_("The title is too long."))
    try:
        return render(text.source)
    except Invalid as error:
        faults[f"source_{language}"] = error.sentence
        return RichText("", "")


def may_manage(actor: Actor, service_id: str | None) -> bool:
    """Whether the actor administers what the announcement is about; None is every service."""
    return may(actor, Permission.ADMINISTRATION) and actor.administers_service(service_id or "")


def check_manages(actor: Actor, service_id: str | None) -> None:
    """Raise NotAllowed for an actor who may not announce anything in this service, or in all of them."""
    if not may_manage(actor, service_id):
        raise NotAllowed(N_("You announce things in the services you administer. Choose one of them."))
