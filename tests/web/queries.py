"""Counts the statements a page sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from servicedesk.web.db import db

_NOT_QUERIES = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass
class Seen:
    """The statements sent so far."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.statements)


@contextmanager
def count_queries(app: Flask) -> Iterator[Seen]:
    """Collect every statement the application sends inside the block."""
    with app.app_context():
        engine = db.engine
    seen = Seen()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(_NOT_QUERIES):
            seen.statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
