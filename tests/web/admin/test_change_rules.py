"""Who has to agree to changes and when nothing is changed, as administrators say it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.rules.changes import Ask, ChangeType, Who
from servicedesk.store import changes as store
from servicedesk.store.models.changes import ChangeFreeze
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.web.conftest import SignIn, browser, page, send

PAGE = "/admin/planned-changes"
RULES, FREEZES = f"{PAGE}/rules", f"{PAGE}/freezes"
DIGITAL = "ae929822-c377-4964-bfb2-61bd6947fb4a"


@pytest.fixture
def admin(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    made = factories.administrator(desk)
    desk.commit()
    sign_in(client, made.id)
    return client


def wall(days: int) -> str:
    at = datetime.now(UTC) + timedelta(days=days)
    return at.astimezone(ZoneInfo("Europe/Rome")).strftime("%Y-%m-%dT%H:%M")


def words(client: FlaskClient) -> str:
    return " ".join(page(client, PAGE).text_content().split())


def acts(desk: Session) -> list[str]:
    return list(desk.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_board_is_made_to_decide_and_the_usual_holds_again_without_the_rule(
    admin: FlaskClient, desk: Session
) -> None:
    refused = send(admin, PAGE, RULES, change_type="normal", who="board.all", board="")
    assert refused.status_code == 422
    assert "Choose the group whose members decide." in refused.text
    assert send(admin, PAGE, RULES, change_type="normal", who="board.all", board="STAGE").status_code == 303
    assert store.rule_for(desk, "any", ChangeType.NORMAL) == Ask(Who.BOARD, True, "STAGE", 3)
    assert "All members of the change board (STAGE)" in words(admin)
    assert send(admin, PAGE, f"{RULES}/remove").status_code == 303
    desk.rollback()
    assert store.rule_for(desk, "any", ChangeType.NORMAL).who is Who.SUPERVISORS
    assert acts(desk) == ["change_rule.set", "change_rule.unset"]


def test_a_time_without_changes_is_entered_with_its_reason_and_ended(admin: FlaskClient, desk: Session) -> None:
    refused = send(admin, PAGE, FREEZES, starts_at=wall(3), ends_at=wall(2), reason="Exam weeks")
    assert refused.status_code == 422
    assert "the end comes after the beginning" in refused.text
    assert "Exam weeks" in refused.text
    for starts in (-1, 2):
        kept = send(admin, PAGE, FREEZES, starts_at=wall(starts), ends_at=wall(9), reason=f"Exam weeks {starts}")
        assert kept.status_code == 303
    assert "Exam weeks 2" in words(admin)
    for number in desk.scalars(sa.select(ChangeFreeze.id)).all():
        assert send(admin, PAGE, f"{FREEZES}/{number}/end").status_code == 303
    desk.rollback()
    assert [each.reason for each in desk.scalars(sa.select(ChangeFreeze))] == ["Exam weeks -1"]
    assert not store.freezes(desk, datetime.now(UTC))
    assert acts(desk) == ["freeze.set", "freeze.set", "freeze.end", "freeze.end"]


def test_nothing_is_said_about_a_service_that_is_not_there(admin: FlaskClient, desk: Session) -> None:
    form = {"service": "x" * 100, "starts_at": wall(1), "ends_at": wall(2), "reason": "Exam weeks"}
    assert send(admin, PAGE, FREEZES, **form).status_code == 404
    assert send(admin, PAGE, RULES, service="x" * 100, change_type="normal", who="supervisors.all").status_code == 404
    assert acts(desk) == []


def test_an_administrator_of_one_service_says_nothing_about_the_others(
    app: Flask, desk: Session, sign_in: SignIn
) -> None:
    made = factories.administrator(desk, DIGITAL)
    desk.commit()
    client = browser(app)
    sign_in(client, made.id)
    offered = page(client, PAGE).xpath("//select[@id='freeze-service']/option/@value")
    assert offered == [DIGITAL]
    form = {"service": "", "starts_at": wall(1), "ends_at": wall(2), "reason": "Exam weeks"}
    assert send(client, PAGE, FREEZES, **form).status_code == 403
    assert desk.scalars(sa.select(ChangeFreeze.id)).all() == []
