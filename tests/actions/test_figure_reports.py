"""Reports of figures: due when a week or month is over, with what their reader may see on that day."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from servicedesk.actions import figure_reports as actions
from servicedesk.rules.errors import Invalid
from servicedesk.rules.figure_events import Cell
from servicedesk.rules.figures import MONTH, WEEK, Span, Tally
from servicedesk.store import figures_daily as store
from servicedesk.store.models.figures import ReportOrder
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import RoleGrant
from tests import factories
from tests.factories import NOW, ROME

SECRET = "s" * 40
MONDAY = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
"""Seven o'clock in Rome, a week after NOW."""


@pytest.fixture
def leader(session):
    factories.publish(session)
    made = factories.supervisor(session)
    return made


def keep(session, day, *cells):
    tallies = {
        Cell(factories.SERVICE, "fees", group, technician): Tally(Counter(arrivals=number, solved=1))
        for group, technician, number in cells
    }
    store.keep(session, "d", day, tallies)
    store.note_counted(session, day, NOW)


def written(session):
    query = sa.select(Notice).where(Notice.template == actions.REPORT_LETTER).order_by(Notice.id)
    return [json.loads(notice.context["figures"]) for notice in session.scalars(query)]


def run(session, now):
    return actions.write_due(session, now, 50, ROME, SECRET)


def test_a_week_is_reported_on_monday_and_the_next_a_week_later(session, leader):
    keep(session, date(2026, 3, 4), ("DESK", None, 12), ("FEW", None, 90))
    actions.order_report(session, leader.id, WEEK, {}, ROME, NOW)
    assert run(session, MONDAY - timedelta(minutes=1)) == 0
    assert run(session, MONDAY + timedelta(hours=3)) == 1
    assert run(session, MONDAY + timedelta(days=1)) == 0
    assert [report["rows"][0][:2] for report in written(session)] == [["Group DESK (en)", 12]]
    assert [len(report["rows"]) for report in written(session)] == [1]
    assert session.scalars(sa.select(ReportOrder.next_at)).one() == MONDAY + timedelta(days=7)


def test_a_month_is_reported_whole_on_the_first_of_the_next(session, leader):
    assert actions.span_over(MONTH, date(2026, 4, 1)) == Span(date(2026, 3, 1), date(2026, 3, 31))
    assert actions.next_report(MONTH, NOW, ROME) == datetime(2026, 4, 1, 5, 0, tzinfo=UTC)


def test_who_leads_the_group_no_more_is_told_of_single_technicians_no_more(session, leader):
    worker = factories.technician(session)
    keep(session, date(2026, 3, 4), ("DESK", worker.id, 5))
    actions.order_report(session, leader.id, WEEK, {"by": "technician"}, ROME, NOW)
    run(session, MONDAY)
    grant = session.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == leader.id)).one()
    grant.role = "technician"
    keep(session, date(2026, 3, 11), ("DESK", worker.id, 5))
    run(session, MONDAY + timedelta(days=7))
    assert [[row[1] for row in report["rows"]] for report in written(session)] == [[5], []]


def test_who_may_see_no_figures_any_more_gets_no_report(session, leader):
    actions.order_report(session, leader.id, WEEK, {}, ROME, NOW)
    session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == leader.id))
    assert (run(session, MONDAY), written(session)) == (1, [])
    assert actions.orders_of(session, leader.id) == []


def test_the_same_report_is_ordered_once_and_no_more_than_ten(session, leader):
    for _ in range(2):
        actions.order_report(session, leader.id, WEEK, {"group": "DESK"}, ROME, NOW)
    assert len(actions.orders_of(session, leader.id)) == 1
    for number in range(9):
        actions.order_report(session, leader.id, WEEK, {"category": str(number)}, ROME, NOW)
    with pytest.raises(Invalid):
        actions.order_report(session, leader.id, MONTH, {}, ROME, NOW)


def test_a_report_is_ended_by_its_reader_and_by_nobody_else(session, leader):
    other = factories.supervisor(session)
    order = actions.order_report(session, leader.id, WEEK, {}, ROME, NOW)
    actions.end_report(session, order.id, other.id)
    assert len(actions.orders_of(session, leader.id)) == 1
    actions.end_report(session, order.id, leader.id)
    assert actions.orders_of(session, leader.id) == []
