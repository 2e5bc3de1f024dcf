"""Makes services, groups and complete categories of the documents of a catalogue file; children inherit here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from servicedesk.gateways.catalogue_documents import (
    WEEKDAYS,
    CategoryDocument,
    Document,
    FieldDocument,
    GroupDocument,
    NoticeDocument,
    ServiceDocument,
    TextDocument,
)
from servicedesk.gateways.yaml_tree import Node
from servicedesk.rules.catalogue import Category, Field, Group, LocalText, Notice, Routing, Service, Strategy
from servicedesk.rules.catalogue_checks import Draft

NO_TEXT = LocalText("", "")
INHERITED = ("service", "kind", "urgency", "impact", "group", "audience", "active_from", "active_to")
DEFAULTS: Mapping[str, Any] = {"kind": "request", "urgency": 2, "impact": 2, "group": "", "fields": ()}


D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Entry(Generic[D]):
    """An entry of the file: where it stands, what it states, and for a category the index of its parent."""

    node: Node
    document: D
    parent: int | None = None
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """All entries of a file, categories in its order with each parent before its children."""

    services: Sequence[Entry[ServiceDocument]]
    groups: Sequence[Entry[GroupDocument]]
    categories: Sequence[Entry[CategoryDocument]]


def build(entries: Entries) -> Draft:
    """Return the draft; what an entry lacks is an empty text there, its error is reported elsewhere."""
    services = [service_of(entry.document) for entry in entries.services]
    groups = [group_of(entry.document) for entry in entries.groups]
    return Draft(services, groups, _categories(entries.categories, {service.key: service for service in services}))


def _text(document: TextDocument | None) -> LocalText:
    return document.shape() if document else NO_TEXT


def service_of(document: ServiceDocument) -> Service:
    defaults = {
        name: value
        for name in ("close_days", "reopen_days", "waiting_closes", "asks_feedback", "priority_matrix")
        if (value := getattr(document, name)) is not None
    }
    return Service(
        id=str(document.id or ""),
        key=document.key or "",
        name=_text(document.name),
        description=_text(document.description),
        zone=document.zone or "UTC",
        hours={WEEKDAYS.index(day): periods for day, periods in (document.hours or {}).items()},
        audience=frozenset(document.audience or ()),
        fallback_group=document.fallback_group or "",
        **defaults,
    )


def group_of(document: GroupDocument) -> Group:
    return Group(
        code=document.code or "",
        name=_text(document.name),
        line=document.line or 1,
        strategy=document.strategy or Strategy.MANUAL,
        signature=_text(document.signature),
        contact=_text(document.contact),
        escalates_to=document.escalates_to,
        fallback=document.fallback,
        active=document.active is not False,
    )


def _categories(entries: Sequence[Entry[CategoryDocument]], services: Mapping[str, Service]) -> list[Category]:
    inherited: list[dict[str, Any]] = []
    categories: list[Category] = []
    for entry in entries:
        above = inherited[entry.parent] if entry.parent is not None else _root(entry.document, services)
        values = _inherit(entry.document, above)
        inherited.append(values)
        parent = categories[entry.parent].key if entry.parent is not None else None
        categories.append(_category(entry, values, parent, services))
    return categories


def _root(document: CategoryDocument, services: Mapping[str, Service]) -> dict[str, Any]:
    service = services.get(document.service or "")
    return {**DEFAULTS, "audience": service.audience if service else ()}


def _inherit(document: CategoryDocument, above: Mapping[str, Any]) -> dict[str, Any]:
    """Return what counts for a category and below it; a group of its own sets the routing above aside."""
    stated = {name: value for name in INHERITED if (value := getattr(document, name)) is not None}
    if document.group is not None:
        stated["routing"] = None
    if document.routing is not None:
        stated["routing"] = Routing(document.routing.attribute, dict(document.routing.to))
    if document.fields is not None:
        stated["fields"] = tuple(field_of(field) for field in document.fields)
    if document.notice is not None:
        stated["notice"] = document.notice.shape()
    if document.approvals is not None:
        stated["approvals"] = tuple(step.shape() for step in document.approvals)
    if document.notices is not None:
        stated["notices"] = tuple(notice_of(notice) for notice in document.notices)
    return {**above, **stated}


def notice_of(document: NoticeDocument) -> Notice:
    return Notice(document.text.shape(), document.kind, document.active_from, document.active_to)


def field_of(document: FieldDocument) -> Field:
    return Field(
        key=document.key,
        kind=document.kind,
        label=document.label.shape(),
        help=document.help.shape() if document.help else None,
        required=document.required,
        options=tuple((option.value, option.label.shape()) for option in document.options),
        earliest=document.earliest,
        latest=document.latest,
        minimum=document.minimum,
        maximum=document.maximum,
        decimals=document.decimals,
        accept=tuple(document.accept),
        version=document.version,
    )


def _category(
    entry: Entry[CategoryDocument], values: Mapping[str, Any], parent: str | None, services: Mapping[str, Service]
) -> Category:
    document = entry.document
    service = services.get(values.get("service") or "")
    synonyms = document.synonyms
    return Category(
        key=document.key or "",
        service_id=service.id if service else "",
        parent=parent,
        name=_text(document.name),
        description=_text(document.description),
        group=values["group"],
        audience=frozenset(values["audience"]),
        selectable=document.selectable if document.selectable is not None else not entry.is_heading,
        notice=values.get("notice"),
        notices=values.get("notices", ()),
        synonyms={"it": tuple(synonyms.it), "en": tuple(synonyms.en)} if synonyms else {},
        kind=values["kind"],
        urgency=values["urgency"],
        impact=values["impact"],
        routing=values.get("routing"),
        fields=values["fields"],
        approvals=values.get("approvals", ()),
        active_from=values.get("active_from"),
        active_to=values.get("active_to"),
    )
