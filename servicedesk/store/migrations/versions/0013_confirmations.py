"""Requests without an account that wait for their address."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, and let the newest mails to an address be found."""
    op.create_table(
        "waiting_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("form_hash", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("made", sa.String(length=20), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_request")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_waiting_request_token_hash")),
        sa.UniqueConstraint("form_hash", name=op.f("uq_waiting_request_form_hash")),
    )
    op.create_index(op.f("ix_waiting_request_expires_at"), "waiting_request", ["expires_at"])
    op.create_table(
        "confirmed_guest",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_confirmed_guest_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_confirmed_guest")),
    )
    op.create_index("ix_notice_address", "notice", ["address", "first_try_at"])


def downgrade() -> None:
    """Forget both, and what was waiting."""
    op.drop_index("ix_notice_address", "notice")
    op.drop_table("confirmed_guest")
    op.drop_index(op.f("ix_waiting_request_expires_at"), "waiting_request")
    op.drop_table("waiting_request")
