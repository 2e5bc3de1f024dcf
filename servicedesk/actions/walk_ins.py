"""People who come to a counter without an appointment: noted by its staff while they stand there."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.appointment_slots import new_number
from servicedesk.rules.appointments import Stage
from servicedesk.rules.counters import Mode
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store import appointments as store
from servicedesk.store.models.appointments import Appointment
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.tickets import claim_form_key


@dataclass(frozen=True, slots=True)
class Visit:
    """What staff note of somebody at the counter; name and student number may stay empty."""

    counter: str
    topic: str
    name: str = ""
    student_number: str = ""
    form_key: str = ""


def note_walk_in(session: Session, visit: Visit, actor: Actor, now: datetime) -> str:
    """Note that somebody is at the counter now, and return the number of the visit; sent twice, it is noted once.

    It takes no seat from those who booked. Raises NotFound for a counter of others, Invalid for no such topic or
    student number.
    """
    counter_id, counter = store.counter_row(session, visit.counter)
    if not store.staffs(actor, counter):
        raise NotFound()
    topic = counter.topic(visit.topic)
    if topic is None:
        raise Invalid(N_("Choose what they come for."))
    number = new_number()
    if visit.form_key and (before := claim_form_key(session, visit.form_key, number, now)):
        return before
    came = Appointment(
        number=number,
        counter_id=counter_id,
        person_id=_person(session, visit, now),
        topic=topic.key,
        topic_name=asdict(topic.name),
        mode=Mode.IN_PERSON,
        starts_at=now,
        ends_at=now + timedelta(minutes=topic.minutes),
        state=Stage.PRESENT,
        is_walk_in=True,
        created_at=now,
    )
    session.add(came)
    session.flush()
    return number


def _person(session: Session, visit: Visit, now: datetime) -> int:
    """Return the account of the student with this number, or a new person who has none."""
    given, family = visit.name, ""
    if visit.student_number:
        record = session.scalars(
            sa.select(StudentRecord).where(StudentRecord.student_number == visit.student_number)
        ).first()
        if record is None:
            raise Invalid(
                N_("The register has no student number %(number)s. Correct it, or leave it empty."),
                number=visit.student_number,
            )
        known = sa.select(Identity.person_id).where(
            Identity.namespace == FISCAL, Identity.subject == record.fiscal_hash
        )
        if person_id := session.scalar(known):
            return person_id
        given, family = record.given_name, record.family_name
    guest = Person(given_name=given, family_name=family, email="", is_guest=True, is_active=True, created_at=now)
    session.add(guest)
    session.flush()
    return guest.id
