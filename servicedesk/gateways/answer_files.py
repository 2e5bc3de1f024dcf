"""Answers as files: `<key>.<language>.md`, front matter with title, category, audience and kind above Markdown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from servicedesk.rules.answers import LANGUAGES, Kind, Text, Written
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

_NAME = re.compile(r"(?P<key>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<language>[a-z]{2})\.md")
_PARTS = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_KNOWN = {"title", "category", "audience", "kind"}
LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class _File:
    kind: Kind
    category: str
    audience: frozenset[Audience]
    text: Text


def read_folder(folder: Path) -> dict[str, Written]:
    """Return the answers of a folder by key, in the order of the keys.

    Raises Invalid, naming the file, for a name, a front matter or a value that cannot be read, and where the languages
    of one answer disagree about anything but their texts.
    """
    found: dict[str, dict[str, _File]] = {}
    for path in sorted(folder.glob("*.md")):
        key, language = _key_and_language(path)
        found.setdefault(key, {})[language] = _read(path)
    return {key: _joined(key, files) for key, files in found.items()}


def _key_and_language(path: Path) -> tuple[str, str]:
    named = _NAME.fullmatch(path.name)
    if named is None or named["language"] not in LANGUAGES or len(named["key"]) > LONGEST_KEY:
        raise Invalid(
            N_("%(file)s: name the file <key>.it.md or <key>.en.md, the key in small letters, digits and hyphens."),
            file=path.name,
        )
    return named["key"], named["language"]


def _read(path: Path) -> _File:
    parts = _PARTS.match(path.read_text(encoding="utf-8").replace("\r\n", "\n"))
    if parts is None:
        raise Invalid(N_("%(file)s: begin with the front matter between two lines of three hyphens."), file=path.name)
    front = _front_matter(path, parts["front"])
    try:
        return _File(
            Kind(front.get("kind", Kind.QUESTION)),
            str(front["category"]),
            frozenset(Audience(name) for name in front["audience"]),
            Text(" ".join(str(front["title"]).split()), parts["body"].strip()),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(
            N_("%(file)s: the front matter needs title, category and audience (a list). This is wrong: %(what)s"),
            file=path.name,
            what=str(error),
        ) from error


def _front_matter(path: Path, text: str) -> Mapping[str, Any]:
    try:
        front = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Invalid(N_("%(file)s: the front matter is no YAML: %(what)s"), file=path.name, what=str(error)) from error
    if not isinstance(front, dict) or not front.keys() <= _KNOWN:
        raise Invalid(N_("%(file)s: the front matter may say title, category, audience and kind."), file=path.name)
    return front


def _joined(key: str, files: Mapping[str, _File]) -> Written:
    first = next(iter(files.values()))
    for language, file in files.items():
        if (file.kind, file.category, file.audience) != (first.kind, first.category, first.audience):
            raise Invalid(
                N_("%(file)s: category, audience and kind must be the same in every language of an answer."),
                file=f"{key}.{language}.md",
            )
    return Written(first.kind, first.category, first.audience, {name: file.text for name, file in files.items()})
