"""What the declarations of personal data demand, done to the rows of some people: removed, or emptied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules import removed
from servicedesk.settings_retention import Retention
from servicedesk.store.models_all import metadata
from servicedesk.store.personal import TABLES
from servicedesk.store.personal_data import EMPTIED, Rows, Table, Treatment, whose

MARKED: Mapping[tuple[str, str], str] = {
    ("ticket", "title"): removed.TEXT,
    ("message", "body_text"): removed.TEXT,
    ("message", "body_html"): f"<p>{removed.TEXT}</p>",
}
"""What stands in columns that people read and that would look broken when empty."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of people beyond times and figures."""

    keeps_texts: bool
    keeps_codes: bool

    @classmethod
    def by(cls, settings: Retention) -> "Left":
        """Return what the settings say."""
        return cls(settings.texts == "keep", settings.staff_codes == "keep")


def clear_rows(session: Session, people: Sequence[int], left: Left) -> None:
    """Remove or empty every row that is declared to be of one of these people.

    One statement per table and way: several ways in one would have PostgreSQL read the whole table.
    """
    for table, declared in treated():
        values = emptied(table, declared, left) if declared.rows is Rows.KEPT else {}
        for way in declared.of + declared.goes_with:
            found = whose(table, way, *people)
            if declared.rows is Rows.REMOVED:
                session.execute(sa.delete(table).where(found))
            elif values:
                session.execute(sa.update(table).where(found).values(values))


def treated() -> Iterator[tuple[sa.Table, Table]]:
    """Give every table with rows of people; first those found by way of rows that are to be removed themselves."""
    declared = [(metadata.tables[name], each) for name, each in TABLES.items() if each.of or each.goes_with]
    yield from sorted(declared, key=lambda pair: not any("~" in way for way in pair[1].of + pair[1].goes_with))


def emptied(table: sa.Table, declared: Table, left: Left) -> dict[str, Any]:
    """Return what each column of a row that stays is set to, by its name."""
    treatments = EMPTIED - {Treatment.TEXT} if left.keeps_texts else EMPTIED
    return {name: _nothing(table.c[name], MARKED.get((table.name, name), "")) for name in declared.named(*treatments)}


def _nothing(column: sa.Column[Any], mark: str) -> Any:
    """Return the empty value of a column, the mark where there was a text. Raises TypeError for one that has none."""
    if mark:
        return sa.case((column == "", ""), else_=mark)
    if column.nullable:
        return sa.null()
    if isinstance(column.type, sa.String):
        return ""
    if isinstance(column.type, sa.JSON):
        return {}
    if isinstance(column.type, sa.LargeBinary):
        return b""
    raise TypeError(f"{column} cannot be emptied: declare its rows as removed")
