"""The stored form of a catalogue: plain data for a JSON column, quick to turn back into the tree."""

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from servicedesk.rules import approval_steps
from servicedesk.rules.catalogue import (
    Audience,
    Catalogue,
    Category,
    Field,
    FieldKind,
    Group,
    Hours,
    LocalText,
    Notice,
    Routing,
    Service,
    Strategy,
)

Data = dict[str, Any]
_OF_ONE_KIND = ("earliest", "latest", "minimum", "maximum", "decimals", "accept", "version")
"""Properties of a field that are left out where they say nothing."""


def to_data(catalogue: Catalogue) -> Data:
    """Return the catalogue as plain JSON data; what many categories share is stored once and named by its place."""
    shared: Mapping[str, _Shared] = {name: _Shared() for name in ("audiences", "routings", "forms")}
    categories = [_category_data(category, shared) for category in catalogue.categories.values()]
    return {
        "services": [_service_data(service) for service in catalogue.services.values()],
        "groups": [_group_data(group) for group in catalogue.groups.values()],
        "categories": categories,
        **{name: table.rows for name, table in shared.items()},
    }


def from_data(data: Mapping[str, Any]) -> Catalogue:
    """Return the catalogue that `to_data` made into `data`. Raises KeyError or ValueError for anything else."""
    services = [_service(row) for row in data["services"]]
    groups = [_group(row) for row in data["groups"]]
    tables = _Tables(data)
    return Catalogue(
        services={service.id: service for service in services},
        groups={group.code: group for group in groups},
        categories={row["key"]: _category(row, tables) for row in data["categories"]},
    )


def to_json(catalogue: Catalogue) -> str:
    """Return `to_data` as a text: the same for the same catalogue, in whatever order a database gave its names back."""
    return json.dumps(to_data(catalogue), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_json(text: str) -> Catalogue:
    """Return the catalogue that `to_json` wrote."""
    return from_data(json.loads(text))


class _Shared:
    """Rows that appear once each, however many categories name them."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, row: Any) -> int:
        text = json.dumps(row, sort_keys=True)
        if text not in self._places:
            self._places[text] = len(self.rows)
            self.rows.append(row)
        return self._places[text]


class _Tables:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.audiences = [frozenset(Audience(name) for name in row) for row in data["audiences"]]
        self.routings = [Routing(row["attribute"], row["to"]) for row in data["routings"]]
        self.forms = [tuple(_field(row) for row in form) for form in data["forms"]]


def _text_data(text: LocalText | None) -> list[str] | None:
    return [text.it, text.en] if text else None


def _text(row: list[str]) -> LocalText:
    return LocalText(row[0], row[1])


def _hours_data(hours: Hours) -> Data:
    return {
        str(day): [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in periods] for day, periods in hours.items()
    }


def _hours(row: Mapping[str, list[list[str]]]) -> Hours:
    return {
        int(day): tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in periods)
        for day, periods in row.items()
    }


def _service_data(service: Service) -> Data:
    return {
        "id": service.id,
        "key": service.key,
        "name": _text_data(service.name),
        "description": _text_data(service.description),
        "zone": service.zone,
        "hours": _hours_data(service.hours),
        "audience": sorted(service.audience),
        "fallback_group": service.fallback_group,
        "close_days": service.close_days,
        "reopen_days": service.reopen_days,
        "waiting_closes": service.waiting_closes,
        "asks_feedback": service.asks_feedback,
        "priority_matrix": [list(row) for row in service.priority_matrix],
    }


def _service(row: Data) -> Service:
    complete = {
        **row,
        "name": _text(row["name"]),
        "description": _text(row["description"]),
        "hours": _hours(row["hours"]),
        "audience": frozenset(Audience(name) for name in row["audience"]),
        "priority_matrix": tuple(tuple(levels) for levels in row["priority_matrix"]),
    }
    return Service(**complete)


def _group_data(group: Group) -> Data:
    return {
        "code": group.code,
        "name": _text_data(group.name),
        "line": group.line,
        "strategy": group.strategy.value,
        "signature": _text_data(group.signature),
        "contact": _text_data(group.contact),
        "escalates_to": group.escalates_to,
        "fallback": group.fallback,
        "active": group.active,
    }


def _group(row: Data) -> Group:
    texts = {name: _text(row[name]) for name in ("name", "signature", "contact")}
    return Group(**{**row, **texts, "strategy": Strategy(row["strategy"])})


def _field_data(field: Field) -> Data:
    return {
        "key": field.key,
        "kind": field.kind.value,
        "label": _text_data(field.label),
        "help": _text_data(field.help),
        "required": field.required,
        "options": [[value, _text_data(label)] for value, label in field.options],
        **{name: value for name in _OF_ONE_KIND if (value := getattr(field, name)) is not None and value != ()},
    }


def _field(row: Data) -> Field:
    return Field(
        key=row["key"],
        kind=FieldKind(row["kind"]),
        label=_text(row["label"]),
        help=_text(row["help"]) if row["help"] else None,
        required=row["required"],
        options=tuple((value, _text(label)) for value, label in row["options"]),
        **{name: row[name] for name in _OF_ONE_KIND if name in row and name != "accept"},
        accept=tuple(row.get("accept", ())),
    )


def _day_data(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _notice_data(notice: Notice) -> list[Any]:
    return [_text_data(notice.text), notice.kind, _day_data(notice.active_from), _day_data(notice.active_to)]


def _notice(row: list[Any]) -> Notice:
    return Notice(_text(row[0]), row[1], _day(row[2]), _day(row[3]))


def _category_data(category: Category, shared: Mapping[str, _Shared]) -> Data:
    routing = category.routing
    row = {
        "key": category.key,
        "service": category.service_id,
        "parent": category.parent,
        "name": _text_data(category.name),
        "description": _text_data(category.description),
        "group": category.group,
        "audience": shared["audiences"].place(sorted(category.audience)),
        "selectable": category.selectable,
        "notice": _text_data(category.notice),
        "notices": [_notice_data(notice) for notice in category.notices] or None,
        "synonyms": {language: list(words) for language, words in category.synonyms.items()},
        "kind": category.kind,
        "urgency": category.urgency,
        "impact": category.impact,
        "routing": shared["routings"].place({"attribute": routing.attribute, "to": dict(routing.to)})
        if routing
        else None,
        "approvals": approval_steps.as_json(category.approvals) or None,
        "form": shared["forms"].place([_field_data(field) for field in category.fields]),
        "active_from": _day_data(category.active_from),
        "active_to": _day_data(category.active_to),
        "retired": category.retired,
    }
    return {name: value for name, value in row.items() if value is not None}


def _category(row: Data, tables: _Tables) -> Category:
    return Category(
        key=row["key"],
        service_id=row["service"],
        parent=row.get("parent"),
        name=_text(row["name"]),
        description=_text(row["description"]),
        group=row["group"],
        audience=tables.audiences[row["audience"]],
        selectable=row["selectable"],
        notice=_text(row["notice"]) if "notice" in row else None,
        notices=tuple(_notice(each) for each in row.get("notices", ())),
        synonyms={language: tuple(words) for language, words in row["synonyms"].items()},
        kind=row["kind"],
        urgency=row["urgency"],
        impact=row["impact"],
        routing=tables.routings[row["routing"]] if "routing" in row else None,
        fields=tables.forms[row["form"]],
        approvals=approval_steps.from_json(row.get("approvals", ())),
        active_from=_day(row.get("active_from")),
        active_to=_day(row.get("active_to")),
        retired=row["retired"],
    )
