"""Approving on the screens: what the requester reads, the approver's page, the panel and what a supervisor can do."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, Outcome, State
from servicedesk.rules.permissions import SYSTEM
from servicedesk.store.approvals import let_read
from servicedesk.store.models.approvals import Approval
from servicedesk.store.models.people import Absence, Person
from servicedesk.store.models.tickets import Message, Ticket
from tests import factories
from tests.web.conftest import SignIn, browser, page, send

KEY, GROUP, SECOND = "laboratori-accesso", "RETI", "DIDA"


class Scene:
    """A request that needs two approvals, and the browsers of everybody concerned."""

    def __init__(self, app: Flask, desk: Session, sign_in: SignIn) -> None:
        self.app, self.desk, self.sign_in = app, desk, sign_in
        self.leader = factories.supervisor(desk, GROUP, given_name="Nora", family_name="Coordini")
        self.office = factories.technician(desk, SECOND, given_name="Laura", family_name="Didatti")
        self.worker = factories.technician(desk, GROUP)
        self.student = factories.student(desk, given_name="Giulia", family_name="Chiede")
        self.ticket = factories.ticket(
            desk, key=KEY, requester=self.student, state=State.NEW, title="Lab at night", now=datetime.now(UTC)
        )
        desk.commit()
        self.path = f"/approvals/{self.ticket.number}"

    def client(self, who: Person) -> FlaskClient:
        client = browser(self.app)
        self.sign_in(client, who.id)
        return client

    def read(self, who: Person, path: str) -> str:
        return " ".join(page(self.client(who), path).text_content().split())

    def state(self) -> str:
        self.desk.rollback()
        self.desk.expire_all()
        return self.desk.get_one(Ticket, self.ticket.id).state


@pytest.fixture
def scene(app: Flask, desk: Session, sign_in: SignIn) -> Scene:
    return Scene(app, desk, sign_in)


def test_before_asking_one_reads_who_has_to_approve_it(scene: Scene) -> None:
    for path in (f"/catalogue/{KEY}", f"/tickets/new/{KEY}"):
        assert "Work starts once it is approved by: Network and labs" in scene.read(scene.student, path), path
    assert "Work starts once" not in scene.read(scene.student, "/catalogue/laboratori-stampa")


def test_the_requester_reads_whom_the_request_waits_for(scene: Scene) -> None:
    shown = scene.read(scene.student, f"/tickets/{scene.ticket.number}")
    assert "The request is being approved" in shown
    assert f"It waits for the approval of {scene.leader.code}." in shown
    assert f"Approval was asked of: {scene.leader.code}" in shown


def test_each_approver_is_asked_in_turn_and_then_the_group_gets_the_request(scene: Scene) -> None:
    first, second = scene.client(scene.leader), scene.client(scene.office)
    assert "1 request to approve" in scene.read(scene.leader, "/")
    assert "Lab at night" in scene.read(scene.leader, "/approvals")
    assert "Nothing waits for your approval" in scene.read(scene.office, "/approvals")
    sent = send(first, scene.path, f"{scene.path}/approve")
    assert (sent.status_code, sent.location) == (303, "/approvals")
    assert scene.state() == State.NEW
    assert "Step 2 of 2" in scene.read(scene.office, "/approvals")
    send(second, scene.path, f"{scene.path}/approve", note="Fine with us.")
    assert scene.state() == State.ASSIGNED_TECHNICIAN
    shown = scene.read(scene.worker, f"/tickets/{scene.ticket.number}")
    assert "Fine with us." in shown and "Laura Didatti: approved" in shown
    assert "What you decided last" in scene.read(scene.leader, "/approvals")


def test_opening_the_page_changes_nothing_and_shows_what_is_asked(scene: Scene) -> None:
    before = scene.ticket.last_seq
    shown = scene.read(scene.leader, scene.path)
    assert "Giulia Chiede" in shown and "How do I renew late?" in shown and "not asked yet" in shown
    scene.desk.expire_all()
    assert scene.desk.get_one(Ticket, scene.ticket.id).last_seq == before


def test_a_refusal_without_a_reason_comes_back_and_with_one_ends_the_request(scene: Scene) -> None:
    client = scene.client(scene.leader)
    form = page(client, scene.path).xpath(f"//form[@action='{scene.path}/approve']")[0]
    fields = dict(form.form_values())
    refused = client.post(f"{scene.path}/disapprove", data=fields)
    assert refused.status_code == 422 and "Give the reason" in refused.text
    assert client.post(f"{scene.path}/disapprove", data={**fields, "note": "Closed at night."}).status_code == 303
    assert scene.state() == State.CLOSED
    shown = scene.read(scene.student, f"/tickets/{scene.ticket.number}")
    assert "not approved" in shown and "Closed at night." in shown and "Open a new linked ticket" in shown
    assert scene.desk.get_one(Ticket, scene.ticket.id).outcome == Outcome.NOT_APPROVED


def test_an_answer_to_what_was_changed_meanwhile_is_not_given_and_the_text_stays(scene: Scene) -> None:
    client = scene.client(scene.leader)
    fields = dict(page(client, scene.path).xpath(f"//form[@action='{scene.path}/approve']")[0].form_values())
    asker = factories.actor(scene.desk, scene.student)
    act(scene.desk, scene.desk.get_one(Ticket, scene.ticket.id), Action.EDIT, asker, datetime.now(UTC), EDIT)
    scene.desk.commit()
    answer = client.post(f"{scene.path}/approve", data={**fields, "note": "All right."})
    assert answer.status_code == 409 and "All right." in answer.text and "Two labs" in answer.text
    assert scene.state() == State.NEW


EDIT = Details(title="Two labs at night")


def test_whoever_comes_too_late_reads_that_it_is_decided_and_strangers_read_nothing(scene: Scene) -> None:
    other = factories.supervisor(scene.desk, GROUP)
    scene.desk.commit()
    again = factories.ticket(scene.desk, key=KEY, state=State.NEW, now=datetime.now(UTC))
    scene.desk.commit()
    path = f"/approvals/{again.number}"
    late = scene.client(other)
    fields = dict(page(late, path).xpath(f"//form[@action='{path}/approve']")[0].form_values())
    send(scene.client(scene.leader), path, f"{path}/approve")
    # A supervisor of the request's own group goes on reading it; somebody of elsewhere would not.
    assert late.post(f"{path}/approve", data=fields).status_code in (403, 409)
    assert scene.client(scene.office).get(f"/approvals/{scene.ticket.number}").status_code == 404
    send(scene.client(scene.student), f"/tickets/{scene.ticket.number}", f"/tickets/{scene.ticket.number}/withdraw")
    question = Approval(round_id=1, ticket_id=scene.ticket.id, step=0, person_id=scene.office.id, source=0)
    question.state, question.asked_at = "passed", datetime.now(UTC)
    scene.desk.add(question)
    scene.desk.commit()
    assert "nothing to decide any more" in scene.read(scene.office, scene.path)


def test_the_requester_does_not_learn_from_the_approvers_page_who_they_are(scene: Scene) -> None:
    assert scene.client(scene.student).get(scene.path).status_code == 404
    assert "Coordini" in scene.read(scene.leader, scene.path)


def test_a_substitute_sees_whom_they_decide_for_and_the_timeline_says_so(scene: Scene) -> None:
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    mate = factories.technician(scene.desk, "HD1", given_name="Bruno", family_name="Risposti")
    question = scene.desk.scalars(sa.select(Approval).where(Approval.person_id == scene.office.id)).one()
    today = datetime.now(UTC).date()
    days = {"first_day": today, "last_day": today + timedelta(days=3), "handling": "keep"}
    scene.desk.add(Absence(person_id=scene.office.id, substitute_id=mate.id, **days))
    question.stand_in_id = mate.id
    scene.desk.commit()
    let_read(scene.desk, scene.ticket.id, [mate.id])
    scene.desk.commit()
    assert "in the place of Laura Didatti" in scene.read(mate, "/approvals")
    send(scene.client(mate), scene.path, f"{scene.path}/approve")
    shown = scene.read(scene.worker, f"/tickets/{scene.ticket.number}")
    assert f"{mate.code} for {scene.office.code}" in shown
    assert f"{mate.code} Bruno Risposti for {scene.office.code} Laura Didatti" in shown


def test_a_supervisor_reminds_and_asks_somebody_else_from_the_ticket(scene: Scene) -> None:
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    client, path = scene.client(scene.leader), f"/tickets/{scene.ticket.number}"
    assert (
        "Those who have not decided were reminded"
        in client.get(send(client, path, f"{scene.path}/remind").location).text
    )
    wrong = send(client, path, f"{scene.path}/replace", code="nobody")
    assert wrong.status_code == 422 and "Choose who is asked instead" in wrong.text and 'value="nobody"' in wrong.text
    other = factories.technician(scene.desk, "HD1")
    scene.desk.commit()
    send(client, path, f"{scene.path}/replace", code=str(other.code))
    assert "Lab at night" in scene.read(other, "/approvals")
    assert "Nothing waits" in scene.read(scene.office, "/approvals")
    assert "Remind them now" not in scene.read(scene.worker, path)


def test_an_approver_who_is_no_staff_of_the_group_asks_the_requester_on_the_ticket(scene: Scene) -> None:
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    path = f"/tickets/{scene.ticket.number}"
    shown = scene.read(scene.office, path)
    assert "Your approval of this request is asked." in shown and "shares this request with you" not in shown
    sent = send(scene.client(scene.office), path, f"{path}/comment", note="Which lab?")
    assert sent.status_code == 303
    texts = scene.desk.scalars(sa.select(Message.body_text).where(Message.ticket_id == scene.ticket.id)).all()
    assert "Which lab?" in texts


def test_a_supervisor_who_was_told_of_a_late_approval_reads_that_it_is_that(scene: Scene) -> None:
    for _reminder in range(2):
        act(scene.desk, scene.desk.get_one(Ticket, scene.ticket.id), Action.REMIND_APPROVERS, SYSTEM, datetime.now(UTC))
    scene.desk.commit()
    for path in ("/workbench/matters", f"/tickets/{scene.ticket.number}"):
        shown = scene.read(scene.leader, path)
        assert "Approval overdue: asked for on" in shown and "Targets missed" not in shown, path
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    send(scene.client(scene.office), scene.path, f"{scene.path}/approve")
    assert "Its approval came late; it is decided now." in scene.read(scene.leader, "/workbench/matters")


def test_an_approver_of_elsewhere_asks_those_at_work_and_only_they_read_it(scene: Scene) -> None:
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    client = scene.client(scene.office)
    empty = remark(client, scene.path, remark=" ")
    assert empty.status_code == 422 and "Write a text" in empty.text
    sent = remark(client, scene.path, remark="Who opens at night?")
    assert (sent.status_code, sent.location) == (303, scene.path)
    shown = scene.read(scene.office, scene.path)
    assert "Who opens at night?" in shown and "Your answer" in shown and scene.state() == State.NEW
    path = f"/tickets/{scene.ticket.number}"
    assert "Who opens at night?" in scene.read(scene.worker, path)
    assert "Who opens at night?" not in scene.read(scene.student, path)
    assert "Who opens at night?" not in scene.read(scene.leader, scene.path)
    assert "leave them a note" not in scene.read(scene.worker, scene.path)


def remark(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Press the button beside the remark, with the whole form as a browser sends it."""
    form = page(client, path).xpath(f"//form[.//button[@formaction='{path}/remark']]")[0]
    return client.post(f"{path}/remark", data={**dict(form.form_values()), **fields})


