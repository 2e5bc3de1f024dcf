"""Single entries of a catalogue as somebody typed them, checked by the same documents as those of a file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from servicedesk.gateways.catalogue_build import D, field_of, group_of, notice_of, service_of
from servicedesk.gateways.catalogue_documents import CategoryDocument, GroupDocument, ServiceDocument, TextDocument
from servicedesk.gateways.catalogue_errors import sentence_for
from servicedesk.rules.catalogue import Category, Group, LocalText, Routing, Service
from servicedesk.rules.sentences import Sentence

Where = tuple[str | int, ...]
Stated = Mapping[str, Any]
E = TypeVar("E")


class Entry(NamedTuple, Generic[E]):
    """What was typed as an entry, None where `wrong` says what cannot be taken: each place with its sentence."""

    found: E | None
    wrong: tuple[tuple[Where, Sentence], ...]


def category_from(base: Category, stated: Stated) -> Entry[Category]:
    """Return `base` with the properties that `stated` holds, in the form of the file; None empties a property."""
    document, wrong = _read(CategoryDocument, base.key, stated)
    if document is None:
        return Entry(None, wrong)
    values = {name: take(document) for name, take in TAKEN.items() if name in stated}
    key = document.key or base.key
    return Entry(replace(base, key=key, **values), ())


def group_from(name: str, stated: Stated) -> Entry[Group]:
    """Return the group that `stated` describes in the form of the file; sentences call it `name`."""
    document, wrong = _read(GroupDocument, name, stated)
    return Entry(group_of(document) if document else None, wrong)


def service_from(name: str, stated: Stated) -> Entry[Service]:
    """Return the service that `stated` describes in the form of the file; sentences call it `name`."""
    document, wrong = _read(ServiceDocument, name, stated)
    return Entry(service_of(document) if document else None, wrong)


def _read(model: type[D], name: str, stated: Stated) -> tuple[D | None, tuple[tuple[Where, Sentence], ...]]:
    try:
        return model.model_validate(dict(stated)), ()
    except ValidationError as refused:
        errors = refused.errors(include_url=False)
    return None, tuple((error["loc"], sentence_for(error, name, model)) for error in errors)


def _text(document: TextDocument | None) -> LocalText | None:
    return document.shape() if document else None


def _synonyms(document: CategoryDocument) -> Mapping[str, tuple[str, ...]]:
    found = document.synonyms
    return {"it": tuple(found.it), "en": tuple(found.en)} if found and (found.it or found.en) else {}


def _routing(document: CategoryDocument) -> Routing | None:
    found = document.routing
    return Routing(found.attribute, dict(found.to)) if found else None


TAKEN: Mapping[str, Callable[[CategoryDocument], Any]] = {
    "name": lambda document: _text(document.name),
    "description": lambda document: _text(document.description),
    "notice": lambda document: _text(document.notice),
    "notices": lambda document: tuple(notice_of(each) for each in document.notices or ()),
    "synonyms": _synonyms,
    "kind": lambda document: document.kind,
    "urgency": lambda document: document.urgency,
    "impact": lambda document: document.impact,
    "group": lambda document: document.group or "",
    "routing": _routing,
    "audience": lambda document: frozenset(document.audience or ()),
    "fields": lambda document: tuple(field_of(each) for each in document.fields or ()),
    "approvals": lambda document: tuple(step.shape() for step in document.approvals or ()),
    "selectable": lambda document: document.selectable,
    "active_from": lambda document: document.active_from,
    "active_to": lambda document: document.active_to,
}
"""What becomes of each property that a form states."""
