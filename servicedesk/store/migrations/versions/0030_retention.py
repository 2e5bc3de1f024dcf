"""Anonymisation and retention: terms, legal holds, the log of runs, and what was done to tickets and people."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_RUNNING = sa.text("ended_at IS NULL")
_FILES_DUE = sa.text("closed_at IS NOT NULL AND files_removed_at IS NULL")
_PERSON_DUE = sa.text("closed_at IS NOT NULL AND anonymised_at IS NULL")
_KNOWN = sa.text("anonymised_at IS NULL")


def upgrade() -> None:
    """Make the tables; tickets and people keep when something of them was removed."""
    _make_terms()
    _make_holds()
    _make_runs()
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("files_removed_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("files_removed", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("anonymised_at", UtcDateTime(), nullable=True))
        columns = ["service_id", "closed_at", "id"]
        batch.create_index("ix_ticket_files_due", columns, sqlite_where=_FILES_DUE, postgresql_where=_FILES_DUE)
        batch.create_index("ix_ticket_person_due", columns, sqlite_where=_PERSON_DUE, postgresql_where=_PERSON_DUE)
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("anonymised_at", UtcDateTime(), nullable=True))
        columns = ["is_guest", "signed_in_at", "created_at", "id"]
        batch.create_index("ix_person_unused", columns, sqlite_where=_KNOWN, postgresql_where=_KNOWN)
    op.create_index("ix_access_log_ticket", "access_log", ["ticket_id"])


def _make_terms() -> None:
    op.create_table(
        "retention_term",
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("files_months", sa.Integer(), nullable=False),
        sa.Column("tickets_months", sa.Integer(), nullable=False),
        sa.Column("accounts_months", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_retention_term")),
    )


def _make_holds() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("placed_by", sa.Integer(), nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(ticket_id IS NULL) <> (person_id IS NULL)", name=op.f("ck_legal_hold_one_subject")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_legal_hold_{column}"), ondelete=ondelete)
            for column, table, ondelete in (
                ("ticket_id", "ticket", "CASCADE"),
                ("person_id", "person", "CASCADE"),
                ("placed_by", "person", "SET NULL"),
                ("ended_by", "person", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    for subject in ("ticket", "person"):
        op.create_index(
            f"uq_legal_hold_{subject}",
            "legal_hold",
            [f"{subject}_id"],
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        )
    op.create_index("ix_legal_hold_ended", "legal_hold", ["ended_at", "id"])


def _make_runs() -> None:
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )


def downgrade() -> None:
    """Go back; what was removed stays removed."""
    op.drop_index("ix_access_log_ticket", table_name="access_log")
    with op.batch_alter_table("person") as batch:
        batch.drop_index("ix_person_unused")
        batch.drop_column("anonymised_at")
    with op.batch_alter_table("ticket") as batch:
        batch.drop_index("ix_ticket_person_due")
        batch.drop_index("ix_ticket_files_due")
        batch.drop_column("anonymised_at")
        batch.drop_column("files_removed")
        batch.drop_column("files_removed_at")
    op.drop_table("retention_run")
    op.drop_table("legal_hold")
    op.drop_table("retention_term")
