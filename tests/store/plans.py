"""How a database means to answer: the plans of what a call asks, and the lines in them that read a whole table."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session


def plans(session: Session, call: Any) -> str:
    """Return the plans of every statement that `call` sends to the database."""
    connection, seen = session.connection(), list[str]()
    word = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        if not statement.startswith("EXPLAIN"):
            seen.extend(str(line) for line in conn.exec_driver_sql(word + statement, parameters))

    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        call()
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)
    return "\n".join(seen)


def full_scans(plan: str, table: str = "ticket") -> Iterator[str]:
    """Yield the lines of a plan that read every row of the table there is or ever was."""
    for line in plan.splitlines():
        whole = f"Seq Scan on {table} " in line or (f"SCAN {table}" in line and "USING" not in line)
        every_row_of_an_index = f"SCAN {table} USING" in line
        if whole or every_row_of_an_index:
            yield line
