"""In which way each day of the figures was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Know the days of earlier releases as counted in the first way: the job counts them anew, a few at a time."""
    with op.batch_alter_table("figure_day") as batch:
        batch.add_column(sa.Column("counting", sa.SmallInteger(), nullable=False, server_default="1"))


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("figure_day") as batch:
        batch.drop_column("counting")
