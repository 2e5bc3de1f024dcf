"""Tickets that open themselves on given days."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "recurring_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=True),
        sa.Column("office_name", sa.String(length=120), nullable=False),
        sa.Column("office_email", sa.String(length=254), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("why_paused", Json, nullable=True),
        sa.Column("seen_until", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_recurring_ticket_requester_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_recurring_ticket_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurring_ticket")),
    )
    op.create_index("ix_recurring_ticket_name", "recurring_ticket", ["name", "id"])
    op.create_index("ix_recurring_ticket_next_at", "recurring_ticket", ["next_at", "id"])
    op.create_table(
        "recurring_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recurring_id", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("refused", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["recurring_id"],
            ["recurring_ticket.id"],
            name=op.f("fk_recurring_run_recurring_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_recurring_run_ticket_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurring_run")),
        sa.UniqueConstraint("recurring_id", "due_at", name=op.f("uq_recurring_run_recurring_id_due_at")),
    )
    op.create_index("ix_recurring_run_ticket_id", "recurring_run", ["ticket_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("recurring_run")
    op.drop_table("recurring_ticket")
