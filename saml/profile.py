"""What a federation demands of this provider and how it names people, as frozen data read from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from saml.errors import ConfigurationError
from saml.names import STRONG_DIGESTS, STRONG_SIGNATURES
from saml.signing import key_pair_problem

COMPARISONS: Final = ("exact", "minimum", "maximum", "better")
LANGUAGES: Final = ("it", "en")
MAX_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Organisation:
    """Who runs the service, each text by language."""

    name: Mapping[str, str]
    display_name: Mapping[str, str]
    url: Mapping[str, str]


@dataclass(frozen=True)
class Attribute:
    """An attribute asked for in the metadata."""

    name: str
    friendly_name: str
    required: bool


@dataclass(frozen=True)
class Profile:
    """One federation profile; addresses derive from `base_url`.

    `class_refs` are the authentication contexts asked for, `accepted_class_refs` those an answer may state
    (none: any). `mapping` gives for a logical attribute name the SAML names that may carry it, best first;
    `prefixes` what its values must begin with and lose (no entry: taken as they are); `scoped` the logical
    names whose values end in @scope.
    """

    name: str
    entity_id: str
    base_url: str
    organisation: Organisation
    service_name: Mapping[str, str]
    contact_email: str
    name_id_formats: tuple[str, ...]
    comparison: str
    class_refs: tuple[str, ...]
    accepted_class_refs: frozenset[str]
    requested: tuple[Attribute, ...]
    skew: timedelta
    key_pem: str = field(repr=False)
    certificate_pem: str = field(repr=False)
    signature_algorithms: frozenset[str]
    digest_algorithms: frozenset[str]
    assertions_signed: bool
    mapping: Mapping[str, tuple[str, ...]]
    prefixes: Mapping[str, tuple[str, ...]]
    scoped: frozenset[str]

    @property
    def acs_url(self) -> str:
        """Where identity providers post their answers."""
        return f"{self.base_url}/saml/acs"

    @property
    def slo_url(self) -> str:
        """Where single logout arrives, by either binding."""
        return f"{self.base_url}/saml/slo"

    @property
    def metadata_url(self) -> str:
        """Where our own metadata is published."""
        return f"{self.base_url}/saml/metadata"


def load_profile(path: Path, base_url: str) -> Profile:
    """Return the profile in `path` for the site at `base_url`; ConfigurationError listing every error.

    `{base_url}` in the entity id stands for `base_url`; key paths are relative to the file.
    """
    read = Reader(path, read_toml(path))
    base = base_url.rstrip("/")
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
        read.wrong("base_url", f"{base_url!r} is not a web address")
    key_pem, certificate_pem = read.key_pair()
    profile = Profile(
        name=read.text("name"),
        entity_id=read.text("entity_id").replace("{base_url}", base),
        base_url=base,
        organisation=Organisation(
            read.localised("organisation.name"),
            read.localised("organisation.display_name"),
            read.localised("organisation.url"),
        ),
        service_name=read.localised("service_name"),
        contact_email=read.text("contact.email"),
        name_id_formats=read.texts("name_id_formats"),
        comparison=read.one_of("authn_context.comparison", COMPARISONS),
        class_refs=read.texts("authn_context.class_refs", may_be_empty=True),
        accepted_class_refs=frozenset(read.texts("authn_context.accepted", may_be_empty=True)),
        requested=tuple(
            Attribute(row.text("name"), row.text("friendly_name"), row.flag("required"))
            for row in read.tables("requested_attributes")
        ),
        skew=read.seconds("clock_skew_seconds", MAX_SKEW),
        key_pem=key_pem,
        certificate_pem=certificate_pem,
        signature_algorithms=read.subset("signature_algorithms", STRONG_SIGNATURES),
        digest_algorithms=read.subset("digest_algorithms", STRONG_DIGESTS),
        assertions_signed=read.flag("assertions_signed"),
        mapping=read.mapping("attributes"),
        prefixes=read.mapping("prefixes", may_be_empty=True),
        scoped=frozenset(read.texts("scoped", may_be_empty=True)),
    )
    read.finish()
    return profile


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; ConfigurationError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"{path}: cannot be read: {error}"]) from error


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

    def value(self, key: str) -> Any:
        """Return what stands at the dotted `key`, None when nothing does."""
        found: Any = self.data
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def text(self, key: str) -> str:
        """Return a text that must not be empty."""
        found = self.value(key)
        if isinstance(found, str) and found.strip():
            return found.strip()
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

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed texts."""
        found = self.value(key)
        if found not in allowed:
            self.wrong(key, f"one of {', '.join(allowed)} is needed")
        return str(found)

    def subset(self, key: str, allowed: frozenset[str]) -> frozenset[str]:
        """Return texts that are all among the allowed ones."""
        found = frozenset(self.texts(key))
        for extra in sorted(found - allowed):
            self.wrong(key, f"{extra} is not accepted; choose from {', '.join(sorted(allowed))}")
        return found

    def seconds(self, key: str, most: timedelta) -> timedelta:
        """Return a duration from 0 to `most`."""
        found = self.value(key)
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most.total_seconds():
            return timedelta(seconds=found)
        self.wrong(key, f"a whole number of seconds from 0 to {int(most.total_seconds())} is needed")
        return timedelta()

    def tables(self, key: str) -> list["Reader"]:
        """Return a reader for each table of a list; their errors are gathered here."""
        found = self.value(key)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self.wrong(key, "a list of tables is needed")
            return []
        return [Reader(self.path, each, f"{key}[{at}].", self.errors) for at, each in enumerate(found, 1)]

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
