"""What administration says of changes: who has to agree to them, and when nothing is changed; all of it audited."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.changes import Ask, ChangeType, Who
from servicedesk.rules.errors import Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store.models.changes import ChangeFreeze, ChangeRule

MOST_DAYS = 30
LONGEST_REASON = 200
INCOMPLETE = N_("This was not kept: see what is marked below.")


def set_rule(
    session: Session, service_id: str, change_type: ChangeType, ask: Ask, tree: Catalogue, by: Actor, now: datetime
) -> None:
    """Say who has to agree to changes of a type in a service; an empty one stands for all.

    Raises Invalid, NotAllowed for a service that the person does not administer.
    """
    _check_manages(by, service_id)
    board = tree.groups.get(ask.board)
    if ask.who is Who.BOARD and (board is None or not board.active):
        raise Invalid(INCOMPLETE, {"board": Sentence(N_("Choose the group whose members decide."))})
    if not 1 <= ask.days <= MOST_DAYS:
        raise Invalid(INCOMPLETE, {"days": Sentence(N_("Write a number of days, 1 to 30."))})
    before = session.get(ChangeRule, (service_id, change_type))
    was = _facts(before) if before else {}
    row = before or ChangeRule(service_id=service_id, change_type=change_type)
    row.who, row.need_all, row.days = ask.who, ask.need_all, ask.days
    row.board = ask.board if ask.who is Who.BOARD else ""
    session.add(row)
    _record(session, by, "change_rule.set", f"change_rule:{service_id or '*'}/{change_type}", now, was, _facts(row))


def unset_rule(session: Session, service_id: str, change_type: ChangeType, by: Actor, now: datetime) -> None:
    """Take a rule away: what holds for all services, or the usual, holds again. Raises NotFound, NotAllowed."""
    _check_manages(by, service_id)
    row = session.get(ChangeRule, (service_id, change_type))
    if row is None:
        raise NotFound()
    session.delete(row)
    _record(session, by, "change_rule.unset", f"change_rule:{service_id or '*'}/{change_type}", now, _facts(row), {})


def freeze(
    session: Session,
    service_id: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Let nothing be changed in a service, or in all, for a time. Raises Invalid, NotAllowed."""
    _check_manages(by, service_id)
    problems = {}
    if not reason.strip() or len(reason.strip()) > LONGEST_REASON:
        problems["reason"] = Sentence(N_("Give the reason, in at most 200 characters."))
    if starts_at is None or ends_at is None or ends_at <= starts_at:
        problems["ends_at"] = Sentence(N_("Give beginning and end; the end comes after the beginning."))
    elif ends_at <= now:
        problems["ends_at"] = Sentence(N_("This time is over already."))
    if problems:
        raise Invalid(INCOMPLETE, problems)
    assert starts_at is not None
    assert ends_at is not None
    assert by.person_id is not None
    row = ChangeFreeze(service_id=service_id, starts_at=starts_at, ends_at=ends_at, reason=reason.strip())
    row.made_at, row.made_by = now, by.person_id
    session.add(row)
    session.flush()
    _record(session, by, "freeze.set", f"freeze:{row.id}", now, {}, _span(row))


def thaw(session: Session, freeze_id: int, by: Actor, now: datetime) -> None:
    """End a freeze now, or take it away before it begins. Raises NotFound, NotAllowed."""
    row = session.get(ChangeFreeze, freeze_id)
    if row is None or row.ends_at <= now:
        raise NotFound()
    _check_manages(by, row.service_id)
    before = _span(row)
    if row.starts_at >= now:
        session.delete(row)
    else:
        row.ends_at = now
    _record(session, by, "freeze.end", f"freeze:{freeze_id}", now, before, {})


def _check_manages(by: Actor, service_id: str) -> None:
    if not by.administers_service(service_id):
        raise NotAllowed(N_("You do not administer this service."))


def _facts(row: ChangeRule) -> dict[str, Any]:
    return {"who": row.who, "need_all": row.need_all, "board": row.board, "days": row.days}


def _span(row: ChangeFreeze) -> dict[str, Any]:
    return {
        "service": row.service_id,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "reason": row.reason,
    }


def _record(
    session: Session,
    by: Actor,
    action: str,
    subject: str,
    now: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    audit.record(session, f"person:{by.person_id}", action, subject, now, before=before, after=after)
    session.flush()
