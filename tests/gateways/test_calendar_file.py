"""The mails about appointments, whole: words in the reader's language, and a calendar file that programs understand."""

import email
import email.policy
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from servicedesk.gateways.texts import Texts
from servicedesk.rules.letters import DeskLetter
from servicedesk.settings import ROOT, load

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
CONTEXT = {
    "recipient": "Ada Rossi",
    "path": "/appointments/booking/ABCD2345",
    "number": "ABCD2345",
    "starts_at": "2026-03-30T07:00:00+00:00",
    "ends_at": "2026-03-30T07:10:00+00:00",
    "zone": "Europe/Rome",
    "counter_it": "Ufficio",
    "counter_en": "Office",
    "topic_it": "Esami",
    "topic_en": "Exams",
    "place_it": "Aula 1",
    "place_en": "Room 1",
    "sequence": "0",
    "is_cancelled": "",
}


def mail(template: str, context: Mapping[str, str], locale: str | None = "en") -> EmailMessage:
    letter = DeskLetter(template, "x.1", "ada@example.org", "Ada Rossi", locale, context)
    message = email.message_from_bytes(
        Texts(load(ROOT / "config" / "test.toml", {})).render(letter, NOW), policy=email.policy.default
    )
    assert isinstance(message, EmailMessage)
    return message


def calendar_in(message: EmailMessage) -> tuple[EmailMessage, Any]:
    [part] = [part for part in message.iter_attachments() if part.get_content_type() == "text/calendar"]
    assert isinstance(part, EmailMessage)
    return part, Calendar.from_ical(part.get_content())


@pytest.mark.parametrize("kind", ["booked", "moved", "reminder", "cancelled"])
@pytest.mark.parametrize("locale", ["en", "it", None])
def test_every_mail_names_number_time_on_the_wall_and_page(kind: str, locale: str | None) -> None:
    message = mail(f"appointment_{kind}", CONTEXT, locale)
    for part in ("plain", "html"):
        body = message.get_body((part,))
        assert body is not None
        said = body.get_content()
        assert all(words in said for words in ("ABCD2345", "2026", "09:00", "/appointments/booking/ABCD2345"))
        assert ("Esami" in said) == (locale != "en")
        assert ("Exams" in said) == (locale != "it")


def test_the_calendar_file_holds_the_appointment_in_the_counters_own_time() -> None:
    part, calendar = calendar_in(mail("appointment_booked", CONTEXT))
    assert (part.get_filename(), part.get_param("method")) == ("appointment.ics", "PUBLISH")
    [event] = calendar.walk("VEVENT")
    assert event["dtstart"].dt.isoformat() == "2026-03-30T09:00:00+02:00"
    assert event["dtend"].dt.isoformat() == "2026-03-30T09:10:00+02:00"
    assert (event["summary"], event["location"], event["status"]) == ("Office: Exams", "Room 1", "CONFIRMED")
    assert calendar.walk("VTIMEZONE")


def test_a_cancelled_or_moved_one_has_the_same_identity_and_a_higher_sequence() -> None:
    _, first = calendar_in(mail("appointment_booked", CONTEXT))
    part, later = calendar_in(mail("appointment_cancelled", {**CONTEXT, "sequence": "1", "is_cancelled": "1"}))
    before, after = first.walk("VEVENT")[0], later.walk("VEVENT")[0]
    assert before["uid"] == after["uid"]
    assert (int(before["sequence"]), int(after["sequence"])) == (0, 1)
    assert (part.get_param("method"), after["status"], later["method"]) == ("CANCEL", "CANCELLED", "CANCEL")


@pytest.mark.parametrize("locale", ["en", "it", None])
def test_the_mail_about_a_time_on_offer_says_until_when_and_puts_nothing_into_a_calendar(locale: str | None) -> None:
    message = mail("appointment_offered", {**CONTEXT, "until": "2026-03-29T20:00:00+00:00"}, locale)
    body = message.get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert all(words in said for words in ("22:00", "09:00", "/appointments/booking/ABCD2345"))
    assert list(message.iter_attachments()) == []
