"""Full-text index of tickets: FTS5 on SQLite, tsvector on PostgreSQL, the same tokens on both, made by Python."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import Actor
from servicedesk.rules.search import LANGUAGES, stem, tokens
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.visible import visible_to

MOST = 200
MOST_WORDS = 50
_INSERT = {
    "sqlite": "INSERT INTO ticket_search (rowid, words) VALUES (:id, :words)",
    "postgresql": "INSERT INTO ticket_search (ticket_id, words) VALUES (:id, :words)",
}
_UPDATE = {
    "sqlite": "UPDATE ticket_search SET words = :words WHERE rowid = :id",
    "postgresql": "UPDATE ticket_search SET words = :words WHERE ticket_id = :id",
}
_KEY = {"sqlite": "ticket_search.rowid", "postgresql": "ticket_search.ticket_id"}
_MATCH = {"sqlite": "ticket_search MATCH :query", "postgresql": "ticket_search.tokens @@ to_tsquery('simple', :query)"}


def index_ticket(session: Session, ticket_id: int, texts: Iterable[str]) -> None:
    """Add a new ticket to the index under the words of these texts."""
    session.execute(sa.text(_INSERT[_engine(session)]), {"id": ticket_id, "words": _words(texts)})


def reindex_ticket(session: Session, ticket_id: int, texts: Iterable[str]) -> None:
    """Let a ticket be found by the words of these texts, and no longer by those it was found by before."""
    session.execute(sa.text(_UPDATE[_engine(session)]), {"id": ticket_id, "words": _words(texts)})


def forget_removed(session: Session) -> None:
    """Let the index lose for good the words it no longer finds; SQLite keeps them until it is told."""
    if _engine(session) == "sqlite":
        session.execute(sa.text("INSERT INTO ticket_search (ticket_search) VALUES ('optimize')"))


def matching(
    session: Session, typed: str, actor: Actor, among: sa.ColumnElement[bool] | None = None
) -> list[int] | None:
    """Return ids of the newest tickets, at most 200, that hold every typed word (or one that begins so; the first
    50 count) and that the person may read; None when nothing searchable was typed.

    `among` narrows or widens where to look: a condition that itself holds for nothing the person may not find.
    """
    words = tokens(typed)[:MOST_WORDS]
    if not words:
        return None
    engine = _engine(session)
    index = sa.table("ticket_search")
    query = (
        sa.select(Ticket.id)
        .join(index, sa.text(f"{_KEY[engine]} = ticket.id"))
        .where(sa.text(_MATCH[engine]).bindparams(query=_query(engine, words)))
        .where(visible_to(actor) if among is None else among)
        .order_by(Ticket.id.desc())
        .limit(MOST)
    )
    return list(session.scalars(query))


def _words(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(word for text in texts for word in tokens(text)))


def _query(engine: str, words: Iterable[str]) -> str:
    # Tokens hold letters and digits only, so nothing in them can be read as an operator.
    shape, either, both = ('"{}"*', " OR ", " AND ") if engine == "sqlite" else ("{}:*", " | ", " & ")
    return both.join(f"({either.join(map(shape.format, _forms(word)))})" for word in words)


def _forms(word: str) -> list[str]:
    """Return a word and its stems: "iscrizioni" is to find what holds "iscrizione"."""
    return list(dict.fromkeys((word, *(stem(word, language) for language in LANGUAGES))))


def _engine(session: Session) -> str:
    return session.get_bind().dialect.name
