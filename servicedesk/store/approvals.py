"""Approvals for those who change them: the round under way, who may decide, who is behind a step, what is due."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Decision, Pool, Step, Steps, from_json
from servicedesk.rules.permissions import EVERY_SERVICE, Role
from servicedesk.store.models.approvals import Approval, ApprovalRound
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Participation, Ticket
from servicedesk.store.visible import APPROVER

_ROLE = {By.SUPERVISORS: Role.SUPERVISOR, By.MEMBERS: Role.TECHNICIAN}


def awaited(session: Session, ticket_id: int) -> dict[str, Any]:
    """Return whether a ticket waits for an approval, and who may decide now, as facts for the rules."""
    pending = sa.and_(Approval.round_id == ApprovalRound.id, Approval.state == Decision.PENDING)
    query = (
        sa.select(Approval.person_id, Approval.stand_in_id)
        .select_from(ApprovalRound)
        .outerjoin(Approval, pending)
        .where(ApprovalRound.ticket_id == ticket_id, ApprovalRound.state == Decision.PENDING)
    )
    rows = session.execute(query).all()
    deciders = frozenset(each for row in rows for each in row if each is not None)
    return {"awaits_approval": bool(rows), "deciders": deciders}


def pending_round(session: Session, ticket_id: int) -> ApprovalRound | None:
    """Return the round that is being decided; None where nothing is."""
    query = sa.select(ApprovalRound).where(ApprovalRound.ticket_id == ticket_id)
    return session.scalars(query.where(ApprovalRound.state == Decision.PENDING)).first()


def has_approved(session: Session, ticket_id: int, steps: Sequence[Any]) -> bool:
    """Whether the last thing decided on a ticket is that exactly these steps were approved."""
    query = (
        sa.select(ApprovalRound.state, ApprovalRound.steps)
        .where(ApprovalRound.ticket_id == ticket_id)
        .order_by(ApprovalRound.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return row is not None and row.state == Decision.APPROVED and list(row.steps) == list(steps)


def is_approved(session: Session, ticket_id: int) -> bool:
    """Whether the last round of a ticket was approved."""
    query = sa.select(ApprovalRound.state).where(ApprovalRound.ticket_id == ticket_id)
    return session.scalars(query.order_by(ApprovalRound.id.desc()).limit(1)).first() == Decision.APPROVED


def last_steps(session: Session, ticket_id: int) -> Steps:
    """Return the steps of the ticket's last round."""
    query = sa.select(ApprovalRound.steps).where(ApprovalRound.ticket_id == ticket_id)
    return from_json(session.scalars(query.order_by(ApprovalRound.id.desc()).limit(1)).one())


def answers_of(session: Session, round_id: int, step: int | None = None) -> Sequence[Approval]:
    """Return the questions of a round in the order they were asked, or those of one step."""
    query = sa.select(Approval).where(Approval.round_id == round_id).order_by(Approval.id)
    return session.scalars(query if step is None else query.where(Approval.step == step)).all()


def pool_of(session: Session, step: Step, group_code: str, service_id: str) -> Pool:
    """Return the active people behind a step of a ticket, and those asked where a place of it has nobody."""
    groups = {group_code, *(_group(each, group_code) for each in step.by if each.by is not By.PERSON)}
    held = session.execute(
        sa.select(RoleGrant.role, RoleGrant.group_code, RoleGrant.service_id, RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(Person.is_active)
        .where(sa.or_(RoleGrant.group_code.in_(sorted(groups)), RoleGrant.role == Role.ADMINISTRATOR))
        .order_by(RoleGrant.person_id)
    ).all()
    codes = sorted(each.of for each in step.by if each.by is By.PERSON)
    coded = _with_codes(session, codes) if codes else {}

    def people(approver: Approver) -> list[int]:
        if approver.by is By.PERSON:
            return coded.get(approver.of, [])
        wanted = _ROLE[approver.by], _group(approver, group_code)
        return [row.person_id for row in held if (row.role, row.group_code) == wanted]

    leaders = people(Approver(By.SUPERVISORS, OWN_GROUP))
    administers = (EVERY_SERVICE, service_id)
    administrators = [r.person_id for r in held if r.role == Role.ADMINISTRATOR and r.service_id in administers]
    return Pool([people(each) for each in step.by], [leaders, administrators])


def _group(approver: Approver, own: str) -> str:
    return own if approver.of == OWN_GROUP else approver.of


def _with_codes(session: Session, codes: Collection[str]) -> dict[str, list[int]]:
    query = sa.select(Person.code, Person.id).where(Person.code.in_(codes), Person.is_active)
    return {code: [person_id] for code, person_id in session.execute(query) if code}


def approving(session: Session) -> tuple[frozenset[str], frozenset[str]]:
    """Return the codes of the groups that have an active supervisor, and those of the people who work here."""
    held = session.execute(
        sa.select(RoleGrant.role, RoleGrant.group_code, Person.code)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(Person.is_active, RoleGrant.role.in_((Role.SUPERVISOR, Role.TECHNICIAN, Role.ADMINISTRATOR)))
    ).all()
    led = frozenset(row.group_code for row in held if row.role == Role.SUPERVISOR)
    return led, frozenset(row.code for row in held if row.code)


def let_read(session: Session, ticket_id: int, people: Collection[int]) -> None:
    """Let these people read the ticket as those who are asked to approve it."""
    there = sa.select(Participation.person_id).where(
        Participation.ticket_id == ticket_id, Participation.role == APPROVER
    )
    new = sorted(set(people) - set(session.scalars(there)))
    session.add_all(Participation(ticket_id=ticket_id, person_id=each, role=APPROVER) for each in new)
    session.flush()


def end_reading(session: Session, ticket_id: int, kept: Collection[int]) -> None:
    """Let nobody read the ticket as an approver any more but these, and those who have decided something on it."""
    decided = sa.select(Approval.decided_by).where(Approval.ticket_id == ticket_id, Approval.decided_by.is_not(None))
    query = sa.delete(Participation).where(
        Participation.ticket_id == ticket_id,
        Participation.role == APPROVER,
        Participation.person_id.not_in(sorted(kept)),
        Participation.person_id.not_in(decided),
    )
    session.execute(query.execution_options(synchronize_session=False))


def due(session: Session, now: datetime, limit: int, failed: Collection[int]) -> Sequence[Ticket]:
    """Return up to `limit` tickets whose round the desk has to look at, locked; rows held elsewhere are left out."""
    query = (
        sa.select(Ticket.id)
        .join(ApprovalRound, ApprovalRound.ticket_id == Ticket.id)
        .where(ApprovalRound.look_at <= now, Ticket.id.not_in(sorted(failed)))
        .order_by(ApprovalRound.look_at)
        .limit(limit)
    )
    found = session.scalars(query.with_for_update(skip_locked=True, of=Ticket, key_share=True)).all()
    rows = sa.select(Ticket).where(Ticket.id.in_(found)).order_by(Ticket.id)
    return session.scalars(rows.execution_options(populate_existing=True)).all()
