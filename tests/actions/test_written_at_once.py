"""What is made twice at the same moment: it is there once, and whoever comes second is told so by a rule."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import answers, devices
from servicedesk.actions.counters import set_counter
from servicedesk.rules.errors import Conflict, DeskError, Invalid
from servicedesk.store.base import writing
from servicedesk.store.models.preferences import PushDevice
from tests import factories
from tests.actions.test_people_at_once import THREADS, results_of
from tests.counters import counter
from tests.factories import NOW

pytestmark = pytest.mark.concurrency
SUBSCRIPTION = {"endpoint": "https://push.example.org/1", "p256dh": "x", "auth": "y"}


@pytest.fixture
def worker(fresh_database):
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        return factories.actor(session, factories.technician(session))


def refusals(engine: sa.Engine, work: Callable[[Session], object]) -> list[type]:
    def tried(session: Session) -> object:
        try:
            work(session)
        except DeskError as error:
            return type(error)
        return None

    found = results_of(engine, tried)
    return [each for each in found if each is not None]


def test_a_browser_that_subscribes_twice_at_once_is_one_device(fresh_database, worker):
    def subscribe(session: Session) -> None:
        devices.add(session, worker.person_id, SUBSCRIPTION, "A device", NOW)

    assert refusals(fresh_database, subscribe) == []
    with Session(fresh_database) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PushDevice)) == 1


def test_of_new_answers_at_one_address_one_is_kept_and_the_others_are_told(fresh_database, worker):
    written = factories.written()

    def save(session: Session) -> object:
        return answers.save_draft(session, worker, "exams", written, False, "", NOW)

    assert refusals(fresh_database, save) == [Invalid] * (THREADS - 1)


def test_a_counter_made_twice_at_once_is_made_once(fresh_database, worker):
    made = counter(key="new-one")

    def save(session: Session) -> object:
        return set_counter(session, made, "person:1", NOW, seen="")

    assert refusals(fresh_database, save) == [Conflict] * (THREADS - 1)
