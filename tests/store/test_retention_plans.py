"""What is due, and what has to go of a person, is found by an index on either database."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.anonymising_rows import treated
from servicedesk.rules.lifecycle import State
from servicedesk.store import anonymising, retention
from servicedesk.store.models.people import Person
from servicedesk.store.personal_data import Rows, whose
from servicedesk.store.retention import After
from tests.store.many_tickets import NOW, add, row
from tests.store.plans import full_scans, plans

TICKETS = 4_000
BEFORE = NOW + timedelta(minutes=50)
SMALL = {"legal_hold", "own_data", "recurring_ticket"}
"""Tables of a few rows, whatever the size of the desk."""


def fill(session: Session) -> None:
    people = (
        {
            "given_name": "A",
            "family_name": "B",
            "email": f"a{number}@example.org",
            "phone": "",
            "is_guest": False,
            "is_active": True,
            "created_at": NOW,
            "signed_in_at": NOW + timedelta(minutes=number),
        }
        for number in range(TICKETS)
    )
    session.execute(sa.insert(Person), list(people))
    ids = session.scalars(sa.select(Person.id)).all()
    made = (
        row(number, each, state=State.CLOSED, closed_at=NOW + timedelta(minutes=number))
        for number, each in enumerate(ids)
    )
    add(session, made)
    session.execute(sa.text("ANALYZE"))


def test_what_is_due_is_found_by_an_index(session: Session) -> None:
    fill(session)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))  # the smaller tables fit on a page here
    for table, ask in (
        ("ticket", partial(retention.next_due, session, retention.files_due("s", BEFORE), After(), 20)),
        ("ticket", partial(retention.next_due, session, retention.people_due("s", BEFORE), After(NOW, 7), 9)),
        ("ticket", partial(retention.counted, session, retention.with_files(retention.files_due("s", BEFORE)))),
        ("person", partial(retention.counted, session, retention.accounts_due(BEFORE))),
        ("person", partial(retention.next_accounts, session, BEFORE, 7, 20)),
        ("ticket_event", partial(retention.next_accounts, session, BEFORE, 7, 20)),
        ("participation", partial(retention.next_accounts, session, BEFORE, 7, 20)),
    ):
        plan = plans(session, ask)
        assert plan
        assert not list(full_scans(plan, table)), f"{ask}\n{plan}"


@pytest.mark.parametrize("name", sorted(table.name for table, _declared in treated() if table.name not in SMALL))
def test_the_rows_of_a_person_are_found_by_an_index(session: Session, name: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))  # the tables are empty here
    table, declared = next(pair for pair in treated() if pair[0].name == name)
    for way in declared.of + declared.goes_with:
        theirs = whose(table, way, 1, 2)
        is_removed = declared.rows is Rows.REMOVED
        query = sa.delete(table).where(theirs) if is_removed else sa.select(sa.literal(1)).where(theirs)
        plan = plans(session, lambda query=query: session.execute(query))
        assert not list(full_scans(plan, name)), plan


def test_what_would_go_is_counted_in_one_statement(session: Session) -> None:
    asked = []
    sa.event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert set(anonymising.amounts(session, 1).values()) == {0}
    assert len(asked) == 1
