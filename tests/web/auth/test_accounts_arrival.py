"""First access after real sign-ins: minors, people without an address, and an account of the desk's own beside SPID."""

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Identity, LoginSession, Person
from tests.web.account.tools import account
from tests.web.account.tools import sign_in as type_password
from tests.web.auth.federation import CIE, SPID, Browser
from tests.web.conftest import send

MINOR, WITHOUT_ADDRESS = "t.giovani", "s.taciti"
FIRST = "/account/first-access"


def test_somebody_of_sixteen_signs_in_like_everybody(browser: Browser, desk: Session) -> None:
    assert browser.sign_in(MINOR, SPID, "/catalogue").location == f"{FIRST}?next=/catalogue"
    assert browser.is_signed_in()


def test_whoever_comes_without_an_address_is_asked_for_one_and_can_go_on(browser: Browser, desk: Session) -> None:
    assert browser.sign_in(WITHOUT_ADDRESS, SPID, "/catalogue").location == f"{FIRST}?next=/catalogue"
    shown = browser.desk.get(f"{FIRST}?next=/catalogue").text
    assert "nowhere yet" in shown
    here = f"{FIRST}?next=/catalogue"
    assert send(browser.desk, here, here, later="1").location == "/catalogue"
    new = browser.desk.get("/tickets/new/accesso-login")
    assert "We have no e-mail address of yours" in new.text
    assert desk.scalars(sa.select(Notice)).all() == []


def test_later_is_asked_again_at_the_next_sign_in_through_another_provider(
    app: Flask, browser: Browser, idps: dict[str, object], desk: Session
) -> None:
    browser.sign_in(WITHOUT_ADDRESS, SPID)
    send(browser.desk, FIRST, email="mine@example.net")
    other = Browser.new(app, idps)
    assert other.sign_in(WITHOUT_ADDRESS, CIE).location == FIRST
    assert "mine@example.net is not confirmed yet" in other.desk.get(FIRST).text
    assert len(desk.scalars(sa.select(Person)).all()) == 1


def test_spid_and_an_account_of_ones_own_in_one_browser_are_two_persons_and_one_session_at_a_time(
    browser: Browser, desk: Session
) -> None:
    own = account(desk)
    type_password(browser.desk)
    browser.sign_in(MINOR, SPID)
    desk.rollback()
    ended = {each.person_id: each.ended_at for each in desk.scalars(sa.select(LoginSession))}
    assert len(ended) == 2 and ended.pop(own.id) is not None
    assert list(ended.values()) == [None]
    assert sorted(desk.scalars(sa.select(Identity.namespace))) == ["fiscal", "local"]
