"""Alarms are raised, counted, mailed once, seen and over; job and mail are the real ones."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import alarms
from servicedesk.gateways.texts import Texts
from servicedesk.rules.errors import NotFound
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import ROOT, load
from servicedesk.store import alarms as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.records import Alarm
from servicedesk.store.outbox import claimed
from tests import factories
from tests.factories import NOW, later

KEY = "registry:spid"
FAILED = Sentence("The registry of %(name)s could not be read since %(days)s days.", {"name": "SPID", "days": 3})


def shown(session: Session) -> list[store.ShownAlarm]:
    return store.newest(session, timedelta(days=7), NOW)


def test_an_alarm_raised_again_is_the_same_alarm(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    for minutes in range(3):
        alarms.raise_alarm(session, KEY, FAILED, later(minutes=minutes))
    (alarm,) = shown(session)
    assert (alarm.times, alarm.raised_at, alarm.last_at) == (3, NOW, later(minutes=2))
    assert alarm.sentence == FAILED
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "could not be read since 3 days" in caplog.text


def test_an_alarm_writes_one_line_of_text_into_the_log(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    alarms.raise_alarm(session, KEY, Sentence("It said %(reason)s.", {"reason": "no\nERROR forged \x1b[31m"}), NOW)
    assert "It said noERROR forged [31m." in caplog.text and "\x1b" not in caplog.text


def test_an_alarm_says_what_it_said_last(session: Session) -> None:
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    alarms.raise_alarm(session, KEY, Sentence("Worse."), NOW)
    assert [str(alarm.sentence) for alarm in shown(session)] == ["Worse."]


def test_what_is_over_can_begin_anew(session: Session) -> None:
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    alarms.clear_alarm(session, KEY, later(hours=1))
    alarms.clear_alarm(session, KEY, later(hours=2))
    alarms.raise_alarm(session, KEY, FAILED, later(hours=3))
    assert [(alarm.times, alarm.cleared_at) for alarm in shown(session)] == [(1, None), (1, later(hours=1))]
    assert store.count_open(session) == 1


def test_different_keys_are_different_alarms(session: Session) -> None:
    for key in ("one", "two"):
        alarms.raise_alarm(session, key, FAILED, NOW)
    assert store.count_open(session) == 2


def test_every_operator_is_mailed_once_per_alarm(session: Session) -> None:
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    operators = ("ops@example.org", "night@example.org")
    assert [alarms.mail_new(session, operators, "en", NOW) for _ in range(2)] == [1, 0]
    alarms.raise_alarm(session, KEY, FAILED, later(hours=1))
    assert alarms.mail_new(session, operators, "en", later(hours=1)) == 0
    assert session.scalars(sa.select(Notice.address).order_by(Notice.id)).all() == list(operators)


def test_many_alarms_at_once_do_not_bury_the_operators(session: Session) -> None:
    for number in range(alarms.MOST_MAILED + 3):
        alarms.raise_alarm(session, f"wrong-request:spid:{number}", FAILED, NOW)
    mailed = [alarms.mail_new(session, ("ops@example.org",), "en", later(minutes=minutes)) for minutes in (0, 1, 61)]
    assert mailed == [alarms.MOST_MAILED, 0, 3]


def test_the_mail_says_what_happened_and_leads_to_the_alarms(session: Session) -> None:
    factories.publish(session)
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    alarms.mail_new(session, ("ops@example.org",), "en", NOW)
    (mail,) = claimed(session, session.scalars(sa.select(Notice.id)), "code")
    message = message_from_bytes(Texts(load(ROOT / "config" / "test.toml")).render(mail.letter, NOW), policy=default)
    assert message["Subject"] == "[Servizio Studenti] Alarm"
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert "The registry of SPID could not be read since 3 days." in body.get_content()
        assert "http://127.0.0.1:8000/admin/sign-ins" in body.get_content()


def test_without_operators_an_alarm_waits_for_the_first_of_them(session: Session) -> None:
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    assert alarms.mail_new(session, (), "en", NOW) == 0
    assert alarms.mail_new(session, ("new@example.org",), "en", NOW) == 1


def test_what_is_over_before_anybody_was_mailed_is_not_mailed(session: Session) -> None:
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    alarms.clear_alarm(session, KEY, NOW)
    assert alarms.mail_new(session, ("ops@example.org",), "en", NOW) == 0


def test_whoever_sees_an_alarm_first_is_remembered(session: Session) -> None:
    alarms.raise_alarm(session, KEY, FAILED, NOW)
    first, second = factories.person(session), factories.person(session)
    number = session.scalars(sa.select(Alarm.id)).one()
    assert len(store.unseen(session)) == 1
    alarms.mark_seen(session, number, first.id, later(minutes=1))
    alarms.mark_seen(session, number, second.id, later(minutes=2))
    (alarm,) = shown(session)
    assert (alarm.seen_by, alarm.seen_at) == (first.display_name, later(minutes=1))
    assert store.unseen(session) == []


@pytest.mark.parametrize("number", [999, 2**31, 10**30])
def test_an_alarm_that_is_not_there_cannot_be_seen(session: Session, number: int) -> None:
    with pytest.raises(NotFound):
        alarms.mark_seen(session, number, factories.person(session).id, NOW)
