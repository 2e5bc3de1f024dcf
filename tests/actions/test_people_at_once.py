"""Two browsers at the same moment: one person, one answer, one use of an assertion."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.anonymising import anonymise
from servicedesk.actions.anonymising_rows import Left
from servicedesk.actions.people import Arrival, sign_in
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.rules.removed import PERSON
from servicedesk.store import sign_in as store
from servicedesk.store.anonymising import person_with
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from tests.factories import NOW

pytestmark = pytest.mark.concurrency
THREADS = 6
IDP = "https://idp.example.org/metadata"


def results_of(engine: sa.Engine, work: Callable[[Session], object]) -> list[object]:
    """Return what each thread's transaction made of it, all begun together."""
    ready = Barrier(THREADS)

    def one(_: int) -> object:
        with Session(engine) as session:
            ready.wait()
            with writing(session):
                return work(session)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_a_first_sign_in_in_several_browsers_makes_one_person(fresh_database):
    arrival = Arrival(Proof(FISCAL, "a" * 64), {"given_name": ("Lucia",), "family_name": ("Studente",)})
    people = results_of(fresh_database, lambda session: sign_in(session, arrival, (), NOW).id)
    assert len(set(people)) == 1
    with Session(fresh_database) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_a_request_is_taken_by_one_answer_only(fresh_database):
    asked = store.Asked("_r1", IDP, "relay", "/", None, NOW, NOW + timedelta(minutes=30))
    with Session(fresh_database) as session, writing(session):
        store.add(session, asked, "browser")
    taken = results_of(fresh_database, lambda session: store.take(session, "_r1", NOW))
    assert sorted(map(bool, taken)) == [False] * (THREADS - 1) + [True]


def test_an_assertion_is_used_by_one_answer_only(fresh_database):
    until = NOW + timedelta(minutes=5)
    first = results_of(fresh_database, lambda session: store.remember_assertion(session, "idp _a1", until))
    assert sorted(map(bool, first)) == [False] * (THREADS - 1) + [True]


def test_a_sign_in_during_a_removal_is_that_of_somebody_new(fresh_database):
    arrival = Arrival(Proof(FISCAL, "a" * 64), {"given_name": ("Lucia",), "family_name": ("Studente",)})
    left = Left(keeps_texts=False, keeps_codes=True)

    def arrive() -> int:
        with Session(fresh_database) as session, writing(session):
            return sign_in(session, arrival, (), NOW).id

    removed = arrive()
    with ThreadPoolExecutor(1) as pool, Session(fresh_database) as session:
        with writing(session):
            person_with(session, removed, lock=True)
            anonymise(session, [removed], left, NOW)
            again = pool.submit(arrive)
            wait([again], timeout=0.5)  # it waits for the removal
        assert again.result() != removed
        session.expire_all()
        assert session.get_one(Person, removed).display_name == PERSON
