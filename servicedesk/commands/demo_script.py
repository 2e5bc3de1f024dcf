"""The demo's texts: conversations and phrases of config/demo/conversations.toml, their gaps filled for one ticket."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from babel.dates import format_date

from servicedesk.rules.richtext import RichText, from_html, from_plain

IN_HOUSE = frozenset({"note", "forward", "assignment"})
"""Texts among colleagues, always in Italian."""


@dataclass(frozen=True)
class Conversation:
    """Something people ask, and what is said about it until the end; parts that it lacks are empty."""

    category: str
    titles: Sequence[str]
    parts: Mapping[str, str] = field(repr=False)
    who: str = ""
    area: str = ""
    language: str = "it"
    files: Sequence[str] = ()
    forward_to: str = ""
    weight: int = 1


@dataclass(frozen=True)
class Script:
    """Everything that is said in the demo."""

    conversations: Sequence[Conversation]
    phrases: Mapping[str, Mapping[str, Sequence[str]]]
    words: Mapping[str, Any]


@dataclass(frozen=True)
class Speaker:
    """The texts of one ticket: `values` fill the gaps, `rng` picks the phrases."""

    script: Script
    conversation: Conversation
    values: Mapping[str, str]
    rng: Random

    def title(self) -> str:
        """Return one of the conversation's titles."""
        return self.rng.choice(self.conversation.titles).format_map(self.values)

    def request(self) -> RichText:
        """Return what the requester writes first."""
        opening, closing = self._phrase("opening"), self._phrase("closing")
        text = self._part("text")
        parts = [opening, text] if opening else [text[0].upper() + text[1:]]
        return from_plain("\n\n".join([*parts, closing]))

    def say(self, name: str) -> RichText | None:
        """Return the text called `name`: a part of the conversation, else a phrase; None for no words."""
        is_answer = name in ("question", "answer", "second")
        text = self._part(name) if name in self.conversation.parts else self._phrase(name)
        if not text:
            return None
        if not is_answer:
            return from_plain(text)
        greeting = self._phrase("greeting")
        return from_html(f"<p>{greeting}</p>{text}") if text.startswith("<") else from_plain(f"{greeting}\n\n{text}")

    def _part(self, name: str) -> str:
        return self.conversation.parts[name].format_map(self.values)

    def _phrase(self, name: str) -> str:
        language = "it" if name in IN_HOUSE else self.conversation.language
        return self.rng.choice(self.script.phrases[language][name]).format_map(self.values)


def load(path: Path) -> Script:
    """Return the script in a TOML file."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Script([_conversation(row) for row in data["conversation"]], data["phrases"], data["words"])


def _conversation(row: dict[str, Any]) -> Conversation:
    own = {name: row.pop(name) for name in Conversation.__dataclass_fields__ if name in row}
    return Conversation(parts=row, **own)


def gaps(script: Script, language: str, area: str, opened_at: datetime, rng: Random) -> dict[str, str]:
    """Return what fills the gaps of one ticket's texts: words, and days around its opening."""
    words = script.words
    exams = words["exam"][area] if area in words["exam"] else rng.choice(list(words["exam"].values()))
    chosen = {name: rng.choice(values) for name, values in words.items() if name != "exam"}
    autumn = opened_at.year if opened_at.month >= 9 else opened_at.year - 1
    return {
        **chosen,
        "exam": rng.choice(exams),
        "past": _day(opened_at - timedelta(days=rng.randint(2, 12)), language),
        "coming": _day(opened_at + timedelta(days=rng.randint(8, 24)), language),
        "year": f"{autumn}/{autumn + 1}",
    }


def _day(at: datetime, language: str) -> str:
    # The texts say "il" or "dal" before it, which those days would turn into "l'" and "dall'".
    while at.day in (1, 8, 11):
        at += timedelta(days=1)
    return format_date(at, "d MMMM", locale=language)
