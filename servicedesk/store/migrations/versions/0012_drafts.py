"""Requests begun and not sent; usual waits for an answer; files that a field of a form asks for; the register's degree courses by name."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
_DRAFT = sa.text("message_id IS NULL")


def upgrade() -> None:
    """Make the two tables, and add the column and its neighbours' indexes."""
    op.create_table(
        "request_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("category_key", sa.String(length=80), nullable=False),
        sa.Column("form_key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_request_draft_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_draft")),
        sa.UniqueConstraint("person_id", "category_key", name=op.f("uq_request_draft_person_id_category_key")),
    )
    op.create_index(op.f("ix_request_draft_expires_at"), "request_draft", ["expires_at"])
    op.create_table(
        "answer_time",
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_answer_time")),
    )
    with op.batch_alter_table("upload") as batch:
        batch.add_column(sa.Column("field", sa.String(length=80), nullable=True))
        batch.create_index("ix_upload_form", ["draft_key"], sqlite_where=_DRAFT, postgresql_where=_DRAFT)
    op.create_index(op.f("ix_student_record_degree_course_name"), "student_record", ["degree_course_name"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index(op.f("ix_student_record_degree_course_name"), "student_record")
    with op.batch_alter_table("upload") as batch:
        batch.drop_index("ix_upload_form")
        batch.drop_column("field")
    op.drop_table("answer_time")
    op.drop_table("request_draft")
