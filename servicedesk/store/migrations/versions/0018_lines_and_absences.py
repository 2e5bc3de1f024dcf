"""Lines and absences: matters between groups, what groups set for handing over, substitutes."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the lines, and give absences a substitute."""
    _matters()
    op.create_table(
        "group_habits",
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("asks_from", sa.Integer(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("group_code", name=op.f("pk_group_habits")),
    )
    with op.batch_alter_table("absence") as batch:
        batch.add_column(sa.Column("substitute_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("note", sa.String(length=200), server_default="", nullable=False))
        batch.add_column(sa.Column("handling", sa.String(length=12), server_default="keep", nullable=False))
        batch.add_column(sa.Column("begun_at", UtcDateTime(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_absence_substitute_id"), "person", ["substitute_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index(op.f("ix_absence_substitute_id"), ["substitute_id"])
        batch.create_index("ix_absence_days", ["last_day", "first_day"])


def _matters() -> None:
    op.create_table(
        "ticket_matter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("group_code", sa.String(length=40), server_default="", nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("keep_watching", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_matter_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ticket_matter_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["person.id"], name=op.f("fk_ticket_matter_asked_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["ticket_event.id"], name=op.f("fk_ticket_matter_event_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_matter")),
    )
    op.create_index("ix_ticket_matter_kind", "ticket_matter", ["kind", "group_code"])
    for column in ("ticket_id", "person_id", "asked_by", "event_id"):
        op.create_index(op.f(f"ix_ticket_matter_{column}"), "ticket_matter", [column])


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("absence") as batch:
        batch.drop_index("ix_absence_days")
        batch.drop_index(op.f("ix_absence_substitute_id"))
        batch.drop_constraint(op.f("fk_absence_substitute_id"), type_="foreignkey")
        for column in ("begun_at", "handling", "note", "substitute_id"):
            batch.drop_column(column)
    op.drop_table("group_habits")
    op.drop_table("ticket_matter")
