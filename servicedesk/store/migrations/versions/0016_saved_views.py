"""Saved views, what technicians choose for the queue, and ways to what nobody has taken or answered."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
UNTAKEN = sa.text("state = 'assigned_group'")
UNANSWERED = sa.text("unanswered_since IS NOT NULL")


def upgrade() -> None:
    """Make the tables of views and settings; find what nobody has taken, and where the requester wrote last."""
    op.create_index(
        "ix_ticket_untaken",
        "ticket",
        ["group_code", "priority", "opened_at", "id"],
        sqlite_where=UNTAKEN,
        postgresql_where=UNTAKEN,
    )
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("unanswered_since", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_ticket_unanswered",
        "ticket",
        ["group_code", "unanswered_since", "id"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )
    op.create_table(
        "queue_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("sort", sa.String(length=20), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_queue_view_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_view")),
    )
    op.create_index("ix_queue_view_owner", "queue_view", ["owner_id", "group_code", "position"])
    op.create_index("ix_queue_view_group", "queue_view", ["group_code", "position"])
    op.create_table(
        "queue_setting",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("has_shortcuts", sa.Boolean(), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("view_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_queue_setting_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["view_id"], ["queue_view.id"], name=op.f("fk_queue_setting_view_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_queue_setting")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("queue_setting")
    op.drop_table("queue_view")
    op.drop_index("ix_ticket_unanswered", table_name="ticket")
    with op.batch_alter_table("ticket") as batch:
        batch.drop_column("unanswered_since")
    op.drop_index("ix_ticket_untaken", table_name="ticket")
