"""What clever or careless senders try: every input ends in a sentence and its status, never in a fault of the desk."""

from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime
from io import BytesIO
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from saml.names import SAMLP
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Participation, Ticket, Upload
from servicedesk.store.visible import WATCHER
from servicedesk.web import limits, parked
from servicedesk.web.external.forms import GuestFormWithPhone
from tests import factories
from tests.web.conftest import SignIn, browser, csrf, page, send

SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"
FORM = f"/external/{SERVICE}/new/accesso-login"
EMAIL = "mario@example.org"
MANY_WORDS = " ".join(f"{n:x}" for n in range(40_000))
GROUP, KEY = "STAGE", "stage-curriculare"
WORDS = {"title": "Locked out", "description": "I cannot get in.", "given_name": "Mario", "family_name": "Rossi"}


@pytest.fixture
def worker(desk: Session) -> Person:
    """A technician of a group of the shipped catalogue."""
    made = factories.technician(desk, GROUP)
    desk.commit()
    return made


@pytest.fixture
def ticket(desk: Session, worker: Person) -> Ticket:
    """A ticket the technician works on."""
    made = factories.ticket(desk, key=KEY, state=State.IN_PROGRESS, technician=worker, now=datetime.now(UTC))
    desk.commit()
    return made


@pytest.fixture
def signed_in(client: FlaskClient, worker: Person, sign_in: SignIn) -> FlaskClient:
    """The technician's browser."""
    sign_in(client, worker.id)
    return client


@pytest.mark.both_databases
@pytest.mark.parametrize("path", ["/tickets/{}", "/attachments/{}", "/tickets/new/tasse-informazioni?follows={}"])
def test_a_nul_in_an_address_is_refused(signed_in: FlaskClient, path: str) -> None:
    answer = signed_in.get(path.format("a%00b"))
    assert (answer.status_code, "could not be understood" in answer.text) == (400, True)


@pytest.mark.both_databases
@pytest.mark.parametrize("field", ["title", "description", "given_name", "email", "field_x\0"])
def test_a_nul_in_a_form_is_refused(desk: Session, client: FlaskClient, field: str) -> None:
    answer = send(client, FORM, None, **{**WORDS, "email": EMAIL, field: "a\0b@example.org"})
    assert (answer.status_code, "could not be understood" in answer.text) == (400, True)
    assert desk.scalars(select(Ticket.id)).all() == []


@pytest.mark.both_databases
def test_a_nul_in_the_relay_state_is_refused(client: FlaskClient) -> None:
    assert client.post("/saml/acs", data={"SAMLResponse": "x", "RelayState": "\0", "again": "1"}).status_code == 400


@pytest.mark.both_databases
@pytest.mark.parametrize("field", ["seen_seq", "technician", "urgency"])
@pytest.mark.parametrize("number", [2**31, -(2**31), 10**30])
def test_a_number_beyond_the_databases_is_refused(
    signed_in: FlaskClient, ticket: Ticket, field: str, number: int
) -> None:
    address = f"/tickets/{ticket.number}"
    fields = {"csrf_token": csrf(signed_in, address), "idempotency_key": token_urlsafe(24), "note": "Kept words"}
    answer = signed_in.post(f"{address}/comment", data={**fields, field: str(number)})
    assert answer.status_code == 422
    assert "Kept words" in answer.text


@pytest.mark.both_databases
@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
@pytest.mark.parametrize(
    "path",
    ["/announcements?after={}", "/announcements/{}", f"/answers?category={KEY}&after={{}}", "/notices?before={}"],
)
def test_a_place_beyond_the_databases_is_not_there(signed_in: FlaskClient, path: str, number: int) -> None:
    assert signed_in.get(path.format(number)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/workbench/answers?before={}", "/admin/announcements?before={}", "/admin/announcements/{}"]
)
def test_a_place_beyond_the_databases_is_not_there_for_administrators_either(
    desk: Session, client: FlaskClient, sign_in: SignIn, path: str
) -> None:
    chief = factories.administrator(desk)
    desk.commit()
    sign_in(client, chief.id)
    assert client.get(path.format(10**30)).status_code == 404


