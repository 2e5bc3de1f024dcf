"""What a standard answer says for one ticket: its placeholders filled in, in the requester's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue, FieldKind
from servicedesk.rules.languages import spoken
from servicedesk.rules.names import TechnicianName, technician_shown
from servicedesk.rules.permissions import Actor
from servicedesk.rules.standard_answers import ANSWER, Contact, Filled, contact_for, fill, languages_for, together
from servicedesk.store import catalogue, people
from servicedesk.store import standard_answers as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.people import Student
from servicedesk.store.standard_answers import Published


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that placeholders may ask of a ticket, read once."""

    ticket: Ticket
    requester: Person
    student: Student | None
    tree: Catalogue
    contact: Contact | None
    """The counter for the requester's degree course."""


def subject_of(session: Session, ticket: Ticket) -> Subject:
    """Return what placeholders may ask of this ticket."""
    requester = session.get(Person, ticket.requester_id)
    assert requester is not None
    student = people.student_of(session, ticket.requester_id)
    course, area = _course(ticket, student), student.area if student else ""
    contact = contact_for(store.contacts(session), course, area)
    return Subject(ticket, requester, student, catalogue.current(session), contact)


def _course(ticket: Ticket, student: Student | None) -> tuple[str, ...]:
    """Return the degree course by code and name; of somebody who is not in the register, what the form says."""
    if student is not None:
        return (student.degree_course, student.degree_course_name)
    said = (each["value"] for each in ticket.answers.values() if each.get("kind") == FieldKind.DEGREE_COURSE)
    return tuple(map(str, said))


def values_of(
    subject: Subject, actor: Actor, technician_name: TechnicianName, language: str, now: datetime
) -> dict[str, str]:
    """Return what each placeholder stands for in one language; empty where nobody knows."""
    ticket, tree = subject.ticket, subject.tree
    group, service = tree.groups.get(ticket.group_code), tree.services[ticket.service_id]
    known = ticket.category_key in tree.categories
    course = _course(ticket, subject.student)
    return {
        "requester_name": subject.requester.display_name,
        "number": ticket.number,
        "title": ticket.title,
        "category": tree.path_name(ticket.category_key, language) if known else "",
        "group": group.name.get(language) if group else "",
        "group_contacts": group.contact.get(language) if group else "",
        "technician": technician_shown(actor.code, actor.display_name, technician_name),
        "degree_course": course[-1] if course else "",
        "date": format_date(local_day(now, ZoneInfo(service.zone)), "long", spoken(language)),
        "counter_contacts": _in(subject.contact.texts, language) if subject.contact else "",
        **{f"{ANSWER}{key}": _answered(each, language) for key, each in ticket.answers.items()},
    }


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")


def _answered(answer: Mapping[str, object], language: str) -> str:
    shown = answer.get("shown")
    return str(shown.get(language) or answer["value"]) if isinstance(shown, dict) else str(answer["value"])


def letter(
    answer: Published,
    subject: Subject,
    actor: Actor,
    technician_name: TechnicianName,
    now: datetime,
    name_of: Callable[[str], str] = str,
) -> Filled:
    """Return a standard answer as it is sent: in the requester's language, in both where nobody knows it.

    Values that are missing are named in the result and marked in its text by `name_of` their placeholders.
    """
    languages = languages_for(subject.requester.locale, answer.texts)
    return together(
        [
            fill(answer.texts[language], values_of(subject, actor, technician_name, language, now), name_of)
            for language in languages
        ]
    )
