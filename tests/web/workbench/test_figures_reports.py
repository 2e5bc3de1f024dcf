"""Ordering a report for the filters in use, and ending it from the page or from a mail."""

import pytest
import sqlalchemy as sa

from servicedesk.rules.addresses import report_token
from servicedesk.store.models.figures import ReportOrder
from tests import factories
from tests.web.conftest import browser, page, send
from tests.web.workbench.conftest import GROUP


@pytest.fixture
def leading(client, desk, sign_in):
    leader = factories.supervisor(desk, GROUP)
    desk.commit()
    sign_in(client, leader.id)
    return client


def orders(desk):
    desk.rollback()
    return desk.scalars(sa.select(ReportOrder)).all()


def test_a_report_is_ordered_for_the_filters_of_the_page_and_ended_there(leading, desk):
    path = f"/figures/reports?group={GROUP}&by=category"
    answer = send(leading, path, "/figures/reports", every="month")
    assert (answer.status_code, answer.location) == (303, "/figures/reports")
    found = orders(desk)
    assert [(each.every, each.address) for each in found] == [("month", f"by=category&group={GROUP}")]
    send(leading, "/figures/reports", f"/figures/reports/{found[0].id}/end")
    assert orders(desk) == []


def test_the_link_of_a_mail_ends_a_report_by_one_button_and_not_by_being_opened(leading, desk, app):
    send(leading, "/figures/reports", "/figures/reports", every="week")
    order = orders(desk)[0]
    path = f"/figures/reports/stop/{report_token(app.config['SECRET_KEY'], order.id)}"
    nobody = browser(app)
    assert "End this report?" in page(nobody, path).text_content()
    assert len(orders(desk)) == 1
    assert "The report has ended" in send(nobody, path).text
    assert orders(desk) == []


def test_a_link_that_was_made_up_ends_nothing(leading, desk, app):
    send(leading, "/figures/reports", "/figures/reports", every="week")
    assert browser(app).get(f"/figures/reports/stop/{report_token('other', orders(desk)[0].id)}").status_code == 404


def test_how_often_has_to_be_chosen(leading, desk):
    assert send(leading, "/figures/reports", "/figures/reports", every="hour").status_code == 422
    assert orders(desk) == []
