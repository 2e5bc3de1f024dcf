"""Who else may see a ticket."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('public_ticket',
    sa.Column('ticket_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('scope_key', sa.String(length=40), nullable=False),
    sa.Column('published_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_public_ticket_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_public_ticket'))
    )
    with op.batch_alter_table('public_ticket', schema=None) as batch_op:
        batch_op.create_index('ix_public_ticket_scope', ['scope', 'scope_key', 'ticket_id'], unique=False)

    op.create_table('ticket_invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_invitation_person_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_invitation_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_invitation')),
    sa.UniqueConstraint('ticket_id', 'address', name=op.f('uq_ticket_invitation_ticket_id_address'))
    )
    with op.batch_alter_table('ticket_invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_invitation_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('student_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_student_record_institutional_email'), ['institutional_email'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('student_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_student_record_institutional_email'))
    op.drop_table('ticket_invitation')
    op.drop_table('public_ticket')
