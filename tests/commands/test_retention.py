"""`flask retention run`: looks without touching anything, then does it, and figures count the same as before."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk import figuring
from servicedesk.actions.retention import set_terms
from servicedesk.commands.retention import group
from servicedesk.rules.lifecycle import State
from servicedesk.rules.retention import Terms
from servicedesk.settings import Settings
from servicedesk.store.base import make_engine, writing
from servicedesk.store.models.figures import Figure, TechnicianFigure
from servicedesk.store.models.following import Feedback
from servicedesk.store.models.retention import RetentionRun
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.job_desk import working
from tests.web.conftest import app, settings  # noqa: F401 - fixtures

CLOSED = datetime.now(UTC) - timedelta(days=500)


@pytest.fixture
def desk(app: Flask, settings: Settings) -> Session:  # noqa: F811
    """Two closed tickets, one with an opinion, of a service that keeps requests for a year."""
    engine = make_engine(settings.database.url)
    with Session(engine) as session, writing(session):
        boss = factories.actor(session, factories.administrator(session))
        first = factories.ticket(session, key="tasse-pagamenti", now=CLOSED, state=State.CLOSED)
        factories.ticket(session, key="tasse-pagamenti", now=CLOSED, state=State.CANCELLED)
        said = session.get_one(Feedback, first.id)
        said.grade, said.comment, said.answered_at = 5, "Anna helped me.", CLOSED
        set_terms(session, boss, first.service_id, Terms(tickets=12), 0, Terms(), datetime.now(UTC))
    return Session(engine)


def counted(settings: Settings, desk: Session) -> list[list[str]]:  # noqa: F811
    """Every figure of the days on which something happened, counted anew from what is there."""
    days = [CLOSED.date() + timedelta(days=number) for number in (-1, 0, 1)]
    with working(settings) as context, context.sessions() as session:
        figuring.count_days(context, lambda: writing(session), days, datetime.now(UTC))
    tables = (Figure.__table__, TechnicianFigure.__table__)
    rows = [sorted(map(repr, desk.execute(sa.select(table)).all())) for table in tables]
    desk.rollback()
    return rows


def test_a_dry_run_says_what_a_run_then_does(app: Flask, desk: Session) -> None:  # noqa: F811
    runner = app.test_cli_runner()
    looked = runner.invoke(group, ["run", "--dry-run"])
    assert looked.output.splitlines() == ["Student Services: 2 requests would lose everything personal"]
    assert desk.scalars(sa.select(RetentionRun)).all() == []
    desk.rollback()
    assert runner.invoke(group, ["run"]).output == "attachments of 0 requests, 2 requests, 0 accounts\n"
    assert desk.scalars(sa.select(Ticket).where(Ticket.anonymised_at.is_(None))).all() == []
    assert runner.invoke(group, ["run", "--dry-run"]).output.startswith("Student Services: 0 requests")


def test_figures_are_the_same_before_and_after(app: Flask, desk: Session, settings: Settings) -> None:  # noqa: F811
    before = counted(settings, desk)
    assert before[0]
    assert before[1]
    assert app.test_cli_runner().invoke(group, ["run"]).exit_code == 0
    assert counted(settings, desk) == before


def test_without_terms_the_command_says_so(app: Flask) -> None:  # noqa: F811
    runner = app.test_cli_runner()
    assert "No terms are set" in runner.invoke(group, ["run", "--dry-run"]).output
    assert runner.invoke(group, ["run"]).output == "no terms are set\n"
