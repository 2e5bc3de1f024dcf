"""Who works for a service, and which of a ticket's watchers still do."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.permissions import Role
from servicedesk.rules.watching import Colleague
from servicedesk.store.models.people import Person, RoleGrant

_WORKS = RoleGrant.role.in_((Role.TECHNICIAN, Role.SUPERVISOR))


def groups_of(tree: Catalogue, service_id: str, group: str) -> frozenset[str]:
    """Return the codes of the groups that a service's requests go to, and the one that a ticket is with."""
    its = {each.group for each in tree.categories.values() if each.service_id == service_id}
    return frozenset({*its, group, tree.services[service_id].fallback_group})


def colleagues(session: Session, groups: Collection[str]) -> Sequence[Colleague]:
    """Return the active technicians and supervisors of these groups, by code."""
    query = (
        sa.select(Person.id, Person.code, Person.given_name, Person.family_name, RoleGrant.group_code)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.group_code.in_(sorted(groups)), _WORKS, Person.is_active)
        .order_by(Person.code, Person.id)
    )
    rows: dict[int, tuple[str, str, str, set[str]]] = {}
    for row in session.execute(query):
        rows.setdefault(row.id, (row.code or "", row.given_name, row.family_name, set()))[3].add(row.group_code)
    return [Colleague(key, code, given, family, frozenset(own)) for key, (code, given, family, own) in rows.items()]


def still_staff(session: Session, person_ids: Collection[int]) -> Sequence[int]:
    """Return which of these persons are active and work in or lead any group; the others may not read by watching."""
    if not person_ids:
        return ()
    query = (
        sa.select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.person_id.in_(sorted(person_ids)), _WORKS, Person.is_active)
        .distinct()
        .order_by(RoleGrant.person_id)
    )
    return session.scalars(query).all()
