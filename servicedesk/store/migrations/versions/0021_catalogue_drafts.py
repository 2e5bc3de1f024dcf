"""Drafts of the catalogue, why a version was published, and the ways to look through the audit log."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of drafts; versions carry a note; the audit log is found by subject, person and time."""
    op.create_table(
        "catalogue_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_draft")),
    )
    with op.batch_alter_table("catalogue_version") as batch:
        batch.add_column(sa.Column("note", sa.String(length=500), nullable=False, server_default=""))
    with op.batch_alter_table("audit_event") as batch:
        batch.create_index("ix_audit_event_subject", ["subject", "id"], unique=False)
        batch.create_index("ix_audit_event_actor", ["actor", "id"], unique=False)
        batch.create_index("ix_audit_event_at", ["at", "id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("audit_event") as batch:
        batch.drop_index("ix_audit_event_at")
        batch.drop_index("ix_audit_event_actor")
        batch.drop_index("ix_audit_event_subject")
    with op.batch_alter_table("catalogue_version") as batch:
        batch.drop_column("note")
    op.drop_table("catalogue_draft")
