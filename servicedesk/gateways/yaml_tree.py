"""YAML as a small tree that remembers where everything stands; no aliases, no tags, no types but text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from servicedesk.rules.sentences import N_, Sentence

MAX_DEPTH = 60
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

# What libyaml says, in words for the person who wrote the file.
SYNTAX: dict[str, str] = {
    "mapping values are not allowed in this context": N_(
        "a second ': ' on the line cannot be understood; put quotes around the text or correct the indentation"
    ),
    "found unexpected end of stream": N_("the file ends inside a quoted text; close the quote"),
    "did not find expected key": N_(
        "a property was expected here; align it with its neighbours or put quotes around the text before"
    ),
    "could not find expected ':'": N_("a ':' is missing after the property's name; add it"),
    "did not find expected ',' or ']'": N_("the list in brackets is not closed; add the missing ',' or ']'"),
    "did not find expected ',' or '}'": N_("the properties in braces are not closed; add the missing ',' or '}'"),
    "found character that cannot start any token": N_(
        "no text can begin with this character (a tab, '@' or '`'); write a space for a tab, or quotes around the text"
    ),
    "did not find expected '-' indicator": N_("a '-' was expected here; align the entry with the list's other entries"),
}


@dataclass(slots=True)
class Node:
    """A value and its place (line and column from 1): a text, None, a list of nodes or named nodes."""

    line: int
    column: int
    value: "str | None | list[Node] | dict[str, Node]" = None
    keys: "dict[str, Node]" = field(default_factory=dict)

    def get(self, key: str) -> "Node | None":
        """Return the node of property `key` where it is stated and not empty."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return None if found is None or found.value is None else found

    def items(self) -> "list[Node]":
        """Return the entries of a list; nothing for any other node."""
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> object:
        """Return the value without its places."""
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return self.value


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the text that is not allowed, and its place."""

    line: int
    column: int
    sentence: Sentence


def parse(content: bytes) -> tuple[Node | None, list[Fault]]:
    """Return the tree of a YAML text in UTF-8, None when it has no readable content, and every fault found.

    Bytes that are not UTF-8 are read as U+FFFD, so that they do not hide what else is wrong. Aliases, anchors and tags
    are faults, so a small file cannot unfold into a large tree.
    """
    tabs = list(_tab_faults(content))
    builder = _Builder([*_coding_faults(content), *tabs])
    # Without its indentation a text has no structure, and UTF-16 is no text at all.
    if tabs or (builder.faults and b"\0" in content):
        return None, builder.faults
    content = content.decode("utf-8", "replace").encode()
    try:
        for event in yaml.parse(content, Loader=yaml.CSafeLoader):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        builder.faults.append(_syntax_fault(error))
        return None, builder.faults
    except yaml.reader.ReaderError as error:
        builder.faults.append(_character_fault(content, error))
        return None, builder.faults
    return builder.root, builder.faults


def _coding_faults(content: bytes) -> Iterator[Fault]:
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            sentence = Sentence(
                N_("byte 0x%(byte)s is not UTF-8; save the file in UTF-8"), {"byte": f"{line[error.start]:02x}"}
            )
            yield Fault(number, len(line[: error.start].decode("utf-8")) + 1, sentence)


def _tab_faults(content: bytes) -> Iterator[Fault]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if found := re.match(rb"[ -]*?\t(?=.*\S)", line):
            yield Fault(number, found.end(), Sentence(N_("a tab in the indentation; indent with spaces")))


def _syntax_fault(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    known = SYNTAX.get(error.problem or "")
    if known:
        return Fault(line, column, Sentence(known))
    sentence = Sentence(
        N_("the text is not YAML here (%(problem)s); check indentation, quotes and colons"),
        {"problem": str(error.problem)},
    )
    return Fault(line, column, sentence)


def _character_fault(content: bytes, error: yaml.reader.ReaderError) -> Fault:
    before = content[: error.position]
    column = error.position - (before.rfind(b"\n") + 1) + 1
    sentence = Sentence(N_("a control character that YAML does not allow; delete it"))
    return Fault(before.count(b"\n") + 1, column, sentence)


class _Builder:
    """Makes the tree from parser events, without recursion."""

    def __init__(self, faults: list[Fault]) -> None:
        self.root: Node | None = None
        self.faults = faults
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._too_deep = 0

    def feed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent | yaml.AliasEvent):
            self._refuse(event)
        if self._too_deep and not isinstance(event, yaml.CollectionStartEvent | yaml.CollectionEndEvent):
            return
        if isinstance(event, yaml.ScalarEvent):
            text = None if event.implicit[0] and event.value in NULLS else event.value
            self._place(_node(event, text))
        elif isinstance(event, yaml.AliasEvent):
            self._place(_node(event, None))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._fault(event, N_("a second document ('---') in the file; keep one"))
            self.root = None

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            if not self._too_deep:
                self._fault(event, N_("nested too deeply; bring the tree to fewer levels"))
            self._too_deep += 1
            return
        node = _node(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
        self._place(node)
        self._open.append(node)
        self._keys.append(None)

    def _end(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
            return
        self._open.pop()
        self._keys.pop()

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        value = self._open[-1].value
        if isinstance(value, list):
            value.append(node)
        elif isinstance(value, dict):
            self._place_named(self._open[-1], value, node)

    def _place_named(self, parent: Node, value: dict[str, Node], node: Node) -> None:
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
            return
        self._keys[-1] = None
        name = key.value if isinstance(key.value, str) else ""
        if name in value:
            sentence = Sentence(N_("'%(property)s' is stated twice; keep one"), {"property": name})
            self.faults.append(Fault(key.line, key.column, sentence))
            return
        value[name] = node
        parent.keys[name] = key

    def _refuse(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent | yaml.AliasEvent) -> None:
        if event.anchor is not None:
            self._fault(event, N_("anchors (&) and aliases (*) are not allowed; write the value out"))
        elif not isinstance(event, yaml.AliasEvent) and event.tag not in (None, "!"):
            self._fault(event, N_("tags (!) are not allowed; write the value alone"))

    def _fault(self, event: yaml.Event, msgid: str) -> None:
        line, column = _place_of(event)
        self.faults.append(Fault(line, column, Sentence(msgid)))


def _node(event: yaml.Event, value: "str | None | list[Node] | dict[str, Node]") -> Node:
    line, column = _place_of(event)
    return Node(line, column, value)


def _place_of(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
