"""Reads a catalogue file: the whole catalogue, or every error at once with its line and column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from servicedesk.gateways.catalogue_build import D, Entries, Entry, build
from servicedesk.gateways.catalogue_documents import (
    REQUIRED,
    CategoryDocument,
    GroupDocument,
    ServiceDocument,
)
from servicedesk.gateways.catalogue_errors import MISSING, UNKNOWN, sentence_for
from servicedesk.gateways.yaml_tree import Node, parse
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_checks import Draft, Problem, Severity, check
from servicedesk.rules.sentences import N_, Sentence

MAX_BYTES = 20 * 1024 * 1024
SECTIONS = ("services", "groups", "categories")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at a place of a file; the file is refused unless all its findings are warnings."""

    file: str
    line: int
    column: int
    severity: Severity
    sentence: Sentence

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.sentence}"


class Reading(NamedTuple):
    """The catalogue of a file, None where `findings` holds an error; findings in the file's order."""

    catalogue: Catalogue | None
    findings: tuple[Finding, ...]


def read(content: bytes, name: str) -> Reading:
    """Read the catalogue file `name`; nothing is raised, every error is a finding. Source: rule 5."""
    return _Reader(name).read(content)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._findings: list[Finding] = []

    def read(self, content: bytes) -> Reading:
        root = self._root(content)
        entries = self._entries(root) if root else None
        draft = build(entries) if entries else None
        if entries and draft:
            self._semantics(entries, draft)
        findings = tuple(sorted(self._findings, key=lambda finding: (finding.line, finding.column)))
        sound = draft if not any(finding.severity == "error" for finding in findings) else None
        return Reading(_catalogue(sound) if sound else None, findings)

    def _find(self, node: Node, sentence: Sentence, severity: Severity = "error") -> None:
        self._findings.append(Finding(self._name, node.line, node.column, severity, sentence))

    def _root(self, content: bytes) -> Node | None:
        start = Node(1, 1)
        if len(content) > MAX_BYTES:
            msgid = N_("the file is larger than %(megabytes)s MB; divide the catalogue or shorten its texts")
            self._find(start, Sentence(msgid, {"megabytes": MAX_BYTES // 1024 // 1024}))
            return None
        root, faults = parse(content)
        for fault in faults:
            self._find(Node(fault.line, fault.column), fault.sentence)
        if not faults and (root is None or root.value is None):
            self._find(start, Sentence(N_("the file is empty; state services, groups and categories")))
            return None
        if root is not None and not isinstance(root.value, dict):
            self._find(root, Sentence(N_("the file must have the properties services, groups and categories")))
            return None
        return root

    def _entries(self, root: Node) -> Entries:
        for name, key in root.keys.items():
            if name not in SECTIONS:
                self._find(key, Sentence(UNKNOWN, {"entry": self._name, "property": name}))
        return Entries(
            [Entry(node, self._document(node, ServiceDocument, place)) for node, place in self._section(root, 0)],
            [Entry(node, self._document(node, GroupDocument, place)) for node, place in self._section(root, 1)],
            self._categories(root),
        )

    def _section(self, root: Node, number: int) -> Iterator[tuple[Node, str]]:
        name = SECTIONS[number]
        section = root.get(name)
        if section is None or section.value == []:
            self._find(section or root, Sentence(MISSING, {"entry": self._name, "property": name}))
            return
        yield from self._listed(section, name)

    def _listed(self, section: Node, name: str) -> Iterator[tuple[Node, str]]:
        if not isinstance(section.value, list):
            self._find(
                section, Sentence(N_("'%(property)s' must be a list; begin each entry with '-'"), {"property": name})
            )
            return
        for index, node in enumerate(section.value):
            if isinstance(node.value, dict):
                yield node, f"{name}[{index}]"
            else:
                msgid = N_("'%(entry)s' must have named properties")
                self._find(node, Sentence(msgid, {"entry": f"{name}[{index}]"}))

    def _categories(self, root: Node) -> list[Entry[CategoryDocument]]:
        entries: list[Entry[CategoryDocument]] = []
        roots = list(self._section(root, 2))
        waiting: list[tuple[Node, str, int | None]] = [(node, place, None) for node, place in reversed(roots)]
        while waiting:
            node, place, parent = waiting.pop()
            below = node.get("children")
            children = list(self._listed(below, f"{place}.children")) if below else []
            document = self._document(node, CategoryDocument, place)
            entries.append(Entry(node, document, parent, is_heading=below is not None))
            waiting.extend((child, where, len(entries) - 1) for child, where in reversed(children))
        return entries

    def _document(self, node: Node, model: type[D], place: str) -> D:
        """Return what an entry states; properties in error are found and then left out."""
        stated = node.value if isinstance(node.value, dict) else {}
        data = {
            key: value.plain() for key, value in stated.items() if key != "children" or model is not CategoryDocument
        }
        name = str(data.get("key") or data.get("code") or place)
        for required in REQUIRED[model]:
            if node.get(required) is None:
                self._find(node, Sentence(MISSING, {"entry": name, "property": required}))
        try:
            return model.model_validate(data)
        except ValidationError as refused:
            errors = refused.errors(include_url=False)
        for error in errors:
            self._find(_locate(node, error), sentence_for(error, name, model))
        wrong = {error["loc"][0] for error in errors}
        return model.model_validate({key: value for key, value in data.items() if key not in wrong})

    def _semantics(self, entries: Entries, draft: Draft) -> None:
        self._services_named(entries)
        told: set[tuple[object, ...]] = set()
        for problem in check(draft):
            node = _place(entries, problem)
            params = problem.sentence.params
            mark = (node.line, node.column, problem.sentence.msgid, params.get("group"), params.get("field"))
            if mark not in told:
                # What a category inherits is wrong once, where it is stated.
                told.add(mark)
                self._find(node, problem.sentence, problem.severity)

    def _services_named(self, entries: Entries) -> None:
        known = {entry.document.key for entry in entries.services}
        for entry in entries.categories:
            stated, params = entry.document.service, {"category": entry.document.key or ""}
            if stated is None and entry.parent is None and entry.node.get("service") is None:
                msgid = N_("category '%(category)s' belongs to no service; state its service")
                self._find(entry.node, Sentence(msgid, params))
            elif stated is not None and stated not in known:
                msgid = N_("service '%(service)s' of category '%(category)s' does not exist; correct the key")
                self._find(entry.node.get("service") or entry.node, Sentence(msgid, {**params, "service": stated}))
            elif stated is not None and entry.parent is not None:
                msgid = N_("category '%(category)s' has the service of the heading above; delete the property here")
                self._find(entry.node.get("service") or entry.node, Sentence(msgid, params))


def _catalogue(draft: Draft) -> Catalogue:
    return Catalogue(
        services={service.id: service for service in draft.services},
        groups={group.code: group for group in draft.groups},
        categories={category.key: category for category in draft.categories},
    )


def _locate(node: Node, error: ErrorDetails) -> Node:
    """Return the node of a property in error: its value, or its name where that is wrong, or its owner."""
    where = error["loc"]
    is_name = where[-1] == "[key]" or error["type"] == "extra_forbidden"
    *above, last = where[:-1] if where[-1] == "[key]" else where
    node = _down(node, above)
    return (node.keys.get(str(last)) if is_name else _step(node, last)) or node


def _step(node: Node, step: int | str) -> Node | None:
    if isinstance(node.value, list) and isinstance(step, int):
        return node.value[step]
    return node.value.get(str(step)) if isinstance(node.value, dict) else None


def _place(entries: Entries, problem: Problem) -> Node:
    """Return where a problem's property is stated: in the entry or, inherited, in the nearest one above it."""
    sections: Mapping[str, Sequence[Entry[Any]]] = {
        "services": entries.services,
        "groups": entries.groups,
        "categories": entries.categories,
    }
    listed = sections[problem.section]
    prop, *below = problem.where
    index: int | None = problem.index
    while index is not None:
        if stated := listed[index].node.get(str(prop)):
            return _down(stated, below)
        index = listed[index].parent
    return listed[problem.index].node


def _down(node: Node, steps: Sequence[int | str]) -> Node:
    for step in steps:
        node = _step(node, step) or node
    return node
