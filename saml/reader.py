"""Reading typed values out of a TOML file, gathering every error on the way."""

import tomllib
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from saml.errors import ConfigurationError
from saml.signing import key_pair_problem

LANGUAGES: Final = ("it", "en")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; ConfigurationError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"{path}: cannot be read: {error}"]) from error


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return both tables as one: what stands `above` wins, tables are merged in turn, lists are not."""
    both = dict(below)
    for key, value in above.items():
        mine = both.get(key)
        both[key] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return both


class Reader:
    """Reads typed values by dotted key out of one file's data and gathers every error on the way."""

    def __init__(self, path: Path, data: dict[str, Any], at: str = "", errors: list[str] | None = None) -> None:
        self.path = path
        self.data = data
        self.at = at
        self.errors: list[str] = [] if errors is None else errors

    def wrong(self, key: str, what: str) -> None:
        """Note that `key` is wrong."""
        self.errors.append(f"{self.path}: {self.at}{key}: {what}")

    def finish(self) -> None:
        """Raise ConfigurationError when anything was wrong."""
        if self.errors:
            raise ConfigurationError(self.errors)

    def only(self, known: Collection[str]) -> None:
        """Note every key that nothing reads, so that a slip of the pen is not taken for a setting."""
        for key in self.data:
            if key not in known:
                self.wrong(key, f"nothing reads this; the keys are {', '.join(sorted(known))}")

    def value(self, key: str) -> Any:
        """Return what stands at the dotted `key`, None when nothing does."""
        found: Any = self.data
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def text(self, key: str, *, may_be_missing: bool = False) -> str:
        """Return a text that must not be empty."""
        found = self.value(key)
        if isinstance(found, str) and found.strip():
            return found.strip()
        if found is not None or not may_be_missing:
            self.wrong(key, "a text is needed")
        return ""

    def texts(self, key: str, *, may_be_empty: bool = False) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self.value(key)
        if isinstance(found, list) and all(isinstance(each, str) for each in found) and (found or may_be_empty):
            return tuple(found)
        self.wrong(key, "a list of texts is needed")
        return ()

    def localised(self, key: str) -> dict[str, str]:
        """Return a text in each of LANGUAGES."""
        return {language: self.text(f"{key}.{language}") for language in LANGUAGES}

    def flag(self, key: str) -> bool:
        """Return true or false."""
        found = self.value(key)
        if not isinstance(found, bool):
            self.wrong(key, "true or false is needed")
        return bool(found)

    def number(self, key: str, least: int, most: int) -> int | None:
        """Return a whole number from `least` to `most`, None when nothing stands there."""
        found = self.value(key)
        if found is None or (isinstance(found, int) and not isinstance(found, bool) and least <= found <= most):
            return found
        self.wrong(key, f"a whole number from {least} to {most} is needed")
        return None

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """Return one of the allowed texts."""
        found = self.value(key)
        if found not in allowed:
            self.wrong(key, f"one of {', '.join(map(repr, allowed))} is needed")
        return str(found)

    def subset(self, key: str, allowed: frozenset[str]) -> frozenset[str]:
        """Return texts that are all among the allowed ones."""
        found = frozenset(self.texts(key))
        for extra in sorted(found - allowed):
            self.wrong(key, f"{extra} is not accepted; choose from {', '.join(sorted(allowed))}")
        return found

    def seconds(self, key: str, most: timedelta) -> timedelta:
        """Return a duration from 0 to `most`."""
        found = self.number(key, 0, int(most.total_seconds()))
        if found is None and self.value(key) is None:
            self.wrong(key, "a number of seconds is needed")
        return timedelta(seconds=found or 0)

    def table(self, key: str) -> "Reader":
        """Return a reader for one table, empty when there is none; its errors are gathered here."""
        found = self.value(key)
        if found is not None and not isinstance(found, dict):
            self.wrong(key, "a table is needed")
        return Reader(self.path, found if isinstance(found, dict) else {}, f"{self.at}{key}.", self.errors)

    def tables(self, key: str) -> list["Reader"]:
        """Return a reader for each table of a list; their errors are gathered here."""
        found = self.value(key)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self.wrong(key, "a list of tables is needed")
            return []
        return [Reader(self.path, each, f"{self.at}{key}[{at}].", self.errors) for at, each in enumerate(found, 1)]

    def mapping(self, key: str, *, may_be_empty: bool = False) -> dict[str, tuple[str, ...]]:
        """Return a table of lists of texts."""
        found = self.value(key)
        if not isinstance(found, dict) or not (found or may_be_empty):
            self.wrong(key, "a table of lists of texts is needed")
            return {}
        return {name: self.texts(f"{key}.{name}") for name in found}

    def key_pair(self) -> tuple[str, str]:
        """Return the PEM texts of the matching files named by `key` and `certificate`."""
        key, certificate = (self.path.parent / self.text(name) for name in ("key", "certificate"))
        problem = key_pair_problem(key, certificate)
        if problem:
            self.wrong("key, certificate", problem)
            return "", ""
        return key.read_text(), certificate.read_text()
