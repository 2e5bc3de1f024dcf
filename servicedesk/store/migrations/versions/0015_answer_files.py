"""Files of answers, and how often these are read."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of files; answers count their readers."""
    op.create_table(
        "answer_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_answer_file_answer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_file")),
    )
    with op.batch_alter_table("answer_file") as batch:
        batch.create_index(batch.f("ix_answer_file_answer_id"), ["answer_id"], unique=False)
    with op.batch_alter_table("answer_version") as batch:
        batch.add_column(sa.Column("files", Json, nullable=False, server_default="[]"))
    with op.batch_alter_table("answer") as batch:
        batch.add_column(sa.Column("views", sa.Integer(), nullable=False, server_default="0"))
        batch.create_index("ix_answer_views", ["views", "id"], unique=False)
        batch.drop_index("ix_answer_votes")


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("answer") as batch:
        batch.create_index("ix_answer_votes", ["votes", "id"], unique=False)
        batch.drop_index("ix_answer_views")
        batch.drop_column("views")
    with op.batch_alter_table("answer_version") as batch:
        batch.drop_column("files")
    with op.batch_alter_table("answer_file") as batch:
        batch.drop_index(batch.f("ix_answer_file_answer_id"))
    op.drop_table("answer_file")
