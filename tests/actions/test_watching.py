"""Watching: by oneself, for a colleague, by a mention that its writer confirms; what watchers are told of; its end."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Absence, Person, RoleGrant
from servicedesk.store.models.tickets import Message, Participation, Ticket
from servicedesk.store.visible import WATCHER, visible_to
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ticket(session):
    factories.publish(session)
    return factories.ticket(session, state=State.IN_PROGRESS)


@pytest.fixture
def me(session, ticket):
    return factories.actor(session, session.get(Person, ticket.technician_id))


@pytest.fixture
def elsewhere(session, ticket):
    """A colleague of another group of the same service, who may not read the ticket."""
    return factories.technician(session, "TURNS", code="OP-T", family_name="De Luca")


def note(session, ticket, who, text, **more):
    return act(session, ticket, Action.NOTE, who, NOW, Details(note=from_plain(text), **more))


def watch(session, ticket, who, whom=None, **more):
    return act(session, ticket, Action.WATCH, who, NOW, Details(technician_id=whom and whom.id, **more))


def told(session, template):
    return session.scalars(sa.select(Notice.recipient_id).where(Notice.template == template)).all()


def watchers(session, ticket):
    query = sa.select(Participation.person_id).where(
        Participation.ticket_id == ticket.id, Participation.role == WATCHER
    )
    return set(session.scalars(query))


def reads(session, ticket, person):
    query = sa.select(Ticket.id).where(Ticket.id == ticket.id, visible_to(factories.actor(session, person)))
    return session.scalars(query).first() is not None


def test_a_colleague_added_as_watcher_is_told_and_reads_the_ticket_from_then_on(session, ticket, me, elsewhere):
    assert not reads(session, ticket, elsewhere)
    event = watch(session, ticket, me, elsewhere, note=from_plain("For you to know."))
    assert event.changes == {"watcher": [None, elsewhere.id]}
    assert session.scalars(sa.select(Message.is_public).where(Message.event_id == event.id)).one() is False
    assert told(session, "watch_added") == [elsewhere.id]
    assert reads(session, ticket, elsewhere)
    with pytest.raises(Invalid, match="watches this request already"):
        watch(session, ticket, me, elsewhere)


def test_watching_oneself_tells_nobody(session, ticket, me):
    watch(session, ticket, me)
    assert watchers(session, ticket) == {me.person_id}
    assert told(session, "watch_added") == []


def test_watchers_are_told_of_public_words_and_of_the_end_but_not_of_notes(session, ticket, me, elsewhere):
    watch(session, ticket, me, elsewhere)
    act(session, ticket, Action.COMMENT, me, NOW, Details(note=from_plain("Room 3.")))
    note(session, ticket, me, "Odd.")
    act(session, ticket, Action.PROPOSE, me, NOW, Details(note=from_plain("Solved.")))
    assert told(session, "watch_news") == [elsewhere.id, elsewhere.id]
    requester = factories.actor(session, session.get(Person, ticket.requester_id))
    act(session, ticket, Action.ACCEPT, requester, NOW)
    assert told(session, "watch_news") == [elsewhere.id] * 3


def test_whoever_works_here_no_longer_is_told_nothing_and_reads_nothing(session, ticket, me, elsewhere):
    watch(session, ticket, me, elsewhere)
    session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == elsewhere.id))
    act(session, ticket, Action.COMMENT, me, NOW, Details(note=from_plain("Room 3.")))
    assert told(session, "watch_news") == []
    assert not reads(session, ticket, elsewhere)


def test_a_watcher_stops_by_themselves_and_ends_nobody_elses_watching(session, ticket, me, elsewhere):
    other = factories.technician(session, "FEW")
    watch(session, ticket, me, elsewhere)
    watch(session, ticket, me, other)
    watcher = factories.actor(session, elsewhere)
    with pytest.raises(NotAllowed, match="your own watching"):
        act(session, ticket, Action.UNWATCH, watcher, NOW, Details(technician_id=other.id))
    act(session, ticket, Action.UNWATCH, watcher, NOW)
    assert watchers(session, ticket) == {other.id}
    act(session, ticket, Action.UNWATCH, me, NOW, Details(technician_id=other.id))
    assert watchers(session, ticket) == set()


def test_a_stranger_to_the_service_is_no_watcher(session, ticket, me):
    for who in (factories.student(session), factories.technician(session, "NO-SUCH")):
        with pytest.raises(Invalid, match="Choose a colleague"):
            watch(session, ticket, me, who)


def test_a_mention_tells_a_colleague_who_reads_the_ticket(session, ticket, me):
    mate = factories.technician(session, ticket.group_code, code="OP-7")
    note(session, ticket, me, "Look at this, @op-7. Ask a@example.org as well.")
    assert told(session, "watch_mentioned") == [mate.id]
    assert watchers(session, ticket) == set()


def test_a_mention_lets_a_colleague_watch_only_when_its_writer_says_so(session, ticket, me, elsewhere):
    with pytest.raises(Invalid, match="OP-T Teo De Luca cannot read this request"):
        note(session, ticket, me, "What does @DeLuca think?")
    event = note(session, ticket, me, "What does @DeLuca think?", is_confirmed=True)
    assert event.changes == {"watchers": [None, [elsewhere.id]]}
    assert told(session, "watch_mentioned") == [elsewhere.id]
    assert reads(session, ticket, elsewhere)


def test_a_name_that_several_have_is_asked_about_and_what_names_nobody_is_text(session, ticket, me, elsewhere):
    factories.technician(session, "TURNS", code="OP-U", family_name="De Luca")
    with pytest.raises(Invalid, match="Several colleagues are called @deluca"):
        note(session, ticket, me, "Ask @deluca")
    assert note(session, ticket, me, "See @nobody on the net").changes == {}


def test_a_mention_in_a_reply_to_the_requester_tells_nobody(session, ticket, me):
    factories.technician(session, ticket.group_code, code="OP-7")
    act(session, ticket, Action.COMMENT, me, NOW, Details(note=from_plain("Ask @op-7.")))
    assert told(session, "watch_mentioned") == []


def test_a_mention_makes_no_conflict_for_a_colleagues_answer(session, ticket, me, elsewhere):
    mate = factories.actor(session, factories.technician(session, ticket.group_code))
    seen = ticket.last_seq
    note(session, ticket, me, "@OP-T?", is_confirmed=True)
    act(session, ticket, Action.COMMENT, mate, NOW, Details(note=from_plain("Room 3."), seen_seq=seen))


def away(session, person, instead):
    session.add(Absence(person_id=person.id, substitute_id=instead.id, first_day=NOW.date(), last_day=NOW.date()))
    session.flush()


def test_a_mention_of_somebody_away_tells_whoever_stands_in_and_keeps_that_with_the_note(session, ticket, me):
    mate, instead = (factories.technician(session, ticket.group_code, code=code) for code in ("OP-1", "OP-2"))
    away(session, mate, instead)
    event = note(session, ticket, me, "@OP-1, have a look.")
    assert sorted(told(session, "watch_mentioned")) == sorted([mate.id, instead.id])
    assert event.changes["stood_in"] == [[mate.id], [instead.id]]


def test_a_substitute_who_cannot_read_is_told_only_where_the_writer_lets_people_watch(session, ticket, me, elsewhere):
    mate = factories.technician(session, ticket.group_code, code="OP-1")
    away(session, mate, elsewhere)
    assert "stood_in" not in note(session, ticket, me, "@OP-1, have a look.").changes
    assert (told(session, "watch_mentioned"), watchers(session, ticket)) == ([mate.id], set())
    note(session, ticket, me, "@OP-1, have a look.", is_confirmed=True)
    assert watchers(session, ticket) == {elsewhere.id}
    assert reads(session, ticket, elsewhere)


def test_whoever_writes_the_note_and_stands_in_is_not_told_of_it(session, ticket, me):
    mate = factories.technician(session, ticket.group_code, code="OP-1")
    away(session, mate, session.get(Person, me.person_id))
    assert note(session, ticket, me, "@OP-1, have a look.").changes == {}
