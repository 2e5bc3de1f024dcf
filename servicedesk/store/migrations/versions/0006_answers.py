"""Answers and documents."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('category_key', sa.String(length=80), nullable=False),
    sa.Column('votes', sa.Integer(), nullable=False),
    sa.Column('helped', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer')),
    sa.UniqueConstraint('key', name=op.f('uq_answer_key'))
    )
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_category_key'), ['category_key'], unique=False)
        batch_op.create_index('ix_answer_votes', ['votes', 'id'], unique=False)

    op.create_table('answer_audience',
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answer.id'], name=op.f('fk_answer_audience_answer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('answer_id', 'audience', name=op.f('pk_answer_audience'))
    )
    op.create_table('answer_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('stage', sa.String(length=10), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('category_key', sa.String(length=80), nullable=False),
    sa.Column('audience', Json, nullable=False),
    sa.Column('titles', Json, nullable=False),
    sa.Column('revisions', Json, nullable=False),
    sa.Column('texts', Json, nullable=False),
    sa.Column('policy', sa.Integer(), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=False),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('saves', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answer.id'], name=op.f('fk_answer_version_answer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['changed_by'], ['person.id'], name=op.f('fk_answer_version_changed_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_version')),
    sa.UniqueConstraint('answer_id', 'number', name=op.f('uq_answer_version_answer_id_number'))
    )
    published, being_written = sa.text("stage = 'published'"), sa.text("stage IN ('draft', 'review')")
    with op.batch_alter_table('answer_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_version_changed_by'), ['changed_by'], unique=False)
        batch_op.create_index('ix_answer_version_stage', ['stage', 'id'], unique=False)
        batch_op.create_index('uq_answer_version_published', ['answer_id'], unique=True, sqlite_where=published, postgresql_where=published)
        batch_op.create_index('uq_answer_version_open', ['answer_id'], unique=True, sqlite_where=being_written, postgresql_where=being_written)


def downgrade() -> None:
    for table in ('answer_version', 'answer_audience', 'answer'):
        op.drop_table(table)
