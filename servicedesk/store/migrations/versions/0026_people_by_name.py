"""People are found by the beginning of their name."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_person_family",
        "person",
        ["family_name", "id"],
        postgresql_ops={"family_name": "text_pattern_ops"},
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_person_family", table_name="person")
