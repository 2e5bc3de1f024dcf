"""Files that a field of a form asks for, and the register's degree courses by name."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
_DRAFT = sa.text("message_id IS NULL")


def upgrade() -> None:
    """Add the column and the two indexes."""
    with op.batch_alter_table("upload") as batch:
        batch.add_column(sa.Column("field", sa.String(length=80), nullable=True))
        batch.create_index("ix_upload_form", ["draft_key"], sqlite_where=_DRAFT, postgresql_where=_DRAFT)
    op.create_index(op.f("ix_student_record_degree_course_name"), "student_record", ["degree_course_name"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_student_record_degree_course_name"), "student_record")
    with op.batch_alter_table("upload") as batch:
        batch.drop_index("ix_upload_form")
        batch.drop_column("field")
