"""The job that tells devices and the university's app: once, in order, tried again, and given up where it is over."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Verifier

from servicedesk.actions import devices, preferences
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.gateways.webpush import new_key
from servicedesk.jobs import run_job
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.notices import Channel, Kind, offered
from servicedesk.rules.richtext import from_plain
from servicedesk.settings_notices import Push, Webhook
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import PushDevice
from servicedesk.store.models.tickets import Ticket
from servicedesk.turns import JobContext
from tests import factories
from tests.job_desk import RECENTLY, let_time_pass, settings_for, working
from tests.push_service import Device, Service, running

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMjQgYnl0ZXMgYXQgbGVhc3Q="
WORDS = Details(note=from_plain("Your secret diagnosis."))
pytestmark = pytest.mark.both_databases


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as made:
        yield made


@pytest.fixture
def context(database_url: str, tmp_path: Path, service: Service) -> Iterator[JobContext]:
    """A desk that pushes to the service, and tells the app at the same place."""
    settings = settings_for(database_url, tmp_path).model_copy(
        update={
            "push": Push(key=new_key(), hosts=("127.0.0.1",)),
            "webhook": Webhook(url=f"{service.url}/app", secret=SECRET),
        }
    )
    with ExitStack() as stack:
        made = stack.enter_context(working(settings))
        with made.sessions() as session, writing(session):
            factories.publish(session)
        yield made


@pytest.fixture
def session(context: JobContext) -> Iterator[Session]:
    with context.sessions() as made:
        yield made


def scene(session: Session, device: Device | None = None) -> Ticket:
    """A ticket in its technician's hands; its requester, a student, has this device."""
    worker = factories.technician(session)
    ticket = factories.ticket(session, state=State.IN_PROGRESS, technician=worker, now=RECENTLY)
    if device is not None:
        devices.add(session, ticket.requester_id, device.described, "Firefox", RECENTLY)
    session.commit()
    return ticket


def comment(session: Session, ticket: Ticket) -> None:
    worker = session.get_one(Person, ticket.technician_id)
    act(session, ticket, Action.COMMENT, factories.actor(session, worker), RECENTLY, WORDS)
    session.commit()


def deliver(context: JobContext) -> str:
    return run_job(context, "deliver_messages")


def to_devices(service: Service) -> list[object]:
    return [post for post in service.posts if post.path != "/app"]


def waiting(session: Session) -> int:
    session.rollback()
    query = sa.select(sa.func.count()).where(Notice.channel != "mail", Notice.state == "waiting")
    return session.scalar(query) or 0


def test_a_message_holds_number_and_event_in_the_readers_language_and_nothing_else(
    context: JobContext, session: Session, service: Service
) -> None:
    device = Device(f"{service.url}/device/1")
    ticket = scene(session, device)
    session.get_one(Person, ticket.requester_id).locale = "en"
    comment(session, ticket)
    assert deliver(context) == "1 sent, 0 not sent"
    assert device.read(service.posts[0]) == {
        "title": "Servizio Studenti",
        "body": f"New message: {ticket.number}",
        "url": f"/tickets/{ticket.number}",
    }
    assert deliver(context) == "0 sent, 0 not sent"
    assert len(service.posts) == 1


def test_whoever_wants_no_messages_on_devices_gets_none(
    context: JobContext, session: Session, service: Service
) -> None:
    ticket = scene(session, Device(f"{service.url}/device/1"))
    among = offered(is_guest=False, is_staff=False)
    preferences.choose(session, ticket.requester_id, set(among) - {(Kind.COMMENT, Channel.PUSH)}, among, None, RECENTLY)
    comment(session, ticket)
    deliver(context)
    assert service.posts == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten_with_what_waits_for_it(
    context: JobContext, session: Session, service: Service, status: int
) -> None:
    ticket = scene(session, Device(f"{service.url}/device/1"))
    comment(session, ticket)
    comment(session, ticket)
    service.status = status
    deliver(context)
    session.rollback()
    assert session.scalars(sa.select(PushDevice).where(PushDevice.person_id.is_not(None))).all() == []
    assert waiting(session) == 0
    assert len(service.posts) == 1