def test_what_was_typed_for_the_answer_stays_when_the_question_is_sent(scene: Scene) -> None:
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    client = scene.client(scene.office)
    sent = remark(client, scene.path, remark="Who opens at night?", note="Until ten o'clock.")
    form = page(client, sent.location).xpath(f"//form[@action='{scene.path}/approve']")[0]
    assert [form.fields[name].strip() for name in ("note", "remark")] == ["Until ten o'clock.", ""]
    send(client, sent.location, f"{scene.path}/approve")
    shown = scene.read(scene.worker, f"/tickets/{scene.ticket.number}")
    assert shown.count("Who opens at night?") == 1 and "Until ten o'clock." in shown


def test_what_was_typed_for_those_at_work_goes_along_with_the_answer_or_stays_with_it(scene: Scene) -> None:
    send(scene.client(scene.leader), scene.path, f"{scene.path}/approve")
    client, path = scene.client(scene.office), f"/tickets/{scene.ticket.number}"
    fields = dict(page(client, scene.path).xpath(f"//form[@action='{scene.path}/approve']")[0].form_values())
    fields["remark"] = "The key is with me."
    wordless = client.post(f"{scene.path}/disapprove", data=fields)
    assert wordless.status_code == 422 and "The key is with me." in wordless.text
    assert "The key is with me." not in scene.read(scene.worker, path)
    assert client.post(f"{scene.path}/approve", data=fields).status_code == 303
    assert "The key is with me." in scene.read(scene.worker, path)
    assert "The key is with me." not in scene.read(scene.student, path)
