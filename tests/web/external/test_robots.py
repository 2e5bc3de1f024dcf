"""Attacks on what is open to everyone: replayed and forged proofs, haste, traps, floods, other people's inboxes."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk import jobs, turns
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.richtext import from_plain
from servicedesk.settings import Settings
from servicedesk.store import people
from servicedesk.store.models.guests import WaitingRequest
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Ticket, Upload
from servicedesk.store.outbox import claimed
from tests import factories
from tests.proofs import solve
from tests.web.conftest import browser, page, post, send
from tests.web.external.conftest import FORM, SERVICE

WHO = {"given_name": "PLANTED-given", "family_name": "PLANTED-family", "email": "victim@example.org"}
WHAT = {"title": "PLANTED-title", "description": "PLANTED-words"}


def form_on(markup: str) -> html.FormElement:
    return next(form for form in html.fromstring(markup).forms if form.get("action") == FORM)


def fresh(client: FlaskClient) -> html.FormElement:
    return form_on(client.get(FORM).text)


def raw(client: FlaskClient, form: html.FormElement, **fields: str) -> TestResponse:
    """Send a form without working for it."""
    return client.post(FORM, data={**dict(form.form_values()), **WHO, **WHAT, **fields})


def count(desk: Session, model: type = Ticket) -> int:
    desk.rollback()
    return desk.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def strict(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk as installations run it: nobody writes in less than four seconds."""
    web = settings.web.model_copy(update={"fastest_form": 4})
    monkeypatch.setitem(app.extensions, "desk_settings", settings.model_copy(update={"web": web}))


def test_a_proof_counts_once(desk: Session, client: FlaskClient) -> None:
    form = fresh(client)
    proof = {"proof": solve(form.fields["started"])}
    assert raw(client, form, **proof).location == f"/external/{SERVICE}/filed"
    for number in range(3):
        answer = raw(client, form, **proof, title=f"Replayed {number}", idempotency_key=f"{number}" * 24)
        assert answer.status_code == 422
        assert form_on(answer.text).fields["title"] == f"Replayed {number}"
        assert form_on(answer.text).fields["started"] != form.fields["started"]
    assert (count(desk), count(desk, WaitingRequest)) == (1, 0)


def test_a_start_cannot_be_forged_nor_made_easier(desk: Session, client: FlaskClient) -> None:
    form = fresh(client)
    started = form.fields["started"]
    forged = ".".join([str(int(started.split(".")[0]) - 60), *started.split(".")[1:]])
    easier = ".".join([started.split(".")[0], "1", *started.split(".")[2:]])
    for start in ("", "x", forged, easier):
        answer = raw(client, form, started=start, proof="0")
        assert (answer.status_code, form_on(answer.text).fields["title"]) == (422, WHAT["title"])
    assert (count(desk), count(desk, WaitingRequest)) == (0, 0)


def test_whoever_is_too_quick_is_asked_again_and_loses_nothing(
    desk: Session, client: FlaskClient, strict: None
) -> None:
    form = fresh(client)
    files = [("screen.txt", b"error 42")]
    answer = post(client, form, files, **WHO, **WHAT)
    again = form_on(answer.text)
    assert (answer.status_code, again.fields["title"], again.fields["email"]) == (422, WHAT["title"], WHO["email"])
    assert again.fields["started"] == form.fields["started"]
    assert "screen.txt" in answer.text
    assert count(desk) == 0


def test_the_trap_is_hidden_from_people_and_empty_again_when_it_was_sprung(desk: Session, client: FlaskClient) -> None:
    form = fresh(client)
    trap = form.xpath(".//input[@name='homepage']")[0]
    assert (trap.get("tabindex"), trap.get("autocomplete")) == ("-1", "off")
    assert trap.xpath("ancestor::*[@aria-hidden='true']")
    answer = raw(client, form, homepage="https://spam.example", proof=solve(form.fields["started"]))
    again = form_on(answer.text)
    assert (answer.status_code, again.fields["homepage"] or "", again.fields["title"]) == (422, "", WHAT["title"])
    assert post(client, again).status_code == 303
    assert count(desk) == 1


