"""The contacts of counters are kept once for each degree course or area, with a record, on both databases."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.standard_contacts import keep_contact, remove_contact, set_contact
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.standard_answers import Contact
from servicedesk.store import standard_answers as store
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.factories import NOW

BY = "command:test"
AREA = Contact("area", "ECO", {"en": "Counter 3"}, "fees")


@pytest.fixture(autouse=True)
def running(session):
    factories.publish(session)


def test_f3_contacts_are_added_changed_and_removed_with_a_record_of_before_and_after(session):
    made = set_contact(session, AREA, BY, NOW)
    set_contact(session, Contact("area", "ECO", {"it": "Sportello 4"}), BY, NOW, made)
    assert store.contacts(session) == [Contact("area", "ECO", {"it": "Sportello 4"})]
    remove_contact(session, made, BY, NOW)
    assert store.contacts(session) == []
    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == [
        "counter_contact.set",
        "counter_contact.set",
        "counter_contact.remove",
    ]
    assert (events[1].before["texts"], events[1].after["texts"]) == ({"en": "Counter 3"}, {"it": "Sportello 4"})
    for gone in (lambda: remove_contact(session, made, BY, NOW), lambda: set_contact(session, AREA, BY, NOW, made)):
        with pytest.raises(NotFound):
            gone()


def test_f3_nobody_has_two_counters(session):
    set_contact(session, AREA, BY, NOW)
    with pytest.raises(Invalid) as refused:
        set_contact(session, AREA, BY, NOW)
    assert set(refused.value.fields) == {"value"}
    assert len(store.contacts(session)) == 1


def test_f3_a_file_changes_only_what_it_says_otherwise(session):
    changed = Contact("area", "ECO", {"en": "Counter 5"})
    assert [keep_contact(session, each, BY, NOW) for each in (AREA, AREA, changed)] == ["added", "unchanged", "changed"]
    assert store.contacts(session) == [changed]


def test_f3_what_is_missing_is_said_beside_its_field(session):
    for contact, fields in (
        (Contact("planet", "Mars", {}), {"kind", "text_it"}),
        (Contact("course", "", {"en": "x" * 1001}, "nowhere"), {"value", "text_en", "category_key"}),
    ):
        with pytest.raises(Invalid) as refused:
            set_contact(session, contact, BY, NOW)
        assert set(refused.value.fields) == fields
    set_contact(session, Contact("other", "", {"it": "Sportello"}), BY, NOW)
