"""Whoever of the staff opens a request is written down after the answer, and read by those who may know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.actions.details import Details
from servicedesk.actions.files import note_draft
from servicedesk.actions.merging import merge
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import Reading
from servicedesk.store.models.tickets import Ticket
from servicedesk.web import reading_log
from servicedesk.web.db import db
from tests import factories
from tests.web.conftest import SignIn, browser, csrf, page, send
from tests.web.workbench.conftest import GROUP, TicketIn

AsPerson = Callable[[Person], FlaskClient]


@pytest.fixture
def as_person(app: Flask, sign_in: SignIn) -> AsPerson:
    def signed_in(person: Person) -> FlaskClient:
        client = browser(app)
        sign_in(client, person.id)
        return client

    return signed_in


@pytest.fixture
def ticket(ticket_in: TicketIn) -> Ticket:
    return ticket_in(title="A private matter")


@contextmanager
def opened(client: FlaskClient, path: str) -> Iterator[TestResponse]:
    """Open a page to its end, as a server does: what comes after the answer happens then."""
    with client.get(path) as answer:
        yield answer


def open_all(client: FlaskClient, *paths: str) -> list[int]:
    found = []
    for path in paths:
        with opened(client, path) as answer:
            found.append(answer.status_code)
    return found


def noted(desk: Session) -> list[tuple[int, str, str]]:
    desk.rollback()
    query = sa.select(Reading.person_id, Ticket.number, Reading.way).outerjoin(Ticket).order_by(Reading.id)
    return [tuple(row) for row in desk.execute(query)]


def attached(app: Flask, desk: Session, ticket: Ticket, by: Person) -> str:
    storage: Storage = app.extensions["desk_storage"]
    upload_id, now, key = new_upload_id(), datetime.now(UTC), "k" * 24
    stored = storage.save(BytesIO(b"words"), upload_id, 100)
    note_draft(desk, upload_id, key, "a.txt", "text/plain", stored.size, stored.sha256, now)
    words = Details(note=from_plain("See the file."), files=(upload_id,), draft_key=key)
    act(desk, ticket, Action.COMMENT, factories.actor(desk, by), now, words)
    desk.commit()
    return upload_id


def test_page_print_pdf_and_file_are_each_written_down_once(app, desk, signed_in, me, ticket) -> None:
    file = attached(app, desk, ticket, me)
    here = f"/tickets/{ticket.number}"
    assert set(open_all(signed_in, here, here, f"{here}/print", f"{here}/pdf", f"/attachments/{file}")) == {200}
    ways = ("page", "print", "pdf", "file")
    assert noted(desk) == [(me.id, ticket.number, way) for way in ways]


def test_whoever_opens_a_request_reads_what_was_merged_into_it_too(desk, signed_in, me, ticket, ticket_in) -> None:
    other = ticket_in(title="The same again")
    words = Details(note=from_plain("Both ask the same."))
    merge(desk, other.number, ticket.number, factories.actor(desk, me), datetime.now(UTC), words)
    desk.commit()
    assert open_all(signed_in, f"/tickets/{ticket.number}") == [200]
    assert {row[1] for row in noted(desk)} == {ticket.number, other.number}


def test_a_request_of_ones_own_strangers_and_refusals_leave_nothing(desk, as_person, signed_in, me, ticket) -> None:
    requester = desk.get_one(Person, ticket.requester_id)
    stranger = factories.technician(desk, "TASSE")
    mine = factories.ticket(desk, key="tasse-mora", requester=me, now=datetime.now(UTC))
    desk.commit()
    here = f"/tickets/{ticket.number}"
    assert open_all(as_person(requester), here) == [200]
    assert open_all(as_person(stranger), here) == [404]
    assert open_all(signed_in, f"/tickets/{mine.number}", "/queue") == [200, 200]
    assert noted(desk) == []


def test_a_form_that_comes_back_with_the_page_is_read_as_the_page_is(desk, signed_in, me, ticket, ticket_in) -> None:
    other, here = ticket_in(title="Another"), f"/tickets/{ticket.number}"
    said = {"csrf_token": csrf(signed_in, f"/tickets/{other.number}")}
    with signed_in.post(f"{here}/note", data=said) as answer:
        assert answer.status_code == 422
        assert "A private matter" in answer.text
    assert (me.id, ticket.number, "page") in noted(desk)


def test_a_supervisor_sees_who_opened_it_and_a_technician_does_not(desk, as_person, signed_in, me, ticket) -> None:
    leader = factories.supervisor(desk, GROUP, given_name="Lea", family_name="Capo")
    desk.commit()
    here = f"/tickets/{ticket.number}"
    open_all(signed_in, here)
    readers = f"/workbench/tickets/{ticket.number}/readers"
    assert signed_in.get(readers).status_code == 403
    assert not page(signed_in, here).xpath(f"//a[@href='{readers}']")
    lead = as_person(leader)
    assert page(lead, here).xpath(f"//a[@href='{readers}']")
    shown = page(lead, readers)
    assert [" ".join(row.text_content().split()) for row in shown.xpath("//tbody//th")] == [f"{me.code} Anna Bianchi"]
    with opened(lead, readers):
        assert [row[0] for row in noted(desk)] == [me.id]


def test_an_administrator_with_a_reason_is_written_down_too(desk, as_person, ticket) -> None:
    boss = factories.administrator(desk)
    desk.commit()
    client, here = as_person(boss), f"/tickets/{ticket.number}"
    assert open_all(client, here) == [404]
    send(client, "/admin/access", number=ticket.number, reason="She complained by phone.")
    assert open_all(client, here) == [200]
    assert noted(desk) == [(boss.id, ticket.number, "page")]


def test_the_answer_has_left_before_anything_is_written(app, desk, signed_in, ticket, monkeypatch) -> None:
    at: list[str] = []
    monkeypatch.setattr(reading_log, "write", lambda *_: at.append("written"))
    with opened(signed_in, f"/tickets/{ticket.number}") as answer:
        assert answer.status_code == 200
        at.append("answered")
    assert at == ["answered", "written"]


def test_opening_costs_one_statement_more_and_it_comes_afterwards(app, ticket, me) -> None:
    with app.app_context():
        engine = db.engine
    sent: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    reading_log.write(engine, me.id, [ticket.number], reading_log.Way.PAGE, datetime.now(UTC))
    assert [verb for statement in sent if (verb := statement.split()[0]) != "BEGIN"] == ["INSERT"]


def test_an_administrator_looks_it_up_with_a_reason(desk, as_person, signed_in, me, ticket) -> None:
    boss, other = (factories.administrator(desk, given_name=name) for name in ("Ada", "Bea"))
    desk.commit()
    open_all(signed_in, f"/tickets/{ticket.number}")
    client, path = as_person(boss), "/admin/readings"
    refused = send(client, path, about="ticket", subject="2026999999", reason="why")
    assert refused.status_code == 422
    assert 'value="2026999999"' in refused.text
    answer = send(client, path, about="reader", subject=me.code, reason="A complaint of 3 March.")
    assert answer.status_code == 303
    shown = page(client, answer.location)
    assert shown.xpath("//tbody/tr/td[2]/text()") == [ticket.number]
    assert "A complaint of 3 March." in shown.text_content()
    assert as_person(other).get(answer.location).status_code == 404


def test_a_list_taken_away_is_written_down(desk, signed_in, me, ticket) -> None:
    said = {"csrf_token": csrf(signed_in, "/figures"), "period": "week"}
    with signed_in.post("/figures/tickets.csv", data=said) as answer:
        assert answer.status_code == 200
    assert noted(desk) == [(me.id, None, "list")]
