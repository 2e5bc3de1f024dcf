"""The identity providers of each profile: those of its files in memory, those of its addresses in the database.

Sources count in the order of the settings. A provider belongs to the first source that lists it, even when that copy
has ended: a later source can never take it over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask import Flask, current_app

from saml.errors import Code, ConfigurationError, SamlError
from saml.profile import Profile
from saml.registry import LONGEST_ID, IdentityProvider
from servicedesk.federations import listed, load
from servicedesk.gateways.metadata_source import Planned, planned
from servicedesk.rules.errors import DeskError
from servicedesk.rules.search import tokens
from servicedesk.settings import Settings
from servicedesk.store import federation as store
from servicedesk.store.federation import Listed
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading

FEW = 20
"""With more providers than that nobody wants to read a list: there is a search."""


@dataclass(frozen=True)
class Choice:
    """A provider to choose: its entity id, and its names by language."""

    entity_id: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class InFile:
    """A provider of a file; `ends` is the earliest `validUntil` that bounds it."""

    provider: IdentityProvider
    listed: Listed
    ends: datetime | None

    def is_current(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.ends is None or now < self.ends

    def is_offered(self, words: Sequence[str], now: datetime) -> bool:
        """Whether it may be chosen, and each of `words` begins one of its own."""
        return self.is_current(now) and not self.listed.is_hidden and all(f" {w}" in self.listed.words for w in words)


@dataclass(frozen=True)
class DeskRegistry:
    """The identity providers of one profile; `files` holds by its place in `sources` what each file gave."""

    profile: str
    sources: tuple[Planned, ...]
    files: Mapping[int, Mapping[str, InFile]]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the sources that are kept in the database, in order."""
        return tuple(source.key for source in self.sources if source.source.url)

    def get(self, entity_id: str) -> IdentityProvider:
        """Return the provider; SamlError when it is unknown or its metadata has ended."""
        place = self._place_in_files(entity_id)
        before = self.sources if place is None else self.sources[:place]
        keys = [source.key for source in before if source.source.url]
        if keys and 0 < len(entity_id) <= LONGEST_ID and entity_id.isprintable():
            found = store.find(reading(), keys, entity_id, utc_now())
            if found is not None:
                return self._known(entity_id, parsed(found.content) if found.content else None)
        if place is not None and (kept := self.files[place][entity_id]).is_current(utc_now()):
            return kept.provider
        return self._known(entity_id, None)

    def _known(self, entity_id: str, provider: IdentityProvider | None) -> IdentityProvider:
        if provider is None:
            raise SamlError(Code.UNKNOWN_PROVIDER, f"{self.profile} knows no {entity_id[:LONGEST_ID]!r}")
        return provider

    def _place_in_files(self, entity_id: str) -> int | None:
        return next((place for place, providers in self.files.items() if entity_id in providers), None)

    def choices(self, limit: int) -> tuple[Choice, ...]:
        """Return the first providers to choose from: in the order of the sources, of an address by name."""
        return self._offered((), limit)

    def search(self, words: str, limit: int) -> tuple[Choice, ...]:
        """Return providers of which some word begins with each of `words`: names, domains, hosts."""
        wanted = tokens(words)
        return self._offered(wanted, limit) if wanted else ()

    def is_large(self) -> bool:
        """Whether there are too many providers for a list."""
        return len(self._offered((), FEW + 1)) > FEW

    def from_files(self) -> tuple[IdentityProvider, ...]:
        """Return every provider that came from a file."""
        return tuple(kept.provider for providers in self.files.values() for kept in providers.values())

    def _offered(self, words: Sequence[str], limit: int) -> tuple[Choice, ...]:
        now = utc_now()
        ranked = [*self._of_files(words, now), *self._of_addresses(words, limit, now)]
        offered: dict[str, Choice] = {}
        for place, choice in sorted(ranked, key=lambda each: each[0]):  # stable: within a source the order stays
            taken = self._place_in_files(choice.entity_id)
            if taken is None or taken >= place:
                offered.setdefault(choice.entity_id, choice)
        return tuple(offered.values())[:limit]

    def _of_files(self, words: Sequence[str], now: datetime) -> Iterator[tuple[int, Choice]]:
        for place, providers in self.files.items():
            for entity_id, kept in providers.items():
                if kept.is_offered(words, now):
                    yield place, Choice(entity_id, kept.listed.names)

    def _of_addresses(self, words: Sequence[str], limit: int, now: datetime) -> Iterator[tuple[int, Choice]]:
        if not self.keys:
            return
        places = {source.key: place for place, source in enumerate(self.sources)}
        for row in store.choices(reading(), self.keys, now, limit, words):
            yield places[row.key], Choice(row.entity_id, row.names)


@lru_cache(maxsize=512)
def parsed(content: str) -> IdentityProvider:
    """Return the provider of a row; the same row gives the same object, whatever else is kept of it."""
    return IdentityProvider.from_json(content)


def init_app(app: Flask, settings: Settings, profiles: Sequence[Profile]) -> None:
    """Read the files of every profile once; `profiles` are those of the settings, in their order.

    Raises SettingsError or ConfigurationError, listing every error, when they cannot be used.
    """
    app.extensions["desk_registries"] = {each.profile: each for each in load_registries(settings, profiles)}


def registry_of(profile_name: str) -> DeskRegistry:
    """Return the registry of a profile of the running application. Raises KeyError when there is no such profile."""
    found: DeskRegistry = current_app.extensions["desk_registries"][profile_name]
    return found


def registries() -> tuple[DeskRegistry, ...]:
    """Return the registries of all profiles of the running application, the default one's first."""
    return tuple(current_app.extensions["desk_registries"].values())


def load_registries(settings: Settings, profiles: Sequence[Profile]) -> tuple[DeskRegistry, ...]:
    """Return a registry for each profile with what its files hold.

    Raises SettingsError, or ConfigurationError with every error of every file. Only what a federation has signed may
    have errors, which leave out single providers: nobody here can mend it.
    """
    errors: list[str] = []
    may_be_plain = settings.mode != "production"
    found = []
    for profile, named in zip(profiles, settings.saml.profiles, strict=True):
        sources = planned(profile.name, named.sources, may_be_plain=may_be_plain)
        files = {place: _in_file(each, errors) for place, each in enumerate(sources) if each.source.path}
        found.append(DeskRegistry(profile.name, sources, files))
    if errors:
        raise ConfigurationError(errors)
    return tuple(found)


def _in_file(source: Planned, errors: list[str]) -> dict[str, InFile]:
    try:
        copy = load(source, may_be_plain=False)
    except DeskError as error:
        errors.append(f"{source.place}: {error}")
        return {}
    if not source.trusted:
        errors += [f"{source.place}: {problem}" for problem in copy.problems]
    found = {}
    for entry in copy.entries:
        ends = min(filter(None, (copy.valid_until, entry.valid_until)), default=None)
        found[entry.provider.entity_id] = InFile(entry.provider, listed(entry), ends)
    return found
