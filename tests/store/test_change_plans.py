"""Changes are listed, laid side by side and tied to problems through indexes on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.changes import Window
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import changes
from servicedesk.store.models.changes import Change, ChangeFreeze
from servicedesk.store.models.tickets import Ticket, TicketLink
from tests.store.many_tickets import NOW, add, person, row
from tests.store.plans import full_scans, plans

TICKETS = 2_000
WORKER = Actor(ActorKind.PERSON, person_id=1, groups=frozenset({"A"}))
LATE = NOW + timedelta(days=900)


@pytest.fixture
def many(session: Session) -> Session:
    """Many changes, a window a day, most of them over; a freeze a month."""
    who = person(session)
    add(session, (row(number, who) for number in range(TICKETS)))
    ids = session.scalars(sa.select(Ticket.id).order_by(Ticket.id)).all()
    texts = dict.fromkeys(("reason", "plan", "back_out", "verification", "result"), "")
    common = {**texts, "change_type": "normal", "services": ["desk"], "categories": [], "consent": "given"}
    days = [NOW + timedelta(days=number) for number in range(len(ids))]
    session.execute(
        sa.insert(Change),
        [
            {"ticket_id": each, "phase": "reviewed" if each % 50 else "draft", "starts_at": day, **common}
            | {"ends_at": day + timedelta(hours=2)}
            for each, day in zip(ids, days, strict=True)
        ],
    )
    freeze = {"service_id": "", "reason": "Exams", "made_at": NOW, "made_by": who}
    session.execute(
        sa.insert(ChangeFreeze),
        [{"starts_at": day, "ends_at": day + timedelta(days=2), **freeze} for day in days[::10]],
    )
    links = [
        {"ticket_id": below, "other_id": above, "kind": "fixes"}
        for below, above in zip(ids[::2], ids[1::2], strict=True)
    ]
    session.execute(sa.insert(TicketLink), links)
    session.execute(sa.text("ANALYZE"))
    return session


QUESTIONS: dict[str, Callable[[Session], object]] = {
    "list": lambda session: changes.page(session, WORKER, changes.Wanted(), None),
    "windows": lambda session: changes.windows(session, WORKER, LATE, LATE + timedelta(days=31)),
    "neighbours": lambda session: changes.neighbours(session, WORKER, LATE, LATE + timedelta(hours=2)),
    "freezes": lambda session: changes.freezes_on(session, Window(LATE, LATE + timedelta(hours=2), frozenset())),
    "what it fixes": lambda session: changes.problems_fixed(session, 11, WORKER),
    "what fixes it": lambda session: changes.fixing(session, 12, WORKER),
    "for an approver": lambda session: changes.change_asked(session, "2026000011", WORKER),
}


def test_no_question_about_changes_reads_every_row(many: Session) -> None:
    if many.connection().dialect.name != "sqlite":
        many.execute(sa.text("SET LOCAL enable_seqscan = off"))  # the smaller tables fit on a page here
    for name, question in QUESTIONS.items():
        plan = plans(many, lambda asked=question: asked(many))
        for table in ("ticket", "change", "ticket_link", "change_freeze"):
            # Along the index of open changes the list reads those alone.
            assert [each for each in full_scans(plan, table) if "ix_change_open" not in each] == [], name


def test_a_list_is_continued_where_it_ended_and_a_calendar_finds_its_days_alone(many: Session) -> None:
    found = changes.windows(many, WORKER, LATE, LATE + timedelta(days=31))
    assert all(LATE - timedelta(days=1) < each.starts_at < LATE + timedelta(days=31) for each in found)
    listed, before = [], None
    while rows := changes.page(many, WORKER, changes.Wanted(phase=changes.Phase.REVIEWED), before):
        listed += [each.id for each in rows[: changes.PAGE]]
        before = listed[-1] if len(rows) > changes.PAGE else 0
    assert len(listed) == len(set(listed)) > changes.PAGE
