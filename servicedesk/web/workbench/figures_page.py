"""What the page of figures shows: the key numbers, the course of the period, the comparison, the hours of the week."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import format_date, gettext
from sqlalchemy.orm import Session

from servicedesk.actions.figure_tables import TECHNICIAN, Wanted, grouped, name_of, together
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.figures import AGES, Pieces, Span, Tally, month_end, pieces, span_before, summed
from servicedesk.rules.permissions import Actor
from servicedesk.store import figures_daily as store
from servicedesk.web.figures_words import MEASURES, TABLES, TILES, Measure, age_words, shown, weekdays
from servicedesk.web.language import locale_code
from servicedesk.web.workbench import figures_charts as charts
from servicedesk.web.workbench.figures_filters import Offered

MOST_ROWS = 15
"""How many of the comparison are drawn; the table has all."""
FEWEST_COMPARED, MOST_CHANGE = 10, 300
"""A change in per cent is told from ten on, and not when it says no more than 'many times as much'."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A key number, with what it was in the period before."""

    label: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of the comparison, its cells by the names of the measures; `key` narrows the page to it."""

    key: str
    name: str
    tally: Tally
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """A day or a month of the course; `waiting` is None where it was not counted to its end."""

    label: str
    arrivals: int
    solved: int
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Heat:
    """A row of the hours of the week: the day, and for each hour (requests, shade 0 to 4)."""

    day: str
    cells: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """Everything the page shows."""

    before: Span
    counted_at: datetime | None
    total: Tally
    tiles: Sequence[Tile]
    course: Sequence[Point]
    columns: charts.Columns
    waiting: charts.Line
    ages: charts.Rows
    age_cells: Sequence[tuple[str, int]]
    tables: Sequence[tuple[str, Sequence[Measure]]]
    """What each table of the comparison is about, and the measures it has."""
    compared: Sequence[Compared]
    volumes: charts.Rows
    times: charts.Rows
    hours: Sequence[int]
    heat: Sequence[Heat]

    @property
    def course_rows(self) -> list[tuple[str, int, int, int | None]]:
        """The course as a table has it."""
        return [(point.label, point.arrivals, point.solved, point.waiting) for point in self.course]

    @property
    def has_others(self) -> bool:
        """Whether there is something to say of problems and changes."""
        return any(self.total[name] for name in ("problems", "problems_solved", "changes", "changes_solved"))

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all happened, and nothing waits."""
        return not self.total.counts


def figures_page(
    session: Session, wanted: Wanted, tree: Catalogue, known: Offered, actor: Actor, today: date
) -> FiguresPage:
    """Return the page for these filters; seven statements at most, however long the period."""
    before = span_before(wanted.kind, wanted.span)
    found = compared(session, wanted, tree, known, actor, today)
    total = summed(each.tally for each in found)
    if wanted.by == TECHNICIAN:
        total = together(session, wanted, wanted.span, tree, actor, today)
    earlier = together(session, wanted, before, tree, actor, today)
    last = store.counted(session, wanted.span.last)
    course = _course(session, wanted, tree, actor, today)
    labels = [point.label for point in course]
    drawn = [each for each in found if each.tally.counts][:MOST_ROWS]
    return FiguresPage(
        before=before,
        counted_at=last.counted_at if last else None,
        total=total,
        tiles=[_tile(measure, total, earlier) for measure in TILES],
        course=course,
        columns=charts.columns(
            labels,
            [point.arrivals for point in course],
            [point.solved for point in course],
            (gettext("arrived"), gettext("solved")),
        ),
        waiting=charts.line(labels, [point.waiting for point in course], gettext("waiting")),
        ages=_ages(total),
        age_cells=[(words, total[age]) for age, words in age_words().items()],
        tables=[(words, [each for each in MEASURES if each.table == name]) for name, words in TABLES.items()],
        compared=found,
        volumes=_volumes(drawn),
        times=_times([each for each in drawn if each.tally.spreads["resolve_times"]]),
        hours=_hours(total),
        heat=_heat(total),
    )


