"""Writes a catalogue as the file that it could have been read from; children leave out what they inherit."""

from collections.abc import Mapping
from typing import Any

import yaml

from servicedesk.gateways.catalogue_build import DEFAULTS
from servicedesk.gateways.catalogue_documents import WEEKDAYS
from servicedesk.rules.approval_steps import REMIND_AFTER, Need, Step
from servicedesk.rules.catalogue import Catalogue, Category, Field, Group, LocalText, Notice, Routing, Service
from servicedesk.rules.catalogue_edit import living, settled
from servicedesk.rules.priority import MATRIX

Data = dict[str, Any]
WIDTH = 120
OF_ONE_KIND = ("earliest", "latest", "minimum", "maximum", "version")


class _Inline(list[Any]):
    """A list that is written on one line."""


class _Named(dict[str, Any]):
    """Properties that are written on one line."""


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: the file takes no aliases."""
        return True


_Dumper.add_representer(
    _Inline, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)

_Dumper.add_representer(
    _Named, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)
)


def written(catalogue: Catalogue) -> bytes:
    """Return the file of a catalogue, retired categories left out; reading it gives the same tree."""
    tree = settled(living(catalogue))
    roots = [category for category in tree.categories.values() if category.parent is None]
    data = {
        "services": [_service(service) for service in tree.services.values()],
        "groups": [_group(group) for group in tree.groups.values()],
        "categories": [_category(tree, root, _above(tree.services[root.service_id])) for root in roots],
    }
    text: str = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH)
    return text.encode()


def _text(text: LocalText) -> Data:
    return {"it": text.it, "en": text.en}


def _service(service: Service) -> Data:
    found: Data = {
        "id": service.id,
        "key": service.key,
        "name": _text(service.name),
        "description": _text(service.description),
        "zone": service.zone,
        "hours": {
            WEEKDAYS[day]: _Inline(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in periods)
            for day, periods in service.hours.items()
        },
        "close_days": service.close_days,
        "reopen_days": service.reopen_days,
        "waiting_closes": service.waiting_closes,
        "asks_feedback": service.asks_feedback,
        "audience": _Inline(sorted(each.value for each in service.audience)),
        "fallback_group": service.fallback_group,
    }
    if service.priority_matrix != MATRIX:
        found["priority_matrix"] = [_Inline(row) for row in service.priority_matrix]
    return found


def _group(group: Group) -> Data:
    found: Data = {
        "code": group.code,
        "name": _text(group.name),
        "line": group.line,
        "strategy": group.strategy.value,
        "escalates_to": group.escalates_to,
        "fallback": group.fallback,
        "signature": _text(group.signature),
        "contact": _text(group.contact),
        "active": None if group.active else False,
    }
    return {name: value for name, value in found.items() if value is not None}


def _above(service: Service) -> Mapping[str, Any]:
    return {**DEFAULTS, "audience": service.audience}


def _category(tree: Catalogue, category: Category, above: Mapping[str, Any]) -> Data:
    children = tree.children(category.key, category.service_id)
    found: Data = {"key": category.key}
    if category.parent is None:
        found["service"] = tree.services[category.service_id].key
    found |= {"name": _text(category.name), "description": _text(category.description)}
    if category.synonyms:
        found["synonyms"] = {code: _Inline(category.synonyms.get(code, ())) for code in ("it", "en")}
    found |= _stated(category, above)
    if category.selectable is bool(children):
        found["selectable"] = category.selectable
    if children:
        own = {name: getattr(category, name) for name in INHERITED}
        found["children"] = [_category(tree, child, own) for child in children]
    return found


def _stated(category: Category, above: Mapping[str, Any]) -> Data:
    """Return what a category has to state, because it is not what it inherits."""
    found = {
        name: write(getattr(category, name))
        for name, write in INHERITED.items()
        if name != "routing" and getattr(category, name) != above.get(name, EMPTY.get(name))
    }
    if category.routing is None and above.get("routing") is not None:
        found["group"] = category.group
    if category.routing != (None if "group" in found else above.get("routing")):
        found["routing"] = _routing(category.routing)
    return {name: value for name, value in found.items() if value is not None}


def _same(value: Any) -> Any:
    return value


def _routing(routing: Routing | None) -> Data | None:
    return {"attribute": routing.attribute, "to": dict(routing.to)} if routing else None


def _notice(notice: Notice) -> Data:
    days = {"active_from": notice.active_from, "active_to": notice.active_to}
    return {"text": _text(notice.text), "kind": notice.kind, **{name: day for name, day in days.items() if day}}


def _field(field: Field) -> Data:
    found: Data = {"key": field.key, "kind": field.kind.value, "label": _text(field.label)}
    if field.help:
        found["help"] = _text(field.help)
    if field.required:
        found["required"] = True
    if field.options:
        found["options"] = [{"value": value, "label": _text(label)} for value, label in field.options]
    found |= {name: value for name in OF_ONE_KIND if (value := getattr(field, name)) is not None}
    if field.decimals:
        found["decimals"] = field.decimals
    if field.accept:
        found["accept"] = _Inline(field.accept)
    return found


def _step(step: Step) -> Data:
    found: Data = {"by": [_Named({each.by.value: each.of}) for each in step.by]}
    if step.need is not Need.ANY:
        found["need"] = step.need.value
    if step.remind_after != REMIND_AFTER:
        found["remind_after"] = step.remind_after
    return found


EMPTY: Mapping[str, Any] = {"notices": (), "approvals": ()}
INHERITED: Mapping[str, Any] = {
    "group": _same,
    "routing": _routing,
    "audience": lambda audience: _Inline(sorted(each.value for each in audience)),
    "kind": _same,
    "urgency": _same,
    "impact": _same,
    "active_from": _same,
    "active_to": _same,
    "notice": lambda notice: _text(notice) if notice else None,
    "notices": lambda notices: [_notice(each) for each in notices],
    "approvals": lambda steps: [_step(each) for each in steps],
    "fields": lambda fields: [_field(each) for each in fields],
}
"""What children inherit, and how it is written."""
