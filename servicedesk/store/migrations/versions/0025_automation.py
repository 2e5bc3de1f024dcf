"""Rules of services, what they did, and the events they have still to look at."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the index that finds what stands still."""
    op.create_table(
        "automation_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tried_revision", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("on_since", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_rule")),
    )
    op.create_index("ix_automation_rule_trigger", "automation_rule", ["service_id", "trigger", "is_on"])
    op.create_table(
        "automation_firing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("cause_seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done", Json, nullable=False),
        sa.Column("refused", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["automation_rule.id"], name=op.f("fk_automation_firing_rule_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_automation_firing_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_firing")),
        sa.UniqueConstraint(
            "rule_id", "ticket_id", "cause_seq", name=op.f("uq_automation_firing_rule_id_ticket_id_cause_seq")
        ),
    )
    op.create_index("ix_automation_firing_rule", "automation_firing", ["rule_id", "id"])
    op.create_index("ix_automation_firing_ticket", "automation_firing", ["ticket_id"])
    op.create_table(
        "pending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consumer", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["ticket_event.id"], name=op.f("fk_pending_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending")),
        sa.UniqueConstraint("consumer", "event_id", name=op.f("uq_pending_consumer_event_id")),
    )
    op.create_index("ix_pending_event_id", "pending", ["event_id"])
    open_states = sa.text(
        "state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"
    )
    op.create_index(
        "ix_ticket_idle",
        "ticket",
        ["service_id", "state", "changed_at", "id"],
        sqlite_where=open_states,
        postgresql_where=open_states,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_ticket_idle", table_name="ticket")
    op.drop_table("pending")
    op.drop_table("automation_firing")
    op.drop_table("automation_rule")