def test_a_service_that_is_down_is_asked_again_later_and_in_order(
    context: JobContext, session: Session, service: Service
) -> None:
    device = Device(f"{service.url}/device/1")
    ticket = scene(session, device)
    comment(session, ticket)
    act(
        session,
        ticket,
        Action.PROPOSE,
        factories.actor(session, session.get_one(Person, ticket.technician_id)),
        RECENTLY,
        WORDS,
    )
    session.commit()
    service.status = 503
    assert deliver(context) == "0 sent, 1 not sent"
    assert waiting(session) == 2
    service.status = 201
    let_time_pass(session, timedelta(minutes=2))
    assert deliver(context) == "2 sent, 0 not sent"
    sent = [device.read(post)["body"].split(":")[0] for post in service.posts]
    assert sent[1:] == ["New message", "Solution"]


def test_a_message_the_service_refuses_for_good_is_dropped(
    context: JobContext, session: Session, service: Service
) -> None:
    ticket = scene(session, Device(f"{service.url}/device/1"))
    comment(session, ticket)
    service.status = 400
    deliver(context)
    assert waiting(session) == 0
    assert session.scalars(sa.select(Notice.state).where(Notice.channel == "push")).all() == ["dropped"]


def test_the_universitys_app_is_told_by_a_signed_post_with_the_student_number(
    context: JobContext, session: Session, service: Service
) -> None:
    deliver(context)  # from now on the app is told
    student = factories.student(session)
    worker = factories.technician(session)
    ticket = factories.ticket(session, requester=student, state=State.IN_PROGRESS, technician=worker, now=RECENTLY)
    comment(session, ticket)
    deliver(context)
    posts = [post for post in service.posts if post.path == "/app"]
    told = [Verifier(SECRET).verify(post.body, dict(post.headers)) for post in posts]
    assert [each["data"]["event"] for each in told] == ["taken", "comment"]
    number = told[0]["data"]["person"]
    assert told[1] == {
        "type": "ticket.news",
        "timestamp": told[1]["timestamp"],
        "data": {"person": number, "event": "comment", "number": ticket.number, "path": f"/tickets/{ticket.number}"},
    }
    assert number
    assert "diagnosis" not in json.dumps(told)


def test_the_app_gets_a_message_again_with_the_same_id_until_it_takes_it(
    context: JobContext, session: Session, service: Service
) -> None:
    deliver(context)
    student, worker = factories.student(session), factories.technician(session)
    factories.ticket(session, requester=student, state=State.ASSIGNED_TECHNICIAN, technician=worker, now=RECENTLY)
    session.commit()
    service.status = 500
    deliver(context)
    let_time_pass(session, timedelta(minutes=2))
    service.status = 204
    deliver(context)
    first, second = service.posts
    assert first.headers["Webhook-Id"] == second.headers["Webhook-Id"]
    assert waiting(session) == 0


def test_an_app_that_is_no_longer_set_up_is_told_nothing_more(
    context: JobContext, session: Session, service: Service, tmp_path: Path
) -> None:
    deliver(context)
    bare = context.settings.model_copy(update={"webhook": Webhook()})
    with working(bare) as without:
        deliver(without)
    ticket = scene(session)
    comment(session, ticket)
    assert waiting(session) == 0
    assert service.posts == []


def test_what_waits_for_devices_is_dropped_where_they_are_no_longer_told(
    context: JobContext, session: Session, service: Service
) -> None:
    ticket = scene(session, Device(f"{service.url}/device/1"))
    comment(session, ticket)
    with working(context.settings.model_copy(update={"push": Push()})) as without:
        deliver(without)
    assert waiting(session) == 0
    assert service.posts == []


def test_people_whom_the_register_does_not_know_are_not_told_in_the_app(
    context: JobContext, session: Session, service: Service
) -> None:
    deliver(context)
    stranger, worker = factories.person(session), factories.technician(session)
    factories.ticket(session, requester=stranger, state=State.ASSIGNED_TECHNICIAN, technician=worker, now=RECENTLY)
    session.commit()
    deliver(context)
    assert service.posts == []
    assert waiting(session) == 0
