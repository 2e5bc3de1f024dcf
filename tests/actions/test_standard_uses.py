"""Uses and refusals of standard answers are counted by a job, and nothing unfinished is sent, on both databases."""

import pytest

from servicedesk.actions.details import Details
from servicedesk.actions.standard_answers import import_answer
from servicedesk.actions.standard_uses import count_uses
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Invalid
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.standard_answers import Written, fill
from servicedesk.store import standard_answers as store
from servicedesk.store.models.people import Person
from servicedesk.store.standard_answers import Uses
from tests import factories
from tests.factories import NOW

MONTH = "2026-03"


@pytest.fixture
def answer(session):
    factories.publish(session)
    import_answer(session, "a", Written("A", {"en": from_plain("Pay by {date}.")}), "command:test", NOW)
    return store.answer_of(session, "a").id


@pytest.fixture
def ticket(session, answer):
    return factories.ticket(session, state=State.ASSIGNED_TECHNICIAN)


def worker(session, ticket):
    return factories.actor(session, session.get(Person, ticket.technician_id))


def owner(session, ticket):
    return factories.actor(session, session.get(Person, ticket.requester_id))


def test_f3_a_use_and_its_refusal_are_counted_once(session, answer, ticket):
    words = Details(note=from_plain("Pay by Friday."), standard_answer=answer)
    event = act(session, ticket, Action.PROPOSE, worker(session, ticket), NOW, words)
    assert event.changes["standard_answer"] == [None, answer]
    act(session, ticket, Action.REFUSE, owner(session, ticket), NOW, Details(note=from_plain("I have paid.")))
    assert store.uses(session, [answer], MONTH) == {}
    assert (count_uses(session, 1), count_uses(session, 200), count_uses(session, 200)) == (1, 1, 0)
    assert store.uses(session, [answer], MONTH) == {answer: Uses(1, 1)}
    assert store.uses_by_category(session, answer, MONTH, 9) == [("fees", Uses(1, 1))]
    session.expire_all()
    act(session, ticket, Action.COMMENT, worker(session, ticket), NOW, words)
    count_uses(session, 200)
    assert store.uses(session, [answer], MONTH) == {answer: Uses(2, 1)}


def test_f3_a_refusal_counts_for_the_answer_it_refuses_alone(session, answer, ticket):
    own = Details(note=from_plain("My own words."))
    act(session, ticket, Action.COMMENT, worker(session, ticket), NOW, Details(note=own.note, standard_answer=answer))
    act(session, ticket, Action.PROPOSE, worker(session, ticket), NOW, own)
    act(session, ticket, Action.REFUSE, owner(session, ticket), NOW, own)
    count_uses(session, 200)
    assert store.uses(session, [answer], MONTH) == {answer: Uses(1, 0)}


def test_f3_requesters_and_unknown_answers_count_nothing(session, answer, ticket):
    words = from_plain("Thank you")
    act(session, ticket, Action.COMMENT, owner(session, ticket), NOW, Details(note=words, standard_answer=answer))
    act(session, ticket, Action.COMMENT, worker(session, ticket), NOW, Details(note=words, standard_answer=10**6))
    assert count_uses(session, 200) == 0


def test_f3_an_answer_with_something_to_fill_in_is_not_sent(session, answer, ticket):
    unfilled = fill(from_plain("Your course is {degree_course}."), {}, lambda _name: "degree course").text
    with pytest.raises(Invalid) as refused:
        act(session, ticket, Action.REPLY_CLOSE, worker(session, ticket), NOW, Details(note=unfilled))
    assert str(refused.value).startswith("Fill in before sending: degree course.")
    act(session, ticket, Action.NOTE, worker(session, ticket), NOW, Details(note=unfilled))
    act(session, ticket, Action.COMMENT, owner(session, ticket), NOW, Details(note=unfilled))
