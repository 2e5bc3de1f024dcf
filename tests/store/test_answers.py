"""Lists of answers: their pages, and the indexes behind them."""

import pytest
import sqlalchemy as sa

from servicedesk.rules.answers import Stage
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import answers
from tests import factories
from tests.store.plans import full_scans, plans

STUDENT = Actor(ActorKind.PERSON, 1, audiences=frozenset({"student"}))


@pytest.fixture(autouse=True)
def published(session):
    factories.publish(session)
    for serial in range(5):
        factories.answer(session, f"answer-{serial}", "exams" if serial == 4 else "fees")


def test_a_page_goes_on_where_the_one_before_ended(session):
    first, has_more = answers.page(session, STUDENT, {"fees"}, 0, 3)
    assert ([row.key for row in first], has_more) == (["answer-0", "answer-1", "answer-2"], True)
    second, has_more = answers.page(session, STUDENT, {"fees"}, first[-1].id, 3)
    assert ([row.key for row in second], has_more) == (["answer-3"], False)


def test_an_answer_and_the_list_of_a_subject_are_read_through_indexes(session):
    if session.get_bind().dialect.name != "sqlite":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    for ask in (
        lambda: answers.one(session, STUDENT, "answer-1"),
        lambda: answers.about(session, STUDENT, "fees", 5),
        lambda: answers.page(session, STUDENT, {"fees"}, 2, 3),
        lambda: answers.versions_in(session, Stage.DRAFT, 0, 3),
        lambda: answers.history(session, 1, 3),
    ):
        plan = plans(session, ask)
        assert plan
        for table in ("answer", "answer_version", "answer_audience"):
            assert not list(full_scans(plan, table)), plan
