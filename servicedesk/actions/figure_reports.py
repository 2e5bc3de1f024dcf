"""Reports of figures by mail: ordered by somebody, written when they are due, with what that person may see then."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.figure_tables import CATEGORY, GROUP, SERVICE, TECHNICIAN, Wanted, grouped, name_of, together
from servicedesk.actions.letters import write_letter
from servicedesk.rules.addresses import report_path, report_token
from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid
from servicedesk.rules.figures import CUSTOM, WEEK, Span, Tally, month_end, span_before
from servicedesk.rules.permissions import Actor, Permission, may
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, people, queue
from servicedesk.store.models.figures import ReportOrder
from servicedesk.store.models.people import Person

REPORT_LETTER = "figures_report"
MOST_ORDERS = 10
HOUR = 7
"""On the desk's wall, when the week or the month is over."""
MOST_ROWS = 30
"""How many rows the mail shows; the file with it has all."""


def next_report(every: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the next report is due: on Monday, or on the first of the month."""
    today = local_day(now, zone)
    first = today + timedelta(days=7 - today.weekday()) if every == WEEK else month_end(today) + timedelta(days=1)
    return instant(datetime.combine(first, time(HOUR)), zone)


def span_over(every: str, day: date) -> Span:
    """Return the last week or month that was over on a day."""
    if every == WEEK:
        monday = day - timedelta(days=day.weekday() + 7)
        return Span(monday, monday + timedelta(days=6))
    last = day.replace(day=1) - timedelta(days=1)
    return Span(last.replace(day=1), last)


def order_report(
    session: Session, person_id: int, every: str, filters: dict[str, str], zone: ZoneInfo, now: datetime
) -> ReportOrder:
    """Order a report with these filters, once. Raises Invalid when the person has too many."""
    address = urlencode(sorted(filters.items()))
    found = orders_of(session, person_id)
    same = next((each for each in found if (each.every, each.address) == (every, address)), None)
    if same is not None:
        return same
    if len(found) >= MOST_ORDERS:
        raise Invalid(N_("You get ten reports already. End one of them first."))
    order = ReportOrder(
        person_id=person_id, every=every, address=address, next_at=next_report(every, now, zone), created_at=now
    )
    session.add(order)
    session.flush()
    return order


def orders_of(session: Session, person_id: int) -> list[ReportOrder]:
    """Return what a person gets, the oldest first."""
    query = sa.select(ReportOrder).where(ReportOrder.person_id == person_id).order_by(ReportOrder.id)
    return list(session.scalars(query))


def end_report(session: Session, order_id: int, person_id: int | None = None) -> None:
    """End a report, with a person's id only if it is theirs; one that is over already stays over."""
    query = sa.delete(ReportOrder).where(ReportOrder.id == order_id)
    if person_id is not None:
        query = query.where(ReportOrder.person_id == person_id)
    session.execute(query.execution_options(synchronize_session=False))


def write_due(session: Session, now: datetime, limit: int, zone: ZoneInfo, secret_key: str) -> int:
    """Write the reports that are due, and return how many they were; who may see nothing any more gets none."""
    query = sa.select(ReportOrder).where(ReportOrder.next_at <= now).order_by(ReportOrder.next_at).limit(limit)
    due = session.scalars(query.with_for_update(skip_locked=True)).all()
    for order in due:
        actor = people.actor_of(session, order.person_id)
        if actor is None or not may(actor, Permission.FIGURES_READ):
            session.delete(order)
            continue
        # However late a job comes, a report is about the week or month it was due for.
        _write(session, order, actor, local_day(order.next_at, zone), secret_key, now)
        order.next_at = next_report(order.every, now, zone)
    session.flush()
    return len(due)


def _write(session: Session, order: ReportOrder, actor: Actor, day: date, secret_key: str, now: datetime) -> None:
    person = session.get_one(Person, order.person_id)
    span = span_over(order.every, day)
    tree, language = catalogue.current(session), person.locale or "it"
    wanted = wanted_of(order.address, span)
    rows = grouped(session, wanted, span, tree, actor, day)
    total = together(session, wanted, span, tree, actor, day)
    before = together(session, wanted, span_before(order.every, span), tree, actor, day)
    write_letter(
        session,
        address=people.mail_address(session, order.person_id),
        locale=person.locale,
        template=REPORT_LETTER,
        context={
            "recipient": person.display_name,
            "path": f"/figures?{urlencode(wanted.arguments)}",
            "stop": report_path(report_token(secret_key, order.id)),
            "first": span.first.isoformat(),
            "last": span.last.isoformat(),
            "figures": json.dumps(
                {
                    "by": wanted.by,
                    "now": _numbers(total),
                    "before": _numbers(before),
                    "rows": _named(session, wanted, tree, rows, actor, language),
                    "shown": MOST_ROWS,
                }
            ),
        },
        now=now,
        person_id=order.person_id,
    )


def wanted_of(address: str, span: Span) -> Wanted:
    """Return what an order asks for; what cannot be read in it any more is left out."""
    found = dict(parse_qsl(address))
    technician = found.get(TECHNICIAN, "")
    return Wanted(
        kind=CUSTOM,
        span=span,
        by=found.get("by", GROUP),
        service=found.get(SERVICE, ""),
        category=found.get(CATEGORY, ""),
        group=found.get(GROUP, ""),
        technician_id=int(technician) if technician.isdecimal() else None,
    )


def _named(
    session: Session, wanted: Wanted, tree: Catalogue, rows: dict[str, Tally], actor: Actor, language: str
) -> list[list[Any]]:
    known = queue.technicians(session, sorted(actor.supervises)) if wanted.by == TECHNICIAN else ()
    names = {str(row.id): f"{row.code or ''} {row.given_name} {row.family_name}".strip() for row in known}
    if actor.person_id is not None:
        names.setdefault(str(actor.person_id), actor.display_name)
    ordered = sorted(rows.items(), key=lambda row: -row[1]["arrivals"] - row[1]["solved"])
    return [[name_of(wanted, tree, key, language, names), *_numbers(tally)] for key, tally in ordered]


def _numbers(tally: Tally) -> list[int | float | None]:
    """Return the main figures in the order of templates/mail/figures_columns.txt; times in minutes."""
    return [
        *(tally["arrivals"], tally["solved"], tally.backlog),
        *(tally.time("answer_times", 0.5), tally.time("resolve_times", 0.5), tally.time("resolve_times", 0.9)),
        *(tally["own_late"] + tally["resolve_late"], tally["refused"], tally["reopened"], tally.satisfaction),
    ]
