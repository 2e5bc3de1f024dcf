"""Who becomes known to the desk: at a sign-in, or as staff before their first one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.roles import renew_federated
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.rules.sentences import N_
from servicedesk.settings import FederatedRole
from servicedesk.store.accounts import ACTIVE, has_role
from servicedesk.store.models.people import Identity, Person
from servicedesk.store.people import student_of
from servicedesk.store.staff import person_by_proof, person_with_code

LONGEST_NAME = 120
LONGEST_EMAIL = 254
ADDRESS = re.compile(r"""[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"]+""")
"""One address: what a provider lets people write of themselves must not become several, nor break the mail."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whom a provider has vouched for; `attributes` by logical name, `locale` the language of the page.

    With `has_private_address` the e-mail address is their own, not one that the university gave them.
    """

    proof: Proof
    attributes: Mapping[str, Sequence[str]] = field(repr=False)
    locale: str | None = None
    has_private_address: bool = False

    def first(self, name: str, longest: int) -> str:
        """Return the first value of an attribute on one line, "" where there is none."""
        value = " ".join(next(iter(self.attributes.get(name, ())), "").split())
        return "".join(filter(str.isprintable, value))[:longest]


def sign_in(session: Session, arrival: Arrival, mapping: Iterable[FederatedRole], now: datetime) -> Person:
    """Return the person known by the arrival's proof, made at the first sign-in and refreshed at each (rule 6).

    Names and e-mail follow the provider where it states them, but no private address takes the place of the one that
    the university gave (C10); roles from `mapping` are renewed. Raises NotAllowed for somebody who was shut out.
    """
    person = _known(session, arrival.proof) or _newcomer(session, arrival.proof, now)
    if not person.is_active:
        raise NotAllowed(N_("This account is closed. If you think it should not be, ask the help desk."))
    person.given_name = arrival.first("given_name", LONGEST_NAME) or person.given_name
    person.family_name = arrival.first("family_name", LONGEST_NAME) or person.family_name
    if not (person.email and arrival.has_private_address and _is_of_university(session, person)):
        person.email = _email(arrival) or person.email
    person.locale = person.locale or arrival.locale
    person.signed_in_at = now
    _take_code(session, person, arrival)
    renew_federated(session, person, mapping, arrival.attributes, now)
    return person


def _known(session: Session, proof: Proof) -> Person | None:
    """Return the person known by this proof; None where they were removed while it was looked up."""
    person = person_by_proof(session, proof)
    if person is None:
        return None
    # What a provider states must not be written over what a removal at the same moment has emptied.
    session.refresh(person, with_for_update={"key_share": True})
    return person if person.anonymised_at is None else None


def _is_of_university(session: Session, person: Person) -> bool:
    """Whether the person works here or studies here at present."""
    student = student_of(session, person.id)
    is_active = student is not None and student.status == ACTIVE
    return person.code is not None or is_active or has_role(session, person.id)


def _email(arrival: Arrival) -> str:
    address = arrival.first("email", LONGEST_EMAIL + 1)
    return address if ADDRESS.fullmatch(address) and len(address) <= LONGEST_EMAIL else ""


def _take_code(session: Session, person: Person, arrival: Arrival) -> None:
    code = arrival.first("employee_number", 40)
    if code and not person.code and person_with_code(session, code) is None:
        person.code = code


def _newcomer(session: Session, proof: Proof, now: datetime) -> Person:
    try:
        with session.begin_nested():
            return _add(session, proof, now)
    except IntegrityError:
        # The same person signed in for the first time in two browsers at once; the other one came first.
        person = person_by_proof(session, proof)
        assert person is not None
        return person


def _add(session: Session, proof: Proof, now: datetime) -> Person:
    person = Person(given_name="", family_name="", email="", is_active=True, created_at=now)
    session.add(person)
    session.flush()
    session.add(Identity(person_id=person.id, namespace=proof.namespace, subject=proof.subject, created_at=now))
    session.flush()
    return person


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff as an administrator describes them; the fiscal code only as its keyed hash."""

    code: str
    fiscal_hash: str = field(repr=False)
    given_name: str
    family_name: str
    email: str


def add_staff(session: Session, staff: Staff, by: str, now: datetime) -> Person:
    """Make or refresh a person so that roles can be set before the first sign-in; they sign in by their fiscal code.

    Raises Invalid when the code belongs to somebody else.
    """
    proof = Proof(FISCAL, staff.fiscal_hash)
    known, owner = person_by_proof(session, proof), person_with_code(session, staff.code)
    if owner is not None and (known is None or owner.id != known.id):
        raise Invalid(N_("The code %(code)s belongs to somebody else. Choose another."), code=staff.code)
    before = {"code": known.code} if known else {}
    person = known or _newcomer(session, proof, now)
    person.code, person.email = staff.code, staff.email
    person.given_name, person.family_name = staff.given_name, staff.family_name
    record(session, by, "staff.add", f"person:{person.id}", now, before, {"code": staff.code})
    session.flush()
    return person


def give_code(session: Session, person: Person, code: str, by: str, now: datetime) -> None:
    """Set the code by which requesters know a technician. Raises Invalid when it belongs to somebody else."""
    owner = person_with_code(session, code)
    if owner is not None and owner.id != person.id:
        raise Invalid(N_("The code %(code)s belongs to somebody else. Choose another."), code=code)
    if person.code != code:
        record(session, by, "code.give", f"person:{person.id}", now, {"code": person.code}, {"code": code})
        person.code = code
        session.flush()
