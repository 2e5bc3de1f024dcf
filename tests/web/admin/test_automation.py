"""Rules in the administration: written, refused with what was typed, tried, switched on, moved, removed."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions import automation
from servicedesk.store.models.automation import AutomationRule
from tests import factories
from tests.web.admin.test_people import send
from tests.web.conftest import SignIn, page


@pytest.fixture
def browser(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    made = factories.administrator(desk)
    factories.technician(desk, "STAGE")
    factories.technician(desk, "RETI")
    desk.commit()
    sign_in(client, made.id)
    return client


def new_address(browser: FlaskClient) -> str:
    return str(page(browser, "/admin/rules").xpath("//a[contains(@href, '/admin/rules/new')]/@href")[0])


def write(browser: FlaskClient, **typed: str) -> None:
    values = {"name": "Wi-Fi", "trigger": "opened", "words": "wifi", "do_note": "Ask for the building.", **typed}
    at = new_address(browser)
    assert send(browser, at, at, **values) is None


def test_a_rule_is_written_tried_and_acts_once_it_is_on(browser: FlaskClient, desk: Session) -> None:
    before = factories.ticket(desk, key="stage-curriculare", title="No wifi in the library", now=datetime.now(UTC))
    desk.commit()
    service, number = before.service_id, before.number
    desk.rollback()
    at = new_address(browser).split("=")[0] + f"={service}"
    assert send(browser, at, at, name="Wi-Fi", trigger="opened", words="wifi", do_note="Ask for the building.") is None
    rule = desk.scalars(sa.select(AutomationRule.id)).one()
    desk.rollback()
    shown = page(browser, f"/admin/rules/{rule}")
    assert not shown.xpath(f"//form[@action='/admin/rules/{rule}/on']")
    assert send(browser, f"/admin/rules/{rule}", f"/admin/rules/{rule}/try") is None
    tried = page(browser, f"/admin/rules/{rule}?tried=1")
    assert "It would have acted on 1 request" in tried.text_content()
    assert number in tried.text_content()
    assert "No wifi in the library" not in tried.text_content()  # who administers reads with a reason only
    assert send(browser, f"/admin/rules/{rule}", f"/admin/rules/{rule}/on") is None
    desk.rollback()
    after = factories.ticket(desk, key="stage-curriculare", title="Wifi again", now=datetime.now(UTC))
    automation.act_on_pending(desk, datetime.now(UTC), 10, set())
    desk.commit()
    assert after.number in page(browser, f"/admin/rules/{rule}").text_content()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browser: FlaskClient) -> None:
    at = new_address(browser)
    shown = send(browser, at, at, name="", words="mora, tasse")
    assert shown is not None
    words = shown.text_content()
    assert "Give the rule a name" in words
    assert "Say what the rule does" in words
    assert shown.xpath("//input[@name='words']/@value") == ["mora, tasse"]


def test_a_rule_changed_by_somebody_else_is_not_overwritten(browser: FlaskClient, desk: Session) -> None:
    write(browser)
    rule = desk.scalars(sa.select(AutomationRule.id)).one()
    desk.rollback()
    at = f"/admin/rules/{rule}/edit"
    assert send(browser, at, at, name="Second") is None
    shown = send(browser, at, at, name="Third", seen="1")
    assert shown is not None
    assert "Somebody else has changed this rule" in shown.text_content()
    assert shown.xpath("//input[@name='name']/@value") == ["Third"]


def test_rules_are_put_in_order_and_removed(browser: FlaskClient, desk: Session) -> None:
    write(browser)
    write(browser, name="Second")
    first, second = desk.scalars(sa.select(AutomationRule.id).order_by(AutomationRule.id))
    desk.rollback()
    assert send(browser, "/admin/rules", f"/admin/rules/{second}/up") is None
    names = [link.text_content() for link in page(browser, "/admin/rules").xpath("//tbody//th/a")]
    assert names == ["Second", "Wi-Fi"]
    assert send(browser, f"/admin/rules/{first}", f"/admin/rules/{first}/remove") is None
    assert [link.text_content() for link in page(browser, "/admin/rules").xpath("//tbody//th/a")] == ["Second"]


def test_rules_of_other_services_are_not_there(client: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    boss = factories.administrator(desk)
    other = factories.administrator(desk, service_id="another")
    desk.commit()
    sign_in(client, boss.id)
    write(client)
    rule = desk.scalars(sa.select(AutomationRule.id)).one()
    desk.rollback()
    sign_in(client, other.id)
    assert client.get(f"/admin/rules/{rule}").status_code == 404
    assert not page(client, "/admin/rules").xpath("//tbody//th/a")
