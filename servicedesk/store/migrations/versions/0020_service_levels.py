"""Service levels: the versions of calendars and targets, and what they promise of each ticket."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INSTANTS = (
    "owned_at",
    "own_due_at",
    "resolve_due_at",
    "hold_due_at",
    "due_at",
    "warn_level_at",
    "own_breached_at",
    "resolve_breached_at",
)
_MINUTES = ("own_minutes", "resolve_minutes")
_OPEN = sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')")
_INDEXES = {
    "ix_ticket_due": (["group_code", "due_at", "id"], sa.text("due_at IS NOT NULL")),
    "ix_ticket_technician_due": (["technician_id", "due_at", "id"], sa.text("due_at IS NOT NULL")),
    "ix_ticket_warn_level_at": (["warn_level_at"], sa.text("warn_level_at IS NOT NULL")),
    "ix_ticket_level_version": (["level_version", "id"], _OPEN),
}


def upgrade() -> None:
    """Make the table of versions; tickets keep what is due when."""
    op.create_table(
        "level_book",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_level_book")),
    )
    with op.batch_alter_table("ticket") as batch:
        for name in _INSTANTS:
            batch.add_column(sa.Column(name, UtcDateTime(), nullable=True))
        for name in _MINUTES:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch.add_column(sa.Column("level_state", sa.String(length=12), nullable=False, server_default=""))
        batch.add_column(sa.Column("level_version", sa.Integer(), nullable=False, server_default="0"))
        for name, (columns, where) in _INDEXES.items():
            batch.create_index(name, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("ticket") as batch:
        for name in _INDEXES:
            batch.drop_index(name)
        for name in ("level_version", "level_state", *_MINUTES, *_INSTANTS):
            batch.drop_column(name)
    op.drop_table("level_book")