@pytest.mark.parametrize("proof", ["", "0" * 21, "no"])
def test_without_a_proof_nothing_is_filed_before_the_button_behind_the_mailed_link(
    desk: Session, client: FlaskClient, app: Flask, proof: str
) -> None:
    form = fresh(client)
    data = {**dict(form.form_values()), **WHO, **WHAT, "proof": proof}
    answer = client.post(FORM, data=data)
    assert answer.location == f"/external/{SERVICE}/mailed"
    assert WHO["email"] in page(client, answer.location).text_content()
    assert count(desk) == 0
    link = desk.scalars(select(Notice.context)).one()["path"]
    reader = browser(app)
    assert WHAT["title"] in page(reader, link).text_content()
    assert count(desk) == 0
    assert send(reader, link).location == f"/external/{SERVICE}/filed"
    assert count(desk) == 1
    number = desk.scalars(select(Ticket.number)).one()
    assert number in page(reader, f"/external/{SERVICE}/filed").text_content()
    assert number in page(reader, link).text_content()


def test_a_file_waits_with_its_request(desk: Session, client: FlaskClient, app: Flask) -> None:
    form = fresh(client)
    data = {**dict(form.form_values()), **WHO, **WHAT, "proof": "none"}
    client.post(FORM, data={**data, "files": (BytesIO(b"error 42"), "screen.txt")}, content_type="multipart/form-data")
    link = desk.scalars(select(Notice.context)).one()["path"]
    send(browser(app), link)
    desk.rollback()
    assert desk.scalars(select(Upload.ticket_id)).one() == desk.scalars(select(Ticket.id)).one()


@pytest.mark.parametrize("link", ["/external/confirm/x", f"/external/confirm/{'A' * 43}"])
def test_a_guessed_link_files_nothing(client: FlaskClient, link: str) -> None:
    assert "nothing was filed" in page(client, link, 410).text_content()


