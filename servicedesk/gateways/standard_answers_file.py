"""Reads standard answers and contacts of counters from a TOML file: one [[answer]] or [[contact]] each."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.richtext import RichText, from_html, from_plain
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import Contact, Reach, Sequel, Written

ANSWER_KEYS = {"shortcut", "name", "groups", "service", "category", "then", "forward_group", "forward_reason"}
KNOWN = ", ".join(Sequel)
CONTACT_KEYS = {"kind", "value", "category"}


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: standard answers by shortcut, and contacts."""

    answers: Mapping[str, Written]
    contacts: Sequence[Contact]


def read(content: bytes, tree: Catalogue) -> Found:
    """Return what a file holds, services named by their keys. Raises Invalid for what is no TOML or not complete."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(N_("This is no TOML file: %(reason)s"), reason=str(error)) from error
    answers, contacts = (_entries(data, name) for name in ("answer", "contact"))
    if not answers and not contacts:
        raise Invalid(N_("The file names nothing: begin each with [[answer]] or [[contact]]."))
    return Found({each.get("shortcut", ""): _answer(each, tree) for each in answers}, list(map(_contact, contacts)))


def _entries(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Invalid(N_("The file names nothing: begin each with [[answer]] or [[contact]]."))
    return found


def _refuse_unknown(entry: Mapping[str, Any], known: set[str]) -> None:
    name = entry.get("shortcut") or entry.get("value") or entry.get("name") or ""
    for key, value in entry.items():
        expected = list if key == "groups" else str
        if key not in known | set(WRITTEN) or not isinstance(value, expected):
            raise Invalid(N_("'%(name)s': '%(key)s' is not known here, or not a text."), name=str(name), key=key)


def _answer(entry: Mapping[str, Any], tree: Catalogue) -> Written:
    _refuse_unknown(entry, ANSWER_KEYS)
    category = tree.categories.get(entry.get("category", ""))
    service = tree.service_by_key(entry["service"]) if "service" in entry else None
    service_id = category.service_id if category else service.id if service else entry.get("service")
    then = entry.get("then", Sequel.NOTHING)
    if then not in set(Sequel):
        raise Invalid(N_("'%(name)s' is nothing that follows an answer; known are: %(known)s."), name=then, known=KNOWN)
    return Written(
        entry.get("name", ""),
        {language: _text(entry[language]) for language in WRITTEN if language in entry},
        Reach(frozenset(map(str, entry.get("groups", ()))), service_id, entry.get("category")),
        Sequel(then),
        entry.get("forward_group", ""),
        entry.get("forward_reason", ""),
    )


def _text(written: str) -> RichText:
    return from_html(written.strip()) if written.lstrip().startswith("<") else from_plain(written)


def _contact(entry: Mapping[str, Any]) -> Contact:
    _refuse_unknown(entry, CONTACT_KEYS)
    texts = {language: entry[language].strip() for language in WRITTEN if language in entry}
    return Contact(entry.get("kind", ""), entry.get("value", ""), texts, entry.get("category"))
