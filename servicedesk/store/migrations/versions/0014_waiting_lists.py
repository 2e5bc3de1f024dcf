"""Waiting lists, walk-ins and feeds of the counters; files and tickets of appointments."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
_WAITS = sa.text("state = 'waiting'")
_OFFERED = sa.text("state = 'offered'")


def upgrade() -> None:
    """Make the tables beside the appointments, and two columns with a default."""
    _link("appointment_file", sa.Column("upload_id", sa.String(length=32), nullable=False), "upload")
    _link("appointment_ticket", sa.Column("ticket_id", sa.Integer(), nullable=False), "ticket")
    op.add_column("appointment", sa.Column("is_walk_in", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("counter", sa.Column("feed", sa.Integer(), server_default="0", nullable=False))
    _waiting_list()


def _link(table: str, other: sa.Column[str] | sa.Column[int], target: str) -> None:
    key, indexed = ("upload_id", "appointment_id") if target == "upload" else ("appointment_id", "ticket_id")
    op.create_table(
        table,
        sa.Column("appointment_id", sa.Integer(), autoincrement=False, nullable=False),
        other,
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f(f"fk_{table}_appointment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            [other.name], [f"{target}.id"], name=op.f(f"fk_{table}_{other.name}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{indexed}"), table, [indexed])


def _waiting_list() -> None:
    op.create_table(
        "appointment_wait",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counter_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("offered_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name=op.f("fk_appointment_wait_counter_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_appointment_wait_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_appointment_wait_appointment_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_wait")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_appointment_wait_appointment_id")),
        sa.UniqueConstraint("person_id", "counter_id", name=op.f("uq_appointment_wait_person_id_counter_id")),
    )
    op.create_index(
        "ix_appointment_wait_line",
        "appointment_wait",
        ["counter_id", "id"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index(
        "ix_appointment_wait_offered",
        "appointment_wait",
        ["offered_until"],
        sqlite_where=_OFFERED,
        postgresql_where=_OFFERED,
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("appointment_wait", "appointment_ticket", "appointment_file"):
        op.drop_table(table)
    # Made anew, the tables would take with them every row that hangs on theirs.
    for table, column in (("counter", "feed"), ("appointment", "is_walk_in")):
        with op.batch_alter_table(table, recreate="never") as batch:
            batch.drop_column(column)
