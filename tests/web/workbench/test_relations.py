"""Linked, merged and split requests on their pages: what staff do, what each requester sees."""

from datetime import datetime
from io import BytesIO

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.files import attach, note_draft
from servicedesk.actions.merging import merge
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import new_upload_id
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketLink
from tests import factories
from tests.web.conftest import SignIn, browser, page, send
from tests.web.workbench.conftest import TicketIn


def words(client: FlaskClient, path: str) -> str:
    return " ".join(page(client, path).text_content().split())


def requester_of(app: Flask, desk: Session, sign_in: SignIn, ticket: Ticket) -> FlaskClient:
    client = browser(app)
    sign_in(client, ticket.requester_id)
    return client


def test_a_link_is_made_on_the_page_shown_on_both_and_removed(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn
) -> None:
    one, other = ticket_in(title="First"), ticket_in(title="Second")
    path = f"/tickets/{one.number}"
    answer = send(signed_in, path, f"{path}/link", link_kind="child_of", other=other.number)
    assert answer.status_code == 303
    assert f"Part of {other.number} Second" in words(signed_in, path)
    assert f"Has as a part {one.number} First" in words(signed_in, f"/tickets/{other.number}")
    assert other.number not in words(requester_of(app, desk, sign_in, one), path)
    assert send(signed_in, path, f"{path}/unlink").status_code == 303
    assert "not linked to any other" in words(signed_in, path)


