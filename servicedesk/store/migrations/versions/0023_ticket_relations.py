"""Ticket relations: who tied tickets together when; one answer to many tickets."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Links know their maker; two tables for answers given together."""
    with op.batch_alter_table("ticket_link") as batch:
        batch.add_column(sa.Column("linked_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("linked_by", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_ticket_link_linked_by"), "person", ["linked_by"], ["id"])
    op.create_table(
        "joint_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_joint_answer_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_joint_answer_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_answer")),
    )
    op.create_index(op.f("ix_joint_answer_ticket_id"), "joint_answer", ["ticket_id"])
    op.create_table(
        "joint_answer_part",
        sa.Column("joint_answer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["joint_answer_id"],
            ["joint_answer.id"],
            name=op.f("fk_joint_answer_part_joint_answer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_joint_answer_part_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("joint_answer_id", "ticket_id", name=op.f("pk_joint_answer_part")),
    )
    op.create_index(op.f("ix_joint_answer_part_ticket_id"), "joint_answer_part", ["ticket_id"])
    op.create_index(
        "ix_joint_answer_part_pending",
        "joint_answer_part",
        ["joint_answer_id"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("joint_answer_part")
    op.drop_table("joint_answer")
    with op.batch_alter_table("ticket_link") as batch:
        batch.drop_constraint(op.f("fk_ticket_link_linked_by"), type_="foreignkey")
        batch.drop_column("linked_by")
        batch.drop_column("linked_at")
