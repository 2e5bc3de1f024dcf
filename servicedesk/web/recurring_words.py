"""How recurring requests are put into words: their rhythm, what becomes of days off, where one stands."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import format_date, get_locale, gettext, ngettext

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.recurring import Missed, Recurring
from servicedesk.rules.rhythm import END_OF_MONTH, LAST, OffDay, Rhythm, Unit
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store.models.recurring import RecurringTicket
from servicedesk.web.labels import impact, label, level
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.choices import staff_name

UNITS: Mapping[str, str] = {
    Unit.DAY: N_("days"),
    Unit.WEEK: N_("weeks, on some weekdays"),
    Unit.MONTH_DAY: N_("months, on a day of the month"),
    Unit.MONTH_WEEKDAY: N_("months, on a weekday such as the first Monday"),
    Unit.YEAR: N_("years, on a date"),
}
OFF_DAYS: Mapping[str, str] = {
    OffDay.OPEN: N_("It opens all the same"),
    OffDay.NEXT: N_("It opens on the next working day"),
    OffDay.PREVIOUS: N_("It opens on the working day before"),
    OffDay.SKIP: N_("It is left out"),
}
MISSED: Mapping[str, str] = {
    Missed.LATE: N_("One request is opened late for all of them"),
    Missed.SKIP: N_("They are left out"),
}
NUMBERS: Mapping[str, str] = {
    "1": N_("first"),
    "2": N_("second"),
    "3": N_("third"),
    "4": N_("fourth"),
    str(LAST): N_("last"),
}
DEEDS: Mapping[str, str] = {
    "group": N_("Give it to the group"),
    "technician": N_("Give it to the technician"),
    "note": N_("Internal note"),
}


def day_words(day: int) -> str:
    """Return a day of a month in words."""
    return gettext("the last day") if day == END_OF_MONTH else str(day)


def weekdays() -> list[str]:
    """Return the days of the week from Monday."""
    names = get_locale().days["format"]["wide"]
    return [names[number] for number in range(7)]


def months() -> list[str]:
    """Return the names of the months."""
    names = get_locale().months["format"]["wide"]
    return [names[number] for number in range(1, 13)]


def rhythm_words(rhythm: Rhythm) -> str:
    """Return a rhythm as one sentence, such as "every 2 weeks on Monday and Thursday, at 08:30"."""
    return gettext("%(days)s, at %(time)s", days=_DAYS[rhythm.unit](rhythm), time=f"{rhythm.at:%H:%M}")


def _daily(it: Rhythm) -> str:
    return ngettext("every day", "every %(num)s days", it.every)


def _weekly(it: Rhythm) -> str:
    days = ", ".join(weekdays()[day] for day in it.weekdays)
    return ngettext("every week on %(days)s", "every %(num)s weeks on %(days)s", it.every, days=days)


def _monthly(it: Rhythm) -> str:
    day = day_words(it.day)
    return ngettext("every month, day: %(day)s", "every %(num)s months, day: %(day)s", it.every, day=day)


def _by_weekday(it: Rhythm) -> str:
    which = f"{label(NUMBERS, str(it.nth))} {weekdays()[next(iter(it.weekdays), 0)]}"
    return ngettext("every month, the %(which)s", "every %(num)s months, the %(which)s", it.every, which=which)


def _yearly(it: Rhythm) -> str:
    day = format_date(date(2024, it.month, min(it.day, 29 if it.month == 2 else it.day)), "d MMMM")
    return ngettext("every year on %(day)s", "every %(num)s years on %(day)s", it.every, day=day)


_DAYS = {
    Unit.DAY: _daily,
    Unit.WEEK: _weekly,
    Unit.MONTH_DAY: _monthly,
    Unit.MONTH_WEEKDAY: _by_weekday,
    Unit.YEAR: _yearly,
}


def standing(row: RecurringTicket) -> tuple[str, str]:
    """Return where one stands, in a word, and why where the desk itself paused it."""
    if not row.is_on:
        return gettext("paused"), say(Sentence.from_json(row.why_paused)) if row.why_paused else ""
    return (gettext("on"), "") if row.next_at else (gettext("at its end"), "")


def facts(it: Recurring, row: RecurringTicket, tree: Catalogue, names: Mapping[int, Any]) -> list[tuple[str, str]]:
    """Return what one says, as pairs; `names` are people by id."""
    person, owner = names.get(row.requester_id or 0), names.get(row.owner_id)
    whom = f"{row.office_name} ({row.office_email})" if person is None else staff_name(person)
    known = it.category in tree.categories
    return [
        (gettext("Category"), tree.path_name(it.category, locale_code()) if known else it.category),
        (gettext("In the name of"), whom),
        (gettext("When"), rhythm_words(it.rhythm)),
        (gettext("First day"), format_date(it.rhythm.starts)),
        (gettext("Last day"), format_date(it.rhythm.ends) if it.rhythm.ends else ""),
        (gettext("On a day when the desk is closed"), label(OFF_DAYS, it.rhythm.off_days)),
        (gettext("If the desk stood still"), label(MISSED, it.missed)),
        (gettext("Title"), it.title.get(locale_code())),
        (gettext("Text"), it.text.get(locale_code())),
        *_answers(it, tree),
        *_deeds(it, tree),
        (gettext("Told when it cannot go on"), staff_name(owner) if owner else ""),
    ]


def _answers(it: Recurring, tree: Catalogue) -> list[tuple[str, str]]:
    fields = tree.categories[it.category].fields if it.category in tree.categories else ()
    language = locale_code()
    shown = {each.key: dict(each.options) for each in fields}
    return [
        (
            each.label.get(language),
            option.get(language) if (option := shown[each.key].get(it.answers[each.key])) else it.answers[each.key],
        )
        for each in fields
        if each.key in it.answers
    ]


def _deeds(it: Recurring, tree: Catalogue) -> list[tuple[str, str]]:
    deeds = it.deeds
    group = tree.groups.get(deeds.group)
    levels = f"{level(deeds.urgency)}, {impact(deeds.impact)}" if deeds.urgency else ""
    return [
        (gettext(DEEDS["group"]), group.name.get(locale_code()) if group else deeds.group),
        (gettext(DEEDS["technician"]), deeds.technician),
        (gettext("Urgency and impact"), levels),
        (gettext(DEEDS["note"]), deeds.note),
    ]
