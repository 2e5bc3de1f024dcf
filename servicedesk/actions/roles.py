"""Roles and absences: granted and taken back by hand, or as the attributes of a sign-in say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import EVERY_SERVICE, Role
from servicedesk.rules.sentences import N_
from servicedesk.settings import FederatedRole
from servicedesk.store import catalogue
from servicedesk.store.models.people import Absence, Person, RoleGrant

FEDERATION = "federation"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role with where it holds: a group, or for administrators a service id (`*` for all)."""

    role: Role
    group: str = ""
    service: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the form kept in the record of administration."""
        return {"role": self.role.value, "group": self.group, "service": self.service}


def make_grant(session: Session, role: Role, group: str = "", service: str = "") -> Grant:
    """Return the role in the place meant; `service` is a service's id or key, none means every service.

    Raises Invalid where the running catalogue has no such group or service, or where role and place do not fit.
    """
    if role is not Role.ADMINISTRATOR:
        return Grant(role, group=_known_group(session, group, service))
    if group:
        raise Invalid(N_("An administrator belongs to no group: leave the group out."))
    return Grant(role, service=_known_service(session, service) if service else EVERY_SERVICE)


def _known_group(session: Session, group: str, service: str) -> str:
    groups = catalogue.current(session).groups
    if service:
        raise Invalid(N_("A group serves every service: leave the service out."))
    if group not in groups:
        raise Invalid(
            N_("There is no group '%(group)s' in the running catalogue. Choose one of: %(groups)s."),
            group=group,
            groups=", ".join(groups),
        )
    return group


def _known_service(session: Session, service: str) -> str:
    tree = catalogue.current(session)
    found = tree.services.get(service) or tree.service_by_key(service)
    if found is None:
        raise Invalid(
            N_("There is no service '%(service)s' in the running catalogue. Choose one of: %(services)s."),
            service=service,
            services=", ".join(each.key for each in tree.services.values()),
        )
    return found.id


def grant(session: Session, person: Person, wanted: Grant, areas: Sequence[str], by: str, now: datetime) -> bool:
    """Give a role, or set its areas where the person holds it; return whether anything changed.

    Raises Invalid for a technician without a code, because requesters read the code.
    """
    if wanted.role is Role.TECHNICIAN and not person.code:
        raise Invalid(N_("This person has no code by which requesters know them. Give one with --code."))
    held = _held(session, person, wanted)
    before = {**wanted.as_json(), "areas": held.areas} if held and not held.from_federation else {}
    if before and before["areas"] == list(areas):
        return False
    if held is None:
        held = _new(session, person, wanted, now)
    held.areas, held.from_federation = list(areas), False
    record(session, by, "role.grant", f"person:{person.id}", now, before, {**wanted.as_json(), "areas": list(areas)})
    session.flush()
    return True


def place(session: Session, role: Role, group: str = "", service: str = "") -> Grant:
    """Return a role in a place to take back: also one whose group or service the catalogue no longer has."""
    if role is not Role.ADMINISTRATOR:
        return Grant(role, group=group)
    found = catalogue.current(session).service_by_key(service)
    return Grant(role, service=found.id if found else service or EVERY_SERVICE)


def revoke(session: Session, person: Person, unwanted: Grant, by: str, now: datetime) -> None:
    """Take a role back. Raises NotFound when the person does not hold it."""
    held = _held(session, person, unwanted)
    if held is None:
        raise NotFound(N_("This person does not have that role. 'flask people list' shows who has which."))
    session.delete(held)
    record(session, by, "role.revoke", f"person:{person.id}", now, before={**unwanted.as_json(), "areas": held.areas})
    session.flush()


def _held(session: Session, person: Person, meant: Grant) -> RoleGrant | None:
    query = sa.select(RoleGrant).where(
        RoleGrant.person_id == person.id,
        RoleGrant.role == meant.role,
        RoleGrant.group_code == meant.group,
        RoleGrant.service_id == meant.service,
    )
    return session.scalars(query).first()


def _new(session: Session, person: Person, wanted: Grant, now: datetime) -> RoleGrant:
    row = RoleGrant(
        person_id=person.id,
        role=wanted.role,
        group_code=wanted.group,
        service_id=wanted.service,
        areas=[],
        granted_at=now,
    )
    session.add(row)
    return row


def renew_federated(
    session: Session,
    person: Person,
    mapping: Iterable[FederatedRole],
    attributes: Mapping[str, Sequence[str]],
    now: datetime,
) -> None:
    """Make the roles that come from the federation those that this sign-in's attributes give by `mapping`.

    Roles granted by hand are left alone.
    """
    wanted = {
        Grant(Role(rule.role), rule.group, rule.service)
        for rule in mapping
        if rule.value in attributes.get(rule.attribute, ())
    }
    rows = session.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == person.id)).all()
    held = {Grant(Role(row.role), row.group_code, row.service_id): row for row in rows}
    for lost in (key for key, row in held.items() if row.from_federation and key not in wanted):
        session.delete(held[lost])
        record(session, FEDERATION, "role.revoke", f"person:{person.id}", now, before=lost.as_json())
    for gained in sorted(wanted - held.keys(), key=str):
        _new(session, person, gained, now).from_federation = True
        record(session, FEDERATION, "role.grant", f"person:{person.id}", now, after=gained.as_json())
    session.flush()


def set_absence(session: Session, person: Person, first: date, last: date, by: str, now: datetime) -> None:
    """Note that nothing is assigned to this person from `first` to `last`, both included; twice is once.

    Raises Invalid when the last day is before the first.
    """
    if last < first:
        raise Invalid(N_("The last day of the absence is before the first. Give the earlier day first."))
    if _absence(session, person, first, last) is None:
        session.add(Absence(person_id=person.id, first_day=first, last_day=last))
        record(session, by, "absence.set", f"person:{person.id}", now, after=_days(first, last))
        session.flush()


def remove_absence(session: Session, person: Person, first: date, last: date, by: str, now: datetime) -> None:
    """Take an absence away. Raises NotFound when no absence has these two days."""
    absence = _absence(session, person, first, last)
    if absence is None:
        raise NotFound(N_("There is no absence with these days. 'flask people list' shows the absences noted."))
    session.delete(absence)
    record(session, by, "absence.remove", f"person:{person.id}", now, before=_days(first, last))
    session.flush()


def _absence(session: Session, person: Person, first: date, last: date) -> Absence | None:
    query = sa.select(Absence).where(
        Absence.person_id == person.id, Absence.first_day == first, Absence.last_day == last
    )
    return session.scalars(query).first()


def _days(first: date, last: date) -> dict[str, str]:
    return {"first_day": first.isoformat(), "last_day": last.isoformat()}
