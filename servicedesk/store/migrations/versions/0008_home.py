"""Announcements, and how many people ask about each category."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('announcement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('service_id', sa.String(length=36), nullable=True),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('titles', Json, nullable=False),
    sa.Column('texts', Json, nullable=False),
    sa.Column('policy', sa.Integer(), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('saves', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['changed_by'], ['person.id'], name=op.f('fk_announcement_changed_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcement'))
    )
    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_announcement_changed_by'), ['changed_by'], unique=False)
        batch_op.create_index('ix_announcement_ends', ['ends_at', 'starts_at'], unique=False)
        batch_op.create_index('ix_announcement_starts', ['starts_at', 'id'], unique=False)

    op.create_table('announcement_audience',
    sa.Column('announcement_id', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['announcement_id'], ['announcement.id'], name=op.f('fk_announcement_audience_announcement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('announcement_id', 'audience', name=op.f('pk_announcement_audience'))
    )
    op.create_table('category_demand',
    sa.Column('category_key', sa.String(length=80), nullable=False),
    sa.Column('requesters', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('category_key', name=op.f('pk_category_demand'))
    )
    with op.batch_alter_table('category_demand', schema=None) as batch_op:
        batch_op.create_index('ix_category_demand_requesters', ['requesters', 'category_key'], unique=False)

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_opened', ['opened_at', 'category_key', 'requester_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_opened')
    for table in ('category_demand', 'announcement_audience', 'announcement'):
        op.drop_table(table)