def test_two_hundred_posts_from_one_place_are_stopped_with_a_time_to_try_again(
    app: Flask, desk: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LIMIT_SUBMISSIONS", "5 per hour")
    form = fresh(client)
    answers = [flooding(client, form, number) for number in range(6)]
    assert [answer.status_code for answer in answers] == [303, 422, 422, 422, 422, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3601
    shown = html.fromstring(answers[-1].text)
    assert "You can try again after" in shown.text_content()
    kept = next(link for link in shown.xpath("//main//a/@href") if "kept=" in link)
    assert form_on(client.get(kept).text).fields["title"] == WHAT["title"]
    assert {flooding(client, form, number).status_code for number in range(6, 200)} == {429}
    assert (count(desk), count(desk, WaitingRequest), count(desk, Notice)) == (0, 1, 1)


def flooding(client: FlaskClient, form: html.FormElement, number: int) -> TestResponse:
    return raw(client, form, email=f"victim{number}@example.org", idempotency_key=f"{number:024d}")


@pytest.mark.parametrize(("prefix", "filed"), [(32, 303), (24, 429)])
def test_the_neighbours_of_an_address_count_with_it_where_the_settings_say_so(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, prefix: int, filed: int
) -> None:
    monkeypatch.setitem(app.config, "LIMIT_SUBMISSIONS", "1 per hour")
    monkeypatch.setitem(app.config, "LIMIT_IPV4_PREFIX", prefix)
    form = fresh(client)
    data = {**dict(form.form_values()), **WHO, **WHAT}
    seen = []
    for last in (1, 2):
        data["email"] = f"m{last}@example.org"
        data["started"] = fresh(client).fields["started"]
        seen.append(client.post(FORM, data=data, environ_base={"REMOTE_ADDR": f"192.0.2.{last}"}).status_code)
    assert seen == [303, filed]


def test_a_third_persons_inbox_gets_three_mails_an_hour_by_whatever_form(desk: Session, app: Flask) -> None:
    answers = []
    for number in range(4):
        client = browser(app)
        answers.append(post(client, fresh(client), **WHO, title=f"Attempt {number}", description="x"))
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    refused = html.fromstring(answers[-1].text)
    assert "several mails already" in refused.text_content()
    assert "You can try again after" in refused.text_content()
    assert form_on(answers[-1].text).fields["title"] == "Attempt 3"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    client = browser(app)
    raw(client, fresh(client))
    send(client, "/status", email=WHO["email"], number="")
    send(client, "/account/register", **WHO, password="correct horse battery")
    send(client, "/account/forgotten", email=WHO["email"])
    desk.rollback()
    assert len(desk.scalars(select(Notice.id).where(Notice.address == WHO["email"])).all()) == 3


@pytest.mark.parametrize(
    "email",
    [
        "a@example.org\nBcc: b@example.org",
        "a@example.org\r\n\r\nPLANTED",
        "a@example.org, b@example.org",
        '"a\r\nSubject: x"@example.org',
        "a@example.org%0aBcc:b@example.org",
        "<a@example.org>",
        "a@[127.0.0.1]",
    ],
)
@pytest.mark.parametrize("proved", [True, False])
def test_an_address_is_one_address_and_no_header(desk: Session, client: FlaskClient, email: str, proved: bool) -> None:
    form = fresh(client)
    answer = raw(client, form, email=email, proof=solve(form.fields["started"]) if proved else "")
    assert answer.status_code == 422
    assert (count(desk), count(desk, WaitingRequest), count(desk, Notice)) == (0, 0, 0)


def test_a_foreign_page_cannot_send_the_form_nor_press_the_button(desk: Session, client: FlaskClient) -> None:
    form = fresh(client)
    raw(client, form)
    link = desk.scalars(select(Notice.context)).one()["path"]
    assert raw(client, form, csrf_token="x").location.startswith(FORM)
    assert client.post(link).status_code == 303
    assert count(desk) == 0


def test_no_mail_to_an_address_nobody_confirmed_carries_a_word_of_whoever_gave_it(
    desk: Session, client: FlaskClient, settings: Settings
) -> None:
    technician = factories.technician(desk, "HD1")
    desk.commit()
    post(client, fresh(client), **WHO, **WHAT, field_phone="+39 030 2988.1")
    raw(client, fresh(client), title="PLANTED-again")
    ticket = desk.scalars(select(Ticket)).one()
    send(client, "/status", email=WHO["email"], number=ticket.number)
    send(client, "/account/register", **WHO | {"email": "second@example.org"}, password="correct horse battery")
    desk.rollback()
    actor, ticket = people.actor_of(desk, technician.id), desk.scalars(select(Ticket)).one()
    assert actor
    for action in (Action.COMMENT, Action.PROPOSE):
        act(desk, ticket, action, actor, datetime.now(UTC), Details(note=from_plain("Ours.")))
    desk.commit()
    templates = set(desk.scalars(select(Notice.template).where(Notice.address == WHO["email"])))
    assert templates == {"opened", "request_confirm", "lost_number", "comment", "solution"}
    context = jobs.make_context(settings)
    sent = rendered(context)
    assert len(sent) >= 6
    assert not [mail for mail in sent if "PLANTED" in mail]


def rendered(context: turns.JobContext) -> list[str]:
    """Return every waiting mail to somebody outside as it would leave."""
    now = datetime.now(UTC) + timedelta(hours=5)
    with context.sessions() as session:
        outside = select(Notice.id).where(Notice.address.in_([WHO["email"], "second@example.org"]))
        mails = claimed(session, session.scalars(outside).all(), "code")
        return [context.texts.render(mail.letter, now).decode() + json.dumps(mail.letter.address) for mail in mails]


def test_after_the_guest_has_acted_mails_say_what_they_are_about(
    desk: Session, client: FlaskClient, settings: Settings
) -> None:
    technician = factories.technician(desk, "HD1")
    desk.commit()
    post(client, fresh(client), **WHO, **WHAT)
    ticket = desk.scalars(select(Ticket)).one()
    send(client, "/status", email=WHO["email"], number=f"{ticket.number}-{ticket.access_suffix}")
    desk.rollback()
    actor, ticket = people.actor_of(desk, technician.id), desk.scalars(select(Ticket)).one()
    assert actor
    act(desk, ticket, Action.COMMENT, actor, datetime.now(UTC), Details(note=from_plain("Ours.")))
    desk.commit()
    comment = [mail for mail in rendered(jobs.make_context(settings)) if "PLANTED-title" in mail and "Ours." in mail]
    assert len(comment) == 1 and "PLANTED-given" in comment[0]
