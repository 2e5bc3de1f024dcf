"""The sign-in log, alarms and counts of refused sign-ins."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The log only grows: no statement changes an entry, and none removes one whose month is not marked as purged.
SQLITE = (
    """CREATE TRIGGER sign_in_log_entry_unchanged BEFORE UPDATE ON sign_in_log_entry
    BEGIN SELECT RAISE(ABORT, 'the sign-in log is append-only'); END""",
    """CREATE TRIGGER sign_in_log_entry_kept BEFORE DELETE ON sign_in_log_entry
    WHEN NOT EXISTS (SELECT 1 FROM sign_in_log_month WHERE month = OLD.month AND purged_at IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'the sign-in log is append-only'); END""",
    """CREATE TRIGGER sign_in_log_month_kept BEFORE DELETE ON sign_in_log_month
    BEGIN SELECT RAISE(ABORT, 'the sign-in log is append-only'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION sign_in_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the sign-in log is append-only'; END $$""",
    """CREATE FUNCTION sign_in_log_purge_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM sign_in_log_month WHERE month = OLD.month AND purged_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the sign-in log is append-only';
      END IF;
      RETURN OLD;
    END $$""",
    """CREATE TRIGGER sign_in_log_entry_unchanged BEFORE UPDATE OR TRUNCATE ON sign_in_log_entry
    FOR EACH STATEMENT EXECUTE FUNCTION sign_in_log_refuse()""",
    """CREATE TRIGGER sign_in_log_entry_kept BEFORE DELETE ON sign_in_log_entry
    FOR EACH ROW EXECUTE FUNCTION sign_in_log_purge_only()""",
    """CREATE TRIGGER sign_in_log_month_kept BEFORE DELETE OR TRUNCATE ON sign_in_log_month
    FOR EACH STATEMENT EXECUTE FUNCTION sign_in_log_refuse()""",
)


def upgrade() -> None:
    op.create_table('sign_in_log_month',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('before', sa.String(length=7), nullable=False),
    sa.Column('before_entries', sa.Integer(), nullable=False),
    sa.Column('before_hash', sa.String(length=64), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('last_hash', sa.String(length=64), nullable=False),
    sa.Column('purged_at', UtcDateTime(), nullable=True),
    sa.Column('proof', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('month', name=op.f('pk_sign_in_log_month'))
    )
    op.create_table('sign_in_log_entry',
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('profile', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.String(length=1024), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('exchange', sa.String(length=255), nullable=False),
    sa.Column('message_id', sa.String(length=255), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('nonce', sa.LargeBinary(length=12), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['month'], ['sign_in_log_month.month'], name=op.f('fk_sign_in_log_entry_month')),
    sa.PrimaryKeyConstraint('month', 'seq', name=op.f('pk_sign_in_log_entry'))
    )
    with op.batch_alter_table('sign_in_log_entry', schema=None) as batch_op:
        batch_op.create_index('ix_sign_in_log_entry_exchange', ['exchange'], unique=False)

    op.create_table('alarm',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('sentence', Json, nullable=False),
    sa.Column('raised_at', UtcDateTime(), nullable=False),
    sa.Column('last_at', UtcDateTime(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('mailed_at', UtcDateTime(), nullable=True),
    sa.Column('seen_at', UtcDateTime(), nullable=True),
    sa.Column('seen_by', sa.Integer(), nullable=True),
    sa.Column('cleared_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['seen_by'], ['person.id'], name=op.f('fk_alarm_seen_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alarm'))
    )
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alarm_cleared_at'), ['cleared_at'], unique=False)
        batch_op.create_index('ix_alarm_raised_at', ['raised_at'], unique=False)
        batch_op.create_index('uq_alarm_open', ['key'], unique=True, sqlite_where=sa.text('cleared_at IS NULL'), postgresql_where=sa.text('cleared_at IS NULL'))

    op.create_table('sign_in_count',
    sa.Column('slot', UtcDateTime(), nullable=False),
    sa.Column('profile', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.String(length=1024), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('slot', 'profile', 'provider', 'code', name=op.f('pk_sign_in_count'))
    )
    op.create_table('sign_in_total',
    sa.Column('profile', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.String(length=1024), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('profile', 'provider', 'code', name=op.f('pk_sign_in_total'))
    )
    op.create_table('attribute_preview',
    sa.Column('profile', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.String(length=1024), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('given', Json, nullable=False),
    sa.Column('mapped', Json, nullable=False),
    sa.Column('missing', Json, nullable=False),
    sa.PrimaryKeyConstraint('profile', 'provider', name=op.f('pk_attribute_preview'))
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == 'postgresql' else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    for table in ('sign_in_log_entry', 'sign_in_log_month', 'alarm', 'sign_in_count', 'sign_in_total', 'attribute_preview'):
        op.drop_table(table)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION sign_in_log_refuse()')
        op.execute('DROP FUNCTION sign_in_log_purge_only()')
