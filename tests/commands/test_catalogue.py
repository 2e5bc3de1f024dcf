"""`flask catalogue` as an administrator runs it, on both databases."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from servicedesk import settings as desk_settings
from servicedesk.commands import catalogue
from servicedesk.web import db

SHIPPED = Path(__file__).parents[2] / "categories.yaml"
CONFIG = Path(__file__).parents[2] / "config" / "test.toml"

pytestmark = pytest.mark.both_databases


@contextmanager
def runner_on(url):
    app = Flask("servicedesk")
    db.init_app(app, desk_settings.load(CONFIG, {"SERVICEDESK_DATABASE__URL": url}))
    app.cli.add_command(catalogue.group)
    runner = app.test_cli_runner()
    yield lambda *words: runner.invoke(args=["catalogue", *map(str, words)])
    with app.app_context():
        db.db.engine.dispose()


@pytest.fixture
def flask(database_url):
    with runner_on(database_url) as run:
        yield run


def test_a_sound_file_is_published_once_and_listed(flask):
    first = flask("apply", SHIPPED)
    assert first.exit_code == 0, first.output
    assert "added category accesso-login" in first.output
    assert "Version 1 runs now: " in first.output
    assert "Nothing to do: version 1" in flask("apply", SHIPPED).output
    assert "was applied before" in flask("apply", "--once", SHIPPED).output
    (line,) = flask("history").output.splitlines()
    assert line.split()[0] == "1"
    assert "command:" in line


def test_a_change_is_shown_property_by_property(flask, tmp_path):
    flask("apply", SHIPPED)
    changed = tmp_path / "changed.yaml"
    changed.write_text(
        SHIPPED.read_text().replace("name:\n      it: Help desk del portale", "name:\n      it: Help desk")
    )
    shown = flask("apply", changed)
    assert "changed group HD1: name" in shown.output
    assert "0 added, 1 changed, 0 retired, 0 removed" in shown.output


def test_once_keeps_what_was_published_after_the_file(flask, tmp_path):
    flask("apply", SHIPPED)
    later = tmp_path / "later.yaml"
    later.write_text(SHIPPED.read_text().replace("close_days: 20", "close_days: 30"))
    flask("apply", later)
    flask("apply", "--once", SHIPPED)
    assert len(flask("history").output.splitlines()) == 2


@pytest.mark.parametrize("command", ["check", "apply"])
def test_a_wrong_file_ends_with_status_one_and_every_error_at_its_place(flask, tmp_path, command):
    flask("apply", SHIPPED)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SHIPPED.read_text().replace("Europe/Rome", "Europe/Roma", 1).replace("line: 2", "line: two", 1))
    shown = flask(command, wrong)
    assert shown.exit_code == 1
    assert f"{wrong}:14:11: error: 'studenti': 'zone' is not a known time zone" in shown.output
    assert "'line' must be a whole number" in shown.output
    assert "has errors (2)" in shown.output
    assert len(flask("history").output.splitlines()) == 1


def test_a_group_without_technicians_is_a_warning_with_status_zero(flask):
    shown = flask("check", SHIPPED)
    assert shown.exit_code == 0
    assert "warning: group 'HD1' has no technicians" in shown.output


def test_a_file_can_be_checked_before_the_database_is_there(tmp_path):
    with runner_on(f"sqlite:///{tmp_path / 'new.sqlite3'}") as run:
        shown = run("check", SHIPPED)
    assert shown.exit_code == 0
    assert "the database is not ready" in shown.output
    assert "no errors" in shown.output


def test_a_file_that_is_not_there_is_named(flask):
    shown = flask("check", "nowhere.yaml")
    assert shown.exit_code == 2
    assert "nowhere.yaml" in shown.output
