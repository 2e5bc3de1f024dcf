"""Signing in with e-mail and password, the second step, and what staff may do before they have one (A5)."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions import links, second_factor
from servicedesk.actions.accounts import change_password, wrong_codes
from servicedesk.actions.sessions import AtProvider, start
from servicedesk.gateways import one_time_codes
from servicedesk.gateways.passkeys import NewPasskey
from servicedesk.settings import Settings
from servicedesk.store.models.accounts import AccountStep, LocalAccount, MailedLink
from servicedesk.store.models.people import LoginSession, Person
from servicedesk.store.models.system import ParkedForm
from servicedesk.store.rate_limits import count_up
from tests import factories
from tests.web.account.tools import (
    HASH,
    PASSWORD,
    SIGN_IN,
    account,
    authenticator,
    give_account,
    is_confirmed,
    letters,
    problem,
    sign_in,
    who_is_in,
)
from tests.web.conftest import browser, csrf, page, send

STEP = "/account/second-step"


def sessions(desk: Session) -> list[LoginSession]:
    desk.rollback()
    desk.expire_all()
    return list(desk.scalars(sa.select(LoginSession).order_by(LoginSession.id)))


def technician(desk: Session) -> Person:
    worker = factories.technician(desk, "HD1", email="teo@example.org")
    give_account(desk, worker)
    return worker


def test_the_right_password_signs_in_with_a_fresh_session_and_leads_on(client: FlaskClient, desk: Session) -> None:
    account(desk)
    here = f"{SIGN_IN}?next=/tickets"
    answer = send(client, here, here, email="RITA@example.org ", password=PASSWORD)
    assert answer.location == "/account/first-access?next=/tickets"
    assert who_is_in(client) == "Rita Ospiti"
    (session,) = sessions(desk)
    assert (session.provider, session.profile, session.level) == ("local", "", 1)


def test_a_wrong_password_an_unknown_address_and_an_account_without_password_answer_alike(
    client: FlaskClient, desk: Session
) -> None:
    account(desk)
    person = account(desk, "new@example.org")
    desk.get_one(LocalAccount, person.id).password_hash = ""
    desk.commit()
    tries = [("rita@example.org", "wrong password"), ("nobody@example.org", PASSWORD), ("new@example.org", PASSWORD)]
    answers = [sign_in(client, address, password) for address, password in tries]
    assert {answer.status_code for answer in answers} == {422}
    assert len({problem(answer) for answer in answers}) == 1
    assert 'value="nobody@example.org"' in answers[1].text and PASSWORD not in answers[1].text
    assert sessions(desk) == []


def test_guesses_at_one_address_are_limited_wherever_they_come_from(app: Flask, desk: Session) -> None:
    account(desk)
    app.config["LIMIT_GUESSES"] = "3 per minute"
    places = [browser(app) for _ in range(4)]
    tokens = [csrf(place, SIGN_IN) for place in places]
    answers = [
        place.post(
            SIGN_IN,
            data={"email": "rita@example.org", "password": "a wrong guess", "csrf_token": token},
            environ_overrides={"REMOTE_ADDR": f"203.0.113.{number}"},
        )
        for number, (place, token) in enumerate(zip(places, tokens, strict=True))
    ]
    assert [answer.status_code for answer in answers] == [422] * 3 + [429]
    desk.rollback()
    assert "a wrong guess" not in str(desk.execute(sa.select(ParkedForm.fields)).all())


def test_a_closed_account_is_told_so_and_not_let_in(client: FlaskClient, desk: Session) -> None:
    person = account(desk)
    person.is_active = False
    desk.commit()
    answer = sign_in(client)
    assert answer.status_code == 403 and "closed" in answer.text
    assert sessions(desk) == []


def test_whoever_is_signed_in_goes_straight_on_and_stays_who_they_are(client: FlaskClient, desk: Session) -> None:
    account(desk), account(desk, "other@example.org")
    sign_in(client)
    assert client.get(f"{SIGN_IN}?next=/catalogue").location == "/catalogue"
    token = csrf(client, "/account")
    client.post(SIGN_IN, data={"email": "other@example.org", "password": PASSWORD, "csrf_token": token})
    assert who_is_in(client) == "Rita Ospiti"
    assert len(sessions(desk)) == 1


def test_forms_of_the_time_before_the_sign_in_are_over(client: FlaskClient, desk: Session) -> None:
    account(desk)
    before = csrf(client, SIGN_IN)
    sign_in(client)
    client.post("/logout", data={"csrf_token": before})
    assert who_is_in(client) == "Rita Ospiti"


def test_a_hash_with_yesterdays_parameters_is_made_anew_at_the_sign_in(client: FlaskClient, desk: Session) -> None:
    person = account(desk)
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    desk.execute(sa.update(LocalAccount).values(password_hash=old))
    desk.commit()
    assert sign_in(client).status_code == 303
    desk.rollback()
    desk.expire_all()
    renewed = desk.get_one(LocalAccount, person.id).password_hash
    assert renewed != old and "m=65536" in renewed


def test_signing_out_ends_the_session_here_and_goes_to_no_provider(client: FlaskClient, desk: Session) -> None:
    account(desk)
    sign_in(client)
    answer = client.post("/logout", data={"csrf_token": csrf(client, "/account")})
    assert (answer.status_code, answer.location) == (303, "/")
    assert sessions(desk)[0].ended_at is not None


def test_a_password_alone_does_not_sign_in_where_there_is_an_app(
    client: FlaskClient, desk: Session, settings: Settings
) -> None:
    app, _codes = authenticator(desk, settings, account(desk))
    assert sign_in(client).location == STEP
    assert sessions(desk) == []
    assert send(client, STEP, code="000000").status_code == 422
    answer = send(client, STEP, code=f" {app.now()[:3]} {app.now()[3:]} ")
    assert answer.status_code == 303
    assert [session.level for session in sessions(desk)] == [2]


def test_a_code_counts_once(client: FlaskClient, app: Flask, desk: Session, settings: Settings) -> None:
    totp, _codes = authenticator(desk, settings, account(desk))
    code = totp.now()
    sign_in(client)
    assert send(client, STEP, code=code).status_code == 303
    other = browser(app)
    sign_in(other)
    assert send(other, STEP, code=code).status_code == 422
    assert "used already" in send(other, STEP, code=code).text


def test_a_recovery_code_opens_once_and_its_owner_is_told(
    client: FlaskClient, app: Flask, desk: Session, settings: Settings
) -> None:
    _totp, codes = authenticator(desk, settings, account(desk))
    assert len(set(codes)) == 10
    sign_in(client)
    assert send(client, STEP, code=codes[0].lower()).status_code == 303
    assert "You have 9 recovery codes left." in client.get("/account").text
    other = browser(app)
    sign_in(other)
    assert send(other, STEP, code=codes[0]).status_code == 422
    assert [notice.context["what"] for notice in letters(desk, "account_changed")][-1] == "recovery_used"


def test_after_five_wrong_codes_the_password_is_asked_again(
    client: FlaskClient, desk: Session, settings: Settings
) -> None:
    totp, _codes = authenticator(desk, settings, account(desk))
    sign_in(client)
    token = csrf(client, STEP)
    for _ in range(5):
        assert client.post(STEP, data={"code": "000000", "csrf_token": token}).status_code == 422
    answer = client.post(STEP, data={"code": totp.now(), "csrf_token": token})
    assert answer.location == SIGN_IN
    assert sessions(desk) == []


def test_the_second_step_belongs_to_the_browser_that_typed_the_password_and_lasts_minutes(
    client: FlaskClient, app: Flask, desk: Session, settings: Settings
) -> None:
    totp, _codes = authenticator(desk, settings, account(desk))
    sign_in(client)
    assert browser(app).get(STEP).location == SIGN_IN
    desk.execute(sa.update(AccountStep).values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    desk.commit()
    assert client.get(STEP).location == SIGN_IN


def test_staff_who_sign_in_with_a_password_alone_are_led_to_the_second_factor_and_may_nothing_before(
    client: FlaskClient, desk: Session
) -> None:
    technician(desk)
    sign_in(client, "teo@example.org")
    for path in ("/", "/queue", "/tickets", "/catalogue", "/admin"):
        assert client.get(path).location == "/account/security", path
    shown = client.get("/account/security").text
    assert "before anything else" in shown
    assert 'href="/queue"' not in shown


def test_an_administrator_without_second_factor_administers_nothing(client: FlaskClient, desk: Session) -> None:
    boss = factories.administrator(desk, email="boss@example.org")
    give_account(desk, boss)
    sign_in(client, "boss@example.org")
    assert client.get("/admin").location == "/account/security"
    assert client.post("/admin/access", data={"csrf_token": csrf(client, "/account")}).location == "/account/security"


def test_setting_up_an_app_makes_the_session_strong_and_gives_recovery_codes(
    client: FlaskClient, desk: Session, settings: Settings
) -> None:
    worker = technician(desk)
    sign_in(client, "teo@example.org")
    before = client.get_cookie("servicedesk_session")
    assert send(client, "/account/security", "/account/security/codes").location == "/account/security/codes"
    shown = page(client, "/account/security/codes")
    (picture,) = shown.xpath("//main//img")
    assert picture.get("src").startswith("data:image/svg+xml") and picture.get("alt")
    secret = shown.xpath("//main//code")[0].text.replace(" ", "")
    confirm = "/account/security/codes/confirm"
    assert send(client, "/account/security/codes", confirm, code="123456").status_code == 422
    assert not is_confirmed(desk, worker)
    answer = send(client, "/account/security/codes", confirm, code=pyotp.TOTP(secret).now())
    assert answer.status_code == 200 and answer.text.count("<li><code>") == 10
    assert html.fromstring(answer.text).xpath("//main//a[contains(., 'I have kept them')]/@href") == ["/"]
    assert client.get_cookie("servicedesk_session") != before
    assert [session.level for session in sessions(desk) if session.ended_at is None] == [2]
    assert client.get("/queue").status_code == 200
    assert secret not in str(desk.execute(sa.text("SELECT * FROM one_time_codes")).all())
    assert [notice.context["what"] for notice in letters(desk, "account_changed")] == ["codes"]


def test_the_last_factor_of_staff_stays_and_others_may_remove_theirs_with_the_password(
    client: FlaskClient, app: Flask, desk: Session, settings: Settings
) -> None:
    worker, rita = technician(desk), account(desk)
    for who, person, address, status in (
        (client, worker, "teo@example.org", 422),
        (browser(app), rita, "rita@example.org", 303),
    ):
        totp, _codes = authenticator(desk, settings, person)
        sign_in(who, address)
        send(who, STEP, code=totp.now())
        remove = "/account/security/codes/remove"
        assert send(who, "/account/security", remove, password="not it at all").status_code == 422
        assert send(who, "/account/security", remove, password=PASSWORD).status_code == status
    assert is_confirmed(desk, worker) and not is_confirmed(desk, rita)


def test_new_recovery_codes_end_the_former_ones(client: FlaskClient, desk: Session, settings: Settings) -> None:
    person = account(desk)
    totp, old = authenticator(desk, settings, person)
    sign_in(client)
    send(client, STEP, code=totp.now())
    answer = send(client, "/account/security", "/account/security/recovery", password=PASSWORD)
    assert answer.text.count("<li><code>") == 10
    desk.rollback()
    token = second_factor.begin_step(desk, second_factor.FACTOR, person.id, "/", datetime.now(UTC))
    assert second_factor.try_code(desk, token, old[0], settings.secret_key, datetime.now(UTC)) is None


def test_changing_the_password_needs_the_present_one_and_signs_out_elsewhere(
    client: FlaskClient, app: Flask, desk: Session
) -> None:
    account(desk)
    elsewhere = browser(app)
    sign_in(client), sign_in(elsewhere)
    change = "/account/security/password"
    wrong = send(client, "/account/security", change, current_password="not it at all", password="a new one to keep")
    assert wrong.status_code == 422 and "not your present password" in wrong.text
    right = send(client, "/account/security", change, current_password=PASSWORD, password="a new one to keep")
    assert right.status_code == 303
    assert who_is_in(client) and not who_is_in(elsewhere)
    assert sign_in(elsewhere, password="a new one to keep").status_code == 303


def test_the_other_browsers_are_signed_out_at_a_press_of_the_button(
    client: FlaskClient, app: Flask, desk: Session
) -> None:
    account(desk)
    elsewhere = browser(app)
    sign_in(client), sign_in(elsewhere)
    assert send(client, "/account", "/account/sign-out-elsewhere").status_code == 303
    assert who_is_in(client) and not who_is_in(elsewhere)


def test_people_of_a_provider_have_no_password_page(client: FlaskClient, desk: Session, app: Flask) -> None:
    person = factories.person(desk)
    now = datetime.now(UTC)
    token = start(desk, person.id, AtProvider("https://provider.test/", "x"), now + timedelta(hours=1), now)
    desk.commit()
    client.set_cookie("servicedesk_session", token)
    assert client.get("/account/security").status_code == 404
    assert "/account/security" not in client.get("/account").text


def test_the_first_factor_ends_the_sessions_of_the_time_before(
    client: FlaskClient, app: Flask, desk: Session, settings: Settings
) -> None:
    account(desk)
    elsewhere = browser(app)
    sign_in(client), sign_in(elsewhere)
    send(client, "/account/security", "/account/security/codes")
    secret = page(client, "/account/security/codes").xpath("//main//code")[0].text.replace(" ", "")
    code = pyotp.TOTP(secret).now()
    assert send(client, "/account/security/codes", "/account/security/codes/confirm", code=code).status_code == 200
    assert who_is_in(client) and not who_is_in(elsewhere)


def test_a_session_of_the_password_alone_adds_no_factor_where_there_is_one(
    client: FlaskClient, desk: Session, settings: Settings
) -> None:
    person = account(desk)
    sign_in(client)
    second_factor.add_passkey(desk, person.id, NewPasskey("AAAA", b"key", 0), "phone", datetime.now(UTC))
    desk.commit()
    assert send(client, "/account/security", "/account/security/codes").status_code == 403
    second_factor.begin_codes(desk, person.id, one_time_codes.new_secret(settings.secret_key))
    desk.commit()
    code = pyotp.TOTP(page(client, "/account/security/codes").xpath("//main//code")[0].text.replace(" ", "")).now()
    refused = send(client, "/account/security/codes", "/account/security/codes/confirm", code=code)
    assert refused.status_code == 403
    assert not is_confirmed(desk, person)
    assert sessions(desk)[-1].level == 1


def test_wrong_codes_of_an_account_are_counted_wherever_they_come_from(
    app: Flask, client: FlaskClient, desk: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = account(desk)
    code, _recovery = authenticator(desk, settings, person)
    monkeypatch.setattr(second_factor, "MOST_WRONG", 2)
    for _place in range(2):
        elsewhere = browser(app)
        sign_in(elsewhere)
        assert send(elsewhere, STEP, code="000000").status_code == 422
    sign_in(client)
    refused = send(client, STEP, code=code.now())
    assert refused.location == SIGN_IN and not who_is_in(client)
    assert [letter.context["what"] for letter in letters(desk, "account_changed") if letter.context][-1] == "guessed"


def test_a_new_password_ends_what_was_begun_with_the_old_one(
    client: FlaskClient, desk: Session, settings: Settings
) -> None:
    person = account(desk)
    code, _recovery = authenticator(desk, settings, person)
    sign_in(client)
    now = datetime.now(UTC)
    links.make(desk, links.ADDRESS, "mallory@example.net", now + timedelta(hours=1), person.id)
    for _wrong in range(second_factor.MOST_WRONG):
        count_up(desk, wrong_codes(person.id), timedelta(days=1), 1, now)
    change_password(desk, person.id, HASH, None, now)
    desk.commit()
    assert desk.scalars(sa.select(MailedLink)).all() == []
    refused = client.post(STEP, data={"csrf_token": csrf(client, SIGN_IN), "code": code.now()})
    assert refused.location == SIGN_IN and not who_is_in(client)
    sign_in(client)
    send(client, STEP, code=code.now())
    assert who_is_in(client)
