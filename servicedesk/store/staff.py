"""Questions administration asks about persons: who is meant, who holds which role, who is away."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.identity import Proof
from servicedesk.rules.sentences import N_
from servicedesk.store.models.people import Absence, Identity, Person, RoleGrant


def person_by_proof(session: Session, proof: Proof) -> Person | None:
    """Return the person known by this identity."""
    query = sa.select(Person).join(Identity, Identity.person_id == Person.id)
    return session.scalars(
        query.where(Identity.namespace == proof.namespace, Identity.subject == proof.subject)
    ).first()


def person_with_code(session: Session, code: str) -> Person | None:
    """Return the person with this code."""
    return session.scalars(sa.select(Person).where(Person.code == code)).first()


def person_meant(session: Session, code_or_email: str) -> Person:
    """Return the one account holder with this code or e-mail address.

    Raises NotFound when there is none, Invalid when several share the address.
    """
    found = person_with_code(session, code_or_email)
    if found is not None:
        return found
    query = sa.select(Person).where(sa.func.lower(Person.email) == code_or_email.lower(), ~Person.is_guest).limit(2)
    people = session.scalars(query).all()
    if not people:
        raise NotFound(
            N_("Nobody here has the code or e-mail '%(who)s'. Add the person first: flask people add-staff."),
            who=code_or_email,
        )
    if len(people) > 1:
        raise Invalid(N_("Several persons share the e-mail '%(who)s'. Name the person by code."), who=code_or_email)
    return people[0]


def staff(session: Session) -> Sequence[tuple[Person, RoleGrant]]:
    """Return every role with its holder, by code and role."""
    query = (
        sa.select(Person, RoleGrant)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .order_by(Person.code, Person.id, RoleGrant.role, RoleGrant.group_code)
    )
    return [(person, grant) for person, grant in session.execute(query)]


def absences(session: Session) -> Sequence[tuple[Person, Absence]]:
    """Return every absence with who is away, by first day."""
    query = (
        sa.select(Person, Absence)
        .join(Absence, Absence.person_id == Person.id)
        .order_by(Absence.first_day, Person.code)
    )
    return [(person, absence) for person, absence in session.execute(query)]
