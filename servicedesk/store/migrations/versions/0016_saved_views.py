"""Saved views, and a way to what nobody has taken."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
UNTAKEN = sa.text("state = 'assigned_group'")


def upgrade() -> None:
    """Find what nobody has taken by urgency."""
    op.create_index(
        "ix_ticket_untaken",
        "ticket",
        ["group_code", "priority", "opened_at", "id"],
        sqlite_where=UNTAKEN,
        postgresql_where=UNTAKEN,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_ticket_untaken", table_name="ticket")
