"""What people want to be told, and where."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the choices and devices of people, the notices on the desk's pages, and ways other than mail."""
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("refused", Json, nullable=False),
        sa.Column("is_daily", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "bell_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_bell_notice_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bell_notice")),
    )
    op.create_table(
        "push_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("p256dh", sa.String(length=100), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_push_device_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_device")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_device_endpoint")),
    )
    op.create_index(op.f("ix_push_device_person_id"), "push_device", ["person_id"])
    op.add_column("notice", sa.Column("channel", sa.String(length=8), nullable=False, server_default="mail"))
    unread = sa.text("read_at IS NULL")
    op.create_index("ix_bell_notice_person", "bell_notice", ["person_id", "id"])
    op.create_index(
        "ix_bell_notice_unread", "bell_notice", ["person_id", "number"], sqlite_where=unread, postgresql_where=unread
    )
    op.create_index(op.f("ix_bell_notice_at"), "bell_notice", ["at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_column("notice", "channel")
    op.drop_table("push_device")
    op.drop_table("bell_notice")
    op.drop_table("preference")
