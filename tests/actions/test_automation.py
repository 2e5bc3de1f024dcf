"""Rules of a service: tried before they are on, acting once per event, never setting off each other."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import automation
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.automation import Conditions, Deeds, Rule, Trigger
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.store import automation as store
from servicedesk.store.models.automation import AutomationFiring, AutomationRule, Pending
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.standard_answers import StandardAnswerUse
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Message, TicketEvent
from tests import factories
from tests.automation import NOW, actions_of, make, rule_writer, run

MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(session: Session) -> Actor:
    return rule_writer(session)


TO_INFO = Rule("To info", Trigger.OPENED, Conditions(words=("mora",)), Deeds(group="INFO", note="Ask for the receipt."))


def test_a_rule_acts_on_what_fits_and_says_so_on_the_request(session: Session, boss: Actor) -> None:
    row = make(session, boss, TO_INFO)
    fits = factories.ticket(session, title="La mora e sbagliata")
    other = factories.ticket(session, title="Another matter")
    run(session)
    assert (fits.group_code, other.group_code) == ("INFO", "DESK")
    events = session.scalars(sa.select(TicketEvent).where(TicketEvent.ticket_id == fits.id).order_by(TicketEvent.seq))
    by_rule = [event for event in events if "rule" in event.changes]
    assert [event.action for event in by_rule] == ["assign_group", "note"]
    assert {event.changes["rule"][1] for event in by_rule} == {"To info"}
    routed = session.scalars(
        sa.select(TicketEvent.id).where(TicketEvent.ticket_id == fits.id, TicketEvent.seq == 2)
    ).one()
    assert {event.cause_event for event in by_rule} == {routed}
    assert [firing.done for firing in session.scalars(sa.select(AutomationFiring))] == [["group", "note"]]
    assert store.firings(session, row.id)[0].number == fits.number
    assert session.scalars(sa.select(Pending)).all() == []


def test_a_rule_acts_once_however_often_it_is_run(session: Session, boss: Actor) -> None:
    make(session, boss, TO_INFO)
    ticket = factories.ticket(session, title="mora")
    event = session.scalars(sa.select(Pending.event_id)).one()
    run(session)
    before = actions_of(session, ticket)
    session.add(Pending(consumer=store.CONSUMER, event_id=event))
    session.flush()
    run(session)
    assert actions_of(session, ticket) == before


def test_what_a_rule_does_sets_off_no_other(session: Session, boss: Actor) -> None:
    make(session, boss, TO_INFO)
    make(session, boss, Rule("Back", Trigger.MOVED, Conditions(groups=("INFO",)), Deeds(group="DESK")))
    ticket = factories.ticket(session, title="mora")
    run(session)
    run(session)
    assert ticket.group_code == "INFO"
    person = factories.actor(session, factories.technician(session, "DESK"))
    again = factories.ticket(session, title="moved by hand")
    act(session, again, Action.ASSIGN_GROUP, person, NOW, Details(group="INFO"))
    run(session)
    assert again.group_code == "DESK"


def test_rules_act_in_their_order_on_what_the_ones_before_left(session: Session, boss: Actor) -> None:
    make(session, boss, TO_INFO)
    second = make(session, boss, Rule("Then", Trigger.OPENED, Conditions(groups=("INFO",)), Deeds(urgency=5, impact=5)))
    first = factories.ticket(session, title="mora")
    run(session)
    assert first.priority == 5
    automation.move(session, boss, second, True, NOW)
    later = factories.ticket(session, title="mora again")
    run(session)
    assert later.group_code == "INFO"
    assert later.priority != 5


def test_what_cannot_be_done_is_noted_with_the_reason_and_the_rest_is_done(session: Session, boss: Actor) -> None:
    rule = Rule("Both", Trigger.OPENED, Conditions(), Deeds(technician="T-FEW", note="Somebody of line two is wanted."))
    make(session, boss, rule)
    ticket = factories.ticket(session)
    run(session)
    firing = session.scalars(sa.select(AutomationFiring)).one()
    assert firing.done == ["note"]
    assert set(firing.refused) == {"technician"}
    assert ticket.technician_id is None


@pytest.mark.parametrize(("locale", "words"), [("it", "Ciao"), ("en", "Hello"), ("fr", "Hello")])
def test_a_reply_goes_out_in_the_requesters_language(session: Session, boss: Actor, locale: str, words: str) -> None:
    make(session, boss, Rule("Greet", Trigger.OPENED, Conditions(), Deeds(reply="Ciao", reply_en="Hello")))
    requester = factories.person(session, locale=locale)
    ticket = factories.ticket(session, requester=requester)
    run(session)
    comments = session.scalars(
        sa.select(Notice).where(Notice.ticket_id == ticket.id, Notice.template == "comment")
    ).all()
    assert len(comments) >= 1
    texts = session.execute(
        sa.text("SELECT body_text FROM message WHERE is_public AND ticket_id = :id"), {"id": ticket.id}
    )
    assert words in [row.body_text for row in texts]


def test_only_the_requesters_own_words_set_off_a_rule_about_them(session: Session, boss: Actor) -> None:
    make(session, boss, Rule("Look", Trigger.REQUESTER_WROTE, Conditions(), Deeds(urgency=5, impact=5)))
    requester = factories.person(session)
    ticket = factories.ticket(session, requester=requester)
    worker = factories.actor(session, factories.technician(session, "DESK"))
    act(session, ticket, Action.COMMENT, worker, NOW, Details(note=from_plain("Hello.")))
    assert session.scalars(sa.select(Pending)).all() == []
    act(session, ticket, Action.COMMENT, factories.actor(session, requester), NOW, Details(note=from_plain("Well?")))
    run(session)
    assert ticket.priority == 5


class TestStandingStill:
    """A rule that waits for nothing to happen."""

    RULE = Rule(
        "Nobody takes it",
        Trigger.IDLE,
        Conditions(technician="nobody"),
        Deeds(note="Four hours and nobody."),
        idle_hours=4,
        idle_state=State.ASSIGNED_GROUP,
    )

    def test_it_acts_to_the_minute_and_then_waits_for_a_human_being(self, session: Session, boss: Actor) -> None:
        make(session, boss, self.RULE)
        ticket = factories.ticket(session, now=NOW)
        due = NOW + timedelta(hours=4)
        run(session, due - MINUTE)
        assert "note" not in actions_of(session, ticket)
        for hours in (0, 5, 50):
            run(session, due + timedelta(hours=hours))
        assert actions_of(session, ticket).count("note") == 1
        requester = session.get(Person, ticket.requester_id)
        assert requester is not None
        written = due + timedelta(hours=60)
        act(
            session, ticket, Action.COMMENT, factories.actor(session, requester), written, Details(note=from_plain("?"))
        )
        run(session, written + timedelta(hours=4))
        assert actions_of(session, ticket).count("note") == 2

    def test_two_that_undo_each_other_end_after_one_turn(self, session: Session, boss: Actor) -> None:
        for name, here, there in (("On", "DESK", "INFO"), ("Back", "INFO", "DESK")):
            conditions, deeds = Conditions(groups=(here,)), Deeds(group=there)
            rule = Rule(name, Trigger.IDLE, conditions, deeds, idle_hours=1, idle_state=State.ASSIGNED_GROUP)
            make(session, boss, rule)
        ticket = factories.ticket(session, now=NOW)
        for hours in range(1, 12):
            run(session, NOW + timedelta(hours=2 * hours))
        assert actions_of(session, ticket).count("assign_group") <= 2


def test_a_rule_is_tried_without_touching_anything(session: Session, boss: Actor) -> None:
    tickets = [factories.ticket(session, title=title) for title in ("mora", "La Mora", "else")]
    factories.ticket(session, title="mora, long ago", now=NOW - timedelta(days=31))
    before = session.scalars(sa.select(sa.func.count(TicketEvent.id))).one()
    trial = automation.try_out(session, factories.SERVICE, TO_INFO, NOW + MINUTE)
    assert (trial.looked_at, set(trial.found), trial.is_whole) == (3, {tickets[0].id, tickets[1].id}, True)
    assert session.scalars(sa.select(sa.func.count(TicketEvent.id))).one() == before


def test_only_what_was_tried_as_it_is_can_be_switched_on(session: Session, boss: Actor) -> None:
    row = make(session, boss, TO_INFO, is_on=False)
    with pytest.raises(Invalid):
        automation.switch(session, boss, row, True, row.revision, NOW)
    automation.mark_tried(session, boss, row)
    automation.switch(session, boss, row, True, row.revision, NOW)
    seen = row.revision
    changed = Rule("To info", Trigger.OPENED, Conditions(), Deeds(group="INFO"))
    automation.save(session, boss, factories.SERVICE, changed, row.id, seen, NOW)
    assert not row.is_on
    with pytest.raises(Invalid):
        automation.switch(session, boss, row, True, row.revision, NOW)
    with pytest.raises(Conflict):
        automation.save(session, boss, factories.SERVICE, changed, row.id, seen, NOW)
    acts = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.subject == f"rule:{row.id}"))
    assert list(acts) == ["rule.save", "rule.switch", "rule.save"]


def test_rules_of_another_service_are_not_theirs(session: Session, boss: Actor) -> None:
    row = make(session, boss, TO_INFO, is_on=False)
    other = factories.actor(session, factories.administrator(session, service_id="another"))
    with pytest.raises(NotAllowed):
        automation.save(session, other, factories.SERVICE, TO_INFO, None, 0, NOW)
    with pytest.raises(NotAllowed):
        automation.remove(session, other, row, NOW)
    automation.remove(session, boss, row, NOW)
    assert session.scalars(sa.select(AutomationRule)).all() == []


def test_a_rule_that_is_off_leaves_nothing_to_look_at(session: Session, boss: Actor) -> None:
    make(session, boss, TO_INFO, is_on=False)
    factories.ticket(session, title="mora")
    assert session.scalars(sa.select(Pending)).all() == []


def test_a_group_that_is_gone_stops_neither_the_rest_nor_other_rules(session: Session, boss: Actor) -> None:
    gone = make(session, boss, TO_INFO)
    make(session, boss, Rule("Also", Trigger.OPENED, Conditions(), Deeds(urgency=5, impact=5)))
    gone.content = {**gone.content, "deeds": {**gone.content["deeds"], "group": "GONE"}}
    ticket = factories.ticket(session, title="mora")
    run(session)
    assert ticket.group_code == "DESK"
    assert "note" in actions_of(session, ticket)
    assert ticket.priority == 5


def test_what_nobody_foresaw_fails_for_its_own_event_alone(session: Session, boss: Actor) -> None:
    broken = make(session, boss, TO_INFO)
    broken.content = {**broken.content, "trigger": "no such trigger"}
    tickets = [factories.ticket(session, title="mora") for _each in range(2)]
    failed: set[int] = set()
    assert automation.act_on_pending(session, NOW, 10, failed) == 2
    assert len(failed) == 2
    assert session.scalars(sa.select(Pending)).all() == []
    assert {ticket.group_code for ticket in tickets} == {"DESK"}


def test_the_rules_of_a_service_leave_what_has_gone_to_another(session: Session, boss: Actor) -> None:
    make(session, boss, TO_INFO)
    ticket = factories.ticket(session, title="mora")
    event = session.scalars(sa.select(Pending.event_id)).one()
    assert event
    row = session.scalars(sa.select(AutomationRule)).one()
    row.service_id = "another"
    session.flush()
    run(session)
    assert ticket.group_code == "DESK"


def test_a_note_sets_off_a_rule_about_notes(session: Session, boss: Actor) -> None:
    make(session, boss, Rule("Noted", Trigger.NOTED, Conditions(words=("mora",)), Deeds(urgency=5, impact=5)))
    ticket = factories.ticket(session, title="mora")
    worker = factories.actor(session, factories.technician(session, "DESK"))
    act(session, ticket, Action.NOTE, worker, NOW, Details(note=from_plain("Look.")))
    run(session)
    assert ticket.priority == 5


def test_what_the_requester_is_counts(session: Session, boss: Actor) -> None:
    make(session, boss, Rule("Students", Trigger.OPENED, Conditions(audiences=("student",)), Deeds(group="INFO")))
    student = factories.ticket(session, requester=factories.student(session))
    external = factories.ticket(session, requester=factories.person(session))
    run(session)
    assert (student.group_code, external.group_code) == ("INFO", "DESK")


def test_a_standard_answer_goes_out_filled_in_or_not_at_all(session: Session, boss: Actor) -> None:
    factories.standard_answer(session, "late", "Ciao {requester_name}", "Hello {requester_name}")
    factories.standard_answer(session, "course", "Corso {degree_course}", "Course {degree_course}")
    for shortcut in ("late", "course"):
        make(session, boss, Rule(shortcut, Trigger.OPENED, Conditions(), Deeds(answer=shortcut)))
    ticket = factories.ticket(session, requester=factories.person(session, given_name="Ada", locale="en"))
    run(session)
    query = sa.select(Message.body_text).where(Message.ticket_id == ticket.id, Message.is_public)
    texts = session.scalars(query).all()
    assert any(text.startswith("Hello Ada") for text in texts)
    assert not any("Course" in text for text in texts)
    refused = [firing.refused for firing in session.scalars(sa.select(AutomationFiring).order_by(AutomationFiring.id))]
    assert [set(each) for each in refused] == [set(), {"answer_propose"}]


SEQUELS = {
    "nothing": ("answer", State.ASSIGNED_GROUP, "DESK"),
    "wait": ("answer_wait", State.WAITING, "DESK"),
    "propose": ("answer_propose", State.RESOLVED, "DESK"),
    "reply_close": ("answer_reply_close", State.CLOSED, "DESK"),
    "forward": ("answer_forward", State.ASSIGNED_TECHNICIAN, "FEW"),
}
FORWARDS = {"forward_group": "FEW", "forward_reason": "It is theirs."}


@pytest.mark.parametrize("sequel", SEQUELS)
def test_what_follows_on_a_standard_answer_follows_when_a_rule_sends_it_and_the_use_counts(
    session: Session, boss: Actor, sequel: str
) -> None:
    factories.standard_answer(session, "late", "Ciao", "Hello", sequel, **(FORWARDS if sequel == "forward" else {}))
    make(session, boss, Rule("Answers", Trigger.OPENED, Conditions(), Deeds(answer="late")))
    for trigger in (Trigger.MOVED, Trigger.SOLVED):
        make(session, boss, Rule(f"After {trigger}", trigger, Conditions(), Deeds(urgency=5, impact=5)))
    ticket = factories.ticket(session, requester=factories.person(session, locale="en"))
    run(session)
    name, state, group = SEQUELS[sequel]
    firing = session.scalars(sa.select(AutomationFiring)).one()
    assert (firing.done, firing.refused) == ([name], {})
    assert (ticket.state, ticket.group_code, ticket.priority) == (state, group, 2)
    assert ticket.waiting_for == ("requester" if sequel == "wait" else None)
    query = sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    did = session.scalars(query).all()[2:]
    assert {event.changes["rule"][1] for event in did} == {"Answers"}
    assert session.scalar(sa.select(sa.func.count()).select_from(StandardAnswerUse)) == 1


def test_an_answer_whose_request_is_there_already_is_not_said_to_have_forwarded_it(
    session: Session, boss: Actor
) -> None:
    factories.standard_answer(session, "late", "Ciao", "Hello", "forward", **{**FORWARDS, "forward_group": "DESK"})
    make(session, boss, Rule("Answers", Trigger.OPENED, Conditions(), Deeds(answer="late")))
    ticket = factories.ticket(session)
    run(session)
    firing = session.scalars(sa.select(AutomationFiring)).one()
    assert (firing.done, ticket.group_code) == (["answer"], "DESK")


def test_an_answer_that_cannot_be_forwarded_is_not_sent_either(session: Session, boss: Actor) -> None:
    factories.standard_answer(session, "late", "Ciao", "Hello", "forward", **FORWARDS)
    make(session, boss, Rule("Answers", Trigger.OPENED, Conditions(), Deeds(answer="late", note="Looked at.")))
    session.execute(sa.delete(RoleGrant).where(RoleGrant.group_code == "FEW"))
    ticket = factories.ticket(session)
    run(session)
    firing = session.scalars(sa.select(AutomationFiring)).one()
    assert (firing.done, set(firing.refused)) == (["note"], {"answer_forward"})
    assert actions_of(session, ticket) == ["submit", "route", "note"]
    assert session.scalars(sa.select(StandardAnswerUse)).all() == []


def test_it_waits_for_some_days_and_the_requester_reads_why(session: Session, boss: Actor) -> None:
    deeds = Deeds(technician="T-DESK", wait_days=3, reply="Fra tre giorni.", reply_en="In three days.")
    make(session, boss, Rule("Wait", Trigger.OPENED, Conditions(), deeds))
    ticket = factories.ticket(session, requester=factories.person(session, locale="en"))
    run(session)
    assert (ticket.state, ticket.waiting_for) == (State.WAITING, "date")
    assert ticket.resume_at == NOW + timedelta(days=3)
    told = session.scalars(sa.select(Notice.template).where(Notice.recipient_id == ticket.requester_id)).all()
    assert "waiting" in told


def test_another_group_is_asked_and_another_request_tied(session: Session, boss: Actor) -> None:
    known = factories.ticket(session, title="The portal is down")
    deeds = Deeds(advise="INFO", note="Is it the portal?", link=known.number)
    make(session, boss, Rule("Ask", Trigger.OPENED, Conditions(words=("portal",)), deeds))
    ticket = factories.ticket(session, title="portal")
    run(session)
    assert {"ask_advice", "link"} <= set(actions_of(session, ticket))
    assert "note" not in actions_of(session, ticket)
    assert ticket.group_code == "DESK"
