"""The figures in words: what each is called, how its value is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from babel.dates import get_day_names
from flask_babel import format_decimal, get_locale, gettext

from servicedesk.rules.figures import AGES, Tally
from servicedesk.rules.sentences import N_

JOBS = {
    "figures": N_("counts what every day held, for the figures"),
    "figure_reports": N_("writes the reports of figures that are due"),
    "answer_times": N_("counts how long each category waits for its answer"),
    "count_standard_answers": N_("counts how often standard answers are used"),
}
"""What the jobs of the figures do."""
MAILS = {"figures_report": N_("Figures")}
"""What a report by mail is about, in the words of its subject."""
NOTHING = "–"
_HOUR = 60
_LONG = 8 * _HOUR


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the comparison; times are in minutes."""

    name: str
    label: str
    value: Callable[[Tally], float | None]
    is_time: bool = False
    is_number: bool = True
    """Whether a change in per cent says something."""
    table: str = ""
    """Which table of the comparison shows it; files have them all."""


def _sum(name: str) -> Callable[[Tally], float | None]:
    return lambda tally: tally[name]


def _time(name: str, share: float) -> Callable[[Tally], float | None]:
    return lambda tally: tally.time(name, share)


VOLUMES, TIMES, ENDS = "volumes", "times", "ends"
TABLES: Mapping[str, str] = {
    VOLUMES: N_("How much"),
    TIMES: N_("How fast"),
    ENDS: N_("How it ended"),
}
"""The tables of the comparison: all measures in one would be wider than a screen."""
ARRIVALS = Measure("arrivals", N_("Arrived"), _sum("arrivals"), table=VOLUMES)
SOLVED = Measure("solved", N_("Solved"), _sum("solved"), table=VOLUMES)
BACKLOG = Measure("backlog", N_("Waiting at the end"), lambda tally: tally.backlog, table=VOLUMES)
ANSWER_HALF = Measure("answer_half", N_("First answer, half within"), _time("answer_times", 0.5), True, table=TIMES)
RESOLVE_HALF = Measure("resolve_half", N_("Solution, half within"), _time("resolve_times", 0.5), True, table=TIMES)
RESOLVE_MOST = Measure(
    "resolve_most", N_("Solution, nine in ten within"), _time("resolve_times", 0.9), True, table=TIMES
)
SATISFACTION = Measure(
    "satisfaction", N_("Satisfaction (1 to 5)"), lambda tally: tally.satisfaction, is_number=False, table=ENDS
)
LATE = Measure("late", N_("Targets missed"), lambda tally: tally["own_late"] + tally["resolve_late"], table=TIMES)
MEASURES: Sequence[Measure] = (
    ARRIVALS,
    Measure("taken", N_("Taken"), _sum("taken"), table=VOLUMES),
    SOLVED,
    Measure("closed", N_("Closed"), _sum("closed"), table=VOLUMES),
    BACKLOG,
    ANSWER_HALF,
    Measure("answer_most", N_("First answer, nine in ten within"), _time("answer_times", 0.9), True, table=TIMES),
    Measure("own_half", N_("Owned, half within"), _time("own_times", 0.5), True, table=TIMES),
    Measure("own_most", N_("Owned, nine in ten within"), _time("own_times", 0.9), True, table=TIMES),
    RESOLVE_HALF,
    RESOLVE_MOST,
    Measure("accepted", N_("Solutions accepted"), _sum("accepted"), table=ENDS),
    Measure("refused", N_("Solutions refused"), _sum("refused"), table=ENDS),
    Measure("expired", N_("Ended in silence"), _sum("expired"), table=ENDS),
    Measure("reopened", N_("Reopened"), _sum("reopened"), table=ENDS),
    Measure("withdrawn", N_("Withdrawn"), _sum("withdrawn"), table=ENDS),
    Measure("merged", N_("Merged or repeated"), _sum("merged"), table=ENDS),
    Measure("moved_out", N_("Handed over"), _sum("moved_out"), table=VOLUMES),
    LATE,
    Measure("graded", N_("Answers about satisfaction"), _sum("graded"), table=ENDS),
    SATISFACTION,
    Measure("needless", N_("Answered without asking"), _sum("needless"), table=VOLUMES),
    Measure("problems", N_("Problems opened"), _sum("problems")),
    Measure("problems_solved", N_("Problems solved"), _sum("problems_solved")),
    Measure("changes", N_("Changes opened"), _sum("changes")),
    Measure("changes_solved", N_("Changes carried out"), _sum("changes_solved")),
)
TILES: Sequence[Measure] = (ARRIVALS, SOLVED, BACKLOG, ANSWER_HALF, RESOLVE_HALF, RESOLVE_MOST, LATE, SATISFACTION)


def shown(measure: Measure, tally: Tally) -> str:
    """Return a value as people read it; a dash where there is nothing to say."""
    value = measure.value(tally)
    if value is None:
        return NOTHING
    if measure.is_time:
        return duration(value)
    return str(format_decimal(value, "0.0" if isinstance(value, float) else "#,##0"))


def duration(minutes: float) -> str:
    """Return minutes as "45 min", "3 h 20 min" or "52 h": no finer than they are known."""
    whole = round(minutes)
    if whole <= 1:
        return gettext("at once")
    if whole < _HOUR:
        return gettext("%(minutes)s min", minutes=whole)
    if whole < _LONG:
        return gettext("%(hours)s h %(minutes)s min", hours=whole // _HOUR, minutes=whole % _HOUR)
    return gettext("%(hours)s h", hours=format_decimal(round(whole / _HOUR), "#,##0"))


def age_words() -> dict[str, str]:
    """Return the classes of ages in words."""
    words = (gettext("Under a day"), gettext("1 to 7 days"), gettext("7 to 30 days"), gettext("Over 30 days"))
    return dict(zip(AGES, words, strict=True))


def weekdays() -> list[str]:
    """Return the days of the week from Monday, short."""
    names = get_day_names("abbreviated", locale=get_locale())
    return [names[day] for day in range(7)]
