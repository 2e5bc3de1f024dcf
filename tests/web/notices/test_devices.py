"""Adding and removing the devices on which one is told."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.devices import MOST
from servicedesk.gateways.webpush import new_key
from servicedesk.settings import Settings
from servicedesk.settings_notices import Push
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import PushDevice
from servicedesk.store.preferences import wishes_of
from tests import factories
from tests.push_service import Device
from tests.web.conftest import SignIn, csrf, page, send

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The test settings with a key for devices."""
    return settings.model_copy(update={"push": Push(key=new_key())})


@pytest.fixture
def student(desk: Session, client: FlaskClient, sign_in: SignIn) -> Iterator[Person]:
    made = factories.student(desk)
    desk.commit()
    sign_in(client, made.id)
    yield made


def add(client: FlaskClient, endpoint: str = "https://updates.push.services.mozilla.com/wpush/v2/abc") -> int:
    data = {**Device(endpoint).described, "csrf_token": csrf(client, "/preferences")}
    return client.post("/preferences/devices", data=data, headers={"User-Agent": FIREFOX}).status_code


def names(desk: Session) -> list[str]:
    desk.rollback()
    return list(desk.scalars(sa.select(PushDevice.name)))


def test_a_device_is_added_under_a_name_one_knows_and_removed(
    client: FlaskClient, desk: Session, student: Person
) -> None:
    assert add(client) == 303
    assert names(desk) == ["Firefox, Android"]
    shown = page(client, "/preferences")
    assert "Firefox, Android" in shown.text_content()
    [action] = [form.get("action") for form in shown.forms if form.get("action", "").endswith("/remove")]
    assert send(client, "/preferences", action).status_code == 303
    assert names(desk) == []


def test_a_browser_that_asks_twice_is_listed_once_and_belongs_to_who_asked_last(
    client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    other = factories.student(desk)
    desk.commit()
    assert [add(client), add(client)] == [303, 303]
    sign_in(client, other.id)
    add(client)
    desk.rollback()
    assert list(desk.scalars(sa.select(PushDevice.person_id))) == [other.id]


def test_an_address_that_is_no_push_service_is_refused(client: FlaskClient, desk: Session, student: Person) -> None:
    assert add(client, "https://169.254.169.254/latest") == 422
    assert names(desk) == []


def test_nobody_has_more_than_some_devices(client: FlaskClient, desk: Session, student: Person) -> None:
    for number in range(MOST):
        assert add(client, f"https://updates.push.services.mozilla.com/wpush/v2/{number}") == 303
    assert add(client) == 422
    assert len(names(desk)) == MOST


def test_somebody_elses_device_is_not_to_be_found(
    client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    add(client)
    other = factories.student(desk)
    desk.commit()
    device_id = desk.scalars(sa.select(PushDevice.id)).one()
    sign_in(client, other.id)
    token = csrf(client, "/preferences")
    assert client.post(f"/preferences/devices/{device_id}/remove", data={"csrf_token": token}).status_code == 404
    assert len(names(desk)) == 1


def test_without_a_key_there_is_no_word_of_devices(
    app: Flask, client: FlaskClient, student: Person, settings: Settings
) -> None:
    app.extensions["desk_settings"] = settings.model_copy(update={"push": Push()})
    shown = page(client, "/preferences")
    assert not shown.xpath("//*[@data-push]")
    assert not shown.xpath("//input[@value='comment.push']")
    assert add(client) == 422


def test_quiet_hours_are_kept_and_ended(client: FlaskClient, desk: Session, student: Person) -> None:
    for given, kept in ((("22", "7"), (22, 7)), (("", "7"), None)):
        send(client, "/preferences", quiet_from=given[0], quiet_until=given[1])
        desk.rollback()
        assert wishes_of(desk, [student.id])[student.id].habits.quiet == kept
