"""`flask answers import` as an administrator runs it, on both databases."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk import settings as desk_settings
from servicedesk.commands import answers
from servicedesk.settings import ROOT
from servicedesk.store.base import make_engine
from servicedesk.store.models.answers import AnswerVersion
from servicedesk.web import db
from tests.web.conftest import publish

pytestmark = pytest.mark.both_databases
DEMO = ROOT / "config" / "demo" / "answers"


@pytest.fixture
def flask(database_url):
    engine = make_engine(database_url)
    with Session(engine) as session:
        publish(session)
        session.commit()
    engine.dispose()
    app = Flask("servicedesk")
    db.init_app(app, desk_settings.load(ROOT / "config" / "test.toml", {"SERVICEDESK_DATABASE__URL": database_url}))
    app.cli.add_command(answers.group)
    runner = app.test_cli_runner()
    yield lambda *words: runner.invoke(args=["answers", "import", *map(str, words)])
    with app.app_context():
        db.db.engine.dispose()


@pytest.fixture
def stages(database_url):
    def counted():
        engine = make_engine(database_url)
        with Session(engine) as session:
            query = sa.select(AnswerVersion.stage, sa.func.count()).group_by(AnswerVersion.stage)
            found = {stage: count for stage, count in session.execute(query)}
        engine.dispose()
        return found

    return counted


def test_a_folder_is_published_and_a_second_time_nothing_changes(flask, stages):
    count = len(list(DEMO.glob("*.it.md")))
    first = flask(DEMO)
    assert first.exit_code == 0, first.output
    assert f"{count} added, 0 changed, 0 unchanged, 0 kept." in first.output
    assert f"0 added, 0 changed, {count} unchanged, 0 kept." in flask(DEMO).output
    assert stages() == {"published": count}


def test_one_mistake_and_nothing_is_changed(flask, stages, tmp_path):
    for name in ("a.en.md", "b.en.md"):
        (tmp_path / name).write_text("---\ntitle: T\ncategory: tasse\naudience: [everyone]\n---\n\nText\n")
    (tmp_path / "b.en.md").write_text("---\ntitle: T\ncategory: nothing\naudience: [everyone]\n---\n\nText\n")
    refused = flask(tmp_path)
    assert refused.exit_code == 1
    assert "b: There is no category 'nothing'." in refused.output
    assert stages() == {}
