"""Identity providers taken from federations: where they come from and what is known of each."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class FederationSource(Base):
    """One source of a profile's identity providers: how its last reading went, and until when its copy is good."""

    __tablename__ = "federation_source"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Hash of profile, place and trusted certificate: when any of them changes, it is another source."""
    profile: Mapped[str] = mapped_column(sa.String(40))
    place: Mapped[str] = mapped_column(sa.String(500))
    """The address, or the file."""
    valid_until: Mapped[datetime | None]
    """When the whole copy ends; None when the federation states no end, or nothing was read yet."""
    read_at: Mapped[datetime | None]
    """When the copy was read, or found unchanged."""
    tried_at: Mapped[datetime | None]
    """When it was last asked for; None asks again at the next opportunity."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row, since the last good reading."""
    failure: Mapped[dict[str, Any] | None]
    """The sentence that says why the last reading failed."""
    providers: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[str]] = mapped_column(default=list)
    """A line for each provider that was left out or weakened."""
    repeated: Mapped[list[str]] = mapped_column(default=list)
    """Entity ids that a source before this one lists too: what this one says of them is not used."""


class FederationProvider(Base):
    """An identity provider as one source gives it; `content` is what `saml` needs of it."""

    __tablename__ = "federation_provider"
    __table_args__ = (
        sa.Index("ix_federation_provider_entity_id", "entity_id"),
        sa.Index("ix_federation_provider_choice", "source_id", "is_hidden", "sort_name", "words"),
    )
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("federation_source.id", ondelete="CASCADE"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    """Over everything in the row: a row with the same one stays untouched."""
    is_hidden: Mapped[bool]
    """In no list to choose from, though who comes by a link of the provider's may sign in."""
    sort_name: Mapped[str] = mapped_column(sa.String(100))
    words: Mapped[str] = mapped_column(sa.String(400))
    """Folded words of names, scopes and host, with a blank before each; an index holds them."""
    valid_until: Mapped[datetime | None]
    """The entity's own end, where it differs from its source's."""
    expires: Mapped[datetime | None]
    """When the last of its certificates ends."""
    names: Mapped[dict[str, Any]]
    content: Mapped[str] = mapped_column(sa.Text)
