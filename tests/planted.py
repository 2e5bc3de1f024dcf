"""A person of whom every personal column of the database says a word that is nowhere else, and who looks for it."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.anonymising_rows import treated
from servicedesk.rules.identity import FISCAL
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.models_all import metadata
from servicedesk.store.personal import TABLES
from servicedesk.store.personal_data import EMPTIED, Table
from tests import factories

WORD = "zqxword"
FISCAL_HASH = f"{WORD}fiscal"
GIVEN: dict[str, dict[str, Any]] = {
    "identity": {"namespace": FISCAL, "subject": FISCAL_HASH},
    "student_record": {"fiscal_hash": FISCAL_HASH},
    "legal_hold": {"ticket_id": None, "ended_at": factories.NOW},
    "participation": {"role": "follower"},
    "appointment": {"state": "present"},
    "notice": {"state": "sent"},
}
"""What a row needs beyond its declaration to be one that can be."""


def person(session: Session, **values: Any) -> Person:
    """Somebody whose own row says the word."""
    named = {"given_name": WORD, "family_name": WORD, "email": f"{WORD}@example.org", "phone": WORD}
    return factories.person(session, **{**named, **values})


def plant(session: Session, who: Person, ticket: Ticket) -> set[str]:
    """Write a row with the word in every column that is to lose it, and return the names of those columns."""
    rows: dict[str, dict[str, Any]] = {"person": {"id": who.id}, "ticket": {"id": ticket.id}}
    columns = {f"{name}.{column}" for name in rows for column in TABLES[name].named(*EMPTIED)}
    session.execute(
        sa.update(metadata.tables["ticket"]).where(Ticket.id == ticket.id).values(_words(metadata.tables["ticket"]))
    )
    session.execute(sa.delete(metadata.tables["feedback"]))  # the closure asked for it
    wanted = {table.name for table, _declared in treated()} - set(rows)
    for table in metadata.sorted_tables:
        if table.name in wanted:
            _row(session, table, who, rows)
            columns |= {f"{table.name}.{column}" for column in TABLES[table.name].named(*EMPTIED)}
    session.expire_all()
    return columns


def _row(session: Session, table: sa.Table, who: Person, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    declared = TABLES.get(table.name, Table())
    values = {**_needed(session, table, who, rows), **_words(table), **_ways(declared, who)}
    values |= GIVEN.get(table.name, {})
    made = session.execute(sa.insert(table).values(values)).inserted_primary_key
    assert made is not None
    rows[table.name] = {**values, **dict(zip((key.name for key in table.primary_key), made, strict=True))}
    return rows[table.name]


def _needed(session: Session, table: sa.Table, who: Person, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a value for each column that wants one; a row of another table is made where one is pointed at."""
    values: dict[str, Any] = {}
    for column in table.columns:
        key = next(iter(column.foreign_keys), None)
        is_numbered = column.primary_key and key is None and table.autoincrement_column is column
        if is_numbered or (column.nullable and (key is None or key.column.table.name not in rows)):
            continue
        if key is not None:
            other = key.column.table
            found = rows.get(other.name) or _row(session, other, who, rows)
            values[column.name] = found[key.column.name]
        else:
            values[column.name] = _value(column)
    return values


def _value(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.String):
        return "planted"[: kind.length]
    if isinstance(kind, sa.Integer):
        return 40
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.LargeBinary):
        return b"planted"
    if isinstance(kind, sa.Float):
        return 1.0
    return factories.NOW.date() if isinstance(kind, sa.Date) else factories.NOW


def _words(table: sa.Table) -> dict[str, Any]:
    found = {}
    for name in TABLES.get(table.name, Table()).named(*EMPTIED):
        kind = table.c[name].type
        if isinstance(kind, sa.String):
            found[name] = WORD[: kind.length]
        elif isinstance(kind, sa.JSON):
            found[name] = {WORD: WORD}
        elif isinstance(kind, sa.LargeBinary):
            found[name] = WORD.encode()
    return found


def _ways(declared: Table, who: Person) -> dict[str, Any]:
    """Return what leads from the row to the person without a foreign key."""
    stated = (way.split("=") for way in declared.of if "=" in way)
    return {column: f"{prefix}{who.id}" for column, prefix in stated}


def found(session: Session) -> Iterator[str]:
    """Give the name of every table, the indexes of search among them, with a row that says the word anywhere."""
    session.flush()
    for name in sa.inspect(session.connection()).get_table_names():
        if any(_says(value) for row in session.execute(sa.text(f'SELECT * FROM "{name}"')) for value in row):
            yield name


def _says(value: Any) -> bool:
    if isinstance(value, bytes | memoryview):
        return WORD.encode() in bytes(value)
    return WORD in str(value)
