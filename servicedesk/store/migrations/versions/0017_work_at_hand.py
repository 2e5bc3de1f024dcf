"""Work at hand."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
_HELD = sa.text("send_at IS NOT NULL")


def upgrade() -> None:
    """Answers being written or about to be sent, and who is in which ticket."""
    op.create_table(
        "work_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("note_format", sa.String(length=8), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=True),
        sa.Column("held", Json, nullable=True),
        sa.Column("returned", Json, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_work_draft_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_work_draft_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_draft")),
        sa.UniqueConstraint("person_id", "ticket_id", name=op.f("uq_work_draft_person_id_ticket_id")),
    )
    op.create_index(op.f("ix_work_draft_ticket_id"), "work_draft", ["ticket_id"])
    op.create_index(op.f("ix_work_draft_expires_at"), "work_draft", ["expires_at"])
    op.create_index("ix_work_draft_send_at", "work_draft", ["send_at"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_table(
        "presence",
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("is_writing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_presence_ticket_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_presence_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "person_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"])
    op.create_index(op.f("ix_presence_person_id"), "presence", ["person_id"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("presence")
    op.drop_table("work_draft")
