"""Details of service levels and figures."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = ("figure", "figure_technician")
COUNTS = ("merged", "problems", "problems_solved", "changes", "changes_solved")


def upgrade() -> None:
    """Count what was merged, and problems and changes apart from requests."""
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for name in COUNTS:
                batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Forget them."""
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for name in COUNTS:
                batch.drop_column(name)
