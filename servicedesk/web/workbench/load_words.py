"""How loaded groups and colleagues are, in the words of the forms that hand a ticket on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date, gettext
from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue, Group, Service
from servicedesk.rules.lines import LOOKS_AHEAD, Usual, back_on, next_presence, usual_next
from servicedesk.rules.routing import Member
from servicedesk.store import lines as store
from servicedesk.store import people
from servicedesk.store.lines import MOST_COUNTED, Load
from servicedesk.web.language import locale_code

WEEK = timedelta(days=7)


def least_loaded(members: Iterable[Member], loads: Mapping[int, Load], today: date) -> int | None:
    """Return who of those present has the fewest open tickets; None where there is no choice."""
    present = [member for member in members if member.is_present(today)]
    lightest = min(present, key=lambda m: (loads.get(m.id, Load()).open, m.id), default=None)
    return lightest.id if lightest and len(present) > 1 else None


def colleague_words(member: Member, load: Load, today: date, *, is_least: bool) -> str:
    """Return such as "3 open, 1 waiting, 2 due today; areas: ECO, GIU; least loaded", or until when they are away."""
    parts = [gettext("%(count)s open", count=load.open)]
    if load.waiting:
        parts.append(gettext("%(count)s waiting", count=load.waiting))
    if load.due:
        parts.append(gettext("%(count)s due today", count=load.due))
    words = [", ".join(parts)]
    if member.areas:
        words.append(gettext("areas: %(areas)s", areas=", ".join(sorted(member.areas))))
    if is_least:
        words.append(gettext("least loaded"))
    if until := back_on(member, today):
        away = gettext("absent until %(day)s", day=day_words(until, today)) if until != date.max else gettext("absent")
        words.insert(0, away)
    return "; ".join(words)


def day_words(day: date, today: date) -> str:
    """Return a day as one says it: its name within a week, its date beyond."""
    return str(format_date(day, "EEEE" if abs(day - today) < WEEK else "d MMMM"))


def group_choices(session: Session, groups: Sequence[Group], service: Service, today: date) -> list[tuple[str, str]]:
    """Return code and words of each group: its name, how many open tickets it has, when somebody is there."""
    codes = [group.code for group in groups]
    loads = store.group_loads(session, codes)
    members = store.members_by_group(session, codes)
    words = {code: _group_words(loads[code], members[code], service, today) for code in codes}
    return [(group.code, f"{group.name.get(locale_code())} ({words[group.code]})") for group in groups]


def _group_words(load: int, members: Sequence[Member], service: Service, today: date) -> str:
    open_words = gettext("%(count)s open", count=f"{MOST_COUNTED:,}+" if load > MOST_COUNTED else load)
    if any(member.is_present(today) for member in members):
        return open_words
    back = next_presence(members, today, service.hours)
    if back is None:
        return gettext("%(open)s, nobody present within %(days)s days", open=open_words, days=LOOKS_AHEAD)
    return gettext("%(open)s, nobody present until %(day)s", open=open_words, day=day_words(back, today))


def usual_group(session: Session, row: Any, tree: Catalogue, offered: Sequence[str]) -> Usual | None:
    """Return where this ticket most likely goes next, among the groups offered."""
    return usual_next(
        tree,
        row.group_code,
        row.category_key,
        people.requester_for_routing(session, row.requester_id),
        store.hand_overs(session, row.id),
        store.usual_groups(session, row.category_key),
        offered,
    )
