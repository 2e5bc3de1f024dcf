"""Registering with e-mail and password (A5), and a forgotten password."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.people import Arrival
from servicedesk.actions.people import sign_in as arrive
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.store.models.accounts import LocalAccount, MailedLink
from servicedesk.store.models.people import Identity, LoginSession, Person
from tests import factories
from tests.web.account.tools import (
    PASSWORD,
    account,
    authenticator,
    letters,
    path_in,
    problem,
    sign_in,
    who_is_in,
)
from tests.web.conftest import browser, page, send

REGISTER = "/account/register"
RITA = {"given_name": "Rita", "family_name": "Ospiti", "email": "rita@example.org", "password": PASSWORD}


def registered(client: FlaskClient, desk: Session, **changed: str) -> str:
    """Register and return the link in the mail."""
    answer = send(client, REGISTER, **{**RITA, **changed})
    assert answer.status_code == 303, problem(answer)
    return path_in(letters(desk, "account_confirm")[-1])


def test_what_was_typed_as_a_name_is_not_mailed_to_an_address_nobody_has_confirmed(
    client: FlaskClient, desk: Session
) -> None:
    registered(client, desk)
    assert "Rita" not in str(letters(desk, "account_confirm")[-1].context)


def test_only_link_and_password_together_make_an_account(client: FlaskClient, desk: Session) -> None:
    link = registered(client, desk)
    assert desk.scalars(sa.select(Person)).all() == []
    assert client.get(link).status_code == 200
    assert send(client, link, password="another word entirely").status_code == 422
    desk.rollback()
    assert desk.scalars(sa.select(Person)).all() == []
    assert send(client, link, password=PASSWORD).status_code == 303
    desk.rollback()
    person = desk.scalars(sa.select(Person)).one()
    assert (person.display_name, person.email) == ("Rita Ospiti", "rita@example.org")
    identity = desk.scalars(sa.select(Identity)).one()
    assert identity.namespace == "local" and len(identity.subject) >= 32
    assert who_is_in(client) == "Rita Ospiti"
    assert client.get(link).status_code == 410


def test_every_mistake_is_told_at_once(client: FlaskClient) -> None:
    answer = send(client, REGISTER, given_name=" ", family_name="", email="rita@", password="short")
    assert answer.status_code == 422
    told = problem(answer)
    for words in ("Type your given name.", "Type your family name.", "name@example.org", "at least 12 characters"):
        assert words in told


def test_where_one_was_going_survives_the_registration(client: FlaskClient, desk: Session) -> None:
    assert send(client, f"{REGISTER}?next=/tickets", f"{REGISTER}?next=/tickets", **RITA).status_code == 303
    link = path_in(letters(desk, "account_confirm")[-1])
    assert send(client, link, password=PASSWORD).location == "/tickets"


def test_after_registering_the_tickets_filed_earlier_with_the_address_are_offered(
    client: FlaskClient, desk: Session
) -> None:
    guest = factories.guest(desk, email="rita@example.org")
    ticket = factories.ticket(desk, requester=guest, key="accesso-login", suffix="7KQF2M")
    desk.commit()
    assert send(client, registered(client, desk), password=PASSWORD).location == "/account/earlier-tickets"
    assert ticket.number in client.get("/account/earlier-tickets").text


def test_the_answer_is_the_same_for_an_address_that_has_an_account_whose_owner_is_told(
    client: FlaskClient, app: Flask, desk: Session
) -> None:
    account(desk)
    known = send(client, REGISTER, **RITA)
    fresh = browser(app)
    new = send(fresh, REGISTER, **{**RITA, "email": "nova@example.org"})
    assert (known.status_code, known.location) == (new.status_code, new.location)
    pages = [client.get("/account/mail-sent").text, fresh.get("/account/mail-sent").text]
    shown = [str(page_text.split("<main")[1]).replace("nova@", "rita@") for page_text in pages]
    assert shown[0] == shown[1]
    assert [notice.address for notice in letters(desk, "account_known")] == ["rita@example.org"]
    assert [notice.address for notice in letters(desk, "account_confirm")] == ["nova@example.org"]
    assert len(desk.scalars(sa.select(LocalAccount)).all()) == 1


def test_nobody_is_joined_by_e_mail_to_a_person_known_through_a_provider(client: FlaskClient, desk: Session) -> None:
    attributes = {"given_name": ("Rita",), "family_name": ("Ospiti",), "email": ("rita@example.org",)}
    federated = arrive(desk, Arrival(Proof(FISCAL, "f" * 64), attributes, "it"), (), datetime.now(UTC))
    desk.commit()
    send(client, registered(client, desk), password=PASSWORD)
    desk.rollback()
    own = desk.scalars(sa.select(LocalAccount.person_id)).one()
    assert own != federated.id


def test_of_two_registrations_of_one_address_the_first_confirmed_gets_it(
    client: FlaskClient, app: Flask, desk: Session
) -> None:
    first, second = registered(client, desk), registered(client, desk, password="quite another password")
    assert send(client, second, password="quite another password").status_code == 303
    assert send(browser(app), first, password=PASSWORD).status_code == 410


def test_registrations_can_be_closed_while_accounts_go_on(app: Flask, client: FlaskClient, desk: Session) -> None:
    account(desk)
    settings = app.extensions["desk_settings"]
    closed = settings.accounts.model_copy(update={"registration": False})
    app.extensions["desk_settings"] = settings.model_copy(update={"accounts": closed})
    assert client.get(REGISTER).status_code == 404
    assert REGISTER not in client.get("/account/sign-in").text
    assert sign_in(client).status_code == 303


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("short one", "at least 12 characters"),
        ("ritaospitirita", "too close to your name"),
        ("passwordpassword", "among the first"),
        ("", "Choose a password"),
    ],
)
def test_a_weak_password_is_refused_and_everything_else_stays_typed(client: FlaskClient, typed: str, why: str) -> None:
    answer = send(client, REGISTER, **{**RITA, "password": typed})
    assert answer.status_code == 422
    assert why in problem(answer)
    assert 'value="rita@example.org"' in answer.text and 'value="Rita"' in answer.text
    assert not typed or f'value="{typed}"' not in answer.text


def test_a_link_that_nobody_opened_ends(client: FlaskClient, desk: Session) -> None:
    link = registered(client, desk)
    desk.execute(sa.update(MailedLink).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    desk.commit()
    assert client.get(link).status_code == 410


def test_a_password_is_nowhere_in_the_database_in_clear(client: FlaskClient, desk: Session) -> None:
    send(client, registered(client, desk), password=PASSWORD)
    desk.rollback()
    for table in (MailedLink, LocalAccount, Person):
        assert PASSWORD not in str(desk.execute(sa.select(table.__table__)).all())
    assert desk.scalars(sa.select(LocalAccount.password_hash)).one().startswith("$argon2id$")


def reset_link(client: FlaskClient, desk: Session) -> str:
    assert send(client, "/account/forgotten", email="Rita@Example.org").status_code == 303
    return path_in(letters(desk, "account_password")[-1])


def test_a_forgotten_password_is_chosen_anew_once_and_ends_every_session(
    client: FlaskClient, app: Flask, desk: Session
) -> None:
    account(desk)
    elsewhere = browser(app)
    sign_in(elsewhere)
    link = reset_link(client, desk)
    assert client.get(link).status_code == 200
    assert who_is_in(elsewhere)
    assert send(client, link, password="a new one to remember").location == "/account/sign-in"
    assert not who_is_in(elsewhere) and not who_is_in(client)
    assert client.get(link).status_code == 410
    assert sign_in(client).status_code == 422
    assert sign_in(client, password="a new one to remember").status_code == 303
    assert [notice.context["what"] for notice in letters(desk, "account_changed")] == ["password"]


def test_a_new_password_does_not_replace_the_second_factor(client, desk, settings) -> None:
    authenticator(desk, settings, account(desk))
    send(client, reset_link(client, desk), password="a new one to remember")
    assert sign_in(client, password="a new one to remember").location == "/account/second-step"


def test_a_weak_new_password_leaves_the_link_good(client: FlaskClient, desk: Session) -> None:
    account(desk)
    link = reset_link(client, desk)
    assert send(client, link, password="rita@example.org").status_code == 422
    assert client.get(link).status_code == 200


def test_forgetting_the_password_of_an_unknown_address_answers_alike_and_mails_nothing(
    client: FlaskClient, desk: Session
) -> None:
    answer = send(client, "/account/forgotten", email="nobody@example.org")
    assert (answer.status_code, answer.location) == (303, "/account/mail-sent")
    assert letters(desk, "account_password") == []


def test_pages_after_a_mail_lead_away_when_nothing_was_mailed(client: FlaskClient) -> None:
    assert client.get("/account/mail-sent").location == "/account/sign-in"


def test_a_used_link_signs_nobody_in_twice(client: FlaskClient, app: Flask, desk: Session) -> None:
    link = registered(client, desk)
    form = page(client, link).forms
    assert form
    send(client, link, password=PASSWORD)
    desk.rollback()
    assert len(desk.scalars(sa.select(LoginSession)).all()) == 1
    assert browser(app).get(link).status_code == 410


def test_where_there_is_a_privacy_notice_it_is_linked_and_has_to_be_read(
    app: Flask, client: FlaskClient, desk: Session
) -> None:
    settings = app.extensions["desk_settings"]
    noticed = settings.accounts.model_copy(update={"privacy_url": "https://uni.example/privacy"})
    app.extensions["desk_settings"] = settings.model_copy(update={"accounts": noticed})
    answer = send(client, REGISTER, **RITA)
    assert answer.status_code == 422 and "Read the privacy notice" in problem(answer)
    assert 'href="https://uni.example/privacy"' in answer.text
    assert send(client, REGISTER, **RITA, has_read="y").status_code == 303
