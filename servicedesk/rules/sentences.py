"""Sentences for people, kept apart from their language until somebody reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def N_(msgid: str) -> str:  # noqa: N802 - the name that translation tools look for
    """Mark a sentence for the translation files and return it unchanged."""
    return msgid


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as above, of a sentence that counts
    """Mark a sentence for one and the one for many for the translation files and return both unchanged."""
    return one, many


@dataclass(frozen=True)
class Sentence:
    """A sentence in English (`msgid`) with named `%(name)s` gaps and what goes into them.

    The English text is the key of the translation files; `params` are plain values, never translated.
    """

    msgid: str
    params: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return self.msgid % dict(self.params) if self.params else self.msgid

    def as_json(self) -> dict[str, object]:
        """Return the stored form: `{"msgid": str, "params": {str: str | int}}`."""
        return {"msgid": self.msgid, "params": dict(self.params)}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "Sentence":
        """Read the stored form back. Raises KeyError when `msgid` is missing."""
        params = data.get("params") or {}
        assert isinstance(params, Mapping)
        return cls(str(data["msgid"]), {str(k): v if isinstance(v, int) else str(v) for k, v in params.items()})
