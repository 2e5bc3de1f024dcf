"""Attachments: kept over a form's mistakes, refused by name, sent only to those who may read their message."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from servicedesk.actions import files
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, Upload
from servicedesk.web import uploads
from tests import factories
from tests.web.conftest import SignIn, browser, page, post, send

PDF = b"%PDF-1.4\n%%EOF\n"
KEY = "k" * 32
FORM = "/tickets/new/tasse-informazioni"


@pytest.fixture
def student(desk: Session) -> Person:
    made = factories.student(desk)
    desk.commit()
    return made


@pytest.fixture
def ticket(desk: Session, student: Person) -> Ticket:
    factories.technician(desk, "TASSE")
    made = factories.ticket(desk, requester=student, key="tasse-informazioni", now=datetime.now(UTC))
    desk.commit()
    return made


@pytest.fixture
def signed_in(client: FlaskClient, student: Person, sign_in: SignIn) -> FlaskClient:
    sign_in(client, student.id)
    return client


def attach(app: Flask, desk: Session, ticket: Ticket, by: Person, action: Action, name: str = "ricevuta.pdf") -> str:
    """Attach a file to a new message of the ticket, and return its id."""
    storage: Storage = app.extensions["desk_storage"]
    upload_id, now = new_upload_id(), datetime.now(UTC)
    stored = storage.save(io.BytesIO(PDF), upload_id, 1000)
    files.note_draft(desk, upload_id, KEY, name, "application/pdf", stored.size, stored.sha256, now)
    details = Details(note=from_plain("See the file."), files=(upload_id,), draft_key=KEY)
    act(desk, ticket, action, factories.actor(desk, by, ticket), now, details)
    desk.commit()
    return upload_id


def test_a_file_comes_as_a_download_that_cannot_run(app, desk, ticket, student, signed_in):
    upload_id = attach(app, desk, ticket, student, Action.COMMENT, name="ricevuta perché.pdf")
    with signed_in.get(f"/attachments/{upload_id}") as answer:
        assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''ricevuta%20perch%C3%A9.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_somebody_elses_file_is_not_there(app, desk, ticket, student, sign_in):
    upload_id = attach(app, desk, ticket, student, Action.COMMENT)
    other, stranger = factories.student(desk), browser(app)
    desk.commit()
    sign_in(stranger, other.id)
    assert stranger.get(f"/attachments/{upload_id}").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(app, desk, ticket, student, client):
    upload_id = attach(app, desk, ticket, student, Action.COMMENT)
    answer = client.get(f"/attachments/{upload_id}")
    assert (answer.status_code, answer.location) == (303, f"/login?next=/attachments/{upload_id}")


def test_the_file_of_an_internal_note_is_for_those_who_read_internals(app, desk, ticket, signed_in, sign_in):
    colleague = factories.technician(desk, ticket.group_code)
    upload_id = attach(app, desk, ticket, colleague, Action.NOTE)
    staff = browser(app)
    sign_in(staff, colleague.id)
    seen = staff.get(f"/attachments/{upload_id}")
    assert (signed_in.get(f"/attachments/{upload_id}").status_code, seen.status_code) == (404, 200)
    seen.close()


def test_a_draft_and_a_guessed_id_are_not_there(app, desk, signed_in):
    draft = new_upload_id()
    files.note_draft(desk, draft, KEY, "a.pdf", "application/pdf", 3, "0" * 64, datetime.now(UTC))
    desk.commit()
    for upload_id in (draft, new_upload_id(), "..%2f..%2fetc%2fpasswd"):
        assert signed_in.get(f"/attachments/{upload_id}").status_code == 404


def test_files_survive_a_mistake_in_the_form_and_arrive_with_the_ticket(desk, signed_in):
    refused = send(signed_in, FORM, files=[("ricevuta.pdf", PDF)], description="Paid.")
    assert refused.status_code == 422
    form = _form(refused.text)
    assert form.xpath(".//label[contains(., 'ricevuta.pdf')]")
    answer = post(signed_in, form, title="Instalment")
    assert answer.status_code == 303
    number = answer.location.split("/")[2]
    names = desk.scalars(select(Upload.name).join(Ticket, Ticket.id == Upload.ticket_id).where(Ticket.number == number))
    assert list(names) == ["ricevuta.pdf"]


def test_a_kept_file_whose_box_is_cleared_is_forgotten_with_its_bytes(app, desk, signed_in):
    refused = send(signed_in, FORM, files=[("ricevuta.pdf", PDF)], description="Paid.")
    form = _form(refused.text)
    for box in form.xpath(".//input[@name='files_kept']"):
        del box.attrib["checked"]
    assert post(signed_in, form, title="Instalment").status_code == 303
    assert desk.scalars(select(Upload)).all() == []
    assert not [path for path in Path(app.extensions["desk_storage"].folder).rglob("*") if path.is_file()]


def test_a_refused_file_is_named_and_the_good_one_is_kept(signed_in):
    files_sent = [("ricevuta.pdf", PDF), ("modulo.pdf", b"<html>")]
    refused = send(signed_in, FORM, files=files_sent, title="Instalment", description="Paid.")
    assert refused.status_code == 422
    assert "modulo.pdf is not what its name says" in refused.text
    assert "ricevuta.pdf (15 B)" in refused.text
    assert 'value="Instalment"' in refused.text


def test_several_refused_files_are_all_named(signed_in):
    files_sent = [("a.exe", b"MZ\0\0"), ("b.pdf", b"<html>")]
    refused = send(signed_in, FORM, files=files_sent, title="Instalment", description="Paid.")
    assert "These files cannot be taken: a.exe, b.pdf." in refused.text


def test_a_file_beyond_the_limit_is_refused_by_name(signed_in, monkeypatch):
    monkeypatch.setattr(uploads, "MEGABYTE", 1000)
    big = [("video.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 25_000)]
    refused = send(signed_in, FORM, files=big, title="Instalment", description="Paid.")
    assert refused.status_code == 422
    assert "video.mp4 is too large: at most 25 MB." in refused.text


def test_more_files_than_allowed_are_refused(signed_in):
    many = [(f"{count}.pdf", PDF) for count in range(11)]
    refused = send(signed_in, FORM, files=many, title="Instalment", description="Paid.")
    assert refused.status_code == 422
    assert "Attach at most 10 files." in refused.text


def test_a_form_without_its_key_is_refused(signed_in):
    refused = send(signed_in, FORM, title="Instalment", description="Paid.", idempotency_key="short")
    assert refused.status_code == 422
    assert "This form is not complete." in refused.text


def test_a_file_reaches_the_ticket_with_a_comment(desk, ticket, signed_in):
    path = f"/tickets/{ticket.number}"
    answer = send(signed_in, path, f"{path}/comment", files=[("ricevuta.pdf", PDF)], note="Here it is.")
    assert answer.status_code == 303
    link = page(signed_in, path).xpath("//a[contains(., 'ricevuta.pdf')]/@href")[0]
    with signed_in.get(link) as answer:
        assert answer.data == PDF


def _form(text: str) -> html.FormElement:
    return next(form for form in html.fromstring(text).forms if form.get("action") == FORM)


def kept_now(client, form, name="receipt.pdf", content=PDF):
    """Send one file by itself, as the page does while the form is being written."""
    fields = {field: form.fields[field] for field in ("csrf_token", "idempotency_key")}
    return client.post("/uploads", data={**fields, "files": (io.BytesIO(content), name)})


def test_a_file_sent_by_itself_arrives_with_the_form_that_names_it(desk, signed_in):
    form = _form(signed_in.get(FORM).text)
    answer = kept_now(signed_in, form)
    assert answer.status_code == 200
    sent = post(signed_in, form, title="Paid", description="See.", files_kept=answer.json["id"])
    number = sent.location.split("/")[2]
    names = desk.scalars(select(Upload.name).join(Ticket, Ticket.id == Upload.ticket_id).where(Ticket.number == number))
    assert list(names) == ["receipt.pdf"]


def test_a_file_sent_by_itself_is_refused_in_words(signed_in):
    form = _form(signed_in.get(FORM).text)
    answer = kept_now(signed_in, form, "run.exe", b"MZ\0")
    assert (answer.status_code, "cannot be attached" in answer.json["error"]) == (422, True)
    short = signed_in.post("/uploads", data={"csrf_token": form.fields["csrf_token"], "idempotency_key": "short"})
    assert (short.status_code, "not complete" in short.json["error"]) == (422, True)


def test_no_more_files_are_kept_than_a_form_may_carry(signed_in):
    form = _form(signed_in.get(FORM).text)
    answers = [kept_now(signed_in, form) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [422]


def test_a_file_is_taken_away_by_the_form_it_belongs_to_alone(app, desk, signed_in):
    form, other = (_form(signed_in.get(FORM).text) for _ in range(2))
    upload_id = kept_now(signed_in, form).json["id"]
    for asking, left in ((other, 1), (form, 0)):
        fields = {field: asking.fields[field] for field in ("csrf_token", "idempotency_key")}
        assert signed_in.post(f"/uploads/{upload_id}/remove", data=fields).status_code == 204
        desk.rollback()
        assert len(desk.scalars(select(Upload)).all()) == left


def test_a_stranger_keeps_no_file(desk, client):
    path = "/external/ae929822-c377-4964-bfb2-61bd6947fb4a/new/accesso-login"
    form = next(form for form in page(client, path).forms if form.get("action") == path)
    assert kept_now(client, form).status_code == 303
    assert desk.scalars(select(Upload)).all() == []
