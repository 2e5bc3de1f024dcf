"""The counters command, as an operator runs it, on the counters of the demo."""

from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from servicedesk.settings import ROOT
from servicedesk.store import appointments as store
from tests.web.conftest import app, desk, settings  # noqa: F401 - fixtures

DEMO = ROOT / "config" / "demo" / "counters.toml"


def test_the_demos_counters_apply_once_and_are_listed(app: Flask, desk: Session) -> None:  # noqa: F811
    run = app.test_cli_runner().invoke
    assert "Changed: segreteria-lettere, orientamento." in run(args=["counters", "apply", str(DEMO)]).output
    assert "Nothing to do" in run(args=["counters", "apply", str(DEMO)]).output
    assert "segreteria-lettere  CARR-LET  open" in run(args=["counters", "list"]).output
    assert [counter.key for counter in store.counters(desk)] == ["segreteria-lettere", "orientamento"]


def test_a_file_with_a_wrong_counter_changes_nothing(app: Flask, desk: Session, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "counters.toml"
    file.write_text(DEMO.read_text(encoding="utf-8").replace('group = "INFO1"', 'group = "NONE"'), encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["counters", "apply", str(file)])
    assert (result.exit_code, "no group 'NONE'" in result.output) == (1, True)
    assert store.counters(desk) == []
    file.write_text("this is no TOML", encoding="utf-8")
    assert "no TOML" in app.test_cli_runner().invoke(args=["counters", "apply", str(file)]).output
