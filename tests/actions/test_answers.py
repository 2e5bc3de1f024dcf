"""Importing answers and counting whether they helped, on both databases."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.answer_files import put
from servicedesk.actions.answers import count_view, import_answer, mark, move, save_draft, vote
from servicedesk.actions.cleaning import unknown_files
from servicedesk.actions.files import note_draft
from servicedesk.gateways.storage import new_upload_id
from servicedesk.rules.answers import Step
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store import answers as store
from servicedesk.store.models.answers import Answer, AnswerVersion
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Upload
from tests import factories
from tests.factories import NOW, written

BY = "command:test"
NOBODY = Actor(ActorKind.GUEST)
STUDENT = Actor(ActorKind.PERSON, 1, audiences=frozenset({"student"}))
STAFF = Actor(ActorKind.PERSON, 2, groups=frozenset({"DESK"}))


@pytest.fixture(autouse=True)
def running(session):
    factories.publish(session)


def test_d3_a_file_is_published_once_and_a_changed_one_replaces_it(session):
    assert import_answer(session, "pay", written(), BY, NOW) == "added"
    assert import_answer(session, "pay", written(), BY, NOW) == "unchanged"
    assert import_answer(session, "pay", written(it="Paga entro maggio.", en="Pay through **pagoPA**."), BY, NOW) == (
        "changed"
    )
    shown = store.one(session, NOBODY, "pay")
    assert shown.texts["it"]["html"] == "<p>Paga entro maggio.</p>\n"
    assert shown.revisions == {"it": 2, "en": 1}
    stages = session.scalars(sa.select(AnswerVersion.stage).order_by(AnswerVersion.number)).all()
    assert stages == ["replaced", "published"]
    assert session.scalars(sa.select(AuditEvent.subject)).all() == ["answer:pay", "answer:pay"]


def test_what_was_last_written_in_the_desk_is_kept_unless_it_is_to_be_replaced(session):
    import_answer(session, "pay", written(), BY, NOW)
    editor = factories.technician(session)
    session.execute(sa.update(AnswerVersion).values(changed_by=editor.id))
    changed = written(en="Pay at the bank.")
    assert import_answer(session, "pay", changed, BY, NOW) == "kept"
    assert "it" in store.one(session, NOBODY, "pay").texts
    assert import_answer(session, "pay", changed, BY, NOW, replace=True) == "changed"
    assert store.one(session, NOBODY, "pay").texts["en"]["text"] == "Pay at the bank."


def test_an_answer_about_an_unknown_category_is_refused(session):
    with pytest.raises(Invalid) as refused:
        import_answer(session, "pay", written("nothing"), BY, NOW)
    assert set(refused.value.fields) == {"category_key"}


def test_an_answer_is_read_by_its_audience_and_by_staff_and_is_not_there_for_others(session):
    factories.answer(session, "pay", audience="student")
    assert store.one(session, STUDENT, "pay").key == store.one(session, STAFF, "pay").key == "pay"
    assert store.category_keys(session, NOBODY) == frozenset()
    for ask in (lambda: store.one(session, NOBODY, "pay"), lambda: vote(session, NOBODY, "pay", True)):
        with pytest.raises(NotFound):
            ask()


def test_votes_and_readers_are_counted_and_the_most_read_come_first(session):
    for key in ("one", "two", "three"):
        factories.answer(session, key)
    for key, helped in (("two", True), ("two", False), ("one", True)):
        vote(session, STUDENT, key, helped)
    for key in ("one", "three", "one"):
        count_view(session, STUDENT, key)
    assert [row.key for row in store.most_asked(session, STUDENT, 2)] == ["one", "three"]
    counts = session.execute(sa.select(Answer.key, Answer.votes, Answer.helped).order_by(Answer.id)).all()
    assert counts == [("one", 1, 1), ("two", 2, 1), ("three", 0, 0)]


@pytest.fixture
def writer(session):
    return factories.actor(session, factories.technician(session))


@pytest.fixture
def leader(session):
    return factories.actor(session, factories.supervisor(session))


def test_d3_what_staff_write_is_read_only_once_a_supervisor_has_published_it(session, writer, leader):
    draft = save_draft(session, writer, "pay", written(), False, "", NOW)
    waiting = move(session, writer, "pay", Step.SUBMIT, mark(draft), NOW)
    with pytest.raises(NotFound):
        store.one(session, NOBODY, "pay")
    with pytest.raises(NotAllowed):
        move(session, writer, "pay", Step.PUBLISH, mark(waiting), NOW)
    published = move(session, leader, "pay", Step.PUBLISH, mark(waiting), NOW)
    assert store.one(session, NOBODY, "pay").titles["en"] == "How do I pay?"
    move(session, leader, "pay", Step.RETIRE, mark(published), NOW)
    with pytest.raises(NotFound):
        store.one(session, NOBODY, "pay")
    assert session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
        "answer.publish",
        "answer.retire",
    ]


def test_readers_keep_the_published_text_and_audience_while_a_new_version_is_written(session, writer, leader):
    factories.answer(session, "pay")
    seen = mark(store.version_in(session, store.answer_of(session, "pay").id))
    draft = save_draft(session, writer, "pay", written("exams", "staff", it="Nuovo.", en="Old."), False, seen, NOW)
    assert store.one(session, NOBODY, "pay").category_key == "fees"
    draft = save_draft(session, writer, "pay", written("exams", "staff", it="Altro."), False, mark(draft), NOW)
    assert (draft.number, draft.saves) == (2, 2)
    move(session, writer, "pay", Step.SUBMIT, mark(draft), NOW)
    move(session, leader, "pay", Step.PUBLISH, mark(draft), NOW)
    with pytest.raises(NotFound):
        store.one(session, NOBODY, "pay")
    assert store.one(session, STAFF, "pay").category_key == "exams"
    assert [row.number for row in store.history(session, draft.answer_id, 5)] == [2, 1]


def test_a_change_after_review_has_begun_needs_a_new_review(session, writer, leader):
    draft = save_draft(session, writer, "pay", written(), False, "", NOW)
    move(session, writer, "pay", Step.SUBMIT, mark(draft), NOW)
    seen = mark(draft)
    save_draft(session, writer, "pay", written(en="Pay less."), False, seen, NOW)
    assert draft.stage == "draft"
    with pytest.raises(Conflict):
        move(session, leader, "pay", Step.PUBLISH, seen, NOW)


def test_two_editors_do_not_overwrite_each_other_and_no_key_is_given_twice(session, writer):
    draft = save_draft(session, writer, "pay", written(), False, "", NOW)
    seen = mark(draft)
    save_draft(session, writer, "pay", written(en="One."), False, seen, NOW)
    with pytest.raises(Conflict):
        save_draft(session, writer, "pay", written(en="Two."), False, seen, NOW)
    for key in ("pay", "No key!"):
        with pytest.raises(Invalid) as refused:
            save_draft(session, writer, key, written(), False, "", NOW)
        assert set(refused.value.fields) == {"key"}


def test_the_other_language_lags_unless_the_editor_says_that_both_fit(session, writer, leader):
    factories.answer(session, "pay")
    seen = mark(store.version_in(session, store.answer_of(session, "pay").id))
    changed = written(it="Paga entro maggio.", en="Pay through **pagoPA**.")
    draft = save_draft(session, writer, "pay", changed, False, seen, NOW)
    assert draft.revisions == {"it": 2, "en": 1}
    assert save_draft(session, writer, "pay", changed, True, mark(draft), NOW).revisions == {"it": 2, "en": 2}


def drafts(session, key, *names):
    found = []
    for name in names:
        found.append(new_upload_id())
        note_draft(session, found[-1], key, name, "application/pdf", 7, "0" * 64, NOW)
    return found


def test_a_version_shows_the_files_put_to_it_and_the_next_one_begins_with_them(session, writer):
    first = save_draft(session, writer, "pay", written(), True, "", NOW)
    one, two = drafts(session, "form", "one.pdf", "two.pdf")
    put(session, first, (), (one, two), "form", 3)
    assert [each.name for each in store.files(session, first.files)] == ["one.pdf", "two.pdf"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Upload)) == 0
    assert unknown_files(session, [one, two, "0" * 32]) == ["0" * 32]
    with pytest.raises(Invalid, match="at most"):
        put(session, first, (one, two), drafts(session, "form", "3.pdf", "4.pdf"), "form", 3)
    with pytest.raises(Invalid, match="not there any more"):
        put(session, first, (one,), drafts(session, "another form", "5.pdf"), "form", 3)
    put(session, first, (two,), (), "form", 3)
    assert first.files == [two]
    import_answer(session, "pay", written(en="Pay at the bank."), BY, NOW, replace=True)
    assert store.one(session, STUDENT, "pay").files == [two]
