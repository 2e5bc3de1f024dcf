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
    """Count what was merged, and problems and changes apart from requests; keep a category that is to be decided."""
    with op.batch_alter_table("ticket_matter") as batch:
        batch.add_column(sa.Column("category_key", sa.String(length=80), nullable=False, server_default=""))
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for name in COUNTS:
                batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("ticket_matter") as batch:
        batch.drop_column("category_key")
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for name in COUNTS:
                batch.drop_column(name)
