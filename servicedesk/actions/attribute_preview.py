"""Remembers what the last sign-in of each provider gave, masked, so that administrators can check the mapping."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.store.models.records import AttributePreview

MANY_ATTRIBUTES, MANY_VALUES = 60, 10
"""So many are kept, of what a provider may send without end."""
_FISCAL = re.compile(r"[A-Z]{6}\w{2}[A-Z]\w{2}[A-Z]\w{3}[A-Z]|(?<![0-9])[0-9]{11}(?![0-9])", re.IGNORECASE | re.ASCII)
_SCOPED = re.compile(r"(\S+)(@[A-Za-z0-9.-]+)")
_TELLING = 3
"""A shorter value is given away by its first letter."""


def remember(
    session: Session,
    *,
    profile: str,
    provider: str,
    raw: Mapping[str, Sequence[str]],
    mapped: Mapping[str, Sequence[str]],
    missing: Sequence[str],
    now: datetime,
) -> None:
    """Keep what a verified sign-in gave, in place of what this provider gave before.

    `raw` is by name of the SAML attribute, `mapped` by logical name, `missing` are the logical names that were needed
    and did not come. No value is written as it came.
    """
    found = {"given": _masked(raw), "mapped": _masked(mapped), "missing": sorted(missing), "at": now}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    query = insert(AttributePreview).values(profile=profile, provider=provider, **found)
    session.execute(query.on_conflict_do_update(index_elements=["profile", "provider"], set_=found))


def mask(value: str) -> dict[str, Any]:
    """Return what may be shown of a value: `start` (at most a letter), `length`, `end` (the domain of an address)."""
    if _FISCAL.search("".join(value.split())):
        return {"start": "", "length": len(value), "end": ""}
    scoped = _SCOPED.fullmatch(value)
    local, end = scoped.groups() if scoped else (value, "")
    return {"start": local[:1] if len(local) >= _TELLING else "", "length": len(local), "end": end}


def _masked(attributes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    kept = list(attributes.items())[:MANY_ATTRIBUTES]
    return {name: [mask(value) for value in values[:MANY_VALUES]] for name, values in kept}


def previews(session: Session) -> Sequence[AttributePreview]:
    """Return what each provider gave last, by profile, the newest first."""
    return session.scalars(
        sa.select(AttributePreview).order_by(AttributePreview.profile, AttributePreview.at.desc())
    ).all()
