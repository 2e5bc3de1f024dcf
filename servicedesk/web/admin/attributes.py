"""What the last sign-in of each provider gave, read with the mapping as it is now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.attribute_preview import previews
from servicedesk.store.models.records import AttributePreview

Masked = Sequence[Mapping[str, Any]]
"""Values as `attribute_preview.mask` leaves them: start, length, end."""


@dataclass(frozen=True, slots=True)
class Read:
    """A logical attribute: the SAML attribute it is read from ("" when none came), and its masked values."""

    name: str
    source: str
    values: Masked
    is_missing: bool
    """Whether the sign-in needed it and did not get it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A provider's last sign-in; `unread` are the SAML attributes that came and that nothing reads."""

    profile: str
    provider: str
    at: datetime
    read: Sequence[Read]
    unread: Sequence[tuple[str, Masked]]


def previews_of(session: Session, mappings: Mapping[str, Mapping[str, Sequence[str]]]) -> list[Preview]:
    """Return every preview; `mappings` gives by profile and logical name the SAML names that may carry it."""
    return [_preview(row, mappings.get(row.profile, {})) for row in previews(session)]


def _preview(row: AttributePreview, mapping: Mapping[str, Sequence[str]]) -> Preview:
    names = sorted({*mapping, *row.mapped, *row.missing})
    wanted = {name for carriers in mapping.values() for name in carriers}
    return Preview(
        profile=row.profile,
        provider=row.provider,
        at=row.at,
        read=[_read(row, name, mapping.get(name, ())) for name in names],
        unread=[(name, values) for name, values in sorted(row.given.items()) if name not in wanted],
    )


def _read(row: AttributePreview, name: str, carriers: Sequence[str]) -> Read:
    source = next((carrier for carrier in carriers if row.given.get(carrier)), "")
    values = row.mapped.get(name) or row.given.get(source, [])
    return Read(name, source, values, name in row.missing)
