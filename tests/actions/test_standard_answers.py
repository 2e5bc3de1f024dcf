"""Standard answers are proposed, published and offered where they belong, on both databases."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.standard_answers import import_answer, mark, move, save_draft, written_of
from servicedesk.actions.standard_values import letter, subject_of
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.standard_answers import Reach, Sequel, Step, Written
from servicedesk.store import standard_answers as store
from servicedesk.store.models.standard_answers import CounterContact, StandardAnswerCount, StandardAnswerVersion
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.standard_answers import Place
from tests import factories
from tests.factories import NOW

BY = "command:test"


@pytest.fixture(autouse=True)
def tree(session):
    return factories.publish(session)


def written(name="Late fees", it="Gentile {requester_name}", en="Dear {requester_name}", **values):
    texts = {language: from_plain(text) for language, text in (("it", it), ("en", en)) if text}
    return Written(name, texts, **values)


def offered(session, tree, *places, since=""):
    return [each.shortcut for each in store.offered(session, tree, [Place(*place) for place in places], since)]


def test_f3_a_technician_proposes_and_the_supervisor_of_the_group_publishes(session, tree):
    author = factories.actor(session, factories.technician(session))
    leader = factories.actor(session, factories.supervisor(session))
    draft = save_draft(session, author, "fees-late", written(reach=Reach(frozenset({"DESK"}))), False, "", NOW)
    assert offered(session, tree, ("DESK", "fees")) == []
    with pytest.raises(NotAllowed):
        move(session, author, "fees-late", Step.PUBLISH, mark(draft), NOW)
    move(session, leader, "fees-late", Step.PUBLISH, mark(draft), NOW)
    assert offered(session, tree, ("DESK", "fees")) == ["fees-late"]
    event = session.scalars(sa.select(AuditEvent)).one()
    assert (event.actor, event.action, event.subject) == (
        f"person:{leader.person_id}",
        "standard_answer.publish",
        "standard_answer:fees-late",
    )
    assert (event.before, event.after["name"]) == ({}, "Late fees")


def test_f3_a_new_version_replaces_the_running_one_when_it_is_published_and_says_which_language_lags(session, tree):
    leader = factories.actor(session, factories.supervisor(session))
    reach = Reach(frozenset({"DESK"}))
    import_answer(session, "a", written(reach=reach), BY, NOW)
    first = session.scalars(sa.select(StandardAnswerVersion)).one()
    changed = written(it="Gentilissima {requester_name}", reach=reach)
    draft = save_draft(session, leader, "a", changed, False, mark(first), NOW)
    assert draft.revisions == {"it": 2, "en": 1}
    found = store.offered(session, tree, [Place("DESK", "fees")])
    assert store.published(session, found[0].id).texts["it"].text == "Gentile {requester_name}"
    move(session, leader, "a", Step.PUBLISH, mark(draft), NOW)
    assert store.published(session, found[0].id).texts["it"].text == "Gentilissima {requester_name}"
    event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event.before["texts"]["it"]["text"] == "Gentile {requester_name}"
    move(session, leader, "a", Step.RETIRE, mark(store.version_in(session, draft.answer_id)), NOW)
    with pytest.raises(NotFound):
        store.published(session, found[0].id)


def test_f3_two_who_write_at_once_do_not_overwrite_each_other(session):
    author = factories.actor(session, factories.technician(session))
    seen = mark(save_draft(session, author, "a", written(), False, "", NOW))
    save_draft(session, author, "a", written("Mine"), False, seen, NOW)
    with pytest.raises(Conflict):
        save_draft(session, author, "a", written("Yours"), False, seen, NOW)
    with pytest.raises(Invalid) as refused:
        save_draft(session, author, "a", written(), False, "", NOW)
    assert set(refused.value.fields) == {"shortcut"}


def test_f3_nobody_replaces_the_answer_of_groups_they_do_not_lead(session):
    import_answer(session, "a", written(reach=Reach(frozenset({"FEW"}))), BY, NOW)
    leader = factories.actor(session, factories.supervisor(session))
    seen = mark(session.scalars(sa.select(StandardAnswerVersion)).one())
    mine = written(reach=Reach(frozenset({"DESK"})))
    draft = save_draft(session, leader, "a", mine, False, seen, NOW)
    with pytest.raises(NotAllowed):
        move(session, leader, "a", Step.PUBLISH, mark(draft), NOW)
    with pytest.raises(NotAllowed):
        save_draft(session, leader, "b", written(reach=Reach(frozenset({"FEW"}))), False, "", NOW)


def test_f3_what_others_have_begun_for_their_group_is_not_written_over(session):
    author = factories.actor(session, factories.technician(session))
    stranger = factories.actor(session, factories.technician(session, "FEW"))
    draft = save_draft(session, author, "a", written(reach=Reach(frozenset({"DESK"}))), False, "", NOW)
    with pytest.raises(NotAllowed):
        save_draft(session, stranger, "a", written("Mine", reach=Reach(frozenset({"FEW"}))), False, mark(draft), NOW)
    assert store.version_in(session, draft.answer_id).name == "Late fees"


def test_f3_a_file_replaces_what_came_from_a_file_and_keeps_what_people_wrote(session):
    assert import_answer(session, "a", written(), BY, NOW) == "added"
    assert import_answer(session, "a", written(), BY, NOW) == "unchanged"
    assert import_answer(session, "a", written("Other"), BY, NOW) == "changed"
    author = factories.actor(session, factories.technician(session))
    newest = session.scalars(sa.select(StandardAnswerVersion).order_by(StandardAnswerVersion.number.desc())).first()
    save_draft(session, author, "a", written("Mine"), False, mark(newest), NOW)
    assert import_answer(session, "a", written("File"), BY, NOW) == "kept"
    assert import_answer(session, "a", written("File"), BY, NOW, replace=True) == "changed"
    assert written_of(store.version_in(session, newest.answer_id)) == written("File")


def test_f3_answers_are_offered_where_they_belong_the_most_used_first(session, tree):
    for shortcut, name, reach in (
        ("all", "B for all", Reach()),
        ("desk", "A for the desk", Reach(frozenset({"DESK"}))),
        ("fees", "C about fees", Reach(frozenset(), factories.SERVICE, "fees")),
        ("exams", "About exams", Reach(frozenset(), factories.SERVICE, "exams")),
    ):
        import_answer(session, shortcut, written(name, reach=reach), BY, NOW)
    assert offered(session, tree, ("DESK", "fees")) == ["desk", "all", "fees"]
    used = store.answer_of(session, "fees")
    session.add(StandardAnswerCount(answer_id=used.id, category_key="fees", month="2026-03", used=3, refused=1))
    session.flush()
    assert offered(session, tree, ("DESK", "fees"), since="2025-04") == ["fees", "desk", "all"]
    assert offered(session, tree, ("DESK", "fees"), since="2026-04") == ["desk", "all", "fees"]
    assert offered(session, tree, ("DESK", "fees"), ("FEW", "exams")) == ["all"]
    assert offered(session, tree, ("DESK", "gone")) == ["desk", "all"]
    assert store.uses(session, [used.id], "2026-01")[used.id] == store.Uses(3, 1)


def test_f3_an_answer_speaks_the_requesters_language_and_knows_the_ticket(session):
    import_answer(
        session, "a", written(it="{date}", en="{requester_name}, {degree_course}: {group}, {technician}"), BY, NOW
    )
    asker = factories.student(session, given_name="Elena", family_name="Rossi", locale="en")
    ticket = factories.ticket(session, requester=asker)
    actor = factories.actor(session, factories.technician(session, code="067010"))
    answer = store.published(session, store.answer_of(session, "a").id)
    filled = letter(answer, subject_of(session, ticket), actor, "code", NOW)
    assert (filled.text.text, filled.missing) == ("Elena Rossi, Banca e finanza: Group DESK (en), 067010", ())
    asker.locale = None
    assert letter(answer, subject_of(session, ticket), actor, "code", NOW).text.text.startswith("2 marzo 2026\n")


def test_f3_the_counter_of_the_degree_course_is_named_and_its_absence_marked(session):
    text = written(it="", en="Please ask {counter_contacts}", sequel=Sequel.REPLY_CLOSE)
    import_answer(session, "wrong", text, BY, NOW)
    ticket = factories.ticket(session)
    actor = factories.actor(session, factories.technician(session))
    answer = store.published(session, store.answer_of(session, "wrong").id)
    assert letter(answer, subject_of(session, ticket), actor, "code", NOW).missing == ("counter_contacts",)
    texts = {"it": "Sportello", "en": "Counter 3"}
    session.add(CounterContact(kind="area", value="eco", texts=texts, category_key="exams", changed_at=NOW))
    session.flush()
    subject = subject_of(session, ticket)
    assert letter(answer, subject, actor, "code", NOW).text.text == "Please ask Counter 3"
    assert subject.contact.category_key == "exams"
