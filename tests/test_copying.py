"""The job that makes copies of a person's data: all of theirs, nothing of others, once, told, and removed in time."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
import sqlalchemy as sa

from servicedesk.actions import holds, own_data, reading_log, reasons
from servicedesk.actions.details import Details
from servicedesk.actions.files import note_draft
from servicedesk.actions.person_data import ask_for
from servicedesk.actions.tickets import act
from servicedesk.gateways.storage import new_upload_id
from servicedesk.jobs import run_job
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import LoginSession, Person
from servicedesk.store.models.reading import OwnData
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.own_data import with_data, with_work
from servicedesk.turns import JobContext
from tests import counters, factories
from tests.factories import NOW
from tests.job_desk import settings_for, working

pytestmark = pytest.mark.both_databases
KEY = "k" * 24


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[JobContext]:
    with working(settings_for(database_url, tmp_path)) as made:
        with made.sessions() as session, writing(session):
            factories.publish(session)
        yield made


def attach(context, session, content: bytes, name: str) -> str:
    upload_id = new_upload_id()
    stored = context.storage.save(BytesIO(content), upload_id, 1000)
    note_draft(session, upload_id, KEY, name, "application/pdf", stored.size, stored.sha256, NOW)
    return upload_id


@pytest.fixture
def anna(context) -> int:
    """A student with an answered ticket, a file, an internal note about it, and a follower's comment on it."""
    with context.sessions() as session, writing(session):
        anna, bruno = factories.student(session, given_name="Anna"), factories.student(session, given_name="Bruno")
        worker = factories.technician(session, code="067010", given_name="Teo")
        ticket = factories.ticket(session, requester=anna, state=State.IN_PROGRESS, technician=worker, title="My fee")
        by_anna, by_worker = factories.actor(session, anna), factories.actor(session, worker)
        file = attach(context, session, b"%PDF-anna", "../receipt.pdf")
        words = Details(note=from_plain("Here is the receipt."), files=(file,), draft_key=KEY)
        act(session, ticket, Action.COMMENT, by_anna, NOW, words)
        act(session, ticket, Action.NOTE, by_worker, NOW, Details(note=from_plain("A difficult person.")))
        address = factories.institutional_address(session, bruno)
        act(session, ticket, Action.SHARE, by_anna, NOW, Details(address=address))
        by_bruno = factories.actor(session, bruno)
        act(session, ticket, Action.COMMENT, by_bruno, NOW, Details(note=from_plain("Same with me.")))
        session.add(
            LoginSession(
                token_hash="t" * 64, person_id=anna.id, provider="idp", name_id="secret-name-id", name_id_format="",
                session_index="", started_at=NOW, last_seen=NOW, expires_at=NOW,
            )
        )  # fmt: skip
        return anna.id


def ask(context, person_id: int) -> int:
    with context.sessions() as session, writing(session):
        return own_data.ask(session, factories.actor(session, session.get_one(Person, person_id)), "it", NOW).id


def copy_of(context, order_id: int) -> ZipFile:
    with context.sessions() as session:
        found = session.get_one(OwnData, order_id)
        assert found.state == own_data.READY
        with context.storage.open(found.file_id) as file:
            return ZipFile(BytesIO(file.read()))


def everything_in(copy: ZipFile) -> str:
    assert copy.testzip() is None
    return "\n".join(copy.read(name).decode() for name in copy.namelist())


def rows(copy: ZipFile, table: str):
    return json.loads(copy.read(f"data/{table}.json"))


def test_a_person_gets_everything_of_theirs_in_pages_json_and_files(context, anna):
    order = ask(context, anna)
    assert run_job(context, "own_data", NOW) == "1 made, 0 removed"
    copy = copy_of(context, order)
    [person], [ticket], [record] = rows(copy, "person"), rows(copy, "ticket"), rows(copy, "student_record")
    assert (person["given_name"], ticket["title"], ticket["technician_id"]) == ("Anna", "My fee", "067010")
    assert record["degree_course"] == "BANCA"
    assert {f"data/{name}.json" for name in with_data()} <= set(copy.namelist())
    page = copy.read(f"requests/{ticket['number']}.html").decode()
    assert "Here is the receipt." in page
    assert ticket["number"] in copy.read("index.html").decode()
    [file] = [name for name in copy.namelist() if name.startswith("files/")]
    assert (copy.read(file), ".." in file) == (b"%PDF-anna", False)
    assert f'href="../{file}"' in page


