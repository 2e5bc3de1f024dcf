"""The declarations of every table together: `TABLES`, which a test holds against the database's own columns."""

from collections.abc import Iterator, Mapping

from servicedesk.store.models_all import metadata
from servicedesk.store.personal_data import Table
from servicedesk.store.personal_house import HOUSE
from servicedesk.store.personal_people import PEOPLE
from servicedesk.store.personal_tickets import TICKETS

TABLES: Mapping[str, Table] = {**PEOPLE, **TICKETS, **HOUSE}


def undeclared() -> Iterator[str]:
    """Give each column, as `table.column`, that has no declaration, and each declared one that does not exist."""
    there = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    declared = {f"{name}.{column}" for name, table in TABLES.items() for column in table.columns}
    yield from sorted(there ^ declared)
