"""Identity providers taken from federations."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('federation_source',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('profile', sa.String(length=40), nullable=False),
    sa.Column('place', sa.String(length=500), nullable=False),
    sa.Column('valid_until', UtcDateTime(), nullable=True),
    sa.Column('read_at', UtcDateTime(), nullable=True),
    sa.Column('tried_at', UtcDateTime(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failure', Json, nullable=True),
    sa.Column('providers', sa.Integer(), nullable=False),
    sa.Column('problems', Json, nullable=False),
    sa.Column('repeated', Json, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_federation_source')),
    sa.UniqueConstraint('key', name=op.f('uq_federation_source_key'))
    )
    op.create_table('federation_provider',
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.String(length=255), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('is_hidden', sa.Boolean(), nullable=False),
    sa.Column('sort_name', sa.String(length=100), nullable=False),
    sa.Column('words', sa.String(length=400), nullable=False),
    sa.Column('valid_until', UtcDateTime(), nullable=True),
    sa.Column('expires', UtcDateTime(), nullable=True),
    sa.Column('names', Json, nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['federation_source.id'], name=op.f('fk_federation_provider_source_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('source_id', 'entity_id', name=op.f('pk_federation_provider'))
    )
    with op.batch_alter_table('federation_provider', schema=None) as batch_op:
        batch_op.create_index('ix_federation_provider_choice', ['source_id', 'is_hidden', 'sort_name', 'words'], unique=False)
        batch_op.create_index('ix_federation_provider_entity_id', ['entity_id'], unique=False)


def downgrade() -> None:
    op.drop_table('federation_provider')
    op.drop_table('federation_source')
