"""Small catalogues for the tests of the rules."""

from typing import Any

from servicedesk.rules.catalogue import Audience, Catalogue, Category, Group, LocalText, Service, Strategy

SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"


def text(words: str) -> LocalText:
    """Return the same words in both languages, told apart by their beginning."""
    return LocalText(f"it {words}", f"en {words}")


def service(**values: Any) -> Service:
    """Return a service with the given properties."""
    complete = {
        "id": SERVICE,
        "key": "studenti",
        "name": text("Service"),
        "description": text("A service."),
        "zone": "Europe/Rome",
        "hours": {},
        "audience": frozenset({Audience.STUDENT}),
        "fallback_group": "LAST",
    }
    return Service(**{**complete, **values})


def group(code: str, **values: Any) -> Group:
    """Return a group with the given properties."""
    complete = {
        "name": text(code),
        "line": 1,
        "strategy": Strategy.MANUAL,
        "signature": text("Signature"),
        "contact": text("Contact"),
    }
    return Group(code=code, **{**complete, **values})


def category(key: str, **values: Any) -> Category:
    """Return a selectable category for students with the given properties."""
    complete = {
        "service_id": SERVICE,
        "parent": None,
        "name": text(key),
        "description": text(f"About {key}."),
        "group": "LAST",
        "audience": frozenset({Audience.STUDENT}),
        "selectable": True,
    }
    return Category(key=key, **{**complete, **values})


def catalogue(*entries: Group | Category | Service) -> Catalogue:
    """Return a catalogue of these entries, with the service and the group LAST where none is given."""
    services = [entry for entry in entries if isinstance(entry, Service)] or [service()]
    groups = [group("LAST"), *(entry for entry in entries if isinstance(entry, Group))]
    categories = [entry for entry in entries if isinstance(entry, Category)]
    return Catalogue(
        services={entry.id: entry for entry in services},
        groups={entry.code: entry for entry in groups},
        categories={entry.key: entry for entry in categories},
    )
