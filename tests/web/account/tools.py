"""What tests of accounts share: an account with a password, the links in mails, codes of an authenticator app."""

from datetime import UTC, datetime

import pyotp
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.actions import accounts, second_factor
from servicedesk.gateways import one_time_codes
from servicedesk.gateways.passwords import hashed
from servicedesk.settings import Settings
from servicedesk.store.models.accounts import OneTimeCodes
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from tests.web.conftest import send

PASSWORD = "correct horse battery staple"
SIGN_IN = "/account/sign-in"
HASH = hashed(PASSWORD)


def account(desk: Session, address: str = "rita@example.org", **values: str) -> Person:
    """A person with a local account and `PASSWORD`."""
    person = accounts.add_person(desk, "Rita", "Ospiti", address, "en", datetime.now(UTC))
    give_account(desk, person)
    return person


def give_account(desk: Session, person: Person) -> None:
    """Give a person a local account with `PASSWORD`."""
    made = accounts.add_account(desk, person, person.email, datetime.now(UTC))
    made.password_hash = HASH
    desk.commit()


def authenticator(desk: Session, settings: Settings, person: Person) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """An app that is set up and confirmed (with an old code), and the recovery codes."""
    sealed = one_time_codes.new_secret(settings.secret_key)
    app = pyotp.TOTP(one_time_codes.shown(settings.secret_key, sealed))
    second_factor.begin_codes(desk, person.id, sealed)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    codes = second_factor.confirm_codes(desk, person.id, app.at(long_ago), settings.secret_key, long_ago)
    desk.commit()
    return app, codes


def is_confirmed(desk: Session, person: Person) -> bool:
    """Whether the person's app counts."""
    desk.rollback()
    return desk.scalar(sa.select(OneTimeCodes.confirmed_at).where(OneTimeCodes.person_id == person.id)) is not None


def sign_in(client: FlaskClient, address: str = "rita@example.org", password: str = PASSWORD) -> TestResponse:
    """Type address and password."""
    return send(client, SIGN_IN, email=address, password=password)


def who_is_in(client: FlaskClient) -> str:
    """The name in the header, empty for nobody."""
    found = html.fromstring(client.get("/account", follow_redirects=True).text).xpath("//*[@class='desk-menu__who']")
    return str(found[0].text_content()).strip() if found else ""


def letters(desk: Session, template: str) -> list[Notice]:
    """The mails of this kind, oldest first."""
    desk.rollback()
    return list(desk.scalars(sa.select(Notice).where(Notice.template == template).order_by(Notice.id)))


def path_in(notice: Notice) -> str:
    """The local path that a mail's button opens."""
    assert notice.context
    return str(notice.context["path"])


def problem(answer: TestResponse) -> str:
    """What a page says in its alert."""
    return " ".join(str(text) for text in html.fromstring(answer.text).xpath("//*[@role='alert']//text()"))
