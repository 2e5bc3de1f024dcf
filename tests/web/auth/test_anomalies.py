"""What a SPID or CIE provider reports by number: one page each, on the spot, and an alarm where we are wrong."""

import logging

import pytest
import sqlalchemy as sa

from servicedesk.store.models.people import LoginSession, Person
from servicedesk.store.models.records import Alarm
from tests.web.auth.federation import CIE, SPID, UNIVERSITY

LUCIA = "l.studente2"
TITLES = {
    19: "Wrong credentials",
    20: "Credentials of a higher level are needed",
    21: "The time for signing in is over",
    22: "Consent was not given",
    23: "Credentials suspended or revoked",
    25: "Signing in was cancelled",
    30: "Another kind of digital identity is needed",
}
WRONG = (8, 9, 11, 12, 13, 14, 15, 16, 17, 18)


def nobody_came_in(desk) -> bool:
    desk.rollback()
    return not desk.scalar(sa.select(sa.func.count()).select_from(LoginSession)) and not desk.scalar(
        sa.select(sa.func.count()).select_from(Person)
    )


@pytest.mark.parametrize("base", [SPID, CIE])
@pytest.mark.parametrize("number", TITLES)
def test_each_number_has_a_page_with_ways_back(browser, desk, caplog, number, base):
    with caplog.at_level(logging.WARNING, logger="servicedesk.web.auth"):
        answer = browser.fail(number, base, "/tickets")
    assert answer.status_code == 403 and answer.location is None
    assert f"<h1>{TITLES[number]}</h1>" in answer.text or TITLES[number] in answer.text
    again = "/saml/spid/login" if base == SPID else "/saml/cie/login"
    assert f'href="{again}?idp={base}/metadata&amp;next=/tickets"' in answer.text
    assert 'href="/login?next=/tickets"' in answer.text and "/RichiesteEsterne/" in answer.text
    assert "samlp" not in answer.text
    lines = [record for record in caplog.records if record.name == "servicedesk.web.auth.pages"]
    assert len(lines) == 1 and lines[0].args[0] in answer.text
    assert nobody_came_in(desk)


@pytest.mark.parametrize("number", TITLES)
def test_another_way_comes_first_where_the_same_provider_would_say_the_same_again(browser, number):
    page = browser.fail(number, SPID, "/tickets").text
    first = page.index("Choose another way to sign in") < page.index("Try again with the same provider")
    assert first == (number in (20, 23))


def test_the_other_language_leads_from_a_refusal_back_to_the_ways_to_sign_in(browser):
    page = browser.fail(25, SPID, "/tickets").text
    assert 'href="/language/it?next=/login?next%3D/tickets"' in page


@pytest.mark.parametrize("number", WRONG)
def test_a_wrong_request_is_our_fault_and_tells_the_operators(browser, desk, number):
    answer = browser.fail(number)
    assert answer.status_code == 403 and "You did nothing wrong" in answer.text and "incident number" in answer.text
    desk.rollback()
    alarm = desk.scalars(sa.select(Alarm)).one()
    assert alarm.sentence["params"] == {"provider": f"{SPID}/metadata", "profile": "spid", "number": number}
    assert nobody_came_in(desk)


def test_one_alarm_stands_for_many_wrong_requests_of_a_provider(browser, desk):
    for number in (8, 16):
        browser.fail(number)
    desk.rollback()
    assert desk.scalars(sa.select(Alarm.times)).one() == 2


def test_the_alarm_is_over_once_somebody_signs_in_there(browser, desk):
    browser.fail(8)
    browser.sign_in(LUCIA, SPID)
    desk.rollback()
    assert desk.scalars(sa.select(Alarm.cleared_at)).one() is not None


def test_trying_again_signs_in(browser):
    browser.fail(25, SPID, "/catalogue")
    assert browser.sign_in(LUCIA, SPID, "/catalogue").status_code == 303


def test_a_number_from_the_university_is_no_number_of_spid(browser):
    answer = browser.post_answer(browser.answer_for("", UNIVERSITY))
    assert answer.status_code == 403 and "Signing in did not succeed" not in answer.text
