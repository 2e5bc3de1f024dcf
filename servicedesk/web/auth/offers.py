"""What the sign-in page offers: each federation's identity providers, sorted into tabs, shuffled, searched (A1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

from saml.errors import SamlError
from saml.registry import IdentityProvider
from servicedesk.web.auth.brands import BRANDS

UNIVERSITY, SPID, CIE, EIDAS = "university", "spid", "cie", "eidas"
TABS = (UNIVERSITY, SPID, CIE, EIDAS)
"""The tabs in their order; a profile says to which it belongs."""
MOST = 100
"""So many providers are listed at most where nobody searches."""
MOST_FOUND = 20


class Named(Protocol):
    """A provider to choose: its entity id, and its names by language."""

    @property
    def entity_id(self) -> str: ...
    @property
    def names(self) -> Mapping[str, str]: ...


class Providers(Protocol):
    """The identity providers of one federation."""

    def get(self, entity_id: str) -> IdentityProvider: ...
    def choices(self, limit: int) -> Sequence[Named]: ...
    def search(self, words: str, limit: int) -> Sequence[Named]: ...
    def is_large(self) -> bool: ...


@dataclass(frozen=True)
class Way:
    """One federation on the sign-in page: the name of our profile, its tab, its providers.

    `few` are all its providers unless it `is_large`, then just as many as it takes to know that there are several.
    """

    profile: str
    tab: str
    providers: Providers
    is_large: bool
    few: tuple[Named, ...]


def way_of(profile: str, tab: str, providers: Providers) -> Way:
    """Return the way into one federation, its providers read once."""
    is_large = providers.is_large()
    return Way(profile, tab, providers, is_large, tuple(providers.choices(2 if is_large else MOST)))


@dataclass(frozen=True)
class Offer:
    """One provider to sign in with: under which profile, its name in the reader's language, its logo if we have it."""

    profile: str
    entity_id: str
    name: str
    logo: str | None = None

    @property
    def host(self) -> str:
        """Return the host in the entity id, which tells institutions of one name apart; empty when it has none."""
        return urlsplit(self.entity_id).hostname or ""


def open_tabs(ways: Iterable[Way]) -> tuple[str, ...]:
    """Return the tabs that have a provider to offer, in their order."""
    found = {way.tab for way in ways if way.few}
    return tuple(tab for tab in TABS if tab in found)


def is_choice(ways: Iterable[Way]) -> bool:
    """Whether there is anything to choose: with one provider alone, nobody has to be reminded of it."""
    return sum(len(way.few) for way in ways) > 1


def listed(ways: Iterable[Way], tab: str, language: str, random: Random) -> tuple[Offer, ...]:
    """Return the providers that `tab` shows at once: those of every federation small enough.

    The university's come in the order of their registry, national ones in random order, so that none is preferred.
    Source: AgID, Linee guida sulle interfacce e sulle informazioni IdP/SP.
    """
    found = [offer(way, choice, language) for way in ways if way.tab == tab and not way.is_large for choice in way.few]
    if tab != UNIVERSITY:
        random.shuffle(found)
    return tuple(found)


def is_searched(ways: Iterable[Way], tab: str) -> bool:
    """Whether `tab` has a federation with too many providers to show."""
    return any(way.tab == tab and way.is_large for way in ways)


def found(ways: Iterable[Way], tab: str, words: str, language: str) -> tuple[Offer, ...]:
    """Return the providers of the large federations of `tab` that fit the words, MOST_FOUND + 1 of each at most."""
    large = [way for way in ways if way.tab == tab and way.is_large]
    return tuple(
        offer(way, choice, language) for way in large for choice in way.providers.search(words, MOST_FOUND + 1)
    )


def known(ways: Iterable[Way], profile: str, entity_id: str, language: str) -> Offer | None:
    """Return the offer of this provider under this very profile, None when it is not made any more."""
    way = next((way for way in ways if way.profile == profile), None)
    try:
        return offer(way, way.providers.get(entity_id), language) if way else None
    except SamlError:
        return None


def offer(way: Way, choice: Named, language: str) -> Offer:
    """Return a provider as it is shown; a SPID provider with a logo goes by the name that its logo writes."""
    brand = BRANDS.get(choice.entity_id) if way.tab == SPID else None
    if brand:
        return Offer(way.profile, choice.entity_id, brand.name, brand.logo)
    name = choice.names.get(language) or next(filter(None, choice.names.values()), choice.entity_id)
    return Offer(way.profile, choice.entity_id, name)
