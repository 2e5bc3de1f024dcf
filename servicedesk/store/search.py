"""Full-text index of tickets: FTS5 on SQLite, tsvector on PostgreSQL, the same tokens on both, made by Python."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.rules.search import tokens
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.visible import visible_to

MOST = 200
MOST_WORDS = 50
_INSERT = {
    "sqlite": "INSERT INTO ticket_search (rowid, words) VALUES (:id, :words)",
    "postgresql": "INSERT INTO ticket_search (ticket_id, words) VALUES (:id, :words)",
}
_KEY = {"sqlite": "ticket_search.rowid", "postgresql": "ticket_search.ticket_id"}
_MATCH = {"sqlite": "ticket_search MATCH :query", "postgresql": "ticket_search.tokens @@ to_tsquery('simple', :query)"}


def index_ticket(session: Session, ticket_id: int, texts: Iterable[str]) -> None:
    """Add a new ticket to the index under the words of these texts."""
    words = " ".join(dict.fromkeys(word for text in texts for word in tokens(text)))
    session.execute(sa.text(_INSERT[_engine(session)]), {"id": ticket_id, "words": words})


def matching(session: Session, typed: str, actor: Actor) -> list[int] | None:
    """Return ids of the newest tickets, at most 200, that hold every typed word (or one that begins so; the first
    50 count) and that the person may read; None when nothing searchable was typed.
    """
    words = tokens(typed)[:MOST_WORDS]
    if not words:
        return None
    engine = _engine(session)
    index = sa.table("ticket_search")
    query = (
        sa.select(Ticket.id)
        .join(index, sa.text(f"{_KEY[engine]} = ticket.id"))
        .where(sa.text(_MATCH[engine]).bindparams(query=_query(engine, words)), visible_to(actor))
        .order_by(Ticket.id.desc())
        .limit(MOST)
    )
    return list(session.scalars(query))


def _query(engine: str, words: Iterable[str]) -> str:
    # Tokens hold letters and digits only, so nothing in them can be read as an operator.
    if engine == "sqlite":
        return " ".join(f'"{word}"*' for word in words)
    return " & ".join(f"{word}:*" for word in words)


def _engine(session: Session) -> str:
    return session.get_bind().dialect.name
