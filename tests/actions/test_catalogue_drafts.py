"""Drafts of the catalogue on both databases: changed, published, gone back to; refused where they must be."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.actions.catalogue import apply, publishable
from servicedesk.actions.catalogue_drafts import Seen
from servicedesk.gateways.catalogue_yaml import written
from servicedesk.rules.catalogue_edit import with_category, with_retirement
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound, NotNow
from servicedesk.store import catalogue as store
from servicedesk.store import catalogue_drafts as drafts
from servicedesk.store.base import writing
from servicedesk.store.models.system import AuditEvent, CatalogueVersion
from tests import factories
from tests.factories import NOW

WHY = "A good reason."


@pytest.fixture
def chief(session):
    factories.publish(session)
    return factories.actor(session, factories.administrator(session))


def begun(session, chief, **values):
    """Return a draft in which the category of fees differs."""
    tree = store.current(session)
    changed = replace(tree.categories["fees"], **{"urgency": 5, **values})
    return actions.begin(session, chief, "running", "Draft", with_category(tree, changed, is_carried=False), NOW)


def published(session, chief, draft, running=1, note=WHY, is_confirmed=True):
    seen = Seen(running, draft.revision)
    return actions.publish(session, chief, draft.id, seen, note, NOW, is_confirmed=is_confirmed)


def test_a_draft_changes_nothing_until_it_is_published_and_is_gone_then(session, chief):
    draft = begun(session, chief)
    assert store.current(session).categories["fees"].urgency == 2
    done = published(session, chief, draft)
    assert (done.version, store.current(session).categories["fees"].urgency) == (2, 5)
    version = session.get(CatalogueVersion, 2)
    assert (version.note, version.applied_by) == (WHY, f"person:{chief.person_id}")
    told = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "catalogue.applied")).one()
    assert (told.before, told.after["note"], told.after["changed"]) == ({"version": 1}, WHY, 1)
    with pytest.raises(NotFound, match="published or thrown away"):
        drafts.draft(session, draft.id)


def test_an_edit_is_kept_with_the_properties_before_and_after_and_one_that_changes_nothing_is_not(session, chief):
    draft = begun(session, chief)

    def renamed(tree):
        return with_category(tree, replace(tree.categories["exams"], urgency=1), is_carried=True)

    for _ in range(2):
        actions.change(session, chief, draft.id, renamed, NOW)
    edits = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "catalogue.edit")).all()
    assert [(each.before, each.after) for each in edits] == [({"exams": {"urgency": 2}}, {"exams": {"urgency": 1}})]
    assert drafts.draft(session, draft.id).revision == 2


@pytest.mark.parametrize(
    ("typed", "field"), [({"note": "x"}, "note"), ({"note": "x" * 501}, "note"), ({"is_confirmed": False}, "confirmed")]
)
def test_a_reason_and_the_warnings_read_are_asked_for(session, chief, typed, field):
    factories.technician(session, "DESK")
    factories.ticket(session, key="exams")
    draft = begun(session, chief)
    actions.change(session, chief, draft.id, lambda tree: with_retirement(tree, "exams", is_retired=True), NOW)
    with pytest.raises(Invalid) as refused:
        published(session, chief, draft, **typed)
    assert list(refused.value.fields) == [field]
    assert store.current_version(session)[0] == 1
    assert published(session, chief, draft).version == 2
    assert store.current(session).categories["exams"].retired


def test_a_draft_with_errors_is_kept_but_not_published(session, chief):
    draft = begun(session, chief, group="NOWHERE")
    with pytest.raises(Invalid, match="has errors"):
        published(session, chief, draft)


def test_what_changed_meanwhile_is_a_conflict_and_can_be_taken_in(session, chief):
    first, second = begun(session, chief), begun(session, chief, urgency=2, impact=5)
    published(session, chief, first)
    with pytest.raises(Conflict, match="Version 2 was published meanwhile"):
        published(session, chief, second)
    seen = Seen(2, second.revision)
    assert actions.bring_up_to_date(session, chief, second.id, NOW) == ("fees",)
    with pytest.raises(Conflict, match="changed this draft"):
        actions.publish(session, chief, second.id, seen, WHY, NOW, is_confirmed=True)
    assert published(session, chief, second, running=2).version == 3
    assert actions.bring_up_to_date(session, chief, begun(session, chief).id, NOW) == ()


def test_what_runs_already_is_not_published_again(session, chief):
    draft = begun(session, chief, urgency=2)
    with pytest.raises(NotNow, match="nothing would change"):
        published(session, chief, draft)


def test_a_draft_of_others_with_changes_to_other_services_is_not_thrown_away(session, chief):
    draft = begun(session, chief)
    limited = factories.actor(session, factories.administrator(session, "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"))
    with pytest.raises(NotAllowed, match="fees"):
        actions.discard(session, limited, draft.id, NOW)
    own = begun(session, limited)
    actions.discard(session, limited, own.id, NOW)
    assert drafts.draft(session, draft.id).id == draft.id


def test_the_administrator_of_one_service_is_refused_by_name_what_is_not_theirs(session, chief):
    draft = begun(session, chief)
    limited = factories.actor(session, factories.administrator(session, "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"))
    with pytest.raises(NotAllowed, match="fees"):
        published(session, limited, draft)
    with pytest.raises(NotAllowed, match="exams"):
        actions.change(session, limited, draft.id, lambda tree: with_retirement(tree, "exams", is_retired=True), NOW)
    own = factories.actor(session, factories.administrator(session, factories.SERVICE))
    assert published(session, own, draft).version == 2


def test_the_file_of_a_published_draft_counts_as_applied_but_not_once_it_was_edited(session, chief):
    content = written(store.numbered(session, 1)).replace(b"urgency: 3", b"urgency: 4")
    found = publishable(content, "c.yaml")
    draft = actions.begin(session, chief, "file", "c.yaml", found.catalogue, NOW, found.file_hash)
    published(session, chief, draft)
    assert store.was_applied(session, found.file_hash)
    assert not apply(session, found, "command:test", NOW).is_new


def test_a_draft_thrown_away_leaves_a_record(session, chief):
    draft = begun(session, chief)
    actions.discard(session, chief, draft.id, NOW)
    assert not drafts.drafts(session)
    assert "catalogue.discard" in session.scalars(sa.select(AuditEvent.action)).all()


def test_requests_are_replayed_newest_first_and_only_of_the_services_administered(session, chief):
    made = [factories.ticket(session, key="fees") for _ in range(3)]
    found = list(drafts.asked_since(session, chief, NOW.replace(year=2025), most=2))
    assert [each.number for each in found] == [each.number for each in reversed(made)][:2]
    limited = factories.actor(session, factories.administrator(session, "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"))
    assert list(drafts.asked_since(session, limited, NOW.replace(year=2025))) == []
    assert list(drafts.asked_since(session, chief, NOW.replace(year=2099))) == []


@pytest.mark.concurrency
def test_two_who_publish_at_once_do_not_undo_each_other(fresh_database):
    with Session(fresh_database, expire_on_commit=False) as session, writing(session):
        factories.publish(session)
        chief = factories.actor(session, factories.administrator(session))
        made = [begun(session, chief), begun(session, chief, impact=5)]
    barrier, outcomes = Barrier(2), []

    def publish(draft):
        with Session(fresh_database) as session:
            barrier.wait()
            try:
                with writing(session):
                    outcomes.append(published(session, chief, draft).version)
            except Conflict:
                outcomes.append("conflict")

    threads = [Thread(target=publish, args=(draft,)) for draft in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [2, "conflict"]
