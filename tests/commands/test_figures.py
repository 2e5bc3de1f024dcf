"""The job counts what is due, once; the command counts the past anew."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk import jobs
from servicedesk.actions import figures
from servicedesk.store.base import make_engine
from servicedesk.store.models.figures import Figure, FigureDay
from tests import factories
from tests.job_desk import RECENTLY, settings_for, working
from tests.web.conftest import app, settings  # noqa: F401 - fixtures


def _counted(context):
    with context.sessions() as session:
        days = session.scalar(sa.select(sa.func.count()).select_from(FigureDay))
        return days, session.scalar(sa.select(sa.func.sum(Figure.arrivals)).where(Figure.grain == "d"))


def _file(context, at):
    with context.sessions() as session:
        factories.publish(session)
        factories.ticket(session, now=at)
        session.commit()


def test_the_job_counts_every_day_since_the_first_request_and_then_only_today(database_url, tmp_path):
    began = RECENTLY - timedelta(days=5)
    with working(settings_for(database_url, tmp_path)) as context:
        _file(context, began)
        assert jobs.run_job(context, "figures", RECENTLY) == "6 days counted"
        assert _counted(context) == (6, 1)
        assert jobs.run_job(context, "figures", RECENTLY + timedelta(seconds=1)) == "1 day counted"
        assert _counted(context) == (6, 1)


def test_a_run_that_breaks_off_before_it_adds_the_months_up_is_made_up_by_the_next(database_url, tmp_path, monkeypatch):
    began = RECENTLY - timedelta(days=40)
    with working(settings_for(database_url, tmp_path)) as context:
        _file(context, began)
        with monkeypatch.context() as patched, pytest.raises(RuntimeError):
            patched.setattr(figures, "keep_month", broken)
            jobs.run_job(context, "figures", RECENTLY)
        monkeypatch.setattr(figures, "OTHERWISE", 100)
        jobs.run_job(context, "figures", RECENTLY)
        with context.sessions() as session:
            arrivals = sa.select(sa.func.sum(Figure.arrivals)).where(Figure.grain == "m")
            assert session.scalar(arrivals) == 1
        assert jobs.run_job(context, "figures", RECENTLY) == "1 day counted"


def broken(*_facts):
    raise RuntimeError("the process was ended")


def test_a_rebuild_counts_what_was_changed_behind_the_desks_back(app, settings):  # noqa: F811
    engine = make_engine(settings.database.url)
    with Session(engine) as session:
        factories.ticket(session, key="tasse-pagamenti", now=RECENTLY - timedelta(days=40))
        session.commit()
    engine.dispose()
    first = (RECENTLY - timedelta(days=41)).date().isoformat()
    done = app.test_cli_runner().invoke(args=["figures", "rebuild", "--from", first])
    assert done.exit_code == 0 and "42 days counted" in done.output, done.output
    with working(settings) as context:
        assert _counted(context)[1] == 1
    refused = app.test_cli_runner().invoke(args=["figures", "rebuild", "--from", "2999-01-01"])
    assert refused.exit_code == 1 and "has not come yet" in refused.output