def test_appointments_are_on_the_first_page(context, anna):
    with context.sessions() as session, writing(session):
        counters.open_counter(session, NOW, **counters.always_open(NOW))
        number = counters.booked(session, NOW + timedelta(days=1), anna, NOW)
    order = ask(context, anna)
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    assert number in copy.read("index.html").decode()
    assert [row["number"] for row in rows(copy, "appointment")] == [number]


def test_nothing_of_others_nothing_internal_and_nothing_that_opens_something_is_in_it(context, anna):
    order = ask(context, anna)
    run_job(context, "own_data", NOW)
    said = everything_in(copy_of(context, order))
    with context.sessions() as session:
        [bruno] = session.scalars(sa.select(Person).where(Person.given_name == "Bruno"))
        [teo] = session.scalars(sa.select(Person).where(Person.given_name == "Teo"))
    secrets = (bruno.family_name, bruno.email, teo.family_name, teo.email, "difficult", "secret-name-id", "t" * 64)
    assert [secret for secret in secrets if secret in said] == []
    assert "067010" in said


def test_an_administrator_may_take_the_notes_along_with_a_reason_that_is_kept(context, anna):
    with context.sessions() as session, writing(session):
        boss = factories.administrator(session)
        by = factories.actor(session, boss)
        order = ask_for(session, by, anna, "She asked by letter.", True, "en", NOW).id
        [event] = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "own_data.ask"))
        assert (event.subject, event.after["reason"]) == (f"person:{anna}", "She asked by letter.")
    run_job(context, "own_data", NOW)
    assert "A difficult person." in everything_in(copy_of(context, order))
    with context.sessions() as session:
        own_data.ready(session, order, anna, boss.id, NOW)
        with pytest.raises(NotFound):
            own_data.ready(session, order, anna, anna, NOW)


def test_only_administrators_of_everything_ask_for_others_and_say_why(context, anna):
    with context.sessions() as session, writing(session):
        tree = factories.catalogue()
        of_one = factories.actor(session, factories.administrator(session, next(iter(tree.services))))
        boss = factories.actor(session, factories.administrator(session))
        with pytest.raises(NotAllowed):
            ask_for(session, of_one, anna, "She asked by letter.", False, "en", NOW)
        with pytest.raises(Invalid):
            ask_for(session, boss, anna, "why?", False, "en", NOW)


def test_whoever_asked_is_told_and_one_copy_is_made_at_a_time(context, anna):
    ask(context, anna)
    with pytest.raises(Conflict):
        ask(context, anna)
    run_job(context, "own_data", NOW)
    with context.sessions() as session:
        [letter] = session.scalars(sa.select(Notice).where(Notice.template == own_data.READY_LETTER))
        assert (letter.recipient_id, letter.context["path"]) == (anna, "/preferences/data")
    assert ask(context, anna)


def test_after_a_week_the_copy_and_its_bytes_are_gone(context, anna):
    order = ask(context, anna)
    run_job(context, "own_data", NOW)
    with context.sessions() as session:
        found = session.get_one(OwnData, order)
        with pytest.raises(NotFound):
            own_data.ready(session, order, anna, anna, found.expires_at)
    assert run_job(context, "own_data", NOW + own_data.KEPT + timedelta(hours=1)) == "0 made, 1 removed"
    with context.sessions() as session:
        assert session.get(OwnData, order) is None
    with pytest.raises(NotFound):
        context.storage.open(found.file_id)


