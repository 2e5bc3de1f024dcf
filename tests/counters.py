"""A small counter for tests, and an appointment at it made by the real actions."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import Said, Wish, hold
from servicedesk.actions.appointments import book
from servicedesk.actions.counters import set_counter
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.counters import Counter, Mode, Topic, Window

SAID = Said("About my exams", "+39 035 123456", "anna@teams.example.org")


def counter(**more: Any) -> Counter:
    """Open on Mondays from nine to ten; one seat, steps of five minutes, a topic of ten."""
    values: dict[str, Any] = {
        "key": "office",
        "name": LocalText("Ufficio", "Office"),
        "place": LocalText("Aula 1", "Room 1"),
        "group": "DESK",
        "modes": (Mode.IN_PERSON, Mode.ONLINE),
        "meeting_url": "https://meet.example.org/office",
        "topics": (Topic(key="exams", name=LocalText("Esami", "Exams"), minutes=10),),
        "windows": (Window(opens=time(9), closes=time(10), weekday=0),),
    }
    return Counter(**{**values, **more})


def open_counter(session: Session, now: datetime, **more: Any) -> Counter:
    """Put the small counter into the database."""
    made = counter(**more)
    set_counter(session, made, "test", now)
    return made


def wish(starts_at: datetime, **more: str) -> Wish:
    """Ten minutes about exams, in person."""
    return Wish(**{"counter": "office", "topic": "exams", "mode": "in_person", **more, "starts_at": starts_at})  # type: ignore[arg-type]


def booked(session: Session, starts_at: datetime, person_id: int, now: datetime, **more: str) -> str:
    """Book a time and return its number."""
    number = hold(session, wish(starts_at, **more), person_id, now)
    book(session, number, SAID, person_id, now)
    return number


def always_open(now: datetime) -> dict[str, Any]:
    """Return what makes a counter open around the clock on the days about `now`, holidays or not, in half hours."""
    days = [(now + timedelta(days=index)).date() for index in range(-8, 9)]
    windows = tuple(Window(opens=time(0), closes=time(23, 55), day=day) for day in days)
    return {"windows": windows, "slot_minutes": 30, "lead_minutes": 0, "cancel_minutes": 0, "horizon_days": 7}
