"""A draft of an answer keeps the standard answer it was begun with."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("work_draft") as table:
        table.add_column(sa.Column("standard_answer", sa.Integer, nullable=True))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("work_draft") as table:
        table.drop_column("standard_answer")
