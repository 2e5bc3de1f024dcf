"""Sharing, making public and saying thank you, as the others see it; on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions import sharing
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.lifecycle import Action, State, WaitingFor
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.preferences import BellNotice
from servicedesk.store.models.tickets import Invitation, Ticket
from servicedesk.store.outbox import DROPPED, WAITING
from servicedesk.store.tickets import locked
from servicedesk.store.visible import public_to, visible_to
from tests import factories
from tests.factories import NOW, institutional_address

LATER = NOW + timedelta(days=1)
WORDS = Details(note=from_plain("I have the same form."))


@pytest.fixture
def asker(session):
    factories.publish(session)
    return factories.student(session)


@pytest.fixture
def ticket(session, asker):
    return factories.ticket(session, requester=asker, state=State.IN_PROGRESS)


def share(session, ticket, asker, address):
    return act(session, ticket, Action.SHARE, factories.actor(session, asker), NOW, Details(address=address))


def reads(session, person, ticket) -> bool:
    mine = sa.select(Ticket.id).where(Ticket.id == ticket.id, visible_to(factories.actor(session, person)))
    return session.scalars(mine).first() is not None


def mails(session, template) -> list[int]:
    return list(session.scalars(sa.select(Notice.recipient_id).where(Notice.template == template)))


def test_a_person_the_request_is_shared_with_reads_it_comments_and_is_told_by_mail(session, ticket, asker):
    fellow = factories.student(session)
    assert not reads(session, fellow, ticket)
    share(session, ticket, asker, institutional_address(session, fellow).upper())
    assert reads(session, fellow, ticket)
    assert mails(session, "shared") == [fellow.id]
    event = act(session, ticket, Action.COMMENT, factories.actor(session, fellow), NOW, WORDS)
    assert event.changes == {"as": [None, "follower"]}
    assert mails(session, "comment") == [asker.id]
    assert mails(session, "follower_comment") == [ticket.technician_id]
    assert mails(session, "followed") == []


def test_those_who_follow_are_told_of_what_is_said_until_they_leave(session, ticket, asker):
    fellow = factories.student(session)
    share(session, ticket, asker, institutional_address(session, fellow))
    worker = factories.actor(session, session.get(type(asker), ticket.technician_id))
    act(session, ticket, Action.COMMENT, factories.actor(session, asker), NOW, WORDS)
    act(session, ticket, Action.NOTE, worker, NOW, WORDS)
    act(session, ticket, Action.PROPOSE, worker, NOW, WORDS)
    assert mails(session, "followed") == [fellow.id, fellow.id]
    rung = session.scalars(sa.select(BellNotice.template).where(BellNotice.person_id == fellow.id))
    assert sorted(rung) == ["followed", "followed", "shared"]
    act(session, ticket, Action.LEAVE, factories.actor(session, fellow), NOW)
    act(session, ticket, Action.COMMENT, factories.actor(session, asker), NOW, WORDS)
    assert mails(session, "followed") == [fellow.id, fellow.id]


def test_what_has_not_been_mailed_yet_is_not_mailed_to_whom_it_is_no_longer_shared_with(session, ticket, asker):
    fellow = factories.student(session)
    event = share(session, ticket, asker, institutional_address(session, fellow))
    act(session, ticket, Action.COMMENT, factories.actor(session, asker), NOW, WORDS)
    gone = Details(invitation_id=event.changes["shared"][1])
    act(session, ticket, Action.UNSHARE, factories.actor(session, asker), NOW, gone)
    states = sa.select(Notice.state).where(Notice.recipient_id == fellow.id)
    assert set(session.scalars(states)) == {DROPPED}
    assert WAITING in session.scalars(sa.select(Notice.state).where(Notice.recipient_id != fellow.id)).all()


def test_an_address_of_nobody_leaves_the_same_traces_for_the_one_who_typed_it(session, ticket, asker):
    fellow = factories.student(session)
    known = share(session, ticket, asker, institutional_address(session, fellow))
    unknown = share(session, ticket, asker, "nobody@studenti.example.org")
    assert (known.action, list(known.changes)) == (unknown.action, list(unknown.changes))
    shown = session.scalars(sa.select(Invitation.address).order_by(Invitation.id)).all()
    assert shown == [institutional_address(session, fellow), "nobody@studenti.example.org"]
    assert mails(session, "shared") == [fellow.id]


def test_an_address_that_a_sign_in_stated_gives_nobody_access(session, ticket, asker):
    stranger = factories.person(session, email="stated@example.org")
    share(session, ticket, asker, "stated@example.org")
    assert not reads(session, stranger, ticket)


def test_staff_are_found_by_their_own_address(session, ticket, asker):
    tutor = factories.technician(session, "FEW", email="tutor@example.org")
    share(session, ticket, asker, "tutor@example.org")
    assert reads(session, tutor, ticket)


@pytest.mark.parametrize("typed", ["", "no address", "a@b", "two words@example.org", "x" * 250 + "@example.org"])
def test_what_is_no_address_is_refused(session, ticket, asker, typed):
    with pytest.raises(Invalid):
        share(session, ticket, asker, typed)


def test_ones_own_address_and_one_that_is_there_are_refused(session, ticket, asker):
    with pytest.raises(Invalid, match="your own"):
        share(session, ticket, asker, institutional_address(session, asker))
    share(session, ticket, asker, "nobody@studenti.example.org")
    with pytest.raises(Invalid, match="already"):
        share(session, ticket, asker, "Nobody@studenti.example.org")


def test_a_request_is_shared_with_a_few_and_only_so_often_a_day(session, ticket, asker, monkeypatch):
    monkeypatch.setattr(sharing, "MOST_INVITED", 2)
    share(session, ticket, asker, "one@studenti.example.org")
    share(session, ticket, asker, "two@studenti.example.org")
    with pytest.raises(Invalid, match="limit"):
        share(session, ticket, asker, "three@studenti.example.org")
    monkeypatch.setattr(sharing, "SHARED_PER_DAY", 2)
    other = factories.ticket(session, requester=asker)
    with pytest.raises(Invalid, match="tomorrow"):
        share(session, other, asker, "one@studenti.example.org")


@pytest.mark.parametrize("ended_by", ["requester", "technician", "follower"])
def test_whoever_the_request_is_no_longer_shared_with_finds_it_no_more(session, ticket, asker, ended_by):
    fellow = factories.student(session)
    share(session, ticket, asker, institutional_address(session, fellow))
    invitation = session.scalars(sa.select(Invitation.id)).one()
    worker = session.get(type(fellow), ticket.technician_id)
    by = {"requester": asker, "technician": worker, "follower": fellow}[ended_by]
    action = Action.LEAVE if ended_by == "follower" else Action.UNSHARE
    act(session, ticket, action, factories.actor(session, by), NOW, Details(invitation_id=invitation))
    assert not reads(session, fellow, ticket)
    assert session.scalars(sa.select(Invitation.id)).all() == []
    with pytest.raises(NotFound):
        locked(session, ticket.number, factories.actor(session, fellow))


def test_an_invitation_of_another_request_is_not_ended_from_this_one(session, ticket, asker):
    other = factories.ticket(session, requester=asker)
    share(session, other, asker, "nobody@studenti.example.org")
    invitation = session.scalars(sa.select(Invitation.id)).one()
    with pytest.raises(Invalid):
        act(session, ticket, Action.UNSHARE, factories.actor(session, asker), NOW, Details(invitation_id=invitation))


def test_a_followers_comment_neither_restarts_the_clock_nor_ends_a_wait(session, asker):
    fellow = factories.student(session)
    solved = factories.ticket(session, requester=asker, state=State.RESOLVED)
    waiting = factories.ticket(session, requester=asker, state=State.WAITING)
    for ticket in (solved, waiting):
        share(session, ticket, asker, institutional_address(session, fellow))
        before = (ticket.state, ticket.waiting_for, ticket.clock_from, ticket.expires_at)
        act(session, ticket, Action.COMMENT, factories.actor(session, fellow), LATER, WORDS)
        assert (ticket.state, ticket.waiting_for, ticket.clock_from, ticket.expires_at) == before
    assert waiting.waiting_for == WaitingFor.REQUESTER


def publish(session, ticket, asker, scope="course", is_confirmed=True):
    details = Details(scope=scope, is_confirmed=is_confirmed)
    return act(session, ticket, Action.PUBLISH, factories.actor(session, asker), NOW, details)


def public_for(session, person, ticket) -> bool:
    found = public_to(factories.actor(session, person), [factories.SERVICE])
    return session.scalars(sa.select(Ticket.id).where(Ticket.id == ticket.id, found)).first() is not None


def test_what_is_made_public_to_the_course_is_read_in_short_by_fellow_students_until_it_is_taken_back(
    session, ticket, asker
):
    fellow, former = factories.student(session), factories.student(session, status="former")
    publish(session, ticket, asker)
    assert public_for(session, fellow, ticket)
    assert not public_for(session, former, ticket)
    assert not reads(session, fellow, ticket)
    worker = factories.actor(session, session.get(type(asker), ticket.technician_id))
    act(session, ticket, Action.UNPUBLISH, worker, NOW)
    assert not public_for(session, fellow, ticket)


def test_nothing_is_made_public_without_the_box_and_an_audience(session, ticket, asker):
    for values in ({"is_confirmed": False}, {"scope": ""}, {"scope": "world"}):
        with pytest.raises(Invalid):
            publish(session, ticket, asker, **values)


def test_somebody_without_a_degree_course_can_choose_the_service_alone(session):
    factories.publish(session)
    outsider = factories.person(session)
    ticket = factories.ticket(session, requester=outsider)
    with pytest.raises(Invalid, match="degree course"):
        publish(session, ticket, outsider)
    publish(session, ticket, outsider, "service")
    assert public_for(session, factories.student(session), ticket)


def test_a_technician_who_has_not_seen_that_the_request_is_public_is_told_before_answering(session, ticket, asker):
    seen = ticket.last_seq
    publish(session, ticket, asker)
    worker = factories.actor(session, session.get(type(asker), ticket.technician_id))
    details = Details(note=from_plain("Dear Lucia"), seen_seq=seen)
    with pytest.raises(Conflict):
        act(session, ticket, Action.PROPOSE, worker, NOW, details)


@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED])
def test_a_thank_you_changes_no_state_no_clock_and_no_answer_of_others(session, asker, state):
    ticket = factories.ticket(session, requester=asker, state=state)
    worker = factories.actor(session, session.get(type(asker), ticket.technician_id))
    before = (ticket.state, ticket.clock_from, ticket.expires_at, ticket.closed_at, ticket.technician_id)
    seen = ticket.last_seq
    act(session, ticket, Action.THANK, factories.actor(session, asker), LATER, Details(note=from_plain("Kind!")))
    assert (ticket.state, ticket.clock_from, ticket.expires_at, ticket.closed_at, ticket.technician_id) == before
    assert mails(session, "thanked") == [ticket.technician_id]
    if state is State.RESOLVED:
        act(session, ticket, Action.COMMENT, worker, LATER, Details(note=from_plain("You are welcome."), seen_seq=seen))
    with pytest.raises(Invalid, match="already"):
        act(session, ticket, Action.THANK, factories.actor(session, asker), LATER)


def test_nobody_thanks_in_the_requesters_name(session, asker):
    ticket = factories.ticket(session, requester=asker, state=State.RESOLVED)
    fellow = factories.student(session)
    share(session, ticket, asker, institutional_address(session, fellow))
    with pytest.raises(NotAllowed):
        act(session, ticket, Action.THANK, factories.actor(session, fellow), NOW)