@pytest.mark.both_databases
@pytest.mark.parametrize("number", [2**31, 2**64 - 1])
@pytest.mark.parametrize("kind", ["status", "feedback", "preferences"])
def test_a_link_with_a_number_beyond_the_databases_opens_nothing(client: FlaskClient, kind: str, number: int) -> None:
    token = urlsafe_b64encode(number.to_bytes(8, "big") + b"x" * 16).decode()
    assert client.get(f"/{kind}/{token}").status_code == 404


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2026-03-02T09:00:00"])
def test_a_place_at_the_end_of_the_calendar_is_not_there(signed_in: FlaskClient, at: str) -> None:
    assert signed_in.get("/tickets", query_string={"before": f"{at}_1"}).status_code == 404


@pytest.mark.parametrize("order", ["_external=1", "_scheme=https%3A//evil.example%3F&_external=1", "endpoint=x"])
def test_the_address_of_a_queue_gives_no_orders(signed_in: FlaskClient, order: str) -> None:
    answer = signed_in.get(f"/queue?group={GROUP}&state=waiting&{order}")
    assert (answer.status_code, answer.location) == (303, f"/queue/{GROUP}?state=waiting")


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "name", [f"{'x' * 500}.{'a' * 300}", f"{'é' * 400}.txt", f".{'b' * 900}"], ids=["long", "accents", "suffix"]
)
def test_a_name_that_is_far_too_long_is_shortened(
    desk: Session, signed_in: FlaskClient, ticket: Ticket, name: str
) -> None:
    address = f"/tickets/{ticket.number}"
    fields = {"csrf_token": csrf(signed_in, address), "idempotency_key": token_urlsafe(24), "note": "See the file."}
    data: MultiDict[str, Any] = MultiDict(fields)
    data.add("files", (BytesIO(b"words"), name))
    answer = signed_in.post(f"{address}/comment", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert len(desk.scalars(select(Upload.name)).one()) <= 200


@pytest.mark.parametrize("phone", ["0302988" + "x" * 60, "0302988 <b>", "1" * 40, "030\n2988\nBcc: x"])
def test_a_telephone_number_is_one_to_its_end(app: Flask, phone: str) -> None:
    with app.test_request_context("/", method="POST", data={"phone": phone}):
        form = GuestFormWithPhone()
        form.validate()
        assert "phone" in form.errors


def test_a_telephone_number_may_have_spaces_around_it(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"phone": " +39 030 2988.1 "}):
        form = GuestFormWithPhone()
        form.validate()
        assert "phone" not in form.errors


@pytest.mark.parametrize(
    "address",
    ["a..b@x.it", ".a@x.it", "a@x..it", "è@x.it", "a@è.it", "a@x.iﬁ", "a\x01b@x.it", "a\u202eb@x.it", "a@x.1"],
)
def test_an_address_that_no_mail_reaches_is_refused_at_once(client: FlaskClient, address: str) -> None:
    assert "Type an e-mail address such as" in send(client, FORM, None, **WORDS, email=address).text


@pytest.mark.parametrize(
    "address", ["mario.rossi+desk@Studenti.Example.IT", "o'neil@x-y.example", " a@xn--p1ai.xn--p1ai "]
)
def test_an_address_that_mail_reaches_is_taken(client: FlaskClient, address: str) -> None:
    assert send(client, FORM, None, **WORDS, email=address).status_code == 303


def test_a_page_without_files_takes_no_big_form(client: FlaskClient) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n\r\n'
    body = head + b"x" * 3_000_000 + b"\r\n--x--\r\n"
    answer = client.post("/status", data=body, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, "too large" in answer.text) == (413, True)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "words", ['" OR *', "a:* & !b", "x" * 3000, "²ª٣", MANY_WORDS], ids=["quote", "operators", "long", "signs", "many"]
)
def test_no_words_break_the_search(signed_in: FlaskClient, ticket: Ticket, words: str) -> None:
    for path in ("/tickets", "/queue", "/catalogue", f"/tickets/{ticket.number}/category"):
        assert signed_in.get(f"{path}?q={quote(words)}").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/status", "/tickets", "/nowhere", "/healthz", "/saml/metadata", "/language/en", "/static/css/desk.css"],
)
def test_every_answer_carries_the_headers_that_keep_it_to_itself(app: Flask, path: str) -> None:
    with browser(app).get(path) as answer:
        headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.both_databases
def test_whoever_is_no_longer_staff_reads_no_watched_ticket(
    desk: Session, signed_in: FlaskClient, ticket: Ticket, worker: Person
) -> None:
    ticket.group_code = "TASSE"
    desk.add(Participation(ticket_id=ticket.id, person_id=worker.id, role=WATCHER))
    desk.commit()
    assert signed_in.get(f"/tickets/{ticket.number}").status_code == 200
    desk.execute(delete(RoleGrant).where(RoleGrant.person_id == worker.id))
    desk.commit()
    assert signed_in.get(f"/tickets/{ticket.number}").status_code == 404
    assert signed_in.get("/queue").status_code == 403


