"""The contacts of the counters that standard answers name: which counter answers whom (F3)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.standard_answers import Contact
from servicedesk.store import catalogue
from servicedesk.store.models.standard_answers import CounterContact

KINDS = ("course", "area", "other")
LONGEST_VALUE = 200
LONGEST_TEXT = 1000
Kept = Literal["added", "changed", "unchanged"]
INCOMPLETE = N_("The contacts are not complete yet.")


def set_contact(session: Session, contact: Contact, by: str, now: datetime, contact_id: int | None = None) -> int:
    """Keep the contacts of a counter, of a new one or instead of those with this id; return the id.

    Raises Invalid for what is missing or there already, NotFound for an id that is not there.
    """
    faults = dict(_faults(contact, catalogue.current(session)))
    if faults:
        raise Invalid(INCOMPLETE, faults)
    row = CounterContact() if contact_id is None else session.get(CounterContact, contact_id, with_for_update=True)
    if row is None:
        raise NotFound()
    before = _content(row) if contact_id else {}
    try:
        with session.begin_nested():
            _write(row, contact, now)
            session.add(row)
    except IntegrityError as error:
        taken = Sentence(N_("There are contacts for this already: change those."))
        raise Invalid(INCOMPLETE, {"value": taken}) from error
    audit.record(session, by, "counter_contact.set", f"counter_contact:{row.id}", now, before, _content(row))
    return row.id


def keep_contact(session: Session, contact: Contact, by: str, now: datetime) -> Kept:
    """Keep the contacts that a file names, instead of those there are for the same. Raises Invalid."""
    query = sa.select(CounterContact).where(CounterContact.kind == contact.kind, CounterContact.value == contact.value)
    row = session.scalars(query).first()
    if row is not None and (row.texts, row.category_key) == (dict(contact.texts), contact.category_key):
        return "unchanged"
    set_contact(session, contact, by, now, row.id if row else None)
    return "changed" if row else "added"


def remove_contact(session: Session, contact_id: int, by: str, now: datetime) -> None:
    """Forget the contacts of a counter. Raises NotFound."""
    row = session.get(CounterContact, contact_id, with_for_update=True)
    if row is None:
        raise NotFound()
    audit.record(session, by, "counter_contact.remove", f"counter_contact:{row.id}", now, _content(row))
    session.delete(row)
    session.flush()


def _write(row: CounterContact, contact: Contact, now: datetime) -> None:
    row.kind, row.value, row.texts = contact.kind, contact.value, dict(contact.texts)
    row.category_key, row.changed_at = contact.category_key, now


def _content(row: CounterContact) -> Mapping[str, Any]:
    return {"kind": row.kind, "value": row.value, "texts": row.texts, "category_key": row.category_key}


def _faults(contact: Contact, tree: Catalogue) -> Iterator[tuple[str, Sentence]]:
    if contact.kind not in KINDS:
        yield "kind", Sentence(N_("Choose whom the counter answers."))
    if contact.kind != "other" and not 0 < len(contact.value) <= LONGEST_VALUE:
        yield "value", Sentence(N_("Name the degree course or the area."))
    if not contact.texts:
        yield "text_it", Sentence(N_("Write the contacts in at least one language."))
    for language, text in contact.texts.items():
        if len(text) > LONGEST_TEXT:
            yield f"text_{language}", Sentence(N_("Too long: at most %(most)s characters."), {"most": LONGEST_TEXT})
    if contact.category_key is not None and contact.category_key not in tree.categories:
        yield "category_key", Sentence(N_("Choose one of the categories."))
