"""Counters, their appointments, and the units of time these hold."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
_OPEN = sa.text("state = 'booked' AND reminded_at IS NULL")
_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("key", name=op.f("uq_counter_key")),
    )
    _appointment()
    op.create_table(
        "appointment_unit",
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_appointment_unit_counter_id")),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_appointment_unit_appointment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("counter_id", "at", "seat", name=op.f("pk_appointment_unit")),
    )
    op.create_index(op.f("ix_appointment_unit_appointment_id"), "appointment_unit", ["appointment_id"])


def _appointment() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("topic_name", Json, nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_appointment_counter_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_appointment_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("number", name=op.f("uq_appointment_number")),
    )
    op.create_index("ix_appointment_person", "appointment", ["person_id", "starts_at"])
    op.create_index("ix_appointment_counter", "appointment", ["counter_id", "starts_at"])
    op.create_index(
        "ix_appointment_reminder",
        "appointment",
        ["starts_at", "id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_appointment_held", "appointment", ["held_until"], sqlite_where=_HELD, postgresql_where=_HELD)


def downgrade() -> None:
    """Drop the three tables."""
    for table in ("appointment_unit", "appointment", "counter"):
        op.drop_table(table)