def test_a_closed_account_is_signed_out_at_once(desk: Session, signed_in: FlaskClient, worker: Person) -> None:
    worker.is_active = False
    desk.commit()
    assert signed_in.get("/queue").location.startswith("/login")


NEW = "/tickets/new/tasse-informazioni"


def left_behind(client: FlaskClient, text: str = "Half a letter", **headers: str) -> str:
    """Send a form without a session and return the address at which it is shown again, in the way to sign in."""
    return str(client.post(NEW, data={"title": text, "description": "x"}, headers=headers).location)


def test_a_kept_form_is_shown_in_its_own_browser_alone(
    app: Flask, desk: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    student, other = factories.student(desk), factories.student(desk)
    desk.commit()
    address, thief = left_behind(client), browser(app)
    sign_in(client, student.id)
    sign_in(thief, other.id)
    assert "kept=" in address
    assert "Half a letter" in client.get(address).text
    assert "Half a letter" not in thief.get(address).text


def test_several_kept_forms_of_one_browser_are_all_there(client: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    addresses = {text: left_behind(client, text) for text in ("First letter", "Second letter")}
    student = factories.student(desk)
    desk.commit()
    sign_in(client, student.id)
    assert [text in client.get(address).text for text, address in addresses.items()] == [True, True]


def test_what_another_site_sends_is_not_kept(client: FlaskClient) -> None:
    assert left_behind(client, **{"Sec-Fetch-Site": "same-origin"}).startswith(f"{NEW}?kept=")
    assert left_behind(client, **{"Sec-Fetch-Site": "cross-site"}) == NEW


def test_strangers_cannot_fill_the_desk_with_kept_forms(
    client: FlaskClient, desk: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MOST_KEPT", 1)
    assert ["kept=" in left_behind(client) for _time in range(2)] == [True, False]
    student = factories.student(desk)
    desk.commit()
    sign_in(client, student.id)
    assert "kept=" in left_behind(client)


def test_names_of_fields_count_as_much_as_their_values(client: FlaskClient) -> None:
    assert client.post(NEW, data={"x" * (parked.LARGEST + 1): "1"}).location == NEW


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "127.0.0.1"),
        ("unix:", "unix:"),
    ],
)
def test_one_line_counts_as_one_place(app: Flask, address: str, place: str) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert limits.network() == place


def test_guesses_at_one_ticket_count_together_wherever_they_come_from(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.config, "LIMIT_GUESSES", "2 per minute")

    def guess(place: int, email: str, number: str) -> int:
        client = browser(app)
        form = {"csrf_token": csrf(client, "/status"), "email": email, "number": number}
        return client.post("/status", data=form, environ_base={"REMOTE_ADDR": f"192.0.2.{place}"}).status_code

    tried = [(EMAIL, "2026000001-222222"), (EMAIL.upper(), " 2026000001 222223"), (EMAIL, "#2026000001-222224")]
    assert [guess(place, *typed) for place, typed in enumerate(tried)] == [303, 303, 429]
    assert guess(9, "somebody@example.org", "2026000001-222222") == 303


def test_one_inbox_gets_no_more_confirmations_than_one_place_may_ask_for(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.config, "LIMIT_SUBMISSIONS", "1 per hour")

    def ask(place: int, email: str) -> int:
        client = browser(app)
        started = page(client, FORM).xpath("//input[@name='started']/@value")[0]
        form = {"csrf_token": csrf(client, FORM), **WORDS, "email": email, "idempotency_key": token_urlsafe(24)}
        form["started"] = started
        return client.post(FORM, data=form, environ_base={"REMOTE_ADDR": f"192.0.2.{place}"}).status_code

    assert [ask(1, EMAIL), ask(2, f" {EMAIL.upper()}"), ask(3, "somebody@example.org")] == [303, 429, 303]


def test_a_stranger_cannot_fill_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    message = f'<samlp:Response xmlns:samlp="{SAMLP}" ID="a" Version="2.0" Destination="{"x" * 40_000}"/>'
    posted = {"SAMLResponse": b64encode(message.encode()).decode(), "again": "1"}
    assert client.post("/saml/acs", data=posted).status_code == 403
    assert 0 < len(caplog.text) < 1000
