"""The profile, level and address of each sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let requests and sessions say which federation they belong to, and how strong the proof is."""
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("profile", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("service", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("level", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("attribute_set", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_forced", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("acs_url", sa.String(length=255), server_default="", nullable=False))
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("profile", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("level", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Forget both again."""
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_column("level")
        batch_op.drop_column("profile")
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.drop_column("acs_url")
        batch_op.drop_column("is_forced")
        batch_op.drop_column("attribute_set")
        batch_op.drop_column("level")
        batch_op.drop_column("service")
        batch_op.drop_column("profile")
