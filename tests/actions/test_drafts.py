"""What is being written is kept for its writer alone, once a category, with its files, and not for ever."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions.cleaning import forget_overdue
from servicedesk.actions.drafts import Typed, forget_draft, keep_draft
from servicedesk.actions.files import note_draft, sweep_drafts
from servicedesk.rules.errors import Invalid
from servicedesk.store.drafts import draft_of, drafts_of
from servicedesk.store.models.drafts import RequestDraft
from tests import factories
from tests.factories import NOW

LIFE = timedelta(days=30)
KEY, CATEGORY = "k" * 32, "tasse-pagamenti"


def typed(title="Paid", key=KEY):
    return Typed(key, title, {"title": [title], "description": ["I paid."], "idempotency_key": [key]})


def test_what_was_typed_last_is_kept_and_only_for_its_writer(session):
    writer, other = factories.student(session), factories.student(session)
    keep_draft(session, writer.id, CATEGORY, typed("First"), LIFE, NOW)
    keep_draft(session, writer.id, CATEGORY, typed("Second"), LIFE, NOW + timedelta(minutes=1))
    keep_draft(session, writer.id, "tasse-mora", typed("Late"), LIFE, NOW)
    found = draft_of(session, writer.id, CATEGORY, NOW)
    assert (found.fields["title"], found.changed_at) == (["Second"], NOW + timedelta(minutes=1))
    assert draft_of(session, other.id, CATEGORY, NOW) is None
    assert [each.title for each in drafts_of(session, writer.id, NOW, 5)] == ["Second", "Late"]
    assert drafts_of(session, other.id, NOW, 5) == []


def test_a_draft_is_over_after_its_days_and_then_forgotten(session):
    writer = factories.student(session)
    keep_draft(session, writer.id, CATEGORY, typed(), LIFE, NOW)
    after = NOW + LIFE + timedelta(seconds=1)
    assert draft_of(session, writer.id, CATEGORY, after) is None
    assert drafts_of(session, writer.id, after, 5) == []
    forget_overdue(session, after)
    assert session.scalars(sa.select(RequestDraft)).all() == []


def test_the_files_of_a_draft_live_as_long_as_it_does(session):
    writer = factories.student(session)
    for upload_id, key in (("a" * 32, KEY), ("b" * 32, "another form")):
        note_draft(session, upload_id, key, "x.pdf", "application/pdf", 1, "0" * 64, NOW)
    keep_draft(session, writer.id, CATEGORY, typed(), LIFE, NOW)
    assert sweep_drafts(session, NOW + timedelta(days=29), 10) == ["b" * 32]
    forget_draft(session, writer.id, CATEGORY, NOW + timedelta(days=29))
    assert draft_of(session, writer.id, CATEGORY, NOW) is None
    assert sweep_drafts(session, NOW + timedelta(days=29, seconds=1), 10) == ["a" * 32]


def test_more_than_a_form_holds_is_not_kept(session):
    writer = factories.student(session)
    with pytest.raises(Invalid, match="Shorten the text"):
        keep_draft(session, writer.id, CATEGORY, Typed(KEY, "T", {"description": ["x" * 200_001]}), LIFE, NOW)


@pytest.mark.parametrize("key", ["", "short", "x" * 81])
def test_a_form_without_a_key_of_its_own_is_not_kept(session, key):
    writer = factories.student(session)
    with pytest.raises(Invalid, match="not complete"):
        keep_draft(session, writer.id, CATEGORY, typed(key=key), LIFE, NOW)
