"""The question after closing over HTTP: opened without saying anything, answered without signing in, seen by staff."""

import pytest
import sqlalchemy as sa

from servicedesk.rules.addresses import feedback_token
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import browser, page, send

KEY = "tasse-informazioni"


@pytest.fixture
def ticket(desk, student, now):
    made = factories.ticket(desk, requester=student, key=KEY, state=State.CLOSED, now=now)
    desk.commit()
    return made


@pytest.fixture
def path(settings, ticket):
    return f"/feedback/{feedback_token(settings.secret_key, ticket.id)}"


def grade(desk) -> int | None:
    desk.rollback()
    return desk.scalars(sa.select(Feedback.grade)).one()


def test_opening_the_link_chooses_the_grade_and_keeps_nothing(desk, client, path):
    shown = page(client, f"{path}?grade=4")
    assert shown.xpath("//input[@name='grade'][@checked]/@value") == ["4"]
    assert grade(desk) is None


def test_one_button_sends_the_answer_without_signing_in(desk, client, ticket, path):
    answer = send(client, f"{path}?grade=4", path, comment="Quick")
    assert (answer.status_code, answer.location) == (303, path)
    assert "You chose: 4 · Satisfied" in page(client, path).text_content()
    assert grade(desk) == 4
    assert desk.scalars(sa.select(Ticket.state)).one() == State.CLOSED


def test_a_forgotten_grade_is_asked_for_and_the_comment_stays(desk, client, path):
    answer = send(client, path, comment="Kept words")
    assert answer.status_code == 422
    assert "Choose one of the five grades." in answer.text
    assert "Kept words" in answer.text
    assert grade(desk) is None


def test_an_answer_is_changed_once_and_then_stands(desk, client, path):
    send(client, f"{path}?grade=4", path)
    send(client, f"{path}?grade=2", path)
    assert grade(desk) == 2
    assert not page(client, path).xpath("//input[@name='grade']")


@pytest.mark.parametrize("token", ["x", "A" * 32, "é" * 32])
def test_a_link_that_is_none_opens_nothing(client, token):
    assert client.get(f"/feedback/{token}").status_code == 404


def test_staff_read_the_answer_on_the_ticket(app, desk, client, sign_in, ticket, path):
    send(client, f"{path}?grade=4", path, comment="Quick and kind")
    worker = factories.technician(desk, ticket.group_code)
    desk.commit()
    colleague = browser(app)
    sign_in(colleague, worker.id)
    told = page(colleague, f"/tickets/{ticket.number}").text_content()
    assert "4 · Satisfied" in told
    assert "Quick and kind" in told


def test_the_page_of_a_closed_ticket_offers_the_same_question_to_its_requester(signed_in, ticket, path):
    offered = page(signed_in, f"/tickets/{ticket.number}").xpath("//section[@aria-labelledby='your-opinion']//a/@href")
    assert offered == [f"{path}?grade={each}" for each in range(1, 6)]


@pytest.mark.parametrize("state", [State.RESOLVED, State.CANCELLED])
def test_nothing_is_asked_where_nothing_was_closed(desk, student, signed_in, now, state):
    other = factories.ticket(desk, requester=student, key=KEY, state=state, now=now)
    desk.commit()
    assert not page(signed_in, f"/tickets/{other.number}").xpath("//section[@aria-labelledby='your-opinion']")
