"""What each of the staff has seen of a ticket, begun with what is known of who opened it."""

import sqlalchemy as sa
from alembic import op

from servicedesk.store.base import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KNOWN = """
INSERT INTO ticket_seen (ticket_id, person_id, seq, at)
SELECT r.ticket_id, r.person_id, max(e.seq), max(r.at)
FROM reading_log r JOIN ticket_event e ON e.ticket_id = r.ticket_id AND e.at <= r.at
WHERE r.way = 'page'
GROUP BY r.ticket_id, r.person_id
"""


def upgrade() -> None:
    """Create the table; what somebody opened before counts as seen as far as it went then."""
    op.create_table(
        "ticket_seen",
        sa.Column("ticket_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("person_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_seen_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ticket_seen_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "person_id", name=op.f("pk_ticket_seen")),
    )
    op.create_index("ix_ticket_seen_person_id", "ticket_seen", ["person_id"])
    op.create_index("ix_ticket_seen_at", "ticket_seen", ["at"])
    op.execute(KNOWN)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("ticket_seen")
