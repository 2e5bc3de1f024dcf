"""A copy of one's data: asked for and taken by the person, or by an administrator with a reason, and nobody else."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.jobs import run_job
from servicedesk.settings import Settings
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import OwnData
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.job_desk import working
from tests.web.conftest import SignIn, browser, page, send

HERE = "/preferences/data"


@pytest.fixture
def anna(desk: Session) -> Person:
    made = factories.student(desk, given_name="Anna")
    factories.ticket(desk, key="stage-curriculare", requester=made, title="My internship", now=datetime.now(UTC))
    desk.commit()
    return made


@pytest.fixture
def as_person(app: Flask, sign_in: SignIn) -> Callable[[Person], FlaskClient]:
    def signed_in(person: Person) -> FlaskClient:
        client = browser(app)
        sign_in(client, person.id)
        return client

    return signed_in


@pytest.fixture
def work(settings: Settings) -> Iterator[Callable[[], str]]:
    """Run the job that makes copies."""
    with working(settings) as context:
        yield lambda: run_job(context, "own_data")


def place_of(client: FlaskClient, path: str) -> str:
    return str(page(client, path).xpath("//a[@download]/@href")[0])


def test_a_person_asks_waits_and_takes_a_copy_that_no_browser_keeps(anna, as_person, work) -> None:
    client = as_person(anna)
    assert send(client, HERE).status_code == 303
    assert "It is being made" in page(client, HERE).text_content()
    assert not page(client, HERE).xpath(f"//form[@action='{HERE}']")
    work()
    with client.get(place_of(client, HERE)) as answer:
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/zip", "private, no-store")
        assert "My internship" in ZipFile(BytesIO(answer.data)).read("index.html").decode()


def test_sending_the_form_twice_makes_one_copy_and_says_so(anna, as_person, desk) -> None:
    client = as_person(anna)
    form = next(form for form in page(client, HERE).forms if form.get("action") == HERE)
    for _ in range(2):
        assert client.post(HERE, data=dict(form.form_values())).status_code == 303
    assert "A copy is being made already." in page(client, HERE).text_content()
    assert desk.scalar(sa.select(sa.func.count(OwnData.id))) == 1


def test_nobody_takes_anothers_copy_and_nobody_signed_out_takes_any(anna, as_person, work, desk, client) -> None:
    send(as_person(anna), HERE)
    work()
    place = place_of(as_person(anna), HERE)
    copy_id = place.rsplit("/", 1)[1]
    boss = factories.administrator(desk)
    fellow, technician = factories.student(desk), factories.technician(desk, "STAGE")
    desk.commit()
    for person in (fellow, technician, boss):
        assert as_person(person).get(place).status_code == 404
    assert as_person(boss).get(f"/admin/people/{anna.id}/data/{copy_id}").status_code == 404
    assert client.get(place).status_code == 303


def test_an_administrator_gives_a_reason_and_takes_the_copy_alone(anna, as_person, work, desk) -> None:
    boss, other = (factories.administrator(desk, given_name=name) for name in ("Ada", "Bea"))
    desk.commit()
    path = f"/admin/people/{anna.id}/data"
    client = as_person(boss)
    refused = send(client, path, reason="short", locale="en")
    assert refused.status_code == 422
    assert "short</textarea>" in refused.text
    assert desk.scalar(sa.select(OwnData.id)) is None
    assert send(client, path, reason="Asked by letter of 3 March.", locale="en").status_code == 303
    work()
    place = place_of(client, path)
    with client.get(place) as answer:
        assert answer.mimetype == "application/zip"
    assert as_person(other).get(place).status_code == 404
    assert as_person(anna).get(f"{HERE}/{place.rsplit('/', 1)[1]}").status_code == 404
    desk.rollback()  # what was read so far is how it stood then
    [event] = desk.scalars(sa.select(AuditEvent).where(AuditEvent.action == "own_data.ask"))
    assert (event.actor, event.subject) == (f"person:{boss.id}", f"person:{anna.id}")


def test_an_administrator_of_one_service_gets_nobodys_data(anna, as_person, desk) -> None:
    boss = factories.administrator(desk, "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63")
    desk.commit()
    client = as_person(boss)
    assert client.get(f"/admin/people/{anna.id}/data").status_code == 403
    assert "data" not in "".join(page(client, f"/admin/people/{anna.id}").xpath("//main//a/@href"))


def test_a_guest_is_found_by_the_address_and_gets_a_copy_through_the_administrator(as_person, desk) -> None:
    rita = factories.guest(desk, email="rita@example.org")
    boss = factories.administrator(desk)
    desk.commit()
    found = page(as_person(boss), "/admin/people?q=rita@example.org")
    [link] = [a for a in found.xpath("//main//a/@href") if a.endswith("/data")]
    assert link == f"/admin/people/{rita.id}/data"
    assert "rita@example.org" in page(as_person(boss), link).text_content()
