"""Whose data every column of every table is, and what an export and an anonymisation do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

import sqlalchemy as sa

from servicedesk.store.models_all import metadata


class Treatment(StrEnum):
    """What becomes of a column. Each is declared under its own name in a `Table`."""

    PERSONAL = "personal"
    """Says who somebody is or what they told about themselves: exported; emptied."""
    TEXT = "text"
    """What was written about the matter: exported; emptied or kept, as the setting of an anonymisation says."""
    FACT = "fact"
    """What happened and when, and what somebody chose: exported; kept, for figures are made of it."""
    OTHER = "other"
    """Somebody else: exported under the code or name that everybody sees; kept."""
    SEALED = "sealed"
    """What opens something, or what only staff wrote or read: never exported; emptied."""
    DESK = "desk"
    """The desk's own: keys, clocks, texts for everybody: not exported; kept."""


OF_PEOPLE = ("request", "incident")
"""The kinds of tickets that are of whoever asked; problems and changes are the desk's own, whoever opened them."""
EXPORTED = frozenset({Treatment.PERSONAL, Treatment.TEXT, Treatment.FACT, Treatment.OTHER})
EMPTIED = frozenset({Treatment.PERSONAL, Treatment.TEXT, Treatment.SEALED})


class Rows(StrEnum):
    """What becomes of a person's rows when the person is anonymised."""

    KEPT = "kept"
    """They stay; the columns in `EMPTIED` lose what they hold."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Table:
    """What is declared of a table: names of its columns, separated by blanks, and the ways from a row to a person.

    A way is a column that holds a person's id (`person_id`); columns to follow from row to row by their foreign
    keys (`ticket_id.requester_id`); `subject=person:` for a column that holds those words and the id; or
    `id~appointment_file.upload_id.appointment_id.person_id`: the rows of the other table whose `upload_id` is this
    row's `id`, and the way from there.
    """

    rows: Rows = Rows.KEPT
    of: tuple[str, ...] = ()
    """Whose data a row is."""
    by: tuple[str, ...] = ()
    """Who did it at work: their export has the facts alone, and their anonymisation leaves the row as it is."""
    goes_with: tuple[str, ...] = ()
    """With whose anonymisation the row is treated too, though no export of theirs shows it."""
    only: str = ""
    """A boolean column: only rows where it is true are exported."""
    unlinked: str = ""
    """Why nobody is found by it although it may say something of people, and when it ends."""
    personal: str = ""
    text: str = ""
    fact: str = ""
    other: str = ""
    sealed: str = ""
    desk: str = ""

    @property
    def columns(self) -> Mapping[str, Treatment]:
        """Return each declared column with its treatment. Raises ValueError for one declared twice."""
        declared = [(name, treatment) for treatment in Treatment for name in getattr(self, treatment).split()]
        if len(dict(declared)) != len(declared):
            raise ValueError(f"a column is declared twice in {sorted(name for name, _ in declared)}")
        return dict(declared)

    def named(self, *treatments: Treatment) -> tuple[str, ...]:
        """Return the names of the columns with one of these treatments, in the order declared."""
        return tuple(name for name, treatment in self.columns.items() if treatment in treatments)


assert {item.value for item in Treatment} <= {field.name for field in fields(Table)}


def whose(table: sa.Table, way: str, *people: int) -> sa.ColumnElement[bool]:
    """Return the condition that a row of `table` leads to one of these people by this `way` of a `Table`."""
    if "~" in way:
        local, rest = way.split("~", 1)
        other_name, column, onward = rest.split(".", 2)
        other = metadata.tables[other_name]
        return table.c[local].in_(sa.select(other.c[column]).where(whose(other, onward, *people)))
    if "=" in way:
        name, prefix = way.split("=", 1)
        return table.c[name].in_([f"{prefix}{person_id}" for person_id in people])
    name, _, onward = way.partition(".")
    if not onward:
        return _asked(table, people) if (table.name, name) == ("ticket", "requester_id") else table.c[name].in_(people)
    key = next(iter(table.c[name].foreign_keys)).column
    return table.c[name].in_(sa.select(key).where(whose(key.table, onward, *people)))


def _asked(tickets: sa.Table, people: tuple[int, ...]) -> sa.ColumnElement[bool]:
    return sa.and_(tickets.c.requester_id.in_(people), tickets.c.kind.in_(OF_PEOPLE))


def whose_rows(table: sa.Table, ways: tuple[str, ...], *people: int) -> sa.ColumnElement[bool]:
    """Return the condition that a row leads to one of these people by any of these ways; false where there is none."""
    return sa.or_(sa.false(), *(whose(table, way, *people) for way in ways))
