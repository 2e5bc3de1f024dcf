"""Each action over HTTP: once allowed with its effect, once refused with its sentence and nothing changed."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.lines import Matter
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.lines import TicketMatter
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import LoginSession, Person
from servicedesk.store.models.tickets import (
    Invitation,
    Message,
    Participation,
    PublicTicket,
    Ticket,
    TicketEvent,
    TicketLink,
)
from servicedesk.web.moves import BY_HAND
from tests import between_lines, factories
from tests.web.conftest import SignIn, browser, csrf

KEY = "iscrizione-rinnovo-lettere"
GROUP, SAME_LINE, OTHER_LINE = "CARR-LET", "CARR-ECO", "INFO1"
Fields = Mapping[str, str]

# action: state it starts from, who does it, what the form holds, state it leads to
ALLOWED: Mapping[Action, tuple[State, str, Fields, State]] = {
    Action.ASSIGN_GROUP: (State.ASSIGNED_GROUP, "member", {"group": SAME_LINE}, State.ASSIGNED_TECHNICIAN),
    Action.ASSIGN_TECHNICIAN: (State.ASSIGNED_GROUP, "member", {"technician": "member"}, State.ASSIGNED_TECHNICIAN),
    Action.TAKE: (State.ASSIGNED_GROUP, "member", {}, State.ASSIGNED_TECHNICIAN),
    Action.RELEASE: (State.IN_PROGRESS, "member", {}, State.ASSIGNED_GROUP),
    Action.START: (State.ASSIGNED_TECHNICIAN, "member", {}, State.IN_PROGRESS),
    Action.WAIT: (State.IN_PROGRESS, "member", {"note": "Which year?", "waiting_for": "requester"}, State.WAITING),
    Action.RESUME: (State.WAITING, "member", {}, State.ASSIGNED_TECHNICIAN),
    Action.COMMENT: (State.IN_PROGRESS, "requester", {"note": "And also."}, State.IN_PROGRESS),
    Action.NOTE: (State.IN_PROGRESS, "member", {"note": "Hm."}, State.IN_PROGRESS),
    Action.RECLASSIFY: (
        State.ASSIGNED_GROUP,
        "member",
        {"category": "iscrizione-rinnovo-economia"},
        State.ASSIGNED_TECHNICIAN,
    ),
    Action.FORWARD: (
        State.IN_PROGRESS,
        "member",
        {"group": OTHER_LINE, "note": "Theirs.", "keep_watching": "y"},
        State.ASSIGNED_TECHNICIAN,
    ),
    Action.PRIORITISE: (State.ASSIGNED_GROUP, "member", {"urgency": "5", "impact": "5"}, State.ASSIGNED_GROUP),
    Action.PROPOSE: (State.IN_PROGRESS, "member", {"note": "Do this."}, State.RESOLVED),
    Action.REPLY_CLOSE: (State.IN_PROGRESS, "member", {"note": "Do this."}, State.CLOSED),
    Action.ACCEPT: (State.RESOLVED, "requester", {}, State.CLOSED),
    Action.REFUSE: (State.RESOLVED, "requester", {"note": "No."}, State.ASSIGNED_TECHNICIAN),
    Action.REOPEN: (State.CLOSED, "requester", {"note": "Again."}, State.ASSIGNED_TECHNICIAN),
    Action.WITHDRAW: (State.ASSIGNED_GROUP, "requester", {}, State.CANCELLED),
    Action.DUPLICATE: (State.ASSIGNED_GROUP, "member", {"duplicate_of": "other"}, State.CLOSED),
    Action.SHARE: (State.IN_PROGRESS, "requester", {"address": "x@studenti.example.org"}, State.IN_PROGRESS),
    Action.UNSHARE: (State.IN_PROGRESS, "member", {"invitation": "friend"}, State.IN_PROGRESS),
    Action.LEAVE: (State.IN_PROGRESS, "follower", {}, State.IN_PROGRESS),
    Action.PUBLISH: (State.IN_PROGRESS, "requester", {"scope": "service", "is_confirmed": "y"}, State.IN_PROGRESS),
    Action.UNPUBLISH: (State.CLOSED, "member", {}, State.CLOSED),
    Action.THANK: (State.CLOSED, "requester", {"note": "How kind!"}, State.CLOSED),
    Action.LINK: (State.CLOSED, "member", {"link_kind": "child_of", "other": "other"}, State.CLOSED),
    Action.UNLINK: (State.IN_PROGRESS, "member", {"link": "made"}, State.IN_PROGRESS),
    Action.CONVERT: (State.IN_PROGRESS, "member", {}, State.IN_PROGRESS),
    Action.WATCH: (State.IN_PROGRESS, "member", {}, State.IN_PROGRESS),
    Action.UNWATCH: (State.WAITING, "member", {}, State.WAITING),
    Action.LET_GO: (State.ASSIGNED_TECHNICIAN, "leader", {}, State.ASSIGNED_TECHNICIAN),
    Action.KEEP: (State.ASSIGNED_TECHNICIAN, "leader", {"note": "Ours."}, State.ASSIGNED_TECHNICIAN),
    Action.ESCALATE: (State.IN_PROGRESS, "member", {"note": "Today."}, State.IN_PROGRESS),
    Action.ACKNOWLEDGE: (State.ASSIGNED_TECHNICIAN, "leader", {}, State.ASSIGNED_TECHNICIAN),
    Action.ASK_ADVICE: (State.IN_PROGRESS, "member", {"group": SAME_LINE, "note": "Due?"}, State.IN_PROGRESS),
    Action.ADVISE: (State.ASSIGNED_TECHNICIAN, "adviser", {"note": "No."}, State.ASSIGNED_TECHNICIAN),
    Action.END_ADVICE: (State.ASSIGNED_TECHNICIAN, "member", {"matter": "asked"}, State.ASSIGNED_TECHNICIAN),
    Action.DECLARE_MAJOR: (State.IN_PROGRESS, "leader", {"note": "Down."}, State.IN_PROGRESS),
    Action.END_MAJOR: (State.ASSIGNED_TECHNICIAN, "leader", {"note": "Up."}, State.ASSIGNED_TECHNICIAN),
}
# action: state it starts from, who tries, what the form holds, status, words of the sentence
REFUSED: Mapping[Action, tuple[State, str, Fields, int, str]] = {
    Action.ASSIGN_GROUP: (State.ASSIGNED_GROUP, "member", {"group": OTHER_LINE}, 422, "on another support line"),
    Action.ASSIGN_TECHNICIAN: (State.ASSIGNED_GROUP, "member", {"technician": "requester"}, 422, "Choose a technician"),
    Action.TAKE: (State.ASSIGNED_GROUP, "requester", {}, 403, "You cannot do this"),
    Action.RELEASE: (State.ASSIGNED_GROUP, "member", {}, 409, "has moved on"),
    Action.START: (State.RESOLVED, "member", {}, 409, "has moved on"),
    Action.WAIT: (State.IN_PROGRESS, "member", {"note": "Later.", "waiting_for": "date"}, 422, "Give the date"),
    Action.RESUME: (State.IN_PROGRESS, "member", {}, 409, "has moved on"),
    Action.COMMENT: (State.CLOSED, "requester", {"note": "One more."}, 409, "has moved on"),
    Action.NOTE: (State.IN_PROGRESS, "requester", {"note": "Mine."}, 403, "You cannot do this"),
    Action.RECLASSIFY: (State.ASSIGNED_GROUP, "member", {"category": "no-such"}, 422, "Choose the category"),
    Action.FORWARD: (State.IN_PROGRESS, "member", {"group": OTHER_LINE}, 422, "Give the reason"),
    Action.PRIORITISE: (State.ASSIGNED_GROUP, "member", {"urgency": "9", "impact": "1"}, 422, "from 1"),
    Action.PROPOSE: (State.IN_PROGRESS, "member", {}, 422, "Write a text"),
    Action.REPLY_CLOSE: (State.IN_PROGRESS, "requester", {"note": "Closed."}, 403, "You cannot do this"),
    Action.ACCEPT: (State.RESOLVED, "member", {}, 403, "You cannot do this"),
    Action.REFUSE: (State.RESOLVED, "requester", {}, 422, "Give the reason"),
    Action.REOPEN: (State.CANCELLED, "requester", {"note": "Again."}, 409, "has moved on"),
    Action.WITHDRAW: (State.RESOLVED, "requester", {}, 409, "has moved on"),
    Action.DUPLICATE: (State.ASSIGNED_GROUP, "member", {"duplicate_of": "99"}, 422, "number of the other request"),
    Action.SHARE: (State.IN_PROGRESS, "requester", {"address": "somebody"}, 422, "whole institutional address"),
    Action.UNSHARE: (State.IN_PROGRESS, "requester", {"invitation": "999"}, 422, "no longer shared"),
    Action.LEAVE: (State.IN_PROGRESS, "requester", {}, 403, "You cannot do this"),
    Action.PUBLISH: (State.IN_PROGRESS, "requester", {"scope": "service"}, 422, "then tick the box"),
    Action.UNPUBLISH: (State.IN_PROGRESS, "requester", {}, 409, "is not public"),
    Action.THANK: (State.IN_PROGRESS, "requester", {}, 409, "has moved on"),
    Action.LINK: (State.CLOSED, "member", {"link_kind": "child_of", "other": "99"}, 422, "that you can read"),
    Action.UNLINK: (State.IN_PROGRESS, "member", {"link": "999"}, 422, "no longer there"),
    Action.CONVERT: (State.CLOSED, "member", {}, 409, "has moved on"),
    Action.WATCH: (State.IN_PROGRESS, "member", {"technician": "requester"}, 422, "Choose a colleague"),
    Action.UNWATCH: (State.IN_PROGRESS, "member", {}, 409, "Nobody watches"),
    Action.LET_GO: (State.IN_PROGRESS, "leader", {}, 409, "nothing to decide"),
    Action.KEEP: (State.IN_PROGRESS, "leader", {"note": "Ours."}, 409, "nothing to decide"),
    Action.ESCALATE: (State.IN_PROGRESS, "member", {}, 422, "Give the reason"),
    Action.ACKNOWLEDGE: (State.IN_PROGRESS, "leader", {}, 409, "not escalated"),
    Action.ASK_ADVICE: (State.IN_PROGRESS, "member", {"note": "Due?"}, 422, "Choose another group"),
    Action.ADVISE: (State.IN_PROGRESS, "member", {"note": "No."}, 403, "You cannot do this"),
    Action.END_ADVICE: (State.IN_PROGRESS, "member", {"matter": "999"}, 409, "Nobody is asked"),
    Action.DECLARE_MAJOR: (State.IN_PROGRESS, "member", {"note": "Down."}, 403, "You cannot do this"),
    Action.END_MAJOR: (State.IN_PROGRESS, "leader", {"note": "Up."}, 409, "not a major incident"),
}


class Scene:
    """A ticket in some state, its requester and its technician, each with a browser."""

    def __init__(self, app: Flask, desk: Session, sign_in: SignIn, state: State) -> None:
        self.desk = desk
        now = factories.datetime.now(factories.UTC)
        requester = factories.student(desk)
        self.people = {"requester": requester, "member": factories.technician(desk, GROUP)}
        self.people["leader"] = factories.supervisor(desk, GROUP)
        self.people["adviser"] = factories.technician(desk, SAME_LINE)
        factories.technician(desk, OTHER_LINE)
        worker = self.people["member"]
        other = factories.ticket(desk, key=KEY, now=now)
        self.other = other.number
        made = factories.ticket(desk, state=state, requester=requester, technician=worker, key=KEY, now=now)
        self.number, self.id, self.seen = made.number, made.id, made.last_seq
        link = TicketLink(ticket_id=made.id, other_id=other.id, kind="related")
        desk.add(link)
        desk.flush()
        self.link = link.id
        self._share(made, requester, now)
        self.asked = self._unsettle(made, now) if state == State.ASSIGNED_TECHNICIAN else 0
        desk.commit()
        self.clients = {name: browser(app) for name in self.people}
        for name, client in self.clients.items():
            sign_in(client, self.people[name].id)

    def send(self, who: str, action: Action, fields: Fields, **more: Any) -> Any:
        client: FlaskClient = self.clients[who]
        token = csrf(client, "/catalogue")
        data = {name: self._meant(name, value) for name, value in fields.items()}
        form = {
            "csrf_token": token,
            "idempotency_key": f"the-key-of-this-form-{action}",
            "seen_seq": str(self.seen),
            **data,
            **more,
        }
        return client.post(f"/tickets/{self.number}/{action.value}", data=form)

    def _share(self, ticket: Ticket, requester: Person, now: datetime) -> None:
        """Share the ticket with a fellow student; a closed one is public, too, and nobody shares a withdrawn one."""
        self.people["follower"] = fellow = factories.student(self.desk)
        self.friend = 0
        if ticket.state == State.CANCELLED:
            return
        if ticket.state == State.WAITING:
            act(self.desk, ticket, Action.WATCH, factories.actor(self.desk, self.people["member"]), now)
        by, address = factories.actor(self.desk, requester), factories.institutional_address(self.desk, fellow)
        act(self.desk, ticket, Action.SHARE, by, now, Details(address=address))
        if ticket.state == State.CLOSED:
            act(self.desk, ticket, Action.PUBLISH, by, now, Details(scope="service", is_confirmed=True))
        self.friend = self.desk.scalars(sa.select(Invitation.id).where(Invitation.ticket_id == ticket.id)).one()
        self.seen = ticket.last_seq

    def _unsettle(self, ticket: Ticket, now: datetime) -> int:
        """Let the ticket wait for a decision, an acknowledgement and advice, and be a major incident."""
        by, led = (factories.actor(self.desk, self.people[name]) for name in ("member", "leader"))
        between_lines.unsettle(self.desk, ticket, by, OTHER_LINE, SAME_LINE, now)
        act(self.desk, ticket, Action.DECLARE_MAJOR, led, now, Details(note=from_plain("Down.")))
        self.seen = ticket.last_seq
        return self.desk.scalars(sa.select(TicketMatter.id).where(TicketMatter.kind == Matter.ADVICE)).one()

    def _meant(self, name: str, value: str) -> str:
        if value == "friend":
            return str(self.friend)
        if name in ("duplicate_of", "other") and value == "other":
            return self.other
        if value == "made":
            return str(self.link)
        if value == "asked":
            return str(self.asked)
        return str(self.people[value].id) if name == "technician" else value

    def state(self) -> str:
        self.desk.expire_all()
        return self.desk.get_one(Ticket, self.id).state

    def everything(self) -> tuple[Any, ...]:
        """All that an action writes, to compare before and after."""
        self.desk.rollback()
        tables = (Ticket, TicketEvent, Message, Notice, Person, Invitation, PublicTicket, Participation, TicketLink)
        return tuple(tuple(map(tuple, self.desk.execute(sa.select(table.__table__)))) for table in tables)


def problem(page: str) -> str:
    """The sentence a page shows in its alert."""
    return " ".join(html.fromstring(page).xpath("//*[@role='alert']//text()"))


def test_the_tables_of_this_file_name_every_action_of_a_person() -> None:
    assert set(ALLOWED) == set(REFUSED) == set(BY_HAND) - {Action.SUBMIT}


@pytest.mark.parametrize("action", ALLOWED)
def test_an_allowed_action_does_what_it_says(app: Flask, desk: Session, sign_in: SignIn, action: Action) -> None:
    start, who, fields, end = ALLOWED[action]
    scene = Scene(app, desk, sign_in, start)
    answer = scene.send(who, action, fields)
    assert answer.status_code == 303, problem(answer.text)
    assert scene.state() == end
    assert scene.clients[who].get(answer.location).status_code == 200


def test_a_priority_that_is_sent_along_is_not_listened_to(app: Flask, desk: Session, sign_in: SignIn) -> None:
    scene = Scene(app, desk, sign_in, State.ASSIGNED_GROUP)
    scene.send("member", Action.PRIORITISE, {"urgency": "5", "impact": "1", "priority": "6"})
    scene.desk.expire_all()
    ticket = scene.desk.get_one(Ticket, scene.id)
    assert (ticket.urgency, ticket.impact, ticket.priority) == (5, 1, 2)


@pytest.mark.parametrize("action", REFUSED)
def test_a_refused_action_says_why_keeps_what_was_typed_and_changes_nothing(
    app: Flask, desk: Session, sign_in: SignIn, action: Action
) -> None:
    start, who, fields, status, words = REFUSED[action]
    scene = Scene(app, desk, sign_in, start)
    before = scene.everything()
    answer = scene.send(who, action, fields)
    assert answer.status_code == status
    assert words in answer.text
    if "note" in fields and status == 422:
        assert fields["note"] in answer.text
    assert scene.everything() == before


def test_a_conflict_shows_what_is_new_and_keeps_the_text(app: Flask, desk: Session, sign_in: SignIn) -> None:
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)
    scene.send("requester", Action.COMMENT, {"note": "I found it myself."})
    answer = scene.send("member", Action.PROPOSE, {"note": "My long and careful answer."})
    assert answer.status_code == 409
    assert "Somebody else was faster" in answer.text
    assert "I found it myself." in answer.text
    assert "My long and careful answer." in answer.text
    assert scene.state() == State.IN_PROGRESS
    scene.seen += 1
    assert (
        scene.send(
            "member", Action.PROPOSE, {"note": "My answer."}, idempotency_key="the-key-of-another-form"
        ).status_code
        == 303
    )


def test_a_form_sent_twice_acts_once(app: Flask, desk: Session, sign_in: SignIn) -> None:
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)
    first = scene.send("requester", Action.COMMENT, {"note": "Once."})
    second = scene.send("requester", Action.COMMENT, {"note": "Once."})
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.location.endswith(f"/tickets/{scene.number}")
    desk.rollback()
    assert desk.scalar(sa.select(sa.func.count()).where(Message.body_text == "Once.")) == 1


def test_a_stranger_is_told_that_the_ticket_is_not_there(app: Flask, desk: Session, sign_in: SignIn) -> None:
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)
    stranger = factories.student(desk)
    outsider = factories.technician(desk, OTHER_LINE)
    desk.commit()
    for person in (stranger, outsider):
        client = browser(app)
        sign_in(client, person.id)
        assert client.get(f"/tickets/{scene.number}").status_code == 404
        form = {"csrf_token": csrf(client, "/catalogue"), "note": "Let me in."}
        assert client.post(f"/tickets/{scene.number}/comment", data=form).status_code == 404


def test_what_was_typed_survives_the_end_of_the_session_and_so_do_files(
    app: Flask, desk: Session, sign_in: SignIn
) -> None:
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)
    client = scene.clients["requester"]
    token = csrf(client, "/catalogue")
    desk.execute(sa.update(LoginSession).values(expires_at=factories.NOW))
    desk.commit()
    form = {"csrf_token": token, "idempotency_key": "the-key-of-this-form", "note": "A long text.", "seen_seq": "3"}
    answer = client.post(f"/tickets/{scene.number}/comment", data={**form, "files": (BytesIO(b"Paid."), "paid.txt")})
    assert answer.status_code == 303
    back = parse_qs(urlsplit(answer.location).query)["next"][0]
    assert client.get(back).location.startswith("/login")
    assert "Your text is kept, but not sent yet. Sign in to go on." in client.get(answer.location).text
    sign_in(client, scene.people["requester"].id)
    again = client.get(back)
    assert "but not sent yet: check it and the attachments, then send it." in again.text
    assert "not sent yet" not in client.get(back).text
    assert "A long text." in again.text
    assert "paid.txt" in again.text
    thief = browser(app)
    other = factories.student(desk)
    desk.commit()
    sign_in(thief, other.id)
    assert "A long text." not in thief.get(f"/tickets/{scene.number}?kept=guess").text


def test_another_text_under_a_key_that_came_back_is_another_comment(app: Flask, desk: Session, sign_in: SignIn) -> None:
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)
    for words in ("First.", "First.", "Second."):
        assert scene.send("requester", Action.COMMENT, {"note": words}).status_code == 303
    desk.rollback()
    texts = desk.scalars(sa.select(Message.body_text).where(Message.ticket_id == scene.id).order_by(Message.id)).all()
    assert texts[-2:] == ["First.", "Second."]


def limited(app: Flask, **limits: Any) -> None:
    """Let the running application be stricter than the tests' settings."""
    app.config.update(limits)


