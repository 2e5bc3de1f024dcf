"""Calendar files (RFC 5545, RFC 5546): of one appointment, which later mails update or cancel, and of a counter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

PRODUCT = "-//servicedesk//appointments//EN"


def in_words(context: Mapping[str, str], locale: str) -> dict[str, str]:
    """Return counter, topic and place of an appointment's mail in one language."""
    language = "it" if locale.startswith("it") else "en"
    return {name: context[f"{name}_{language}"] for name in ("counter", "topic", "place")}


def is_appointment(context: Mapping[str, str]) -> bool:
    """Whether a mail is about an appointment."""
    return "starts_at" in context and "sequence" in context


def has_file(context: Mapping[str, str]) -> bool:
    """Whether a mail carries a calendar file: about a time that is the reader's, not one on offer."""
    return is_appointment(context) and "until" not in context


def method(context: Mapping[str, str]) -> str:
    """Return what a calendar shall do: PUBLISH the appointment, or CANCEL it."""
    return "CANCEL" if context["is_cancelled"] else "PUBLISH"


def calendar_file(context: Mapping[str, str], locale: str, host: str, now: datetime) -> bytes:
    """Return the appointment as a calendar file; a later one of the same booking number replaces it."""
    words, zone = in_words(context, locale), ZoneInfo(context["zone"])
    event = Event()
    event.add("uid", f"{context['number']}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", datetime.fromisoformat(context["starts_at"]).astimezone(zone))
    event.add("dtend", datetime.fromisoformat(context["ends_at"]).astimezone(zone))
    event.add("sequence", int(context["sequence"]))
    event.add("status", "CANCELLED" if context["is_cancelled"] else "CONFIRMED")
    event.add("summary", f"{words['counter']}: {words['topic']}")
    event.add("location", words["place"])
    event.add("description", context["number"])
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method(context))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An appointment in a counter's feed: times in the counter's zone, and no more words than the feed may show."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    stamp: datetime
    sequence: int
    summary: str


def feed_file(name: str, entries: Iterable[FeedEntry]) -> bytes:
    """Return a calendar of many appointments; the same ones give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", entry.stamp)
        event.add("dtstart", entry.starts_at)
        event.add("dtend", entry.ends_at)
        event.add("sequence", entry.sequence)
        event.add("summary", entry.summary)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written
