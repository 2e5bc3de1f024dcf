"""Rules that time sets off: each acts once, whatever is said meanwhile, and in opening hours where it says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from servicedesk.actions import automation
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.automation import Conditions, Deeds, Rule, Trigger
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.automation import NOW, actions_of, make, rule_writer, run
from tests.levels import promise

MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(session: Session) -> Actor:
    return rule_writer(session)


class TestTime:
    """Rules that time sets off: in one state for long, before and after a promised time, before the end."""

    def rule(self, trigger: Trigger, hours: int, **values: Any) -> Rule:
        return Rule("On time", trigger, Conditions(), Deeds(note="Look."), idle_hours=hours, **values)

    def notes(self, session: Session, ticket: Ticket) -> int:
        return actions_of(session, ticket).count("note")

    def test_in_one_state_for_long_counts_whatever_is_said_meanwhile(self, session: Session, boss: Actor) -> None:
        make(session, boss, self.rule(Trigger.IN_STATE, 4, idle_state=State.ASSIGNED_GROUP))
        requester = factories.person(session)
        ticket = factories.ticket(session, requester=requester, now=NOW)
        asker, at = factories.actor(session, requester), NOW + timedelta(hours=3)
        act(session, ticket, Action.COMMENT, asker, at, Details(note=from_plain("?")))
        run(session, NOW + timedelta(hours=4) - MINUTE)
        assert self.notes(session, ticket) == 0
        for hours in (4, 5, 9):
            run(session, NOW + timedelta(hours=hours))
        assert self.notes(session, ticket) == 1

    def test_opening_hours_alone_are_counted_where_the_rule_says_so(self, session: Session, boss: Actor) -> None:
        friday = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)  # four in the afternoon: an hour is left
        make(session, boss, self.rule(Trigger.IDLE, 2, idle_state=State.ASSIGNED_GROUP, in_opening_hours=True))
        ticket = factories.ticket(session, now=friday)
        run(session, friday + timedelta(days=2))
        assert self.notes(session, ticket) == 0
        monday = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)  # ten: the second hour is over
        run(session, monday - MINUTE)
        assert self.notes(session, ticket) == 0
        run(session, monday)
        assert self.notes(session, ticket) == 1

    @pytest.mark.parametrize(("trigger", "shift"), [(Trigger.DUE_SOON, -2), (Trigger.OVERDUE, 2)])
    def test_near_a_promised_time_it_acts_once_however_much_is_said(
        self, session: Session, boss: Actor, trigger: Trigger, shift: int
    ) -> None:
        make(session, boss, self.rule(trigger, 2))
        promise(session, "DESK", NOW)
        requester = factories.person(session)
        ticket = factories.ticket(session, requester=requester, now=NOW)
        assert ticket.due_at is not None
        at = ticket.due_at + timedelta(hours=shift)
        run(session, at - MINUTE)
        assert self.notes(session, ticket) == 0
        run(session, at)
        assert self.notes(session, ticket) == 1
        act(session, ticket, Action.COMMENT, factories.actor(session, requester), at, Details(note=from_plain("?")))
        run(session, at + MINUTE)
        assert self.notes(session, ticket) == 1

    def test_before_it_closes_by_itself_it_acts_once(self, session: Session, boss: Actor) -> None:
        make(session, boss, self.rule(Trigger.CLOSING, 48))
        ticket = factories.ticket(session, state=State.RESOLVED, now=NOW)
        assert ticket.expires_at is not None
        at = ticket.expires_at - timedelta(hours=48)
        run(session, at - MINUTE)
        assert self.notes(session, ticket) == 0
        for minutes in (0, 1, 60):
            run(session, at + timedelta(minutes=minutes))
        assert self.notes(session, ticket) == 1

    def test_two_that_undo_each_other_end_after_one_turn(self, session: Session, boss: Actor) -> None:
        for name, state, deeds in (
            ("Give", State.ASSIGNED_GROUP, Deeds(technician="T-DESK")),
            ("Move", State.ASSIGNED_TECHNICIAN, Deeds(group="INFO")),
        ):
            make(session, boss, Rule(name, Trigger.IN_STATE, Conditions(), deeds, idle_hours=1, idle_state=state))
        ticket = factories.ticket(session, now=NOW)
        for hours in range(1, 20):
            run(session, NOW + timedelta(hours=2 * hours))
        assert len(actions_of(session, ticket)) <= 4


def test_a_rule_of_time_is_tried_on_what_it_would_do_at_once(session: Session, boss: Actor) -> None:
    late, early = (factories.ticket(session, now=NOW - timedelta(hours=hours)) for hours in (9, 1))
    rule = Rule("Late", Trigger.IN_STATE, deeds=Deeds(note="."), idle_hours=4, idle_state=State.ASSIGNED_GROUP)
    trial = automation.try_out(session, factories.SERVICE, rule, NOW)
    assert (trial.found, trial.is_now) == ([late.id], True)
    assert actions_of(session, late) == actions_of(session, early)
