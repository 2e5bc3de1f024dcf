"""Changes: plan, risk and window of a change, who has to agree, and when nothing may be changed."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
_HAS_WINDOW = sa.text("starts_at IS NOT NULL")
_IS_OPEN = sa.text("phase NOT IN ('reviewed', 'called_off')")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "change",
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.String(length=12), nullable=False),
        sa.Column("change_type", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("harm", sa.Integer(), nullable=True),
        sa.Column("likelihood", sa.Integer(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("back_out", sa.Text(), nullable=False),
        sa.Column("verification", sa.Text(), nullable=False),
        sa.Column("services", Json, nullable=False),
        sa.Column("categories", Json, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("implementer_id", sa.Integer(), nullable=True),
        sa.Column("consent", sa.String(length=10), nullable=False),
        sa.Column("approve_by", UtcDateTime(), nullable=True),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_change_ticket_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["implementer_id"], ["person.id"], name=op.f("fk_change_implementer_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_change")),
    )
    op.create_index("ix_change_phase", "change", ["phase", "ticket_id"])
    op.create_index("ix_change_open", "change", ["ticket_id"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    op.create_index("ix_change_window", "change", ["starts_at"], sqlite_where=_HAS_WINDOW, postgresql_where=_HAS_WINDOW)
    op.create_table(
        "change_rule",
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("change_type", sa.String(length=12), nullable=False),
        sa.Column("who", sa.String(length=12), nullable=False),
        sa.Column("need_all", sa.Boolean(), nullable=False),
        sa.Column("board", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "change_type", name=op.f("pk_change_rule")),
    )
    op.create_table(
        "change_freeze",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_change_freeze_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_freeze")),
    )
    op.create_index("ix_change_freeze_ends_at", "change_freeze", ["ends_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("change_freeze")
    op.drop_table("change_rule")
    op.drop_table("change")
