"""A version of the catalogue that the demo's administrator prepares: one category more, one moved, a longer form."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.catalogue_drafts import begin, change
from servicedesk.rules.catalogue import Catalogue, Field, FieldKind, LocalText
from servicedesk.rules.catalogue_edit import added, moved, with_category
from servicedesk.store import audit, catalogue, people
from servicedesk.store.base import writing

TITLE = "Riordino di primavera"
ASKS_MORE, GOES_ELSEWHERE, MOVES, TO = "tasse-rimborsi", "tasse-mora", "mensa", "tasse"
IBAN = Field(
    "iban", FieldKind.TEXT, LocalText("IBAN su cui ricevere il rimborso", "IBAN for the refund"), required=True
)
NEW: dict[str, Any] = {
    "key": "tasse-rateizzazione",
    "name": LocalText("Rateizzazione", "Paying by instalments"),
    "description": LocalText("Chiedi di pagare in più rate.", "Ask to pay in several instalments."),
    "synonyms": {"it": ("rate", "dilazione"), "en": ("instalments",)},
}


def add(session: Session, now: datetime) -> int:
    """Begin the draft and return how many there are."""
    actor_of_record, _name = audit.administrators(session)[0]
    chief = people.actor_of(session, int(actor_of_record.removeprefix("person:")))
    assert chief is not None
    with writing(session):
        made = begin(session, chief, "running", TITLE, catalogue.current(session), now)
        change(session, chief, made.id, _edited, now)
    return 1


def _edited(tree: Catalogue) -> Catalogue:
    tree = added(tree, replace(tree.categories[ASKS_MORE], **NEW))
    asking = tree.categories[ASKS_MORE]
    tree = with_category(tree, replace(asking, fields=(*asking.fields, IBAN)), is_carried=False)
    service = tree.services[asking.service_id]
    tree = with_category(tree, replace(tree.categories[GOES_ELSEWHERE], group=service.fallback_group), is_carried=False)
    return moved(tree, MOVES, TO, service.id)
