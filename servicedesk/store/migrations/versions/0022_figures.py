"""Figures: what was counted of each day and month, and who wants it by mail."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_COUNTS = (
    *("arrivals", "taken", "moved_in", "moved_out", "solved", "withdrawn", "closed", "accepted", "refused", "expired"),
    *("reopened", "own_late", "resolve_late", "graded", "grade_sum", "needless"),
    *("open_day", "open_week", "open_month", "open_older"),
)
_SPREADS = ("answer_times", "own_times", "resolve_times", "hours")
_LATE = ("own_breached_at", "resolve_breached_at")


def upgrade() -> None:
    """Make the tables, and the indexes by which a day finds what happened in it."""
    _figures("figure")
    _figures("figure_technician", sa.Column("technician_id", sa.Integer(), autoincrement=False, nullable=False))
    op.create_index("ix_figure_technician_person", "figure_technician", ["technician_id", "grain", "day"])
    op.create_table(
        "figure_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_figure_day")),
    )
    op.create_table(
        "needless_request",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "category_key", name=op.f("pk_needless_request")),
    )
    _reports()
    op.create_index("ix_ticket_event_at", "ticket_event", ["at", "ticket_id"])
    op.create_index("ix_ticket_solved", "ticket", ["solved_at", "opened_at"])
    op.create_index("ix_ticket_closed", "ticket", ["closed_at", "opened_at"])
    for name in _LATE:
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_ticket_{name}", "ticket", [name], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_feedback_answered_at", "feedback", ["answered_at"])


def _figures(table: str, *more: sa.Column[int]) -> None:
    key = ["grain", "day", "group_code", "category_key", "service_id", *(column.name for column in more)]
    op.create_table(
        table,
        sa.Column("grain", sa.String(length=1), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        *more,
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in _COUNTS),
        *(sa.Column(name, Json, nullable=False) for name in _SPREADS),
        *(
            sa.ForeignKeyConstraint(
                [column.name], ["person.id"], name=op.f(f"fk_{table}_{column.name}"), ondelete="CASCADE"
            )
            for column in more
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def _reports() -> None:
    op.create_table(
        "figure_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_figure_report_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_report")),
        sa.UniqueConstraint("person_id", "every", "address", name=op.f("uq_figure_report_person_id_every_address")),
    )
    op.create_index(op.f("ix_figure_report_next_at"), "figure_report", ["next_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_feedback_answered_at", "feedback")
    for name in _LATE:
        op.drop_index(f"ix_ticket_{name}", "ticket")
    op.drop_index("ix_ticket_closed", "ticket")
    op.drop_index("ix_ticket_solved", "ticket")
    op.drop_index("ix_ticket_event_at", "ticket_event")
    for table in ("figure_report", "needless_request", "figure_day", "figure_technician", "figure"):
        op.drop_table(table)