def compared(
    session: Session, wanted: Wanted, tree: Catalogue, known: Offered, actor: Actor, today: date
) -> list[Compared]:
    """Return the rows of the comparison, the one with the most requests first."""
    people, language = {str(key): name for key, name in known.technicians}, locale_code()
    found = [
        Compared(
            key,
            name_of(wanted, tree, key, language, people),
            tally,
            {each.name: shown(each, tally) for each in MEASURES},
        )
        for key, tally in grouped(session, wanted, wanted.span, tree, actor, today).items()
    ]
    return sorted(found, key=lambda each: (-each.tally["arrivals"] - each.tally["solved"], each.name))


def _tile(measure: Measure, total: Tally, earlier: Tally) -> Tile:
    label, value = gettext(measure.label), shown(measure, total)
    was, now = measure.value(earlier), measure.value(total)
    if was is None or now is None or not earlier.counts:
        return Tile(label, value, "")
    change = round((now - was) / was * 100) if was >= FEWEST_COMPARED and measure.is_number else MOST_CHANGE + 1
    if abs(change) > MOST_CHANGE:
        return Tile(label, value, gettext("was %(value)s", value=shown(measure, earlier)))
    words = gettext("%(change)s %%, was %(value)s", change=f"{change:+d}", value=shown(measure, earlier))
    return Tile(label, value, words)


def _course(session: Session, wanted: Wanted, tree: Catalogue, actor: Actor, today: date) -> Sequence[Point]:
    span = wanted.span
    cut = pieces(span, today) if span.is_long else Pieces((), (span,))
    found = store.course(session, wanted.whole.table, cut, wanted.ground(tree), actor)
    if span.is_long:
        return _by_month(found, span)
    by_day = {row.day: row for row in found}
    days = (span.first + timedelta(days=number) for number in range(span.days))
    return [_point(format_date(day, "d MMM"), [by_day[day]] if day in by_day else []) for day in days]


def _by_month(found: Sequence[Any], span: Span) -> Sequence[Point]:
    months: dict[date, list[Any]] = {}
    first = span.first.replace(day=1)
    while first <= span.last:
        months[first] = [row for row in found if row.day.replace(day=1) == first]
        first = month_end(first) + timedelta(days=1)
    return [_point(format_date(month, "MMM yy"), rows) for month, rows in months.items()]


def _point(label: str, rows: Sequence[Any]) -> Point:
    # Of several days the last says how many waited.
    waiting = int(rows[-1].waiting) if rows else None
    return Point(label, sum(int(row.arrivals) for row in rows), sum(int(row.solved) for row in rows), waiting)


def _ages(total: Tally) -> charts.Rows:
    words = list(age_words().values())
    values = [total[age] for age in AGES]
    return charts.rows(words, [[value] for value in values], [[str(value)] for value in values], [gettext("requests")])


def _volumes(found: Sequence[Compared]) -> charts.Rows:
    values = [[each.tally["arrivals"], each.tally["solved"]] for each in found]
    words = [gettext("arrived"), gettext("solved")]
    return charts.rows([each.name for each in found], values, [[str(n) for n in each] for each in values], words)


def _times(found: Sequence[Compared]) -> charts.Rows:
    values = [[each.tally.time("resolve_times", share) for share in (0.5, 0.9)] for each in found]
    names = [measure for measure in MEASURES if measure.name in ("resolve_half", "resolve_most")]
    numbers = [[shown(measure, each.tally) for measure in names] for each in found]
    words = [gettext("for half of them"), gettext("for nine in ten")]
    return charts.rows([each.name for each in found], values, numbers, words)


def _hours(total: Tally) -> Sequence[int]:
    used = {hour % 24 for hour, requests in total.hours.items() if requests}
    return range(min(used | {8}), max(used | {18}) + 1)


def _heat(total: Tally) -> Sequence[Heat]:
    highest = max(total.hours.values(), default=0) or 1
    return [
        Heat(
            name,
            [(requests := total.hours[day * 24 + hour], -(-4 * requests // highest)) for hour in _hours(total)],
        )
        for day, name in enumerate(weekdays())
    ]


def rows_of_table(page: Iterable[Compared], heading: str) -> list[list[str | float | None]]:
    """Return the comparison as an export has it: a heading, then plain numbers."""
    names = [gettext(measure.label) for measure in MEASURES]
    body = [[each.name, *(measure.value(each.tally) for measure in MEASURES)] for each in page]
    return [[heading, *names], *body]
