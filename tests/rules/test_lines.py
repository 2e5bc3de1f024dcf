"""What passes between lines: when a supervisor is asked, where a ticket most likely goes, who is there next."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from servicedesk.rules.errors import NotAllowed, NotFound, NotNow
from servicedesk.rules.lifecycle import Action, allowed_actions, check
from servicedesk.rules.lines import Usual, asks_a_supervisor, back_on, next_presence, path_of, usual_next
from servicedesk.rules.permissions import Actor, ActorKind, TicketFacts
from servicedesk.rules.routing import Member, Requester
from tests import factories
from tests.rules.test_lifecycle import ACTORS, facts

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
MONDAY = date(2026, 5, 4)
OTHERS = Actor(ActorKind.PERSON, person_id=30, groups=frozenset({"FEW"}))
LEADER = Actor(ActorKind.PERSON, person_id=31, supervises=frozenset({"FEW"}))


def mine(ticket: TicketFacts, actor: Actor) -> set[Action]:
    return set(allowed_actions(ticket, actor, NOW))


@pytest.mark.parametrize(("done", "asks_from", "expected"), [(1, 3, False), (2, 3, True), (9, 0, False), (0, 1, True)])
def test_a_supervisor_is_asked_from_the_hand_over_that_the_group_has_set(
    done: int, asks_from: int, expected: bool
) -> None:
    assert asks_a_supervisor(done, asks_from) is expected


def test_the_way_of_a_ticket_names_every_group_in_order() -> None:
    assert path_of([("A", "B"), ("B", "A"), ("A", "C")]) == ("A", "B", "A", "C")
    assert path_of([]) == ()


def test_a_ticket_most_likely_goes_back_where_it_came_from() -> None:
    tree = factories.catalogue()
    found = usual_next(tree, "FEW", "fees", Requester(), [("DESK", "FEW")], {"TURNS": 5}, ["DESK", "TURNS"])
    assert found == Usual("DESK", is_return=True)


def test_a_ticket_most_likely_goes_where_the_catalogue_sends_its_category() -> None:
    assert usual_next(factories.catalogue(), "DESK", "exams", Requester(), [], {"TURNS": 5}, ["FEW", "TURNS"]) == Usual(
        "FEW"
    )


def test_where_the_category_is_at_home_the_next_group_is_where_most_of_its_kind_are() -> None:
    tree = factories.catalogue()
    assert usual_next(tree, "DESK", "fees", Requester(), [], {"DESK": 9, "TURNS": 2, "FEW": 3}, ["FEW", "TURNS"]) == (
        Usual("FEW")
    )


def test_the_next_group_is_the_one_escalated_to_when_nothing_else_says() -> None:
    tree = factories.catalogue()
    upwards = replace(tree.groups["DESK"], escalates_to="TURNS")
    tree = replace(tree, groups={**tree.groups, "DESK": upwards})
    assert usual_next(tree, "DESK", "fees", Requester(), [], {}, ["FEW", "TURNS"]) == Usual("TURNS")
    assert usual_next(tree, "DESK", "fees", Requester(), [], {}, ["FEW"]) is None


def test_the_next_presence_is_an_open_day_on_which_any_member_is_there() -> None:
    away = Member(1, "1", absences=((MONDAY, date(2026, 5, 8)),))
    other = Member(2, "2", absences=((MONDAY, None),))
    assert next_presence([away, other], MONDAY, range(5)) == date(2026, 5, 11)
    assert next_presence([other], MONDAY, range(5)) is None
    assert next_presence([Member(3, "3")], date(2026, 5, 9), range(5)) == date(2026, 5, 11)


def test_absences_that_follow_on_each_other_are_one() -> None:
    split = Member(1, "1", absences=((MONDAY, date(2026, 5, 6)), (date(2026, 5, 7), date(2026, 5, 20))))
    assert back_on(split, MONDAY) == date(2026, 5, 20)
    assert back_on(Member(2, "2"), MONDAY) is None


def test_whoever_is_asked_for_advice_reads_and_advises_and_does_nothing_else() -> None:
    asked = replace(facts("in_progress"), advising=frozenset({"FEW"}))
    assert mine(asked, OTHERS) == {Action.ADVISE, Action.END_ADVICE}
    with pytest.raises(NotAllowed):
        check(Action.COMMENT, asked, OTHERS, NOW)
    with pytest.raises(NotFound):
        check(Action.ADVISE, facts("in_progress"), OTHERS, NOW)


def test_one_colleague_asked_for_advice_is_not_their_whole_group() -> None:
    asked = replace(facts("in_progress"), advisers=frozenset({30}))
    fellow = replace(OTHERS, person_id=32)
    assert mine(asked, OTHERS) == {Action.ADVISE, Action.END_ADVICE}
    assert mine(asked, fellow) == set()


def test_a_supervisor_of_the_other_group_decides_and_does_nothing_else() -> None:
    proposed = replace(facts("in_progress"), proposed_group="FEW")
    assert mine(proposed, LEADER) == {Action.LET_GO, Action.KEEP}
    assert {Action.LET_GO, Action.KEEP} <= mine(proposed, ACTORS["supervisor"])
    assert not {Action.LET_GO, Action.KEEP} & mine(proposed, ACTORS["member"])
    assert mine(proposed, OTHERS) == set()


def test_two_hand_overs_do_not_wait_for_a_decision_at_the_same_time() -> None:
    with pytest.raises(NotNow, match="asked already"):
        check(Action.HOLD_OVER, replace(facts("in_progress"), proposed_group="FEW"), ACTORS["member"], NOW)


def test_an_escalation_is_acknowledged_by_a_supervisor_and_not_made_twice() -> None:
    escalated = replace(facts("in_progress"), is_escalated=True)
    assert Action.ACKNOWLEDGE in mine(escalated, ACTORS["supervisor"])
    assert Action.ACKNOWLEDGE not in mine(escalated, ACTORS["assignee"])
    assert Action.ESCALATE not in mine(escalated, ACTORS["assignee"])


def test_a_major_incident_is_declared_by_supervisors_and_by_technicians_with_the_right() -> None:
    trusted = replace(ACTORS["member"], majors=frozenset({"DESK"}))
    elsewhere = replace(ACTORS["member"], majors=frozenset({"FEW"}))
    ticket = facts("in_progress")
    assert Action.DECLARE_MAJOR in mine(ticket, trusted)
    assert Action.DECLARE_MAJOR not in mine(ticket, elsewhere)
    assert Action.END_MAJOR in mine(replace(ticket, is_major=True), trusted)
    assert Action.DECLARE_MAJOR not in mine(replace(ticket, is_major=True), trusted)
