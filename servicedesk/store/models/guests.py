"""People without an account: requests that wait for their address, and guests known to read theirs."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class WaitingRequest(Base):
    """A request that is filed once the link mailed to its address was used; until then nobody works on it."""

    __tablename__ = "waiting_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    form_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Of the form's key: sent twice, it waits once."""
    service_id: Mapped[str] = mapped_column(sa.String(36))
    category_key: Mapped[str] = mapped_column(sa.String(80))
    content: Mapped[dict[str, Any]]
    """Who asks and what; empty once it is filed."""
    made: Mapped[str] = mapped_column(sa.String(20), default="")
    """The number of the ticket it has become."""
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ConfirmedGuest(Base):
    """A guest who did something that only whoever reads the address's mail can do."""

    __tablename__ = "confirmed_guest"
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
