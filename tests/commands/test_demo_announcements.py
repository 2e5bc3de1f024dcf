"""The demo announces something to everyone, something to students, and something that is still to come."""

from datetime import UTC, datetime, timedelta

from servicedesk.commands import demo_announcements
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import announcements
from tests.web.conftest import publish

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
NOBODY = Actor(ActorKind.GUEST)
STUDENT = Actor(ActorKind.PERSON, 1, audiences=frozenset({"student"}))


def test_the_demo_announces_for_everyone_for_students_and_for_later(session):
    publish(session)
    session.commit()
    assert demo_announcements.add(session, NOW) == 3

    def titles(actor, now):
        return [row.titles["it"] for row in announcements.current(session, actor, None, 0, 9, now)[0]]

    assert titles(NOBODY, NOW) == ["Servizio attivo dal 16 febbraio"]
    assert titles(STUDENT, NOW) == ["Seconda rata: paga entro la scadenza", "Servizio attivo dal 16 febbraio"]
    assert titles(NOBODY, NOW + timedelta(days=2))[0] == "Rete e posta ferme per manutenzione"
