"""The demo's people: the register and the staff by the real import and actions, and everybody's first sign-in."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import people, register, roles
from servicedesk.actions.people import Arrival
from servicedesk.gateways import register_file
from servicedesk.rules.identity import FISCAL, Proof, fiscal_hash
from servicedesk.rules.permissions import Role
from servicedesk.settings import ROOT, Settings
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.people import AUDIENCE_OF_STATUS

FOLDER = ROOT / "config" / "demo"
STUDENTS, STAFF, CAST = FOLDER / "students.csv", FOLDER / "staff.toml", FOLDER / "cast.toml"
BY = "command:demo"
OUTSIDER, GUEST, STAFF_MEMBER = "outsider", "guest", "staff"
IN_ENGLISH = 12
"""One student in so many reads the desk in English."""


@dataclass(frozen=True)
class Requester:
    """Somebody who asks; `kind` is the audience, or outsider, guest or staff. Guests have no proof."""

    kind: str
    given_name: str
    family_name: str
    email: str
    locale: str
    proof: Proof | None = field(default=None, repr=False)
    area: str = ""
    course: str = ""
    number: str = ""


@dataclass(frozen=True)
class Part:
    """A ticket that belongs to a named person."""

    email: str
    category: str
    plot: str
    days_ago: int


@dataclass(frozen=True)
class Cast:
    """Everybody who asks in the demo, and the tickets given to named people."""

    requesters: Sequence[Requester]
    parts: Sequence[Part]

    @cached_property
    def by_email(self) -> Mapping[str, Requester]:
        """Everybody with an account, by address."""
        return {person.email: person for person in self.requesters if person.kind != GUEST}


def load_cast(settings: Settings) -> Cast:
    """Return the people of the register, the staff and cast.toml."""
    data = tomllib.loads(CAST.read_text(encoding="utf-8"))
    students = [_student(row, place) for place, row in enumerate(register_rows(settings))]
    staff = [_account(STAFF_MEMBER, row, settings) for row in staff_rows()]
    outsiders = [_account(OUTSIDER, row, settings) for row in data["outsider"]]
    guests = [Requester(GUEST, **row) for row in data["guest"]]
    parts = [Part(row["email"], **ticket) for row in data["part"] for ticket in row["tickets"]]
    return Cast([*students, *staff, *outsiders, *guests], parts)


def named() -> sa.Select[int]:
    """Return the ids of the people whose tickets cast.toml tells: what is said there stays true of them."""
    parts = tomllib.loads(CAST.read_text(encoding="utf-8"))["part"]
    return sa.select(Person.id).where(Person.email.in_([row["email"] for row in parts]))


def register_rows(settings: Settings) -> Sequence[register_file.Row]:
    """Return the students of the register."""
    found = register_file.read(STUDENTS, settings.identity_key)
    assert not found.problems, found.problems
    return found.rows


def staff_rows() -> Sequence[Mapping[str, Any]]:
    """Return the staff as described in staff.toml."""
    rows: Sequence[Mapping[str, Any]] = tomllib.loads(STAFF.read_text(encoding="utf-8"))["person"]
    return rows


def _student(row: register_file.Row, place: int) -> Requester:
    return Requester(
        kind=AUDIENCE_OF_STATUS[row.status].value,
        given_name=row.given_name,
        family_name=row.family_name,
        email=row.institutional_email,
        locale="en" if place % IN_ENGLISH == IN_ENGLISH - 1 else "it",
        proof=Proof(FISCAL, row.fiscal_hash),
        area=row.area,
        course=row.degree_course_name,
        number=row.student_number,
    )


def _account(kind: str, row: Mapping[str, Any], settings: Settings) -> Requester:
    if "fiscal_code" in row:
        proof = Proof(FISCAL, fiscal_hash(settings.identity_key, row["fiscal_code"]))
    else:
        demo = settings.demo
        entity_id = f"http://{demo.provider_host}:{demo.provider_port}/metadata"
        proof = Proof(entity_id, f"principal:{row['principal']}")
    names = {name: row[name] for name in ("given_name", "family_name", "email")}
    return Requester(kind, **names, locale=row.get("locale", "it"), proof=proof)


def import_register(session: Session, settings: Settings, now: datetime) -> int:
    """Bring the demo's students into the register and return how many there are."""
    rows = register_rows(settings)
    for batch in register.batches(rows):
        with writing(session):
            register.import_batch(session, batch, now)
    return len(rows)


def add_staff(session: Session, settings: Settings, now: datetime) -> int:
    """Make the staff known, give them their roles, and return how many they are."""
    rows = staff_rows()
    with writing(session):
        for row in rows:
            hashed = fiscal_hash(settings.identity_key, row["fiscal_code"])
            staff = people.Staff(row["code"], hashed, row["given_name"], row["family_name"], row["email"])
            person = people.add_staff(session, staff, BY, now)
            person.locale = "it"
            for role, group in _roles(row):
                roles.grant(session, person, roles.make_grant(session, role, group), (), BY, now)
    return len(rows)


def _roles(row: Mapping[str, Any]) -> list[tuple[Role, str]]:
    found = [(Role.TECHNICIAN, group) for group in row["technician_of"]]
    found += [(Role.SUPERVISOR, group) for group in row["supervisor_of"]]
    return [*found, (Role.ADMINISTRATOR, "")] if row["administrator"] else found


def sign_in(session: Session, settings: Settings, who: Requester, now: datetime) -> int:
    """Let somebody with an account sign in as their provider vouches for them, and return the person's id."""
    assert who.proof is not None
    facts = {"given_name": [who.given_name], "family_name": [who.family_name], "email": [who.email]}
    return people.sign_in(session, Arrival(who.proof, facts, who.locale), settings.saml.roles, now).id
