"""Roles are granted and taken back with a record of it; those from the federation follow each sign-in."""

from datetime import date

import pytest
import sqlalchemy as sa

from servicedesk.actions.people import Arrival, sign_in
from servicedesk.actions.roles import Grant, grant, make_grant, place, remove_absence, revoke, set_absence
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.rules.permissions import EVERY_SERVICE, Role
from servicedesk.settings import FederatedRole
from servicedesk.store.models.people import RoleGrant
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.people import actor_of, members_of
from servicedesk.store.staff import absences, person_meant, staff
from tests.factories import NOW, SERVICE, guest, person, publish

ROOT = "command:root"
MAPPING = (
    FederatedRole(attribute="affiliation", value="desk@example.org", role="technician", group="DESK"),
    FederatedRole(attribute="affiliation", value="boss@example.org", role="administrator", service=EVERY_SERVICE),
)


def actions(session) -> list[str]:
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_technician_works_in_the_group_until_the_role_is_taken_back(session):
    publish(session)
    anna = person(session, code="067010")
    wanted = make_grant(session, Role.TECHNICIAN, "DESK")
    assert grant(session, anna, wanted, ["ECO"], ROOT, NOW)
    assert actor_of(session, anna.id).groups == {"DESK"}
    assert members_of(session, "DESK")[0].areas == {"ECO"}
    revoke(session, anna, wanted, ROOT, NOW)
    assert not actor_of(session, anna.id).is_staff
    assert actions(session) == ["role.grant", "role.revoke"]


def test_granting_twice_changes_nothing_and_other_areas_replace_the_old(session):
    publish(session)
    anna = person(session, code="067010")
    wanted = make_grant(session, Role.TECHNICIAN, "DESK")
    assert [grant(session, anna, wanted, areas, ROOT, NOW) for areas in (["ECO"], ["ECO"], ["LET"])] == [
        True,
        False,
        True,
    ]
    assert members_of(session, "DESK")[0].areas == {"LET"}
    assert len(actions(session)) == 2


def test_an_administrator_administers_every_service_or_the_one_named(session):
    publish(session)
    omar, nora = person(session), person(session)
    grant(session, omar, make_grant(session, Role.ADMINISTRATOR), [], ROOT, NOW)
    grant(session, nora, make_grant(session, Role.ADMINISTRATOR, service="students"), [], ROOT, NOW)
    assert actor_of(session, omar.id).administers == {EVERY_SERVICE}
    assert actor_of(session, nora.id).administers == {SERVICE}


@pytest.mark.parametrize(
    ("role", "group", "service", "told"),
    [
        (Role.TECHNICIAN, "NOWHERE", "", "NOWHERE"),
        (Role.SUPERVISOR, "", "", "no group"),
        (Role.SUPERVISOR, "DESK", "students", "leave the service out"),
        (Role.ADMINISTRATOR, "DESK", "", "leave the group out"),
        (Role.ADMINISTRATOR, "", "nothing", "nothing"),
    ],
)
def test_a_role_in_a_place_that_does_not_exist_is_refused(session, role, group, service, told):
    publish(session)
    with pytest.raises(Invalid, match=told):
        make_grant(session, role, group, service)


def test_a_technician_needs_a_code(session):
    publish(session)
    with pytest.raises(Invalid, match="--code"):
        grant(session, person(session), make_grant(session, Role.TECHNICIAN, "DESK"), [], ROOT, NOW)


def test_a_role_in_a_group_that_is_gone_can_still_be_taken_back(session):
    publish(session)
    anna = person(session, code="067010")
    grant(session, anna, Grant(Role.TECHNICIAN, group="OLD"), [], ROOT, NOW)
    revoke(session, anna, place(session, Role.TECHNICIAN, "OLD"), ROOT, NOW)
    assert not staff(session)
    with pytest.raises(NotFound):
        revoke(session, anna, place(session, Role.TECHNICIAN, "OLD"), ROOT, NOW)


def arrive(session, *affiliation: str):
    arrival = Arrival(Proof(FISCAL, "a" * 64), {"affiliation": affiliation, "employee_number": ("067010",)})
    return sign_in(session, arrival, MAPPING, NOW)


def test_roles_from_the_federation_come_and_go_with_the_attributes(session):
    anna = arrive(session, "desk@example.org", "boss@example.org")
    actor = actor_of(session, anna.id)
    assert (actor.groups, actor.administers, actor.code) == ({"DESK"}, {EVERY_SERVICE}, "067010")
    arrive(session, "boss@example.org")
    assert not actor_of(session, anna.id).groups
    arrive(session)
    assert not session.scalars(sa.select(RoleGrant)).all()
    assert actions(session) == ["role.grant", "role.grant", "role.revoke", "role.revoke"]


def test_a_role_granted_by_hand_survives_a_sign_in_without_the_attribute(session):
    publish(session)
    anna = arrive(session, "desk@example.org")
    grant(session, anna, make_grant(session, Role.TECHNICIAN, "DESK"), [], ROOT, NOW)
    arrive(session)
    assert actor_of(session, anna.id).groups == {"DESK"}


def test_an_absence_is_noted_once_and_can_be_taken_away(session):
    publish(session)
    anna = person(session, code="067010")
    grant(session, anna, make_grant(session, Role.TECHNICIAN, "DESK"), [], ROOT, NOW)
    days = date(2026, 3, 2), date(2026, 3, 6)
    set_absence(session, anna, *days, ROOT, NOW)
    set_absence(session, anna, *days, ROOT, NOW)
    assert len(absences(session)) == 1
    assert not members_of(session, "DESK")[0].is_present(date(2026, 3, 6))
    remove_absence(session, anna, *days, ROOT, NOW)
    assert members_of(session, "DESK")[0].is_present(date(2026, 3, 6))
    with pytest.raises(NotFound):
        remove_absence(session, anna, *days, ROOT, NOW)


def test_an_absence_that_ends_before_it_begins_is_refused(session):
    with pytest.raises(Invalid):
        set_absence(session, person(session), date(2026, 3, 6), date(2026, 3, 2), ROOT, NOW)


def test_a_person_is_meant_by_code_or_by_an_email_that_only_one_has(session):
    anna = person(session, code="067010", email="Anna@example.org")
    guest(session, email="anna@example.org")
    assert person_meant(session, "067010") is anna
    assert person_meant(session, "anna@EXAMPLE.org") is anna
    person(session, email="anna@example.org")
    with pytest.raises(Invalid, match="Several"):
        person_meant(session, "anna@example.org")
    with pytest.raises(NotFound, match="nobody@"):
        person_meant(session, "nobody@example.org")


@pytest.mark.parametrize("place", [{}, {"group": "DESK", "service": "*"}, {"service": "*"}])
def test_a_mapped_role_without_its_place_stops_the_start(place):
    with pytest.raises(ValueError, match="needs a service and no group"):
        FederatedRole(attribute="affiliation", value="x", role="technician", **place)
