"""Refused sign-ins, over HTTP: counted, and known by a pseudonym that is the person's where a provider vouched."""

import re

import pytest
import sqlalchemy as sa

from servicedesk.actions.refusals import MANY_OF_PERSON
from servicedesk.rules.identity import pseudonym
from servicedesk.store.models.records import Alarm, SignInTotal
from tests.web.auth.federation import SPID, Browser

MINOR, MINORS_CODE = "g.ragazzi", "RGZGNI16H12X999S"


def ended(desk) -> dict[str, int]:
    counts = sa.select(SignInTotal.code, sa.func.sum(SignInTotal.count)).group_by(SignInTotal.code)
    return {code: int(number) for code, number in desk.execute(counts)}


def test_somebody_turned_away_again_and_again_raises_an_alarm_by_their_pseudonym(browser, desk, settings, caplog):
    for _ in range(MANY_OF_PERSON):
        assert desk.scalars(sa.select(Alarm.key)).all() == []
        assert browser.sign_in(MINOR, SPID).status_code == 403
        desk.rollback()
    alarm = desk.scalars(sa.select(Alarm)).one()
    known_as = alarm.sentence["params"]["pseudonym"]
    assert alarm.key == "sign-ins:person" and ended(desk) == {"too-young": MANY_OF_PERSON}
    assert known_as == pseudonym(settings.identity_key, MINORS_CODE)
    assert len(re.findall(f"sign-in refused: .* from {known_as}", caplog.text)) == MANY_OF_PERSON


@pytest.mark.usefixtures("register")
def test_an_answer_used_again_counts_as_a_replay_wherever_it_comes_from(browser, app, idps, desk):
    fields = browser.answer_for("l.studente2", SPID)
    browser.post_answer(fields, SPID)
    for thief in (browser, Browser.new(app, idps)):
        thief.begin(SPID)
        assert thief.post_answer(fields, SPID).status_code == 403
    desk.rollback()
    assert ended(desk) == {"accepted": 1, "replay": 2}


def test_accepted_and_refused_sign_ins_are_counted_once_each(browser, desk):
    fields = browser.answer_for("l.studente2", SPID)
    assert browser.post_answer(fields, SPID).status_code == 303
    assert browser.post_answer(fields, SPID).status_code == 403
    found = ended(desk)
    assert found.pop("accepted") == 1
    assert list(found.values()) == [1]
