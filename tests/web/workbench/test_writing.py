"""The composer: who reads what, drafts that come back anywhere, and a moment in which sending can be taken back."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.actions.details import Details
from servicedesk.actions.held import send_due
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.models.work import WorkDraft
from tests import factories
from tests.web.conftest import SignIn, browser, csrf, page
from tests.web.workbench.conftest import GROUP, TicketIn, send


@pytest.fixture
def mine(ticket_in: TicketIn) -> Ticket:
    return ticket_in(state=State.IN_PROGRESS)


def path_of(ticket: Ticket) -> str:
    return f"/tickets/{ticket.number}"


def sent(desk: Session, ticket: Ticket) -> list[str]:
    desk.rollback()
    query = sa.select(TicketEvent.action).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    done = ("comment", "note", "wait", "propose", "reply_close")
    return [action for action in desk.scalars(query) if action in done]


def composer(shown: object) -> str:
    return str(shown.xpath("string(//section[contains(@class, 'desk-composer')])"))  # type: ignore[attr-defined]


def text_in(shown: object) -> str:
    return str(shown.xpath("string(//textarea[@id='compose-note'])")).strip()  # type: ignore[attr-defined]


def notices(shown: object) -> str:
    return " ".join(each.text_content() for each in shown.xpath("//*[contains(@class, 'desk-notice')]"))  # type: ignore[attr-defined]


def keep(client: FlaskClient, ticket: Ticket, how: str = "draft", **typed: str) -> str:
    key = page(client, path_of(ticket)).xpath("string(//*[@id='write']/..//input[@name='idempotency_key']/@value)")
    data = {"note": "Half a sentence", "note_format": "text", "idempotency_key": key, **typed}
    answer = press(client, ticket, how, **data)
    assert answer.status_code in (200, 303)
    return answer.text


def press(client: FlaskClient, ticket: Ticket, verb: str, **fields: Any) -> TestResponse:
    token = csrf(client, path_of(ticket))
    return client.post(f"/workbench/tickets/{ticket.number}/{verb}", data={"csrf_token": token, **fields})


def test_beside_the_buttons_stands_who_reads_what_they_send(signed_in: FlaskClient, mine: Ticket) -> None:
    shown = page(signed_in, path_of(mine))
    groups = {
        shown.xpath(f"string(//*[@id='{group.get('aria-labelledby')}'])").strip(): group.xpath(
            ".//button[@type='submit']/text()"
        )
        for group in shown.xpath("//*[contains(@class, 'desk-way')][@role='group']")
    }
    assert groups == {
        "The requester reads it and is told by mail": [
            "Reply to the requester",
            "Ask and wait for the requester",
            "Propose as solution",
            "Reply and close",
        ],
        "Only staff read it": ["Internal note"],
    }


def test_a_draft_comes_back_in_another_browser_with_its_files_and_to_nobody_else(
    app: Flask, signed_in: FlaskClient, me: Person, mine: Ticket, sign_in: SignIn, desk: Session
) -> None:
    keep(signed_in, mine, files=(io.BytesIO(b"%PDF-1.4 x"), "map.pdf"))  # type: ignore[arg-type]
    elsewhere, colleague, other = browser(app), browser(app), factories.technician(desk, GROUP)
    desk.commit()
    sign_in(elsewhere, me.id)
    sign_in(colleague, other.id)
    shown = page(elsewhere, path_of(mine))
    assert text_in(shown) == "Half a sentence"
    assert "map.pdf" in composer(shown)
    assert text_in(page(colleague, path_of(mine))) == ""
    assert send(elsewhere, shown, "note").status_code == 303
    assert "map.pdf" in elsewhere.get(path_of(mine)).text
    assert text_in(page(elsewhere, path_of(mine))) == ""
    assert desk.scalars(sa.select(WorkDraft)).all() == []


def test_what_is_typed_is_kept_by_itself_and_an_emptied_field_forgets_it(signed_in: FlaskClient, mine: Ticket) -> None:
    assert "Not sent yet" in keep(signed_in, mine, "autosave", note="<p>Half</p>", note_format="html")
    assert text_in(page(signed_in, path_of(mine))) == "<p>Half</p>"
    keep(signed_in, mine, "autosave", note=" ")
    assert text_in(page(signed_in, path_of(mine))) == ""


def test_a_draft_can_be_discarded(signed_in: FlaskClient, mine: Ticket) -> None:
    keep(signed_in, mine)
    assert press(signed_in, mine, "discard").status_code == 303
    assert text_in(page(signed_in, path_of(mine))) == ""


def test_another_form_of_the_page_leaves_the_draft_alone(signed_in: FlaskClient, mine: Ticket) -> None:
    keep(signed_in, mine)
    assert send(signed_in, page(signed_in, path_of(mine)), "release").status_code == 303
    assert text_in(page(signed_in, path_of(mine))) == "Half a sentence"
    refused = send(signed_in, page(signed_in, path_of(mine)), "duplicate", duplicate_of="2020999999")
    assert refused.status_code == 422
    assert "Half a sentence" in refused.text


def test_a_draft_is_refused_to_those_who_only_read(app: Flask, mine: Ticket, sign_in: SignIn, desk: Session) -> None:
    client = browser(app)
    sign_in(client, mine.requester_id)
    for verb in ("draft", "autosave", "discard"):
        assert press(client, mine, verb, note="x").status_code == 403
    assert press(client, mine, "undo").status_code == 303
    assert desk.scalars(sa.select(WorkDraft)).all() == []


@pytest.mark.usefixtures("undo")
def test_a_solution_can_be_taken_back_and_stands_in_the_composer_again(
    signed_in: FlaskClient, mine: Ticket, desk: Session
) -> None:
    file = (io.BytesIO(b"%PDF-1.4 x"), "map.pdf")
    shown = page(signed_in, path_of(mine))
    assert send(signed_in, shown, "propose", note="Room 3.", files=file).status_code == 303  # type: ignore[arg-type]
    shown = page(signed_in, path_of(mine))
    assert "Propose as solution" in composer(shown)
    assert "Sending in " in composer(shown)
    assert "Room 3." in composer(shown)
    assert sent(desk, mine) == []
    press(signed_in, mine, "undo")
    assert "Nothing was sent" in signed_in.get(path_of(mine)).text
    shown = page(signed_in, path_of(mine))
    assert text_in(shown) == "Room 3."
    assert "map.pdf" in composer(shown)
    assert sent(desk, mine) == []


@pytest.mark.usefixtures("undo")
def test_what_is_held_can_be_sent_at_once_and_only_once(signed_in: FlaskClient, mine: Ticket, desk: Session) -> None:
    send(signed_in, page(signed_in, path_of(mine)), "comment", note="Room 3.")
    for _ in range(2):
        assert press(signed_in, mine, "send").status_code == 303
    assert sent(desk, mine) == ["comment"]
    press(signed_in, mine, "undo")
    assert "Too late" in signed_in.get(path_of(mine)).text


@pytest.mark.usefixtures("undo")
def test_notes_are_kept_at_once_and_after_what_was_said_before(
    signed_in: FlaskClient, mine: Ticket, desk: Session
) -> None:
    shown = page(signed_in, path_of(mine))
    send(signed_in, shown, "comment", note="Room 3.")
    send(signed_in, shown, "note", note="Odd case.")
    assert sent(desk, mine) == ["comment", "note"]


@pytest.mark.usefixtures("undo")
def test_news_in_the_meantime_give_the_text_back_and_say_why(
    signed_in: FlaskClient, mine: Ticket, desk: Session
) -> None:
    send(signed_in, page(signed_in, path_of(mine)), "reply_close", note="Room 3.")
    now = datetime.now(UTC)
    requester = factories.actor(desk, desk.get_one(Person, mine.requester_id))
    ticket = desk.get_one(Ticket, mine.id)
    act(desk, ticket, Action.COMMENT, requester, now, Details(note=from_plain("One more thing.")))
    desk.commit()
    desk.execute(sa.update(WorkDraft).values(send_at=now))
    assert send_due(desk, now, 10, set()) == 1
    desk.commit()
    shown = page(signed_in, path_of(mine))
    assert "This was not sent. Somebody else was faster" in notices(shown)
    assert text_in(shown) == "Room 3."
    assert sent(desk, mine) == ["comment"]


@pytest.mark.usefixtures("undo")
def test_what_cannot_be_sent_is_said_at_once(signed_in: FlaskClient, mine: Ticket, desk: Session) -> None:
    refused = send(signed_in, page(signed_in, path_of(mine)), "propose", note=" ")
    assert refused.status_code == 422
    assert "Write a text" in refused.text
    assert desk.scalars(sa.select(WorkDraft)).all() == []


@pytest.mark.usefixtures("undo")
def test_what_requesters_say_is_never_held(app: Flask, mine: Ticket, sign_in: SignIn, desk: Session) -> None:
    client = browser(app)
    sign_in(client, mine.requester_id)
    data = {"note": "Hello?", "idempotency_key": "k" * 32, "csrf_token": csrf(client, path_of(mine))}
    assert client.post(f"{path_of(mine)}/comment", data=data).status_code == 303
    assert sent(desk, mine) == ["comment"]