def test_a_wrong_number_keeps_what_was_typed(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    path = f"/tickets/{ticket_in().number}"
    answer = send(signed_in, path, f"{path}/link", link_kind="causes", other="2099000001")
    assert answer.status_code == 422
    assert "another request that you can read" in answer.text
    assert 'value="2099000001"' in answer.text


def test_the_parts_are_answered_together_and_each_outcome_is_told(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    whole, *parts = (ticket_in(title=f"No {serial}") for serial in range(3))
    desk.add_all(TicketLink(ticket_id=part.id, other_id=whole.id, kind="child_of") for part in parts)
    desk.commit()
    path = f"/workbench/tickets/{whole.number}/together"
    assert f'href="{path}"' in signed_in.get(f"/tickets/{whole.number}").text
    refused = send(signed_in, path, text_it=" ", text_en="")
    assert refused.status_code == 422
    assert "Write a text" in refused.text
    answer = send(signed_in, path, text_it="Fatto.", text_en="Done.")
    assert "2 requests were answered" in words(signed_in, answer.location)
    desk.expire_all()
    assert [desk.get_one(Ticket, part.id).state for part in parts] == [State.RESOLVED] * 2
    assert "Nothing to answer" in words(signed_in, path)


def test_a_merge_shows_what_becomes_of_both_and_the_histories_are_read_together(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn
) -> None:
    going, staying = ticket_in(title="Goes", body="My words"), ticket_in(title="Stays")
    path = f"/workbench/tickets/{going.number}/merge"
    preview = words(signed_in, f"{path}?into={staying.number}")
    assert "This one goes" in preview
    assert "This one stays" in preview
    answer = send(signed_in, f"{path}?into={staying.number}", path, note="Both ask the same.")
    assert answer.status_code == 303, answer.text
    shown = words(signed_in, f"/tickets/{staying.number}")
    assert f"from {going.number}" in shown
    assert "My words" in shown
    asker = requester_of(app, desk, sign_in, going)
    own = words(asker, f"/tickets/{going.number}")
    assert "answered together with another one" in own
    assert "Stays" not in own
    assert staying.number not in own
    assert "My words" not in words(requester_of(app, desk, sign_in, staying), f"/tickets/{staying.number}")
    undone = send(signed_in, f"/workbench/tickets/{going.number}/unmerge")
    assert undone.status_code == 303
    desk.expire_all()
    assert desk.get_one(Ticket, going.id).state == State.ASSIGNED_GROUP


def test_a_merge_with_a_number_nobody_has_is_refused_on_the_same_page(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    path = f"/workbench/tickets/{ticket_in().number}/merge"
    answer = signed_in.get(f"{path}?into=2099000001")
    assert answer.status_code == 422
    assert "another request that you can read" in answer.text


def test_the_requester_of_a_merged_request_reads_answer_and_file_and_accepts_here(
    app: Flask, ticket_in: TicketIn, desk: Session, sign_in: SignIn, me: Person, now: datetime
) -> None:
    going, staying = ticket_in(), ticket_in(state=State.IN_PROGRESS)
    worker = factories.actor(desk, me)
    merge(desk, going.number, staying.number, worker, now, Details())
    other = desk.get_one(Person, staying.requester_id)
    note = from_plain(f"Dear {other.family_name}, fill in the form.")
    event = act(desk, staying, Action.PROPOSE, worker, now, Details(note=note))
    message = desk.scalars(sa.select(Message).where(Message.event_id == event.id)).one()
    key, upload_id = new_upload_id(), new_upload_id()
    note_draft(desk, upload_id, key, "form.txt", "text/plain", 5, "0" * 64, now)
    attach(desk, [upload_id], key, staying.id, message.id)
    app.extensions["desk_storage"].save(BytesIO(b"words"), upload_id, 100)
    desk.commit()
    asker, path = requester_of(app, desk, sign_in, going), f"/tickets/{going.number}"
    shown = words(asker, path)
    assert "fill in the form" in shown
    assert other.family_name not in shown
    with asker.get(f"/attachments/{upload_id}") as download:
        assert download.status_code == 200
    stranger, student = browser(app), factories.student(desk)
    desk.commit()
    sign_in(stranger, student.id)
    assert stranger.get(f"/attachments/{upload_id}").status_code == 404
    assert send(asker, path, f"{path}/accept").status_code == 303
    desk.expire_all()
    assert desk.get_one(Ticket, going.id).outcome == "accepted"
    assert desk.get_one(Ticket, staying.id).state == State.RESOLVED


def test_the_type_is_changed_with_one_button(signed_in: FlaskClient, ticket_in: TicketIn, desk: Session) -> None:
    made = ticket_in()
    path = f"/tickets/{made.number}"
    assert send(signed_in, path, f"{path}/convert").status_code == 303
    desk.expire_all()
    assert desk.get_one(Ticket, made.id).kind == "incident"


def test_a_part_becomes_a_request_of_its_own_once_with_its_file_and_both_are_linked(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn, now: datetime
) -> None:
    whole = ticket_in(title="Two questions", body="First question")
    asker = factories.actor(desk, desk.get_one(Person, whole.requester_id))
    event = act(desk, whole, Action.COMMENT, asker, now, Details(note=from_plain("Second question")))
    message = desk.scalars(sa.select(Message).where(Message.event_id == event.id)).one()
    key, upload_id = new_upload_id(), new_upload_id()
    note_draft(desk, upload_id, key, "receipt.txt", "text/plain", 5, "0" * 64, now)
    attach(desk, [upload_id], key, whole.id, message.id)
    app.extensions["desk_storage"].save(BytesIO(b"words"), upload_id, 100)
    desk.commit()
    path = f"/workbench/tickets/{whole.number}/split"
    form = page(signed_in, path).forms[-1]
    data = {**dict(form.form_values()), "messages": str(message.id), "files": upload_id, "title": "The second"}
    assert [signed_in.post(path, data=data).status_code for _ in range(2)] == [303, 303]
    made = desk.scalars(sa.select(Ticket).where(Ticket.title == "The second")).one()
    assert made.requester_id == whole.requester_id
    shown = words(signed_in, f"/tickets/{made.number}")
    assert f"Copied from {whole.number}" in shown
    assert "Second question" in shown
    assert "First question" not in shown
    assert "receipt.txt" in shown
    assert f"Split off into {made.number}" in words(signed_in, f"/tickets/{whole.number}")
    own = requester_of(app, desk, sign_in, whole)
    assert made.number in words(own, f"/tickets/{whole.number}")
    told = desk.scalars(sa.select(Notice.ticket_id).where(Notice.ticket_id == made.id, Notice.template == "opened"))
    assert len(told.all()) == 1
    refused = signed_in.post(path, data={**data, "address": "nobody@example.org", "idempotency_key": "x" * 32})
    assert refused.status_code == 422
    assert "Nobody here has this institutional address" in refused.text
    assert "The second" in refused.text


def test_a_part_for_somebody_else_is_theirs_and_unseen_by_the_first(
    app: Flask, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn
) -> None:
    whole, other = ticket_in(), factories.student(desk)
    desk.commit()
    path = f"/workbench/tickets/{whole.number}/split"
    message = desk.scalars(sa.select(Message.id).where(Message.ticket_id == whole.id)).first()
    address = factories.institutional_address(desk, other)
    answer = send(signed_in, path, messages=str(message), title="For another", address=address)
    assert answer.status_code == 303
    desk.rollback()
    made = desk.scalars(sa.select(Ticket).where(Ticket.title == "For another")).one()
    assert made.requester_id == other.id
    first = requester_of(app, desk, sign_in, whole)
    assert made.number not in words(first, f"/tickets/{whole.number}")
    assert first.get(f"/tickets/{made.number}").status_code == 404