def test_a_copy_whose_making_broke_off_is_made_by_the_next_job_and_given_up_after_some_tries(context, anna):
    order = ask(context, anna)
    with context.sessions() as session, writing(session):
        assert own_data.claim(session, NOW).id == order
        assert own_data.claim(session, NOW) is None
    assert run_job(context, "own_data", NOW + own_data.HELD + timedelta(minutes=1)) == "1 made, 0 removed"
    second = ask(context, anna)
    with context.sessions() as session, writing(session):
        for turn in range(own_data.TRIES + 1):
            own_data.claim(session, NOW + turn * 2 * own_data.HELD)
        assert session.get_one(OwnData, second).state == own_data.FAILED


def test_a_guest_gets_what_was_asked_with_the_same_address(context):
    with context.sessions() as session, writing(session):
        first, second = (factories.guest(session, email="rita@example.org") for _ in range(2))
        stranger = factories.guest(session, email="other@example.org")
        for who, title in ((first, "One"), (second, "Two"), (stranger, "Three")):
            factories.ticket(session, requester=who, title=title, suffix=f"7KQF2{title[0]}")
        by = factories.actor(session, factories.administrator(session))
        order = ask_for(session, by, first.id, "Asked by mail, known.", False, "en", NOW).id
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    assert [row["title"] for row in rows(copy, "ticket")] == ["One", "Two"]
    assert "7KQF2" not in everything_in(copy)


def test_staff_get_what_they_did_and_when_but_not_what_others_wrote(context, anna):
    with context.sessions() as session:
        [teo] = session.scalars(sa.select(Person.id).where(Person.given_name == "Teo"))
    order = ask(context, teo)
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    assert {f"at-work/{name}.json" for name in with_work()} <= set(copy.namelist())
    done = json.loads(copy.read("at-work/ticket_event.json"))
    assert "note" in {event["action"] for event in done}
    assert [word for word in ("Anna", "My fee", "receipt") if word in everything_in(copy)] == []


def test_a_follower_gets_their_own_words_and_nobody_elses(context, anna):
    with context.sessions() as session:
        [bruno] = session.scalars(sa.select(Person.id).where(Person.given_name == "Bruno"))
    order = ask(context, bruno)
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    assert [row["body_text"] for row in rows(copy, "said_to_others")] == ["Same with me."]
    assert "receipt" not in everything_in(copy)


def test_a_person_reads_when_staff_opened_the_request_and_why_but_not_who(context, anna):
    with context.sessions() as session, writing(session):
        boss = factories.administrator(session, given_name="Boss")
        number = session.scalars(sa.select(Ticket.number)).one()
        reasons.give_reason(session, factories.actor(session, boss), number, "She complained by phone.", NOW, KEY)
    order = ask(context, anna)
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    [read] = rows(copy, "access_log")
    assert (read["reason"], read["request"]) == ("She complained by phone.", number)
    assert "Boss" not in everything_in(copy)


def test_reasons_that_only_staff_read_are_not_in_it(context, anna):
    with context.sessions() as session, writing(session):
        by = factories.actor(session, factories.administrator(session))
        email = session.get_one(Person, anna).email
        holds.hold_person(session, by, anna, "Bruno says she cheated.", NOW)
        reading_log.ask(session, by, "requester", email, "Bruno says she cheated.", NOW)
        ask_for(session, by, anna, "Bruno says she cheated.", False, "en", NOW)
    order = ask(context, anna)
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    assert "cheated" not in everything_in(copy)
    assert {"hold.place", "reading_log.ask", "own_data.ask"} <= {row["action"] for row in rows(copy, "audit_event")}


def test_pages_lead_to_files_whatever_they_are_called(context, anna):
    with context.sessions() as session, writing(session):
        ticket = session.scalars(sa.select(Ticket)).one()
        file = attach(context, session, b"%PDF-sharp", "100%25 #1.pdf")
        words = Details(note=from_plain("And this."), files=(file,), draft_key=KEY)
        act(session, ticket, Action.COMMENT, factories.actor(session, session.get_one(Person, anna)), NOW, words)
    order = ask(context, anna)
    run_job(context, "own_data", NOW)
    copy = copy_of(context, order)
    places = re.findall(r'href="(files/[^"]*)"', copy.read("index.html").decode())
    assert {unquote(place) for place in places} <= set(copy.namelist())
    assert [place for place in places if "#" in place] == []
