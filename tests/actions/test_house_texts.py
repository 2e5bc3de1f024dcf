"""What the house says: kept for every process, never over somebody else's work, and recorded with before and after."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.house_texts import keep
from servicedesk.rules.errors import Conflict, NotAllowed
from servicedesk.rules.house_texts import House, digest
from servicedesk.store import house_texts as store
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.factories import NOW, SERVICE

NAME = "mail:solution"
ENTRY = {"en": {"subject": "Solved", "before": "Hello", "after": ""}}


@pytest.fixture
def chief(session: Session) -> Any:
    return factories.actor(session, factories.administrator(session))


def events(session: Session) -> list[AuditEvent]:
    query = sa.select(AuditEvent).where(AuditEvent.action.startswith("house.")).order_by(AuditEvent.id)
    return list(session.scalars(query))


def test_a_text_holds_at_once_and_goes_back_to_what_was_delivered(session: Session, chief: Any) -> None:
    assert store.current(session) == (0, House())
    keep(session, chief, NAME, ENTRY, "", NOW)
    number, house = store.current(session)
    assert (number, house.entry(NAME)) == (1, ENTRY)
    keep(session, chief, NAME, None, digest(ENTRY), NOW)
    assert store.current(session) == (2, House({}))
    said, taken_back = events(session)
    assert (said.action, said.subject, said.before) == ("house.set", "house:mail:solution", {})
    assert said.after == {"en.subject": "Solved", "en.before": "Hello", "en.after": ""}
    assert (taken_back.action, taken_back.before, taken_back.after) == ("house.reset", said.after, {})


def test_nothing_is_written_where_nothing_changes(session: Session, chief: Any) -> None:
    keep(session, chief, NAME, {}, "", NOW)
    keep(session, chief, NAME, ENTRY, "", NOW)
    keep(session, chief, NAME, ENTRY, digest(ENTRY), NOW)
    assert store.current(session)[0] == 1
    assert len(events(session)) == 1


def test_two_editors_of_one_text_lose_nothing_and_of_two_texts_are_not_in_each_others_way(
    session: Session, chief: Any
) -> None:
    keep(session, chief, NAME, ENTRY, "", NOW)
    keep(session, chief, "text:welcome", {"it": "Ciao", "en": "Hello"}, "", NOW)
    with pytest.raises(Conflict):
        keep(session, chief, NAME, {"en": {"subject": "Mine"}}, "", NOW)
    _number, house = store.current(session)
    assert (house.entry(NAME), house.text("welcome", "it")) == (ENTRY, "Ciao")


def test_an_administrator_of_a_service_writes_for_that_service_alone(session: Session) -> None:
    own = factories.actor(session, factories.administrator(session, SERVICE))
    keep(session, own, f"{NAME}:{SERVICE}", ENTRY, "", NOW, SERVICE)
    for service_id in ("", "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"):
        with pytest.raises(NotAllowed):
            keep(session, own, NAME, ENTRY, "", NOW, service_id)
    assert list(store.current(session)[1].entries) == [f"{NAME}:{SERVICE}"]
