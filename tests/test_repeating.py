"""Recurring requests bring their files: each request gets copies of its own, and nothing is left behind."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import recurring
from servicedesk.actions.files import note_draft, sweep_drafts
from servicedesk.actions.recurring import ForWhom
from servicedesk.actions.recurring_files import Files
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.jobs import run_job
from servicedesk.rules.catalogue import Field as CatalogueField
from servicedesk.rules.catalogue import FieldKind, LocalText
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Actor
from servicedesk.rules.recurring import Recurring
from servicedesk.rules.rhythm import Rhythm, Unit
from servicedesk.store import recurring as store
from servicedesk.store.base import writing
from servicedesk.store.models.people import Person
from servicedesk.store.models.recurring import RecurringFile, RecurringTicket
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Ticket, Upload
from servicedesk.turns import JobContext
from tests import factories
from tests.factories import NOW
from tests.job_desk import settings_for, working

pytestmark = pytest.mark.both_databases
KEY = "k" * 24
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY = Recurring(
    name="Printers",
    category="fees",
    title=LocalText("Stampanti", "Printers"),
    text=LocalText("Controllare.", "Check."),
    rhythm=Rhythm(Unit.DAY, NOW.date(), time(11)),
    answers={"plan": "plan.pdf"},
)


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[JobContext]:
    plan = CatalogueField("plan", FieldKind.FILE, factories.text("Plan"), required=True, accept=("pdf",))
    with working(settings_for(database_url, tmp_path)) as made:
        with made.sessions() as session, writing(session):
            factories.publish(session, factories.catalogue((factories.category("fees", fields=(plan,)),)))
            factories.supervisor(session, "DESK")
            factories.technician(session, "DESK", code="T-DESK", locale="en")
        yield made


def draft(context: JobContext, name: str, content: bytes, field: str | None = None) -> str:
    upload_id = new_upload_id()
    stored = context.storage.save(BytesIO(content), upload_id, 1000)
    with context.sessions() as session, writing(session):
        note_draft(session, upload_id, KEY, name, "application/pdf", stored.size, stored.sha256, NOW, field)
    return upload_id


def save(context: JobContext, files: Files, *, row_id: int | None = None, seen: int = 0) -> int:
    with context.sessions() as session, writing(session):
        whom = ForWhom(session.scalars(sa.select(Person.id).where(Person.code == "T-DESK")).one())
        return recurring.save(session, _boss(session), DAILY, whom, row_id, seen, NOW, files).id


def _boss(session: Session) -> Actor:
    leaders = sa.select(Person).where(Person.code != "T-DESK").order_by(Person.id).limit(1)
    return factories.actor(session, session.scalars(leaders).one())


def opened(context: JobContext, now: datetime) -> list[list[tuple[str, str | None, bytes]]]:
    """Run the job; return name, field and bytes of the files of each request there is by now."""
    run_job(context, "open_recurring", now)
    with context.sessions() as session:
        found = []
        for ticket_id in session.scalars(sa.select(Ticket.id).order_by(Ticket.id)).all():
            own = sa.select(Upload).where(Upload.ticket_id == ticket_id).order_by(Upload.name)
            found.append([(each.name, each.field, _bytes(context, each.id)) for each in session.scalars(own)])
        return found


def _bytes(context: JobContext, upload_id: str) -> bytes:
    with context.storage.open(upload_id) as file:
        return file.read()


def stored(context: JobContext) -> int:
    return sum(each.is_file() for each in context.storage.folder.rglob("*"))


def test_every_request_gets_copies_of_the_files_and_of_the_one_that_a_field_asks_for(context: JobContext) -> None:
    plan, hint = draft(context, "plan.pdf", b"%PDF-plan", "plan"), draft(context, "hint.pdf", b"%PDF-hint")
    save(context, Files(new=(plan, hint), draft_key=KEY))
    one = [("hint.pdf", None, b"%PDF-hint"), ("plan.pdf", "plan", b"%PDF-plan")]
    assert opened(context, NOW + HOUR) == [one]
    assert opened(context, NOW + HOUR + DAY) == [one, one]
    assert stored(context) == 6, "two of the rule, two of each request"
    with context.sessions() as session:
        assert session.scalars(sa.select(Ticket).limit(1)).one().answers["plan"]["value"] == "plan.pdf"
        assert sweep_drafts(session, NOW + 400 * DAY, 10) == [], "they stay as long as what they belong to"


def test_files_are_left_out_and_added_and_go_with_what_they_belong_to(context: JobContext) -> None:
    plan, hint = draft(context, "plan.pdf", b"%PDF-plan", "plan"), draft(context, "hint.pdf", b"%PDF-hint")
    row_id = save(context, Files(new=(plan, hint), draft_key=KEY))
    other = draft(context, "other.pdf", b"%PDF-other")
    save(context, Files(frozenset({plan}), (other,), KEY), row_id=row_id, seen=1)
    (first,) = opened(context, NOW + HOUR)
    assert [name for name, _field, _bytes in first] == ["other.pdf", "plan.pdf"]
    with context.sessions() as session, writing(session):
        shown = session.scalars(sa.select(AuditEvent.after).order_by(AuditEvent.id.desc()).limit(1)).one() or {}
        assert sorted(shown["files"]) == ["other.pdf", "plan.pdf"]
        assert sorted(recurring.remove(session, _boss(session), row_id, NOW)) == sorted([plan, other])
    with context.sessions() as session:
        assert session.scalars(sa.select(RecurringFile)).all() == []
        left = session.scalars(sa.select(Upload.name).order_by(Upload.name)).all()
    assert left == ["other.pdf", "plan.pdf"], "those of the request that was opened"


def test_a_file_of_another_form_is_not_taken(context: JobContext) -> None:
    plan = draft(context, "plan.pdf", b"%PDF-plan", "plan")
    with pytest.raises(Invalid, match="not there any more"):
        save(context, Files(new=(plan,), draft_key="o" * 24))


def test_one_whose_file_has_vanished_is_paused_and_says_why(context: JobContext) -> None:
    plan = draft(context, "plan.pdf", b"%PDF-plan", "plan")
    row_id = save(context, Files(new=(plan,), draft_key=KEY))
    context.storage.remove(plan)
    assert opened(context, NOW + HOUR) == []
    with context.sessions() as session:
        row = session.get_one(RecurringTicket, row_id)
        assert (row.is_on, "not there any more" in str(row.why_paused)) == (False, True)


def test_copies_that_no_request_took_are_removed(context: JobContext, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = draft(context, "plan.pdf", b"%PDF-plan", "plan")
    save(context, Files(new=(plan,), draft_key=KEY))
    other = draft(context, "other.pdf", b"%PDF-other")
    with context.sessions() as session:
        copied = list(store.files_of_next(session, NOW + HOUR, set()))
    save(context, Files(frozenset({plan}), (other,), KEY), row_id=1, seen=1)
    with monkeypatch.context() as patched:  # it was changed after its files were copied
        patched.setattr(store, "files_of_next", lambda *_facts: copied)
        assert opened(context, NOW + HOUR) == []
    assert stored(context) == 2
    assert len(opened(context, NOW + HOUR)) == 1


def test_one_whose_files_cannot_be_copied_now_waits_and_holds_up_no_other(
    context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint, plan = draft(context, "hint.pdf", b"%PDF-hint"), draft(context, "plan.pdf", b"%PDF-plan", "plan")
    save(context, Files(new=(hint, plan), draft_key=KEY))
    save(context, Files(new=(draft(context, "other.pdf", b"%PDF-other", "plan"),), draft_key=KEY))
    open_file = Storage.open

    def failing(storage: Storage, upload_id: str) -> BinaryIO:
        if upload_id == plan:
            raise OSError("the disk does not answer")
        return open_file(storage, upload_id)

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "open", failing)
        assert opened(context, NOW + HOUR) == [[("other.pdf", "plan", b"%PDF-other")]]
    assert stored(context) == 4, "three that are kept, and the copy of the one"
    assert len(opened(context, NOW + HOUR)) == 2


def test_one_whose_file_has_other_bytes_is_paused_and_says_why(context: JobContext) -> None:
    plan = draft(context, "plan.pdf", b"%PDF-plan", "plan")
    row_id = save(context, Files(new=(plan,), draft_key=KEY))
    context.storage.save(BytesIO(b"%PDF-longer than it was"), plan, 1000)
    assert opened(context, NOW + HOUR) == []
    assert stored(context) == 1
    with context.sessions() as session:
        assert not session.get_one(RecurringTicket, row_id).is_on
