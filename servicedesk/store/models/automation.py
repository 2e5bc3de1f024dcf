"""Rules of services, what waits to be looked at by them, and what each of them did."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class AutomationRule(Base):
    """A rule of a service; `content` is what `rules.automation.Rule` keeps."""

    __tablename__ = "automation_rule"
    __table_args__ = (sa.Index("ix_automation_rule_trigger", "service_id", "trigger", "is_on"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[str] = mapped_column(sa.String(36))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(120))
    trigger: Mapped[str] = mapped_column(sa.String(20))
    content: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    tried_revision: Mapped[int] = mapped_column(default=0)
    """The revision that was last tried on past requests; only what was tried can be switched on."""
    is_on: Mapped[bool] = mapped_column(default=False)
    on_since: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class AutomationFiring(Base):
    """What a rule did to a ticket, once per event; for one that waits, once per act of a human being."""

    __tablename__ = "automation_firing"
    __table_args__ = (
        sa.UniqueConstraint("rule_id", "ticket_id", "cause_seq"),
        sa.Index("ix_automation_firing_rule", "rule_id", "id"),
        sa.Index("ix_automation_firing_ticket", "ticket_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("automation_rule.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id", ondelete="CASCADE"))
    cause_seq: Mapped[int]
    """Number of the event that caused it; for a rule that waits, of the last event that a human being caused."""
    at: Mapped[datetime]
    done: Mapped[list[str]] = mapped_column(default=list)
    """Names of the deeds that were done."""
    refused: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Why others were not: a sentence by name of the deed."""


class Pending(Base):
    """An event that a consumer has still to look at; the consumer deletes it."""

    __tablename__ = "pending"
    __table_args__ = (sa.UniqueConstraint("consumer", "event_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(sa.String(20))
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket_event.id", ondelete="CASCADE"), index=True)
