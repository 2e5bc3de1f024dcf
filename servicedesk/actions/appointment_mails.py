"""The mails about appointments: booked, moved, cancelled, tomorrow; each carries what its calendar file says."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions.bell import ring
from servicedesk.actions.devices import message
from servicedesk.actions.letters import write_letter
from servicedesk.rules.counters import Mode
from servicedesk.rules.notices import Channel
from servicedesk.store import appointments as store
from servicedesk.store import people
from servicedesk.store.appointments import Booking
from servicedesk.store.devices import devices_of
from servicedesk.store.models.people import Person
from servicedesk.store.preferences import wishes_of

BOOKED, MOVED, CANCELLED, REMINDER, OFFERED = (
    "appointment_booked",
    "appointment_moved",
    "appointment_cancelled",
    "appointment_reminder",
    "appointment_offered",
)


def tell(session: Session, appointment_id: int, template: str, now: datetime) -> None:
    """Queue a mail to the person who booked, and ring their bell, as they chose; booking itself rings none."""
    booked = store.booking(session, appointment_id)
    person = session.get_one(Person, booked.person_id)
    wishes = wishes_of(session, [person.id])[person.id]
    if template != BOOKED:
        ring(session, person.id, template, booked.number, wishes, now)
        found, zone = devices_of(session, [person.id]), ZoneInfo(booked.counter.zone)
        message(session, person.id, template, booked.number, found, wishes, zone, now)
    if not wishes.wants(template, Channel.MAIL):
        return
    write_letter(
        session,
        address=people.mail_address(session, booked.person_id),
        locale=person.locale,
        template=template,
        context=context_of(booked, is_cancelled=template == CANCELLED),
        now=now,
        person_id=booked.person_id,
    )


def context_of(booked: Booking, is_cancelled: bool) -> dict[str, str]:
    """Return what a mail about an appointment, and its calendar file, are made of."""
    counter, is_online = booked.counter, booked.mode is Mode.ONLINE
    until = {"until": booked.held_until.isoformat()} if booked.held_until else {}
    return {
        **until,
        "recipient": booked.person,
        "path": f"/appointments/booking/{booked.number}",
        "number": booked.number,
        "starts_at": booked.starts_at.isoformat(),
        "ends_at": booked.ends_at.isoformat(),
        "zone": counter.zone,
        "counter_it": counter.name.get("it"),
        "counter_en": counter.name.get("en"),
        "topic_it": booked.topic.get("it"),
        "topic_en": booked.topic.get("en"),
        "place_it": counter.meeting_url if is_online else counter.place.get("it"),
        "place_en": counter.meeting_url if is_online else counter.place.get("en"),
        "sequence": str(booked.sequence),
        "is_cancelled": "1" if is_cancelled else "",
    }
