"""How sign-ins end is counted without saying whose, and too many refusals raise alarms."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import refusals
from servicedesk.rules.identity import pseudonym
from servicedesk.store import alarms
from servicedesk.store import refusals as store
from servicedesk.store.models.records import Alarm
from servicedesk.store.refusals import Ended
from tests.factories import NOW, later

POSTE, INFO = "https://poste.example/", "https://info.example/"


def refuse(
    session: Session, times: int, code: str = "expired", who: str = "", now: datetime = NOW, provider: str = POSTE
) -> None:
    """Refuse different people, or one that the provider vouched for."""
    for number in range(times):
        known_as = pseudonym("a key", who or f"somebody {number} {now} {provider}")
        refusals.note(
            session,
            profile="spid",
            provider=provider,
            code=code,
            pseudonym=known_as,
            now=now,
            is_person=bool(who),
        )


def accept(session: Session, times: int, now: datetime = NOW, provider: str = POSTE) -> None:
    for _ in range(times):
        refusals.note_accepted(session, profile="spid", provider=provider, now=now)


def open_alarms(session: Session) -> list[str]:
    return list(session.scalars(sa.select(Alarm.key).where(Alarm.cleared_at.is_(None)).order_by(Alarm.key)))


def test_sign_ins_are_counted_by_provider_and_code(session: Session) -> None:
    accept(session, 2)
    refuse(session, 3, now=later(minutes=15))
    refuse(session, 1, code="replay", provider=INFO, now=later(minutes=15))
    assert store.ended_since(session, NOW) == [
        Ended("spid", INFO, "replay", 1),
        Ended("spid", POSTE, "accepted", 2),
        Ended("spid", POSTE, "expired", 3),
    ]
    assert store.ended_since(session, later(minutes=10))[1:] == [Ended("spid", POSTE, "expired", 3)]
    assert [(each.code, each.count) for each in store.totals(session)] == [
        ("replay", 1),
        ("accepted", 2),
        ("expired", 3),
    ]


def test_twenty_refusals_of_one_provider_within_ten_minutes_raise_an_alarm(session: Session) -> None:
    refuse(session, 19)
    assert open_alarms(session) == []
    refuse(session, 1, now=later(minutes=5))
    assert open_alarms(session) == [f"sign-ins:provider:spid:{POSTE}"]
    (alarm,) = alarms.unseen(session)
    assert f"20 of the last 20 sign-ins of {POSTE} (spid) were refused" in str(alarm.sentence)


def test_a_provider_of_which_most_sign_ins_succeed_raises_none(session: Session) -> None:
    accept(session, 30)
    refuse(session, 30)
    assert open_alarms(session) == []
    refuse(session, 1)
    assert open_alarms(session) == [f"sign-ins:provider:spid:{POSTE}"]


def test_refusals_spread_over_providers_or_hours_raise_none(session: Session) -> None:
    refuse(session, 12)
    refuse(session, 12, provider=INFO)
    refuse(session, 12, now=later(hours=2))
    assert open_alarms(session) == []


def test_a_stranger_who_names_no_provider_cannot_raise_a_providers_alarm(session: Session) -> None:
    refuse(session, 40, provider="")
    assert open_alarms(session) == []


def test_ten_refusals_of_one_person_in_an_hour_raise_an_alarm_that_does_not_say_whose(session: Session) -> None:
    refuse(session, 9, who="RSSMRA80A01H501U")
    assert open_alarms(session) == []
    refuse(session, 1, who="RSSMRA80A01H501U", now=later(minutes=59))
    assert open_alarms(session) == ["sign-ins:person"]
    (alarm,) = alarms.unseen(session)
    assert pseudonym("a key", "RSSMRA80A01H501U") in str(alarm.sentence)
    assert "RSSMRA" not in str(alarm.sentence)


def test_many_people_who_are_refused_too_often_are_one_alarm(session: Session) -> None:
    for who in ("one", "two", "three"):
        refuse(session, 10, who=who, provider="")
    assert open_alarms(session) == ["sign-ins:person"]


def test_a_network_address_may_be_a_whole_campus(session: Session) -> None:
    place = pseudonym("a key", "192.0.2.1")
    for number in range(100):
        assert open_alarms(session) == [], number
        refusals.note(session, profile="spid", provider="", code="expired", pseudonym=place, now=NOW)
    assert open_alarms(session) == ["sign-ins:person"]


def test_the_hour_of_a_person_ends(session: Session) -> None:
    refuse(session, 9, who="one")
    refuse(session, 9, who="one", now=later(minutes=61))
    assert open_alarms(session) == []


def test_answers_used_again_and_again_raise_an_alarm(session: Session) -> None:
    refuse(session, refusals.MANY_REPLAYS - 1, code="replay")
    assert open_alarms(session) == []
    refuse(session, 1, code="replay", provider=INFO)
    assert open_alarms(session) == ["sign-ins:replay"]


def test_an_alarm_is_over_an_hour_after_the_last_refusal_too_many(session: Session) -> None:
    refuse(session, 25)
    assert refusals.clear_quiet(session, later(minutes=59)) == 0
    assert refusals.clear_quiet(session, NOW + timedelta(minutes=60, seconds=1)) == 1
    assert open_alarms(session) == []


def test_only_alarms_about_sign_ins_become_quiet_by_themselves(session: Session) -> None:
    alarms.count_up(session, "certificate:x", alarms.Sentence("It expires."), NOW)
    assert refusals.clear_quiet(session, later(days=1)) == 0


def test_a_pseudonym_is_the_same_for_the_same_person_and_key_only() -> None:
    assert pseudonym("k", "RSSMRA80A01H501U") == pseudonym("k", "RSSMRA80A01H501U")
    assert len({pseudonym(key, who) for key in ("k", "l") for who in ("RSSMRA80A01H501U", "other")}) == 4
