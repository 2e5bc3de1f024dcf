"""In which way each day of the figures was counted, and the files of recurring requests."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Know the days of earlier releases as counted in the first way: the job counts them anew, a few at a time."""
    with op.batch_alter_table("figure_day") as batch:
        batch.add_column(sa.Column("counting", sa.SmallInteger(), nullable=False, server_default="1"))
    op.create_table(
        "recurring_file",
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("recurring_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recurring_id"],
            ["recurring_ticket.id"],
            name=op.f("fk_recurring_file_recurring_id_recurring_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_recurring_file_upload_id_upload"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_recurring_file")),
    )
    op.create_index("ix_recurring_file_recurring_id", "recurring_file", ["recurring_id"])


def downgrade() -> None:
    """Forget both; the files become drafts whose time is over."""
    kept = sa.text("SELECT upload_id FROM recurring_file")
    upload = sa.table("upload", sa.column("id"), sa.column("expires_at"), sa.column("created_at"))
    op.execute(sa.update(upload).where(upload.c.id.in_(kept)).values(expires_at=upload.c.created_at))
    op.drop_table("recurring_file")
    with op.batch_alter_table("figure_day") as batch:
        batch.drop_column("counting")
