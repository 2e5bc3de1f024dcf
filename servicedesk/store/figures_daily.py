"""The counted figures: which days were counted, replacing a day or a month, and reading sums for those who may."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from servicedesk.rules.figure_events import Cell
from servicedesk.rules.figures import AGES, COUNTING, COUNTS, SPREADS, Pieces, Span, Tally, month_end
from servicedesk.rules.permissions import EVERY_SERVICE, Actor
from servicedesk.store.models.figures import Figure, FigureDay, Needless, TechnicianFigure

DAY, MONTH = "d", "m"
Table = type[Figure] | type[TechnicianFigure]
Tallies = Mapping[Cell, Tally]
"""By cell; with a technician in it the part of that technician, without one all of it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is asked for; None leaves a filter out."""

    service_id: str | None = None
    categories: tuple[str, ...] | None = None
    group: str | None = None
    technician_id: int | None = None

    def conditions(self, table: Table) -> list[sa.ColumnElement[bool]]:
        """Return the SQL conditions on a table of figures."""
        found: list[sa.ColumnElement[bool]] = []
        if self.service_id is not None:
            found.append(table.service_id == self.service_id)
        if self.categories is not None:
            found.append(table.category_key.in_(self.categories))
        if self.group is not None:
            found.append(table.group_code == self.group)
        if self.technician_id is not None and table is TechnicianFigure:
            found.append(TechnicianFigure.technician_id == self.technician_id)
        return found


def figures_for(actor: Actor, table: Table) -> sa.ColumnElement[bool]:
    """Return the SQL condition for the figures this person may see.

    Groups are seen by those in them and by the administrators of their services; single technicians by the
    supervisors of their groups and by themselves, and by nobody else.
    """
    if table is TechnicianFigure:
        grounds = [TechnicianFigure.technician_id == actor.person_id]
        if actor.supervises:
            grounds.append(TechnicianFigure.group_code.in_(sorted(actor.supervises)))
        return sa.or_(*grounds)
    if EVERY_SERVICE in actor.administers:
        return sa.true()
    groups = actor.groups | actor.supervises
    return sa.or_(Figure.group_code.in_(sorted(groups)), Figure.service_id.in_(sorted(actor.administers)))


def sums(
    session: Session,
    table: Table,
    parts: Pieces,
    ground: Ground,
    actor: Actor,
    column: str,
    end: tuple[str, date] | None,
) -> Sequence[sa.Row[Any]]:
    """Return the figures of a span cut into pieces, added up for each value of a column, as `Tally.take` reads them.

    The value is called `key`; how many wait is told by the rows of grain and day `end` alone.
    """
    is_end = sa.and_(table.grain == end[0], table.day == end[1]) if end else sa.false()
    columns = (
        getattr(table, column).label("key"),
        *(sa.func.sum(getattr(table, name)).label(name) for name in COUNTS),
        *(sa.func.sum(sa.case((is_end, getattr(table, name)), else_=0)).label(name) for name in AGES),
        *(_one_after_the_other(getattr(table, name)).label(name) for name in (*SPREADS, "hours")),
    )
    where = (_in_pieces(table, parts), *ground.conditions(table), figures_for(actor, table))
    return session.execute(sa.select(*columns).where(*where).group_by(getattr(table, column))).all()


def _one_after_the_other(column: Any) -> sa.ColumnElement[str]:
    return sa.func.aggregate_strings(sa.func.nullif(sa.cast(column, sa.Text), "{}"), ",")


def course(session: Session, table: Table, parts: Pieces, ground: Ground, actor: Actor) -> Sequence[Any]:
    """Return for each day, and for each whole month: arrivals, solved, and how many waited at its end."""
    waiting: sa.ColumnElement[int] = sum((getattr(table, age) for age in AGES), start=sa.literal(0))
    query = sa.select(
        table.grain,
        table.day,
        sa.func.sum(table.arrivals).label("arrivals"),
        sa.func.sum(table.solved).label("solved"),
        sa.func.sum(waiting).label("waiting"),
    )
    where = (_in_pieces(table, parts), *ground.conditions(table), figures_for(actor, table))
    return session.execute(query.where(*where).group_by(table.grain, table.day).order_by(table.day)).all()


def _in_pieces(table: Table, parts: Pieces) -> sa.ColumnElement[bool]:
    grounds = [sa.and_(table.grain == DAY, table.day.between(span.first, span.last)) for span in parts.days]
    if parts.months:
        grounds.append(sa.and_(table.grain == MONTH, table.day.in_(parts.months)))
    return sa.or_(sa.false(), *grounds)


def counted(session: Session, upto: date) -> FigureDay | None:
    """Return the last day up to this one that was counted."""
    query = sa.select(FigureDay).where(FigureDay.day <= upto).order_by(FigureDay.day.desc()).limit(1)
    return session.scalars(query).first()


def counted_since(session: Session, first: date) -> dict[date, datetime]:
    """Return when each day from this one on was counted last."""
    found = session.scalars(sa.select(FigureDay).where(FigureDay.day >= first))
    return {each.day: each.counted_at for each in found}


def counted_otherwise(session: Session, most: int) -> Sequence[date]:
    """Return the newest days that were counted in another way than days are counted now."""
    query = sa.select(FigureDay.day).where(FigureDay.counting < COUNTING)
    return session.scalars(query.order_by(FigureDay.day.desc()).limit(most)).all()


def keep(session: Session, grain: str, day: date, tallies: Tallies) -> int:
    """Put these in the place of what was kept of the day or month; return how many rows they make."""
    for table in (Figure, TechnicianFigure):
        session.execute(
            sa.delete(table).where(table.grain == grain, table.day == day).execution_options(synchronize_session=False)
        )
    whole = [_row(grain, day, cell, tally) for cell, tally in tallies.items() if cell.technician_id is None]
    parts = [
        _row(grain, day, cell, tally) | {"technician_id": cell.technician_id}
        for cell, tally in tallies.items()
        if cell.technician_id is not None
    ]
    if whole:
        session.execute(sa.insert(Figure), whole)
    if parts:
        session.execute(sa.insert(TechnicianFigure), parts)
    return len(whole) + len(parts)


def _row(grain: str, day: date, cell: Cell, tally: Tally) -> dict[str, Any]:
    place = {"group_code": cell.group_code, "category_key": cell.category_key, "service_id": cell.service_id}
    return {"grain": grain, "day": day, **place, **tally.as_columns()}


def note_counted(session: Session, day: date, now: datetime, counting: int = COUNTING) -> None:
    """Remember that a day was counted, and in which way."""
    session.merge(FigureDay(day=day, counted_at=now, counting=counting))
    session.flush()


def note_added_up(session: Session, days: Sequence[date]) -> None:
    """Remember that the month of these days holds them as they are counted now."""
    query = sa.update(FigureDay).where(FigureDay.day.in_(days)).values(counting=COUNTING)
    session.execute(query.execution_options(synchronize_session=False))


def days_of_month(session: Session, first: date) -> Iterable[tuple[date, Cell, Tally]]:
    """Yield everything kept of the days of a month."""
    for table in (Figure, TechnicianFigure):
        where = (table.grain == DAY, table.day.between(first, month_end(first)))
        for row in session.execute(sa.select(*table.__table__.columns).where(*where)):
            technician = getattr(row, "technician_id", None)
            cell = Cell(row.service_id, row.category_key, row.group_code, technician)
            yield row.day, cell, Tally.from_row(row)


def note_needless(session: Session, category_key: str, day: date) -> None:
    """Count one request that an answer made needless."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    query = insert(Needless).values(day=day, category_key=category_key, requests=1)
    session.execute(
        query.on_conflict_do_update(
            index_elements=[Needless.day, Needless.category_key], set_={"requests": Needless.requests + 1}
        )
    )


def needless(session: Session, day: date) -> Sequence[tuple[str, int]]:
    """Return how many requests of each category an answer made needless on a day."""
    query = sa.select(Needless.category_key, Needless.requests).where(Needless.day == day)
    return [(key, requests) for key, requests in session.execute(query)]


def last_piece(span: Span, parts: Pieces, last_counted: date | None) -> tuple[str, date] | None:
    """Return grain and day of the rows that say how many waited at the end of a span."""
    if parts.months and month_end(parts.months[-1]) == span.last:
        return MONTH, parts.months[-1]
    if last_counted is None or last_counted < span.first:
        return None
    whole = next((month for month in parts.months if month <= last_counted <= month_end(month)), None)
    return (MONTH, whole) if whole else (DAY, min(last_counted, span.last))