def test_a_requester_who_writes_too_often_is_stopped_and_keeps_the_text(
    app: Flask, desk: Session, sign_in: SignIn
) -> None:
    limited(app, LIMIT_MESSAGES="2 per hour")
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)
    answers = [scene.send("requester", Action.COMMENT, {"note": f"Comment {index}."}) for index in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    kept = html.fromstring(answers[2].text).xpath("//main//a[contains(@href, 'kept=')]/@href")
    assert "Comment 2." in scene.clients["requester"].get(kept[0]).text
    for index in range(3):
        assert scene.send("member", Action.NOTE, {"note": f"Note {index}."}).status_code == 303


def test_attachments_have_a_limit_per_person_and_day(app: Flask, desk: Session, sign_in: SignIn) -> None:
    settings = app.extensions["desk_settings"]
    web = settings.web.model_copy(update={"upload_mb_per_day": 1})
    app.extensions["desk_settings"] = settings.model_copy(update={"web": web})
    scene = Scene(app, desk, sign_in, State.IN_PROGRESS)

    def sent(name: str) -> Any:
        file = (BytesIO(b"x" * 450_000), name)
        return scene.send("requester", Action.COMMENT, {"note": f"See {name}."}, files=file)

    assert [sent("one.txt").status_code, sent("two.txt").status_code] == [303, 303]
    refused = sent("three.txt")
    assert refused.status_code == 422
    assert "within a day" in problem(refused.text)
    assert "See three.txt." in refused.text
    folder = app.extensions["desk_settings"].storage.folder
    assert sum(path.is_file() for path in folder.rglob("*")) == 2
