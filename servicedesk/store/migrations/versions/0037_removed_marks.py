"""Who acted is found by an index; what was removed is a mark in the place of words of one language."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

PERSON, STAFF, TEXT = "[removed-person]", "[removed-staff]", "[removed-text]"
TEXTS = ("(testo rimosso)", "(text removed)")
"""What earlier releases wrote in the place of a text, unless the settings said otherwise."""
person = sa.table("person", *(sa.column(name) for name in ("given_name", "family_name", "code", "anonymised_at")))
ticket = sa.table("ticket", *(sa.column(name) for name in ("id", "title", "anonymised_at")))
message = sa.table("message", *(sa.column(name) for name in ("ticket_id", "body_text", "body_html")))
GONE = sa.select(ticket.c.id).where(ticket.c.anonymised_at.is_not(None))


def upgrade() -> None:
    """Add the index, and put marks in the place of the words of earlier releases."""
    op.create_index("ix_ticket_event_actor", "ticket_event", ["actor_id"])
    mark()


def mark() -> None:
    """Put marks in the place of words, whatever the name of a removed person was called."""
    is_named = sa.and_(person.c.anonymised_at.is_not(None), person.c.given_name == "", person.c.family_name != "")
    name = sa.case((person.c.code.is_(None), PERSON), else_=STAFF)
    op.execute(sa.update(person).where(is_named).values(family_name=name))
    _texts(TEXTS, TEXT)


def downgrade() -> None:
    """Put English words in the place of marks, and forget the index."""
    unmark()
    op.drop_index("ix_ticket_event_actor", "ticket_event")


def unmark() -> None:
    """Put English words in the place of marks."""
    for sign, words in ((PERSON, "Person removed"), (STAFF, "Former member of staff")):
        op.execute(sa.update(person).where(person.c.family_name == sign).values(family_name=words))
    _texts((TEXT,), TEXTS[1])


def _texts(before: tuple[str, ...], after: str) -> None:
    op.execute(sa.update(ticket).where(ticket.c.id.in_(GONE), ticket.c.title.in_(before)).values(title=after))
    said = sa.and_(message.c.ticket_id.in_(GONE), message.c.body_text.in_(before))
    op.execute(sa.update(message).where(said).values(body_text=after, body_html=f"<p>{after}</p>"))
