"""What administrators do to people: roles given and taken, accounts closed and opened, sessions ended, codes."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import people as persons
from servicedesk.actions import roles
from servicedesk.actions.audit import record
from servicedesk.actions.details import Details
from servicedesk.actions.people import Staff
from servicedesk.actions.roles import Grant
from servicedesk.actions.second_factor import reset
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.rules.lifecycle import TRANSITIONS, Action, State
from servicedesk.rules.lines import way_to
from servicedesk.rules.permissions import EVERY_SERVICE, SYSTEM, Actor, Role
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.role_rights import may_change_role, runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, known_people
from servicedesk.store.models.people import LoginSession, Person, RoleGrant
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.people import staffed_groups
from servicedesk.store.staff import person_by_proof

MOST_MOVED = 200
"""Tickets that one form moves; with more the group is emptied by its supervisor first."""
NOT_YOURS = N_("You can change only the roles of the services you administer.")
ONLY_ALL = N_("Only an administrator of the whole installation can do this.")


def by(actor: Actor) -> str:
    """Return how the record of administration names a person."""
    return f"person:{actor.person_id}"


def give(
    session: Session, actor: Actor, person_id: int, wanted: Grant, areas: Sequence[str], code: str, now: datetime
) -> bool:
    """Give a role, or set its areas; return whether anything changed. Raises NotAllowed, Invalid, NotFound."""
    _demand(session, actor, wanted)
    person = known_people.person_with(session, person_id)
    if not person.is_active:
        raise Invalid(N_("This account is closed: open it again before giving a role."))
    if code and code != person.code:
        # A first code comes with a role; to change one is for those who run everything.
        if person.code:
            _demand_all(actor)
        persons.give_code(session, person, code, by(actor), now)
    return roles.grant(session, person, wanted, areas, by(actor), now)


def add(session: Session, actor: Actor, staff: Staff, now: datetime) -> Person:
    """Make somebody known before the first sign-in; only administrators of everything may so change one known already.

    Raises NotAllowed, Invalid when the code belongs to somebody else.
    """
    if person_by_proof(session, Proof(FISCAL, staff.fiscal_hash)) is not None:
        _demand_all(actor)
    return persons.add_staff(session, staff, by(actor), now)


def take(session: Session, actor: Actor, person_id: int, role_id: int, now: datetime, group_after: str = "") -> int:
    """Take a role back and return how many tickets of a technician went back to the group or on to `group_after`.

    Raises NotAllowed where the role is not this administrator's to take, Invalid for one that a sign-in gives, for
    the last administrator of everything, and where a group would keep open tickets and nobody to work on them.
    """
    held = known_people.role_with(session, person_id, role_id)
    unwanted = Grant(Role(held.role), held.group_code, held.service_id)
    _demand(session, actor, unwanted)
    if held.from_federation:
        raise Invalid(N_("This role comes from the attributes of the sign-in: change it where they are given."))
    person = known_people.person_with(session, person_id)
    _keep_one_administrator(session, person, unwanted)
    moved = 0
    if unwanted.role is Role.TECHNICIAN:
        moved = _leave_group(session, person, unwanted.group, group_after, now)
    roles.revoke(session, person, unwanted, by(actor), now)
    return moved


def _demand(session: Session, actor: Actor, meant: Grant) -> None:
    if not may_change_role(actor, meant.role, meant.group, meant.service, catalogue.current(session)):
        raise NotAllowed(NOT_YOURS)


def _keep_one_administrator(session: Session, person: Person, unwanted: Grant) -> None:
    is_all = unwanted.role is Role.ADMINISTRATOR and unwanted.service == EVERY_SERVICE
    if is_all and known_people.is_last_of_all(session, person.id):
        raise Invalid(N_("Nobody else administers the whole installation. Make somebody else administrator first."))


def _leave_group(session: Session, person: Person, group: str, group_after: str, now: datetime) -> int:
    """Give what the technician has in the group back to it; on to another group where nobody would be left."""
    if known_people.others_in(session, group, person.id):
        held = known_people.open_tickets_of(session, person.id, group, MOST_MOVED + 1)
        _demand_few(held)
        return _release(session, held, now)
    left = known_people.open_tickets_in(session, group, MOST_MOVED + 1)
    if not left:
        return 0
    _demand_few(left)
    tree = catalogue.current(session)
    if group_after == group or group_after not in staffed_groups(session) or group_after not in tree.groups:
        raise Invalid(
            N_(
                "Nobody else works in the group %(group)s, which has %(count)s open requests. "
                "Choose the group they go to."
            ),
            group=group,
            count=len(left),
        )
    note = from_plain(f"{group} -> {group_after}")
    return _each(session, left, way_to(tree, group, group_after), Details(group=group_after, note=note), now)


def _demand_few(found: Sequence[int]) -> None:
    if len(found) > MOST_MOVED:
        raise Invalid(
            N_("There are more than %(count)s open requests: hand them over in the queue first."), count=MOST_MOVED
        )


def _release(session: Session, ids: Sequence[int], now: datetime) -> int:
    return _each(session, ids, Action.RELEASE, Details(), now)


def _each(session: Session, ids: Sequence[int], verb: Action, details: Details, now: datetime) -> int:
    """Do one thing to each ticket that can be moved; what is solved stays, and comes back to its group if refused."""
    query = sa.select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update()
    done = 0
    for ticket in session.scalars(query.execution_options(populate_existing=True)).all():
        if verb is not Action.RELEASE and ticket.state == State.WAITING:
            act(session, ticket, Action.RESUME, SYSTEM, now)
        if ticket.state in TRANSITIONS[verb].sources:
            act(session, ticket, verb, SYSTEM, now, details)
            done += 1
    return done


def close_account(session: Session, actor: Actor, person_id: int, reason: str, now: datetime) -> int:
    """Shut a person out: sessions end and their open tickets go back to the groups; return how many did.

    Raises NotAllowed but for administrators of everything, Invalid without a reason, for oneself and the last of them.
    """
    _demand_all(actor)
    if person_id == actor.person_id:
        raise Invalid(N_("You cannot close your own account."))
    _demand_reason(reason)
    person = known_people.person_with(session, person_id)
    if _administers_all(session, person_id):
        _keep_one_administrator(session, person, Grant(Role.ADMINISTRATOR, service=EVERY_SERVICE))
    held = known_people.open_tickets_of(session, person_id, None, MOST_MOVED + 1)
    _demand_few(held)
    moved = _release(session, held, now)
    person.is_active = False
    end_sessions(session, actor, person_id, now)
    record(session, by(actor), "account.close", f"person:{person_id}", now, {"open": True}, {"reason": reason.strip()})
    return moved


def _administers_all(session: Session, person_id: int) -> bool:
    query = sa.select(RoleGrant.id).where(
        RoleGrant.person_id == person_id,
        RoleGrant.role == Role.ADMINISTRATOR,
        RoleGrant.service_id == EVERY_SERVICE,
    )
    return session.scalars(query.limit(1)).first() is not None


def open_account(session: Session, actor: Actor, person_id: int, now: datetime) -> None:
    """Let a person in again, with the roles they still hold. Raises NotAllowed, Invalid for somebody removed."""
    _demand_all(actor)
    person = known_people.person_with(session, person_id)
    if person.anonymised_at is not None:
        raise Invalid(N_("Everything personal of this account was removed: it cannot be opened again."))
    if not person.is_active:
        person.is_active = True
        record(session, by(actor), "account.open", f"person:{person_id}", now, {"open": False}, {"open": True})


def end_sessions(session: Session, actor: Actor, person_id: int, now: datetime) -> int:
    """Sign a person out in every browser; return of how many."""
    _demand_all(actor)
    query = sa.update(LoginSession).where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
    ended: int = session.execute(query.values(ended_at=now)).rowcount  # type: ignore[attr-defined]  # of an UPDATE
    if ended:
        record(session, by(actor), "sessions.end", f"person:{person_id}", now, after={"sessions": ended})
    return ended


def reset_factor(session: Session, actor: Actor, person_id: int, reason: str, now: datetime) -> bool:
    """Remove the second factors of a person who lost theirs; return whether there were any. Needs a reason."""
    _demand_all(actor)
    _demand_reason(reason)
    person = known_people.person_with(session, person_id)
    had = reset(session, person.id, by(actor), now)
    if had:
        record(session, by(actor), "factor.reason", f"person:{person_id}", now, after={"reason": reason.strip()})
    return had


def set_code(session: Session, actor: Actor, person_id: int, code: str, now: datetime) -> None:
    """Give the code by which requesters know a technician. Raises Invalid when it is empty or somebody else's."""
    _demand_all(actor)
    if not code.strip():
        raise Invalid(N_("Write the code by which requesters know this person."))
    persons.give_code(session, known_people.person_with(session, person_id), code.strip(), by(actor), now)


def _demand_all(actor: Actor) -> None:
    if not runs_everything(actor):
        raise NotAllowed(ONLY_ALL)


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(N_("Give the reason: it is kept in the record of administration."))
