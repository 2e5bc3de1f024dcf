"""The privacy page says the terms in force: those of administrators, per service where they differ, or none yet."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import EVERY_SERVICE
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store.models.retention import RetentionTerm
from tests import factories
from tests.web.conftest import browser, page
from tests.web.queries import count_queries

FIRST = "Your requests and appointments"


def set_terms(desk: Session, service_id: str, files: int = 0, tickets: int = 0, accounts: int = 0) -> None:
    desk.add(
        RetentionTerm(
            service_id=service_id,
            files_months=files,
            tickets_months=tickets,
            accounts_months=accounts,
            revision=1,
            changed_at=factories.NOW,
            changed_by="person:1",
        )
    )
    desk.commit()


def row(client: FlaskClient, begins: str) -> str:
    (cell,) = page(client, "/privacy").xpath(f"//tr[th[starts-with(., '{begins}')]]/td[2]")
    return " ".join(" ".join(cell.itertext()).split())


def services(desk: Session) -> list[str]:
    found = list(catalogue.current(desk).services)
    desk.rollback()
    return found


def test_without_a_term_it_says_so_and_names_the_rule_of_the_institution(
    client: FlaskClient, settings: Settings
) -> None:
    said = row(client, FIRST)
    assert "Requests, from their closing No term is set yet: kept until one is." in said
    assert settings.statements.privacy.tickets_kept.en in said
    assert "Attachments" not in said
    assert "last use No term is set yet" in row(client, "Name, e-mail address")


def test_the_terms_of_administrators_stand_there_once_where_all_services_have_the_same(
    client: FlaskClient, desk: Session
) -> None:
    for service_id in services(desk):
        set_terms(desk, service_id, files=12, tickets=24)
    set_terms(desk, EVERY_SERVICE, accounts=36)
    said = row(client, FIRST)
    assert said.startswith(
        "Attachments, from the closing of the request 12 months. Requests, from their closing 24 mon"
    )
    assert "rules" not in said
    assert said.count("12 months.") == 1
    assert "An account without requests, from its last use 36 months." in row(client, "Name, e-mail address")


def test_services_are_named_where_their_terms_differ(app: Flask, client: FlaskClient, desk: Session) -> None:
    first = services(desk)[0]
    name = catalogue.current(desk).services[first].name
    set_terms(desk, first, tickets=24)
    said = row(client, FIRST)
    assert f"{name.en} Requests, from their closing 24 months." in said
    assert "No term is set yet" in said
    assert name.it in page(browser(app, "it"), "/privacy").xpath("string(//table)")


def test_texts_that_stay_are_named(app: Flask, client: FlaskClient, desk: Session, settings: Settings) -> None:
    set_terms(desk, services(desk)[0], tickets=24)
    assert "without your name" not in row(client, FIRST)
    kept = settings.retention.model_copy(update={"texts": "keep"})
    app.extensions["desk_settings"] = settings.model_copy(update={"retention": kept})
    assert "What was written in them Stays, without your name." in row(client, FIRST)


def test_it_asks_the_database_no_more_often_for_more_services(app: Flask, client: FlaskClient, desk: Session) -> None:
    client.get("/privacy")
    with count_queries(app) as few:
        client.get("/privacy")
    for months, service_id in enumerate(services(desk), 6):
        set_terms(desk, service_id, tickets=months)
    with count_queries(app) as many:
        client.get("/privacy")
    assert many.count == few.count
