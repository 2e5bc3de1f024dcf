"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import Json, UtcDateTime

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('before', Json, nullable=False),
    sa.Column('after', Json, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_event'))
    )
    op.create_table('catalogue_version',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('file_hash', sa.String(length=64), nullable=False),
    sa.Column('content', Json, nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('difference', Json, nullable=False),
    sa.Column('applied_at', UtcDateTime(), nullable=False),
    sa.Column('applied_by', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_catalogue_version'))
    )
    with op.batch_alter_table('catalogue_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_catalogue_version_file_hash'), ['file_hash'], unique=False)

    op.create_table('form_key',
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('made', sa.String(length=80), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key_hash', name=op.f('pk_form_key'))
    )
    with op.batch_alter_table('form_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_form_key_used_at'), ['used_at'], unique=False)

    op.create_table('job_lease',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('holder', sa.String(length=80), nullable=False),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('held_until', UtcDateTime(), nullable=True),
    sa.Column('last_started_at', UtcDateTime(), nullable=True),
    sa.Column('last_finished_at', UtcDateTime(), nullable=True),
    sa.Column('last_result', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_job_lease'))
    )
    op.create_table('number_series',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_number_series'))
    )
    op.create_table('parked_form',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('fields', Json, nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_parked_form'))
    )
    with op.batch_alter_table('parked_form', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_parked_form_expires_at'), ['expires_at'], unique=False)

    op.create_table('person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=True),
    sa.Column('given_name', sa.String(length=120), nullable=False),
    sa.Column('family_name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('locale', sa.String(length=10), nullable=True),
    sa.Column('is_guest', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('signed_in_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('code', name=op.f('uq_person_code'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_email'), ['email'], unique=False)

    op.create_table('rate_count',
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_rate_count'))
    )
    with op.batch_alter_table('rate_count', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rate_count_expires_at'), ['expires_at'], unique=False)

    op.create_table('sign_in_request',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('provider', sa.String(length=255), nullable=False),
    sa.Column('browser_hash', sa.String(length=64), nullable=False),
    sa.Column('replaces', sa.Integer(), nullable=True),
    sa.Column('relay_token', sa.String(length=64), nullable=False),
    sa.Column('next_path', sa.String(length=2000), nullable=False),
    sa.Column('issued_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_request')),
    sa.UniqueConstraint('relay_token', name=op.f('uq_sign_in_request_relay_token'))
    )
    with op.batch_alter_table('sign_in_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_request_browser_hash'), ['browser_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_in_request_expires_at'), ['expires_at'], unique=False)

    op.create_table('student_record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fiscal_hash', sa.String(length=64), nullable=False),
    sa.Column('student_number', sa.String(length=20), nullable=False),
    sa.Column('given_name', sa.String(length=120), nullable=False),
    sa.Column('family_name', sa.String(length=120), nullable=False),
    sa.Column('institutional_email', sa.String(length=254), nullable=False),
    sa.Column('degree_course', sa.String(length=40), nullable=False),
    sa.Column('degree_course_name', sa.String(length=200), nullable=False),
    sa.Column('area', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('imported_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_student_record')),
    sa.UniqueConstraint('fiscal_hash', name=op.f('uq_student_record_fiscal_hash'))
    )
    with op.batch_alter_table('student_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_student_record_student_number'), ['student_number'], unique=False)

    op.create_table('used_assertion',
    sa.Column('id_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_used_assertion'))
    )
    with op.batch_alter_table('used_assertion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_used_assertion_expires_at'), ['expires_at'], unique=False)

    op.create_table('absence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_absence_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence')),
    sa.UniqueConstraint('person_id', 'first_day', 'last_day', name=op.f('uq_absence_person_id_first_day_last_day'))
    )
    op.create_table('identity',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('namespace', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_identity_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity')),
    sa.UniqueConstraint('namespace', 'subject', name=op.f('uq_identity_namespace_subject'))
    )
    with op.batch_alter_table('identity', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_person_id'), ['person_id'], unique=False)

    op.create_table('login_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('provider', sa.String(length=255), nullable=False),
    sa.Column('name_id', sa.String(length=255), nullable=False),
    sa.Column('name_id_format', sa.String(length=120), nullable=False),
    sa.Column('name_qualifier', sa.String(length=255), nullable=False),
    sa.Column('sp_qualifier', sa.String(length=255), nullable=False),
    sa.Column('session_index', sa.String(length=255), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('last_seen', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_login_session_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_login_session_token_hash'))
    )
    with op.batch_alter_table('login_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_session_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_login_session_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_login_session_saml', ['provider', 'name_id'], unique=False)

    op.create_table('role_grant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('group_code', sa.String(length=40), nullable=False),
    sa.Column('service_id', sa.String(length=36), nullable=False),
    sa.Column('areas', Json, nullable=False),
    sa.Column('from_federation', sa.Boolean(), nullable=False),
    sa.Column('granted_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant')),
    sa.UniqueConstraint('person_id', 'role', 'group_code', 'service_id', name=op.f('uq_role_grant_person_id_role_group_code_service_id'))
    )
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.create_index('ix_role_grant_group_role', ['group_code', 'role'], unique=False)

    op.create_table('ticket',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=12), nullable=False),
    sa.Column('access_suffix', sa.String(length=12), nullable=True),
    sa.Column('service_id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('origin', sa.String(length=20), nullable=False),
    sa.Column('category_key', sa.String(length=80), nullable=False),
    sa.Column('catalogue_version', sa.Integer(), nullable=False),
    sa.Column('group_code', sa.String(length=40), nullable=False),
    sa.Column('technician_id', sa.Integer(), nullable=True),
    sa.Column('assigned_at', UtcDateTime(), nullable=True),
    sa.Column('requester_id', sa.Integer(), nullable=False),
    sa.Column('route_reason', Json, nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('answers', Json, nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('state_before_waiting', sa.String(length=24), nullable=True),
    sa.Column('waiting_for', sa.String(length=20), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('urgency', sa.Integer(), nullable=False),
    sa.Column('impact', sa.Integer(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=False),
    sa.Column('solved_at', UtcDateTime(), nullable=True),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.Column('clock_from', UtcDateTime(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('warn_at', UtcDateTime(), nullable=True),
    sa.Column('resume_at', UtcDateTime(), nullable=True),
    sa.Column('last_seq', sa.Integer(), nullable=False),
    sa.CheckConstraint('impact BETWEEN 1 AND 5', name=op.f('ck_ticket_impact')),
    sa.CheckConstraint('priority BETWEEN 1 AND 6', name=op.f('ck_ticket_priority')),
    sa.CheckConstraint('urgency BETWEEN 1 AND 5', name=op.f('ck_ticket_urgency')),
    sa.ForeignKeyConstraint(['requester_id'], ['person.id'], name=op.f('fk_ticket_requester_id')),
    sa.ForeignKeyConstraint(['technician_id'], ['person.id'], name=op.f('fk_ticket_technician_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket')),
    sa.UniqueConstraint('number', name=op.f('uq_ticket_number'))
    )
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_assigned', ['group_code', 'assigned_at', 'id'], unique=False, sqlite_where=sa.text('assigned_at IS NOT NULL'), postgresql_where=sa.text('assigned_at IS NOT NULL'))
        batch_op.create_index('ix_ticket_category_open', ['category_key'], unique=False, sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.create_index('ix_ticket_ended', ['group_code', 'state', 'changed_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('closed', 'cancelled')"), postgresql_where=sa.text("state IN ('closed', 'cancelled')"))
        batch_op.create_index('ix_ticket_expires_at', ['expires_at'], unique=False, sqlite_where=sa.text('expires_at IS NOT NULL'), postgresql_where=sa.text('expires_at IS NOT NULL'))
        batch_op.create_index('ix_ticket_group_changed', ['group_code', 'changed_at', 'id'], unique=False)
        batch_op.create_index('ix_ticket_queue', ['group_code', 'priority', 'opened_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.create_index('ix_ticket_queue_changed', ['group_code', 'changed_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.create_index('ix_ticket_queue_opened', ['group_code', 'opened_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.create_index('ix_ticket_queue_state', ['group_code', 'state', 'technician_id'], unique=False, sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.create_index('ix_ticket_requester', ['requester_id', 'changed_at'], unique=False)
        batch_op.create_index('ix_ticket_resume_at', ['resume_at'], unique=False, sqlite_where=sa.text('resume_at IS NOT NULL'), postgresql_where=sa.text('resume_at IS NOT NULL'))
        batch_op.create_index('ix_ticket_technician', ['technician_id', 'priority', 'opened_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.create_index('ix_ticket_technician_changed', ['technician_id', 'changed_at', 'id'], unique=False)
        batch_op.create_index('ix_ticket_warn_at', ['warn_at'], unique=False, sqlite_where=sa.text('warn_at IS NOT NULL'), postgresql_where=sa.text('warn_at IS NOT NULL'))

    op.create_table('access_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_access_log_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_access_log_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_log'))
    )
    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.create_index('ix_access_log_open', ['person_id', 'ticket_id', 'at'], unique=False)

    op.create_table('participation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_participation_person_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_participation_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_participation')),
    sa.UniqueConstraint('ticket_id', 'person_id', 'role', name=op.f('uq_participation_ticket_id_person_id_role'))
    )
    with op.batch_alter_table('participation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_participation_person_id'), ['person_id'], unique=False)

    op.create_table('ticket_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('actor_kind', sa.String(length=12), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('on_behalf_of', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=24), nullable=False),
    sa.Column('before', sa.String(length=24), nullable=True),
    sa.Column('after', sa.String(length=24), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('cause_event', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_ticket_event_actor_id')),
    sa.ForeignKeyConstraint(['cause_event'], ['ticket_event.id'], name=op.f('fk_ticket_event_cause_event')),
    sa.ForeignKeyConstraint(['on_behalf_of'], ['person.id'], name=op.f('fk_ticket_event_on_behalf_of')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_event_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_event')),
    sa.UniqueConstraint('ticket_id', 'seq', name=op.f('uq_ticket_event_ticket_id_seq'))
    )
    op.create_table('ticket_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['other_id'], ['ticket.id'], name=op.f('fk_ticket_link_other_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_link_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_link')),
    sa.UniqueConstraint('ticket_id', 'other_id', 'kind', name=op.f('uq_ticket_link_ticket_id_other_id_kind'))
    )
    with op.batch_alter_table('ticket_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_link_other_id'), ['other_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('body_html', sa.Text(), nullable=False),
    sa.Column('body_text', sa.Text(), nullable=False),
    sa.Column('policy', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['ticket_event.id'], name=op.f('fk_message_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_message_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('event_id', name=op.f('uq_message_event_id'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('recipient_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('template', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('first_try_at', UtcDateTime(), nullable=False),
    sa.Column('next_try_at', UtcDateTime(), nullable=False),
    sa.Column('claimed_until', UtcDateTime(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('rendered', sa.LargeBinary(), nullable=True),
    sa.Column('sent_at', UtcDateTime(), nullable=True),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['ticket_event.id'], name=op.f('fk_notice_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['recipient_id'], ['person.id'], name=op.f('fk_notice_recipient_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_notice_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index('ix_notice_due', ['next_try_at', 'id'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.create_index('ix_notice_failed', ['id'], unique=False, sqlite_where=sa.text("state = 'failed'"), postgresql_where=sa.text("state = 'failed'"))
        batch_op.create_index('ix_notice_order', ['ticket_id', 'address', 'id'], unique=False)

    op.create_table('upload',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('draft_key', sa.String(length=64), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('content_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_upload_message_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_upload_ticket_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload'))
    )
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.create_index('ix_upload_draft', ['expires_at'], unique=False, sqlite_where=sa.text('message_id IS NULL'), postgresql_where=sa.text('message_id IS NULL'))
        batch_op.create_index('ix_upload_message', ['message_id'], unique=False)
        batch_op.create_index('ix_upload_ticket', ['ticket_id'], unique=False)
    create_search()


def downgrade() -> None:
    op.execute("DROP TABLE ticket_search")
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.drop_index('ix_upload_ticket')
        batch_op.drop_index('ix_upload_message')
        batch_op.drop_index('ix_upload_draft', sqlite_where=sa.text('message_id IS NULL'), postgresql_where=sa.text('message_id IS NULL'))

    op.drop_table('upload')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('ix_notice_order')
        batch_op.drop_index('ix_notice_failed', sqlite_where=sa.text("state = 'failed'"), postgresql_where=sa.text("state = 'failed'"))
        batch_op.drop_index('ix_notice_due', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.drop_table('notice')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_ticket_id'))

    op.drop_table('message')
    with op.batch_alter_table('ticket_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_link_other_id'))

    op.drop_table('ticket_link')
    op.drop_table('ticket_event')
    with op.batch_alter_table('participation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_participation_person_id'))

    op.drop_table('participation')
    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.drop_index('ix_access_log_open')

    op.drop_table('access_log')
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_warn_at', sqlite_where=sa.text('warn_at IS NOT NULL'), postgresql_where=sa.text('warn_at IS NOT NULL'))
        batch_op.drop_index('ix_ticket_technician_changed')
        batch_op.drop_index('ix_ticket_technician', sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.drop_index('ix_ticket_resume_at', sqlite_where=sa.text('resume_at IS NOT NULL'), postgresql_where=sa.text('resume_at IS NOT NULL'))
        batch_op.drop_index('ix_ticket_requester')
        batch_op.drop_index('ix_ticket_queue_state', sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.drop_index('ix_ticket_queue_opened', sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.drop_index('ix_ticket_queue_changed', sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.drop_index('ix_ticket_queue', sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.drop_index('ix_ticket_group_changed')
        batch_op.drop_index('ix_ticket_expires_at', sqlite_where=sa.text('expires_at IS NOT NULL'), postgresql_where=sa.text('expires_at IS NOT NULL'))
        batch_op.drop_index('ix_ticket_ended', sqlite_where=sa.text("state IN ('closed', 'cancelled')"), postgresql_where=sa.text("state IN ('closed', 'cancelled')"))
        batch_op.drop_index('ix_ticket_category_open', sqlite_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"), postgresql_where=sa.text("state IN ('new', 'assigned_group', 'assigned_technician', 'in_progress', 'waiting', 'resolved')"))
        batch_op.drop_index('ix_ticket_assigned', sqlite_where=sa.text('assigned_at IS NOT NULL'), postgresql_where=sa.text('assigned_at IS NOT NULL'))

    op.drop_table('ticket')
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.drop_index('ix_role_grant_group_role')

    op.drop_table('role_grant')
    with op.batch_alter_table('login_session', schema=None) as batch_op:
        batch_op.drop_index('ix_login_session_saml')
        batch_op.drop_index(batch_op.f('ix_login_session_person_id'))
        batch_op.drop_index(batch_op.f('ix_login_session_expires_at'))

    op.drop_table('login_session')
    with op.batch_alter_table('identity', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_identity_person_id'))

    op.drop_table('identity')
    op.drop_table('absence')
    with op.batch_alter_table('used_assertion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_used_assertion_expires_at'))

    op.drop_table('used_assertion')
    with op.batch_alter_table('student_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_student_record_student_number'))

    op.drop_table('student_record')
    with op.batch_alter_table('sign_in_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_request_expires_at'))
        batch_op.drop_index(batch_op.f('ix_sign_in_request_browser_hash'))

    op.drop_table('sign_in_request')
    with op.batch_alter_table('rate_count', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rate_count_expires_at'))

    op.drop_table('rate_count')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_email'))

    op.drop_table('person')
    with op.batch_alter_table('parked_form', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_parked_form_expires_at'))

    op.drop_table('parked_form')
    op.drop_table('number_series')
    op.drop_table('job_lease')
    with op.batch_alter_table('form_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_form_key_used_at'))

    op.drop_table('form_key')
    with op.batch_alter_table('catalogue_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_catalogue_version_file_hash'))

    op.drop_table('catalogue_version')
    op.drop_table('audit_event')


def create_search() -> None:
    """Make the full-text index: FTS5 on SQLite, a GIN index over a tsvector on PostgreSQL. Python makes the tokens."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE ticket_search USING fts5(words, tokenize='unicode61')")
        return
    op.execute(
        "CREATE TABLE ticket_search ("
        "ticket_id INTEGER PRIMARY KEY REFERENCES ticket(id) ON DELETE CASCADE, "
        "words TEXT NOT NULL, "
        "tokens TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED)"
    )
    op.execute("CREATE INDEX ix_ticket_search_tokens ON ticket_search USING gin (tokens)")
