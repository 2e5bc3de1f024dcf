"""What administrators see of the sources of identity providers, and having them read again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.jobs import run_job
from servicedesk.settings import Settings
from servicedesk.store.models.federation import FederationSource
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.federation_desk import aggregate_at, file_of, publish, read_now, with_sources
from tests.gateways.web_server import Site, running
from tests.job_desk import working
from tests.saml.aggregates import entity, group, pair, signed
from tests.web.conftest import SignIn, browser, page, send
from tests.web.queries import count_queries

PATH = "/admin/federation"
OWN, ONE, WEAK = "https://own.example/idp", "https://one.example/idp", "https://weak.example/idp"
ENDS = datetime.now(UTC) + timedelta(days=12)
SOON = datetime.now(UTC) + timedelta(days=29)


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def settings(settings: Settings, site: Site, tmp_path: Path) -> Settings:
    """A file of our own before a federation's address."""
    members = [entity(OWN), entity(ONE, keys=[pair("ending", ends=ENDS)]), entity(WEAK, keys=[pair("weak", bits=1024)])]
    publish(site, *members, valid_until=datetime.now(UTC) + timedelta(days=7))
    own = file_of(tmp_path, "own.xml", signed(group(entity(OWN, keys=[pair("soon", ends=SOON)]))))
    return with_sources(settings, own, aggregate_at(site, tmp_path))


@pytest.fixture
def admin(app: Flask, desk: Session, sign_in: SignIn) -> FlaskClient:
    person = factories.administrator(desk)
    desk.commit()
    client = browser(app)
    sign_in(client, person.id)
    return client


def words(client: FlaskClient) -> str:
    return " ".join(page(client, PATH).text_content().split())


def rows(client: FlaskClient) -> list[str]:
    found: list[html.HtmlElement] = page(client, PATH).xpath("//tbody/tr")
    return [" ".join(row.text_content().split()) for row in found]


def test_before_the_first_reading_a_source_says_so(admin: FlaskClient, site: Site) -> None:
    own, address = rows(admin)
    assert "own.xml 1 at the start of the desk no end stated in order" in own
    assert f"{site.url}/metadata.xml 0 not yet" in address
    assert "A certificate ends within 30 days" in words(admin) and OWN in words(admin)


def test_a_source_shows_its_copy_and_what_is_wrong_in_it(admin: FlaskClient, settings: Settings) -> None:
    with working(settings) as context:
        run_job(context, "refresh_federations")
    _own, address = rows(admin)
    assert "/metadata.xml 2 " in address and "in order" in address
    shown = words(admin)
    assert "A certificate ends within 30 days" in shown and ONE in shown
    assert "listed above it too" in shown and OWN in shown
    assert f"{WEAK}: X509Certificate: RSA key of 1024 bits, at least 2048 are needed" in shown


def test_a_failing_source_says_how_often_and_why(admin: FlaskClient, settings: Settings, site: Site) -> None:
    with working(settings) as context:
        run_job(context, "refresh_federations")
        site.answers.clear()
        read_now(context)
        read_now(context)
    _own, address = rows(admin)
    assert "2 failures in a row: It could not be read: 404 Not Found." in address
    assert "/metadata.xml 2 " in address, "the last good copy is still there"


def test_a_copy_that_is_over_is_shown_as_such(admin: FlaskClient, desk: Session, settings: Settings) -> None:
    with working(settings) as context:
        run_job(context, "refresh_federations")
    desk.execute(sa.update(FederationSource).values(valid_until=datetime.now(UTC) - timedelta(minutes=1)))
    desk.commit()
    assert "over: not used any more" in rows(admin)[1]


def test_the_button_lets_the_job_read_again_and_is_recorded(
    admin: FlaskClient, desk: Session, settings: Settings, site: Site
) -> None:
    with working(settings) as context:
        run_job(context, "refresh_federations")
        answer = send(admin, PATH, f"{PATH}/university/again")
        assert (answer.status_code, answer.location) == (303, PATH)
        assert "read again within a minute" in words(admin)
        run_job(context, "refresh_federations")
    assert site.asked == ["/metadata.xml"] * 2
    assert desk.scalars(sa.select(AuditEvent.action)).all() == ["federation.read_again"]


def test_an_unknown_profile_is_not_found(admin: FlaskClient) -> None:
    form = page(admin, PATH).forms[-1]
    token = dict(form.form_values())["csrf_token"]
    assert admin.post(f"{PATH}/nothing/again", data={"csrf_token": token}).status_code == 404


def test_nobody_else_sees_or_asks(app: Flask, desk: Session, sign_in: SignIn) -> None:
    worker = factories.technician(desk, "STAGE")
    desk.commit()
    client = browser(app)
    sign_in(client, worker.id)
    page(client, PATH, 403)


def test_the_page_asks_the_same_few_questions_however_many_providers_there_are(
    app: Flask, admin: FlaskClient, settings: Settings, site: Site
) -> None:
    counts = []
    with working(settings) as context:
        for many in (3, 60):
            publish(site, *(entity(f"https://idp{n}.example", keys=[pair("ending", ends=ENDS)]) for n in range(many)))
            read_now(context)
            with count_queries(app) as seen:
                page(admin, PATH)
            counts.append(seen.count)
    assert counts[0] == counts[1]
