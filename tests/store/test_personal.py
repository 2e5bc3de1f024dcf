"""Every column says whose data it holds and what an export and an anonymisation do with it."""

import pytest
import sqlalchemy as sa

from servicedesk.store.models_all import metadata
from servicedesk.store.personal import TABLES, undeclared
from servicedesk.store.personal_data import Table, Treatment, whose_rows

OPENS = {"token_hash", "password_hash", "code_hash", "secret", "endpoint", "access_suffix", "form_key", "draft_key"}


def test_every_column_of_every_table_is_declared_exactly_once():
    # Something here? Say in store/personal_people, _tickets or _house whose data it is and what becomes of it.
    assert list(undeclared()) == []


def test_a_column_declared_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        assert Table(fact="at", sealed="at").columns


def test_what_opens_something_is_never_exported():
    found = {
        f"{name}.{column}"
        for name, table in TABLES.items()
        for column, treatment in table.columns.items()
        if column in OPENS and treatment is not Treatment.SEALED
    }
    assert found == set()


def test_every_reference_to_a_person_is_a_way_to_that_person():
    missing = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if any(key.column.table.name == "person" for key in column.foreign_keys)
        if column.name not in (TABLES[table.name].of + TABLES[table.name].by)
    ]
    assert missing == []


def test_whatever_is_personal_leads_to_a_person_or_says_why_it_does_not():
    silent = [
        name
        for name, table in TABLES.items()
        if table.named(Treatment.PERSONAL, Treatment.TEXT, Treatment.SEALED) and not (table.of or table.unlinked)
    ]
    assert silent == []


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_way_is_one_that_the_database_can_go(session, name):
    table = metadata.tables[name]
    declared = TABLES[name]
    ways = whose_rows(table, declared.of + declared.by + declared.goes_with, 1)
    assert session.scalar(sa.select(sa.func.count()).select_from(table).where(ways)) == 0
    assert declared.only in {"", *table.columns.keys()}
