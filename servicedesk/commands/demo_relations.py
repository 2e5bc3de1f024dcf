"""What the demo's staff tie together: parts of a whole, requests merged and split, and problems with known errors."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.joint_answers import Wanted, answer_next, prepare
from servicedesk.actions.merging import merge
from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.problems import OPEN
from servicedesk.actions.splitting import Cut, split
from servicedesk.actions.tickets import NewTicket, act
from servicedesk.commands import demo_people
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor, Role
from servicedesk.rules.richtext import from_plain
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.models.people import RoleGrant
from servicedesk.store.models.problems import ProblemSuggestion
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.relations import links_of
from servicedesk.store.tickets import locked, next_number

WANTED = 9
"""How many open requests of one group the stories need."""
UNSOLVED = (State.ASSIGNED_GROUP, State.ASSIGNED_TECHNICIAN, State.IN_PROGRESS)
CAUSE = "Il collegamento con il sistema dei pagamenti si interrompe quando scade il certificato."
WORKAROUND = {
    "it": "Riprovate dopo le 18, oppure pagate con l'avviso cartaceo.",
    "en": "Try again after 6 pm, or pay with the printed notice.",
}
REPAIRED = {"it": "Il guasto è riparato: riprovate ora.", "en": "The fault is repaired: please try again now."}
SPLIT_OFF = "Il richiedente chiede anche altro: risposta a parte."
TOLD = "Chiede lo stesso: rispondiamo a entrambe le richieste insieme."


def add(session: Session, now: datetime) -> int:
    """Do it all by the real actions, and return how many requests take part."""
    found = _cast(session)
    if found is None:
        return 0
    actor, numbers = found
    whole, part, gone, parted, incident, other, third, converted, divided = numbers
    _link(session, part, "child_of", whole, actor, now)
    _link(session, third, "related", whole, actor, now)
    _do(session, third, Action.LINK, actor, now, Details(link_kind="caused_by", other=whole))
    _unlink(session, third, actor, now)
    _do(session, converted, Action.CONVERT, actor, now)
    for number in (gone, parted):
        with writing(session):
            merge(session, number, whole, actor, now, Details(note=from_plain(TOLD)))
    _do(session, parted, Action.UNMERGE, actor, now)
    _split(session, divided, actor, now)
    _known_error(session, (incident, other), actor, now)
    _resolved(session, (third,), actor, now)
    _suggest(session, whole, now)
    return len(numbers)


def _cast(session: Session) -> tuple[Actor, Sequence[str]] | None:
    """Return somebody who works in the group with the most open requests, and some of these."""
    crowded = (
        sa.select(Ticket.group_code)
        .where(Ticket.state.in_(UNSOLVED))
        .group_by(Ticket.group_code)
        .order_by(sa.func.count().desc(), Ticket.group_code)
    )
    for group in session.scalars(crowded):
        grant = sa.select(RoleGrant.person_id).where(RoleGrant.group_code == group, RoleGrant.role == Role.TECHNICIAN)
        worker = session.scalars(grant.order_by(RoleGrant.person_id)).first()
        open_ones = sa.select(Ticket.number).where(
            Ticket.group_code == group,
            Ticket.state.in_(UNSOLVED),
            Ticket.requester_id.not_in(demo_people.named()),
        )
        numbers = session.scalars(open_ones.order_by(Ticket.id.desc()).limit(WANTED)).all()
        actor = people.actor_of(session, worker) if worker else None
        if actor and len(numbers) == WANTED:
            return actor, numbers
    return None


def _do(
    session: Session, number: str, action: Action, actor: Actor, at: datetime, details: Details | None = None
) -> None:
    with writing(session):
        act(session, locked(session, number, actor), action, actor, at, details or Details())


def _link(session: Session, number: str, kind: str, other: str, actor: Actor, at: datetime) -> None:
    _do(session, number, Action.LINK, actor, at, Details(link_kind=kind, other=other))


def _unlink(session: Session, number: str, actor: Actor, at: datetime) -> None:
    ticket_id = session.scalars(sa.select(Ticket.id).where(Ticket.number == number)).one()
    newest = links_of(session, ticket_id, actor)[0].id
    _do(session, number, Action.UNLINK, actor, at, Details(link_id=newest))


def _split(session: Session, number: str, actor: Actor, at: datetime) -> None:
    with writing(session):
        source = locked(session, number, actor)
        zone = ZoneInfo(catalogue.current(session).services[source.service_id].zone)
        body = from_plain(SPLIT_OFF)
        new = NewTicket(next_number(session, at, zone), source.category_key, source.title, body, "", {})
        split(session, source, Cut(new), actor, at)


def _problem(session: Session, title: str, incidents: Sequence[str], actor: Actor, at: datetime) -> str:
    with writing(session):
        first = session.scalars(sa.select(Ticket).where(Ticket.number == incidents[0])).one()
        zone = ZoneInfo(catalogue.current(session).services[first.service_id].zone)
        body = from_plain("Più richieste descrivono lo stesso guasto.")
        new = NewTicket(next_number(session, at, zone), first.category_key, title, body, "person", {})
        return open_problem(session, new, incidents, actor, at)[0].number


def _known_error(session: Session, incidents: Sequence[str], actor: Actor, at: datetime) -> None:
    number = _problem(session, "Pagamenti interrotti", incidents, actor, at)
    _do(session, number, Action.DIAGNOSE, actor, at, Details(note=from_plain(CAUSE)))
    _do(session, number, Action.WORK_AROUND, actor, at, Details(texts=WORKAROUND))
    for action in (Action.KNOW_ERROR, Action.FORGET_ERROR, Action.KNOW_ERROR):
        _do(session, number, action, actor, at)


def _resolved(session: Session, incidents: Sequence[str], actor: Actor, at: datetime) -> None:
    number = _problem(session, "Avvisi doppi", incidents, actor, at)
    assert actor.person_id is not None
    with writing(session):
        leading = session.scalars(sa.select(Ticket.id).where(Ticket.number == number)).one()
        texts = {code: from_plain(text) for code, text in REPAIRED.items()}
        joint = prepare(session, leading, Wanted(Action.SOLVE_TOGETHER, texts, incidents), actor.person_id, at)
        while answer_next(session, at, joint.id):
            pass
    done = Details(note=from_plain("Certificato rinnovato."))
    for action in (Action.FIX, Action.TAKE_UP, Action.FIX, Action.CONCLUDE):
        _do(session, number, action, actor, at, done)


def _suggest(session: Session, number: str, now: datetime) -> None:
    """Let a job have found a burst this morning."""
    with writing(session):
        like = session.scalars(sa.select(Ticket).where(Ticket.number == number)).one()
        since = now - timedelta(hours=4)
        count = session.scalar(
            sa.select(sa.func.count()).where(Ticket.category_key == like.category_key, Ticket.opened_at >= since)
        )
        session.add(
            ProblemSuggestion(
                category_key=like.category_key,
                group_code=like.group_code,
                since=since,
                found_at=now,
                count=max(count or 0, 10),
                usual=1.5,
                state=OPEN,
                reason="",
            )
        )
