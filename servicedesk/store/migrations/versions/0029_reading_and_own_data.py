"""Who opened which ticket, and the export of one's own data."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
IS_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Make both tables, and the index that finds what was sent to somebody."""
    op.create_table(
        "reading_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reading_log_person_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_reading_log_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_log")),
        sa.UniqueConstraint(
            "person_id", "ticket_id", "hour", "way", name=op.f("uq_reading_log_person_id_ticket_id_hour_way")
        ),
    )
    op.create_index("ix_reading_log_ticket", "reading_log", ["ticket_id", "id"])
    op.create_index("ix_reading_log_person", "reading_log", ["person_id", "id"])
    op.create_index("ix_reading_log_at", "reading_log", ["at"])
    op.create_table(
        "own_data",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("with_notes", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_own_data_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_own_data_asked_by"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_data")),
    )
    op.create_index(
        "uq_own_data_waiting",
        "own_data",
        ["person_id", "asked_by"],
        unique=True,
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    )
    op.create_index("ix_own_data_person", "own_data", ["person_id", "id"])
    op.create_index("ix_own_data_asked_by", "own_data", ["asked_by"])
    op.create_index("ix_own_data_expires_at", "own_data", ["expires_at"])
    op.create_index("ix_notice_recipient", "notice", ["recipient_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_notice_recipient", table_name="notice")
    op.drop_table("own_data")
    op.drop_table("reading_log")
