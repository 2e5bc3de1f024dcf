"""Staff file a request for somebody who called: found by number or address, or without any account."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent, Upload
from tests import factories
from tests.web.conftest import page, post
from tests.web.workbench.conftest import KEY

PATH = "/workbench/requests/new"
SAID = {"origin": "phone", "category": KEY, "title": "Lost the form", "description": "She lost the form."}
PHONE = {"field_phone": "02 5555 1234"}
WITH_FILE = "mobilita-doppio-titolo"
"""A category that asks for the degree course, credits, a day and a file."""


def form_of(shown: html.HtmlElement) -> html.FormElement:
    return next(form for form in shown.forms if form.get("action") == PATH and form.get("method") == "post")


def file(client: FlaskClient, who: str = "", category: str = KEY, **fields: str) -> TestResponse:
    form = form_of(page(client, f"{PATH}?who={who}&category={category}"))
    return post(client, form, **{**SAID, **PHONE, "category": category, **fields})


def only(desk: Session) -> Ticket:
    desk.rollback()
    return desk.scalars(sa.select(Ticket)).one()


def test_a_student_found_by_number_is_the_requester_and_told(signed_in: FlaskClient, me: Person, desk: Session) -> None:
    student = factories.student(desk, given_name="Giulia", family_name="Rossi")
    desk.commit()
    number = f"7{student.id:05d}"
    assert "Giulia Rossi" in page(signed_in, f"{PATH}?who={number}").text_content()
    answer = file(signed_in, number)
    ticket = only(desk)
    assert (answer.status_code, answer.location) == (303, f"/tickets/{ticket.number}")
    assert (ticket.requester_id, ticket.origin, ticket.access_suffix) == (student.id, "phone", None)
    event = desk.scalars(sa.select(TicketEvent).where(TicketEvent.action == "submit")).one()
    assert (event.actor_id, event.on_behalf_of) == (me.id, student.id)
    assert desk.scalars(sa.select(Notice.recipient_id).where(Notice.template == "opened")).all() == [student.id]
    assert "Phone" in page(signed_in, answer.location).xpath("string(//dl[.//dt[text()='Origin']])")


def test_somebody_without_an_account_gets_a_number_by_mail(signed_in: FlaskClient, desk: Session) -> None:
    answer = file(signed_in, given_name="Ugo", family_name="Esterni", email="Ugo@example.org", origin="email")
    assert answer.status_code == 303
    ticket = only(desk)
    assert ticket.access_suffix
    assert desk.get_one(Person, ticket.requester_id).email == "ugo@example.org"


def test_a_number_that_nobody_has_is_said_and_half_a_name_lists_nobody(signed_in: FlaskClient, desk: Session) -> None:
    factories.student(desk, given_name="Giulia", family_name="Rossi")
    desk.commit()
    for typed in ("799999999", "Rossi", "giulia"):
        assert "Nobody has this student number" in page(signed_in, f"{PATH}?who={typed}", 422).text_content()


def test_what_is_missing_is_said_and_what_was_typed_stays(signed_in: FlaskClient, desk: Session) -> None:
    answer = file(signed_in, title="", description="Kept words")
    assert answer.status_code == 422
    assert "Kept words" in answer.text
    assert desk.scalars(sa.select(Ticket)).all() == []


def test_a_form_sent_twice_files_once(signed_in: FlaskClient, desk: Session) -> None:
    form = form_of(page(signed_in, f"{PATH}?category={KEY}"))
    fields = {**SAID, **PHONE, "given_name": "Ugo", "family_name": "Esterni", "email": "u@example.org"}
    for _ in range(2):
        assert post(signed_in, form, **fields).status_code == 303
    assert only(desk).title == "Lost the form"


@pytest.mark.usefixtures("me")
def test_only_staff_file_for_others(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 303


def test_without_javascript_the_questions_of_the_category_come_after_it_is_chosen_and_nothing_typed_is_lost(
    signed_in: FlaskClient, desk: Session
) -> None:
    student = factories.student(desk, given_name="Giulia", family_name="Rossi")
    desk.commit()
    fresh = form_of(page(signed_in, f"{PATH}?who=7{student.id:05d}"))
    map_of = [("map.pdf", b"%PDF-1.4 x")]
    asked = post(signed_in, fresh, files=map_of, **{**SAID, "category": WITH_FILE, "description": "Kept words"})
    assert (asked.status_code, "This category asks more." in asked.text) == (200, True)
    form = form_of(html.fromstring(asked.text))
    typed = form.fields["title"], form.fields["description"].strip(), form.fields["origin"], "map.pdf" in asked.text
    assert typed == ("Lost the form", "Kept words", "phone", True)
    assert form.fields["field_degree_course"]
    refused = post(signed_in, form, field_credits="many")
    assert refused.status_code == 422
    form = form_of(html.fromstring(refused.text))
    assert (form.fields["field_credits"], form.fields["description"].strip()) == ("many", "Kept words")
    answered = {"field_credits": "6", "field_certificate_date": f"{datetime.now(UTC):%Y-%m-%d}"}
    assert post(signed_in, form, **answered).status_code == 303
    assert only(desk).answers["credits"]["value"] == "6"
    assert desk.scalars(sa.select(Upload.name).where(Upload.message_id.is_not(None))).all() == ["map.pdf"]
