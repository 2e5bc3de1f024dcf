"""Standard answers."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
TABLES = (
    "counter_contact",
    "standard_answer_count",
    "standard_answer_use",
    "standard_answer_version",
    "standard_answer",
)


def upgrade() -> None:
    op.create_table(
        "standard_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shortcut", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_answer")),
        sa.UniqueConstraint("shortcut", name=op.f("uq_standard_answer_shortcut")),
    )
    _versions()
    _counts()
    op.create_table(
        "counter_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_contact")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_counter_contact_kind_value")),
    )


def _versions() -> None:
    table = "standard_answer_version"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("group_codes", Json, nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=True),
        sa.Column("category_key", sa.String(length=80), nullable=True),
        sa.Column("texts", Json, nullable=False),
        sa.Column("revisions", Json, nullable=False),
        sa.Column("names_counter", sa.Boolean(), nullable=False),
        sa.Column("sequel", sa.String(length=16), nullable=False),
        sa.Column("forward_group", sa.String(length=40), nullable=False),
        sa.Column("forward_reason", sa.Text(), nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("saves", sa.Integer(), nullable=False),
        _belongs(table),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["person.id"], name=op.f(f"fk_{table}_changed_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("answer_id", "number", name=op.f(f"uq_{table}_answer_id_number")),
    )
    published, being_written = sa.text("stage = 'published'"), sa.text("stage = 'draft'")
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{table}_changed_by"), ["changed_by"], unique=False)
        batch_op.create_index(f"ix_{table}_stage", ["stage", "name", "id"], unique=False)
        for name, where in (("published", published), ("open", being_written)):
            batch_op.create_index(
                f"uq_{table}_{name}", ["answer_id"], unique=True, sqlite_where=where, postgresql_where=where
            )


def _counts() -> None:
    op.create_table(
        "standard_answer_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("is_refusal", sa.Boolean(), nullable=False),
        _belongs("standard_answer_use"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_answer_use")),
    )
    with op.batch_alter_table("standard_answer_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_standard_answer_use_answer_id"), ["answer_id"], unique=False)
    op.create_table(
        "standard_answer_count",
        sa.Column("answer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        _belongs("standard_answer_count"),
        sa.PrimaryKeyConstraint("answer_id", "category_key", "month", name=op.f("pk_standard_answer_count")),
    )
    with op.batch_alter_table("standard_answer_count", schema=None) as batch_op:
        batch_op.create_index("ix_standard_answer_count_category", ["category_key", "month"], unique=False)


def _belongs(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["answer_id"], ["standard_answer.id"], name=op.f(f"fk_{table}_answer_id"), ondelete="CASCADE"
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
