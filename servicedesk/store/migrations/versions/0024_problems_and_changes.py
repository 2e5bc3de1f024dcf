"""Problems: what is known of a cause, and suggestions to look for one."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
_OPEN = sa.text("state = 'open'")
_KNOWN = sa.text("phase = 'known_error'")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "problem",
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("workaround", Json, nullable=False),
        sa.Column("is_known_error", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_problem_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_problem")),
    )
    op.create_index("ix_problem_phase", "problem", ["phase", "ticket_id"])
    op.create_index("ix_problem_known", "problem", ["category_key"], sqlite_where=_KNOWN, postgresql_where=_KNOWN)
    op.create_table(
        "problem_suggestion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_problem_suggestion_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_suggestion")),
    )
    op.create_index(
        "uq_problem_suggestion_open",
        "problem_suggestion",
        ["category_key"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("problem_suggestion")
    op.drop_table("problem")
