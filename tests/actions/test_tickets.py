"""What `act()` does: state, event, text, clocks and notices of one transaction."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.rules.errors import AlreadyDone, Conflict, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, Outcome, State, WaitingFor
from servicedesk.rules.richtext import from_html, from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Participation, Ticket, TicketEvent, TicketLink
from servicedesk.store.tickets import locked
from tests import factories
from tests.factories import NOW, actor, later

WORDS = Details(note=from_plain("Words."))


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def asker(session: Session, ticket: Ticket) -> Person:
    return session.get_one(Person, ticket.requester_id)


def told(session: Session, ticket: Ticket) -> list[tuple[str, int]]:
    rows = session.execute(
        sa.select(Notice.template, Notice.recipient_id).where(Notice.ticket_id == ticket.id).order_by(Notice.id)
    )
    return [(row.template, row.recipient_id) for row in rows]


def events(session: Session, ticket: Ticket) -> list[tuple[str, str | None, str]]:
    rows = session.execute(
        sa.select(TicketEvent.action, TicketEvent.before, TicketEvent.after)
        .where(TicketEvent.ticket_id == ticket.id)
        .order_by(TicketEvent.seq)
    )
    return [tuple(row) for row in rows]


def test_opening_leaves_two_events_a_text_and_a_mail_to_the_requester(session: Session) -> None:
    ticket = factories.ticket(session, body="How late may I be?")
    assert events(session, ticket) == [("submit", None, "new"), ("route", "new", "assigned_group")]
    assert session.scalars(sa.select(Message.body_text).where(Message.ticket_id == ticket.id)).all() == [
        "How late may I be?"
    ]
    assert told(session, ticket) == [("opened", ticket.requester_id)]
    assert ticket.route_reason["msgid"].startswith("%(path)s")


def test_a_group_that_chooses_gives_the_new_ticket_to_a_technician_who_is_told(session: Session) -> None:
    busy, free = factories.technician(session, "FEW"), factories.technician(session, "FEW")
    first = factories.ticket(session, key="exams")
    assert first.technician_id == busy.id
    second = factories.ticket(session, key="exams")
    assert (second.technician_id, second.state) == (free.id, State.ASSIGNED_TECHNICIAN)
    assert ("assigned", free.id) in told(session, second)


def test_turns_go_round_and_skip_the_absent(session: Session) -> None:
    one, two, three = (factories.technician(session, "TURNS") for _ in range(3))
    factories.absence(session, two, date(2026, 3, 1), date(2026, 3, 5))
    given = [factories.ticket(session, key="plans").technician_id for _ in range(3)]
    assert given == [one.id, three.id, one.id]


def test_urgency_and_impact_of_the_category_make_the_priority(session: Session) -> None:
    ticket = factories.ticket(session, key="login")
    assert (ticket.urgency, ticket.impact, ticket.priority, ticket.kind) == (3, 3, 3, "incident")


def test_sending_the_same_form_twice_opens_one_ticket(session: Session) -> None:
    first = factories.ticket(session, form_key="once")
    with pytest.raises(AlreadyDone) as refused:
        factories.ticket(session, form_key="once")
    assert refused.value.made == first.number


def test_taking_tells_the_requester_and_nobody_else(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session)
    event = act(session, ticket, Action.TAKE, actor(session, worker), NOW)
    assert (event.before, event.after) == (State.ASSIGNED_GROUP, State.ASSIGNED_TECHNICIAN)
    assert ticket.technician_id == worker.id
    assert told(session, ticket)[1:] == [("taken", ticket.requester_id)]


def test_what_is_taken_already_cannot_be_taken_again_by_the_same(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    with pytest.raises(NotNow, match="already yours"):
        act(session, ticket, Action.TAKE, actor(session, worker), NOW)


def test_a_supervisor_hands_out_work_but_does_not_take_it(session: Session) -> None:
    lead, worker = factories.supervisor(session), factories.technician(session)
    ticket = factories.ticket(session)
    with pytest.raises(NotAllowed):
        act(session, ticket, Action.TAKE, actor(session, lead), NOW)
    act(session, ticket, Action.ASSIGN_TECHNICIAN, actor(session, lead), NOW, Details(technician_id=worker.id))
    assert ticket.technician_id == worker.id
    assert ("assigned", worker.id) in told(session, ticket)


def test_nothing_is_assigned_to_somebody_absent_or_of_another_group(session: Session) -> None:
    worker, away = factories.technician(session), factories.technician(session)
    stranger = factories.technician(session, "INFO")
    factories.absence(session, away, NOW.date(), NOW.date())
    ticket = factories.ticket(session)
    with pytest.raises(Invalid, match="absent today"):
        act(session, ticket, Action.ASSIGN_TECHNICIAN, actor(session, worker), NOW, Details(technician_id=away.id))
    with pytest.raises(Invalid, match="Choose a technician"):
        act(session, ticket, Action.ASSIGN_TECHNICIAN, actor(session, worker), NOW, Details(technician_id=stranger.id))


def test_the_requesters_answer_resumes_the_state_before_the_question(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    act(
        session,
        ticket,
        Action.WAIT,
        actor(session, worker),
        NOW,
        Details(note=from_plain("Which year?"), waiting_for=WaitingFor.REQUESTER),
    )
    assert (ticket.state, ticket.expires_at is not None) == (State.WAITING, True)
    event = act(session, ticket, Action.COMMENT, actor(session, asker(session, ticket)), later(days=3), WORDS)
    assert (event.before, event.after) == (State.WAITING, State.IN_PROGRESS)
    assert (ticket.expires_at, ticket.waiting_for, ticket.state_before_waiting) == (None, None, None)
    assert ("requester_comment", worker.id) in told(session, ticket)


def test_a_comment_does_not_end_a_wait_for_somebody_else(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    third = Details(note=from_plain("The bank checks."), waiting_for=WaitingFor.THIRD_PARTY)
    act(session, ticket, Action.WAIT, actor(session, worker), NOW, third)
    act(session, ticket, Action.COMMENT, actor(session, asker(session, ticket)), later(days=1), WORDS)
    assert (ticket.state, ticket.waiting_for, ticket.expires_at) == (State.WAITING, "third_party", None)


def test_a_wait_until_a_date_needs_one_in_the_future(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    for until in (None, NOW - timedelta(days=1)):
        details = Details(note=from_plain("Later."), waiting_for=WaitingFor.DATE, until=until)
        with pytest.raises(Invalid, match="date until which"):
            act(session, ticket, Action.WAIT, actor(session, worker), NOW, details)


def test_a_solution_starts_the_clock_and_a_comment_restarts_it_without_reopening(session: Session) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED)
    assert ticket.expires_at == later(days=20)
    assert ticket.warn_at == later(days=13)
    act(session, ticket, Action.COMMENT, actor(session, asker(session, ticket)), later(days=5), WORDS)
    assert (ticket.state, ticket.expires_at) == (State.RESOLVED, later(days=25))


def test_a_staff_comment_does_not_restart_the_clock(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.RESOLVED, technician=worker)
    act(session, ticket, Action.COMMENT, actor(session, worker), later(days=5), WORDS)
    assert ticket.expires_at == later(days=20)


def test_accepting_closes_as_accepted(session: Session) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED)
    act(session, ticket, Action.ACCEPT, actor(session, asker(session, ticket)), later(days=1))
    assert (ticket.state, ticket.outcome, ticket.closed_at) == (State.CLOSED, Outcome.ACCEPTED, later(days=1))
    assert told(session, ticket)[-2:] == [("closed", ticket.requester_id), ("accepted", ticket.technician_id)]


def test_refusing_needs_a_reason_and_hands_back_to_the_technician(session: Session) -> None:
    ticket = factories.ticket(session, state=State.RESOLVED)
    with pytest.raises(Invalid):
        act(session, ticket, Action.REFUSE, actor(session, asker(session, ticket)), NOW)
    event = act(session, ticket, Action.REFUSE, actor(session, asker(session, ticket)), NOW, WORDS)
    assert (event.before, event.after) == (State.RESOLVED, State.ASSIGNED_TECHNICIAN)
    assert told(session, ticket)[-1] == ("refused", ticket.technician_id)
    assert ticket.expires_at is None


def test_refusing_hands_back_to_the_group_while_the_technician_is_absent(session: Session) -> None:
    worker, colleague = factories.technician(session), factories.technician(session)
    ticket = factories.ticket(session, state=State.RESOLVED, technician=worker)
    factories.absence(session, worker, NOW.date(), NOW.date())
    act(session, ticket, Action.REFUSE, actor(session, asker(session, ticket)), NOW, WORDS)
    assert (ticket.state, ticket.technician_id) == (State.ASSIGNED_GROUP, None)
    assert told(session, ticket)[-1] == ("refused", colleague.id)


def test_reply_and_close_ends_it_at_once_and_leaves_the_window_to_reopen(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.ASSIGNED_TECHNICIAN, technician=worker)
    act(session, ticket, Action.REPLY_CLOSE, actor(session, worker), NOW, WORDS)
    assert (ticket.state, ticket.outcome) == (State.CLOSED, Outcome.ANSWERED)
    assert told(session, ticket)[-1] == ("answered", ticket.requester_id)
    act(session, ticket, Action.REOPEN, actor(session, asker(session, ticket)), later(days=19), WORDS)
    assert (ticket.state, ticket.outcome, ticket.closed_at) == (State.ASSIGNED_TECHNICIAN, None, None)


def test_reopening_after_the_window_is_refused_with_what_to_do(session: Session) -> None:
    ticket = factories.ticket(session, state=State.CLOSED)
    with pytest.raises(NotNow, match="Open a new request"):
        act(session, ticket, Action.REOPEN, actor(session, asker(session, ticket)), later(days=21), WORDS)


def test_withdrawn_and_duplicate_never_reopen(session: Session) -> None:
    worker = factories.technician(session)
    withdrawn = factories.ticket(session, state=State.CANCELLED)
    other = factories.ticket(session)
    twin = factories.ticket(session)
    act(session, twin, Action.DUPLICATE, actor(session, worker), NOW, Details(duplicate_of=other.number))
    link = session.execute(sa.select(TicketLink.ticket_id, TicketLink.other_id, TicketLink.kind)).one()
    assert tuple(link) == (twin.id, other.id, "duplicate_of")
    assert twin.outcome == Outcome.DUPLICATE
    for ticket in (withdrawn, twin):
        with pytest.raises(NotNow):
            act(session, ticket, Action.REOPEN, actor(session, asker(session, ticket)), NOW, WORDS)


def test_a_duplicate_of_something_unreadable_is_refused(session: Session) -> None:
    worker = factories.technician(session)
    factories.technician(session, "FEW")
    hidden = factories.ticket(session, key="exams")
    ticket = factories.ticket(session)
    with pytest.raises(Invalid, match="number of the other request"):
        act(session, ticket, Action.DUPLICATE, actor(session, worker), NOW, Details(duplicate_of=hidden.number))


def test_forwarding_needs_a_reason_goes_to_another_line_and_may_leave_a_watcher(session: Session) -> None:
    worker = factories.technician(session)
    second_line = factories.technician(session, "FEW")
    factories.technician(session, "INFO")
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    with pytest.raises(Invalid, match="reason"):
        act(session, ticket, Action.FORWARD, actor(session, worker), NOW, Details(group="FEW"))
    with pytest.raises(Invalid, match="same support line"):
        act(session, ticket, Action.FORWARD, actor(session, worker), NOW, Details(group="INFO", note=from_plain("x")))
    details = Details(group="FEW", note=from_plain("Theirs."), keep_watching=True)
    act(session, ticket, Action.FORWARD, actor(session, worker), NOW, details)
    assert (ticket.group_code, ticket.technician_id, ticket.state) == ("FEW", second_line.id, State.ASSIGNED_TECHNICIAN)
    assert session.scalars(sa.select(Participation.person_id)).all() == [worker.id]
    assert session.scalars(sa.select(Message.is_public).order_by(Message.id.desc())).first() is False
    assert locked(session, ticket.number, actor(session, worker)).id == ticket.id
    with pytest.raises(NotAllowed):
        act(session, ticket, Action.COMMENT, actor(session, worker), NOW, WORDS)


def test_forwarding_without_watching_closes_the_ticket_to_the_first_line(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    details = Details(group="FEW", note=from_plain("Theirs."))
    with pytest.raises(Invalid, match="Nobody works in that group"):
        act(session, ticket, Action.FORWARD, actor(session, worker), NOW, details)
    factories.technician(session, "FEW")
    act(session, ticket, Action.FORWARD, actor(session, worker), NOW, details)
    with pytest.raises(NotFound):
        locked(session, ticket.number, actor(session, worker))


def test_reclassifying_routes_again_and_keeps_number_and_history(session: Session) -> None:
    worker = factories.technician(session)
    factories.technician(session, "FEW")
    ticket = factories.ticket(session)
    number = ticket.number
    act(session, ticket, Action.RECLASSIFY, actor(session, worker), NOW, Details(category="exams"))
    assert (ticket.number, ticket.category_key, ticket.group_code) == (number, "exams", "FEW")
    assert [action for action, *_ in events(session, ticket)] == ["submit", "route", "reclassify"]


def test_staff_set_urgency_and_impact_and_the_priority_follows(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session)
    act(session, ticket, Action.PRIORITISE, actor(session, worker), NOW, Details(urgency=5, impact=4))
    assert (ticket.urgency, ticket.impact, ticket.priority) == (5, 4, 5)


def test_a_staff_answer_conflicts_with_a_message_not_yet_seen(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    seen = ticket.last_seq
    act(session, ticket, Action.COMMENT, actor(session, asker(session, ticket)), NOW, WORDS)
    with pytest.raises(Conflict) as refused:
        act(
            session, ticket, Action.PROPOSE, actor(session, worker), NOW, Details(note=from_plain("So."), seen_seq=seen)
        )
    assert refused.value.since == (seen + 1,)
    act(session, ticket, Action.NOTE, actor(session, worker), NOW, Details(note=from_plain("Hm."), seen_seq=seen))


def test_a_requesters_comment_never_conflicts(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker)
    seen = ticket.last_seq
    act(session, ticket, Action.COMMENT, actor(session, worker), NOW, WORDS)
    details = Details(note=from_plain("And also."), seen_seq=seen)
    event = act(session, ticket, Action.COMMENT, actor(session, asker(session, ticket)), NOW, details)
    assert event.seq == seen + 2


def test_a_colleagues_taking_conflicts_with_mine(session: Session) -> None:
    one, two = factories.technician(session), factories.technician(session)
    ticket = factories.ticket(session)
    seen = ticket.last_seq
    act(session, ticket, Action.TAKE, actor(session, one), NOW, Details(seen_seq=seen))
    with pytest.raises(Conflict):
        act(session, ticket, Action.TAKE, actor(session, two), NOW, Details(seen_seq=seen))


def test_an_internal_note_is_never_public(session: Session) -> None:
    worker = factories.technician(session)
    ticket = factories.ticket(session)
    act(session, ticket, Action.NOTE, actor(session, worker), NOW, WORDS)
    assert session.scalars(sa.select(Message.is_public).order_by(Message.id.desc())).first() is False
    assert len(told(session, ticket)) == 1


def test_a_text_made_of_markup_alone_is_no_text(session: Session) -> None:
    ticket = factories.ticket(session)
    with pytest.raises(Invalid):
        act(
            session,
            ticket,
            Action.COMMENT,
            actor(session, asker(session, ticket)),
            NOW,
            Details(note=from_html("<div><br></div><script>alert(1)</script>")),
        )


def test_a_follow_up_is_linked_to_the_ticket_it_carries_on(session: Session) -> None:
    closed = factories.ticket(session, state=State.CLOSED)
    owner = asker(session, closed)
    new = NewTicket("2026900001", "fees", "Again", from_plain("Again."), "person", {}, follows=closed.id)
    ticket = open_ticket(session, new, owner.id, actor(session, owner), later(days=50))
    link = session.execute(sa.select(TicketLink.ticket_id, TicketLink.other_id, TicketLink.kind)).one()
    assert tuple(link) == (ticket.id, closed.id, "follows")


def test_students_get_their_mail_at_the_institutional_address(session: Session) -> None:
    ticket = factories.ticket(session)
    address = session.scalars(sa.select(Notice.address).where(Notice.ticket_id == ticket.id)).one()
    assert address.endswith("@studenti.example.org")


def test_a_later_comment_of_the_requester_counts_for_the_clock_and_an_earlier_one_does_not(session: Session) -> None:
    ticket = factories.ticket(session, state=State.IN_PROGRESS)
    person, worker = asker(session, ticket), session.get_one(Person, ticket.technician_id)
    act(session, ticket, Action.COMMENT, actor(session, person), later(days=1), WORDS)
    act(session, ticket, Action.PROPOSE, actor(session, worker), later(days=2), WORDS)
    assert ticket.expires_at == later(days=22)
    act(session, ticket, Action.COMMENT, actor(session, person), later(days=5), WORDS)
    assert ticket.expires_at == later(days=25)
