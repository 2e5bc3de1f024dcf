"""`flask standard-answers import`: the demo's file is whole, a mistake changes nothing and says what it is."""

import pytest
import sqlalchemy as sa

from servicedesk.gateways import standard_answers_file
from servicedesk.rules.errors import Invalid
from servicedesk.rules.standard_answers import Sequel
from servicedesk.settings import ROOT
from servicedesk.store import standard_answers as store
from servicedesk.store.models.standard_answers import StandardAnswer
from tests.web.conftest import app, desk, settings, shipped_catalogue  # noqa: F401 - the application over a catalogue

FILE = ROOT / "config" / "demo" / "standard_answers.toml"


def run(app, *arguments):  # noqa: F811
    return app.test_cli_runner().invoke(args=["standard-answers", "import", *arguments])


def test_the_demos_standard_answers_are_imported_once(app, desk):  # noqa: F811
    first = run(app, str(FILE))
    assert first.exit_code == 0, first.output
    assert "0 kept" in first.output and first.output.startswith("20 added")
    assert run(app, str(FILE)).output.startswith("0 added, 0 changed, 20 unchanged")
    assert {row.value for row in store.contact_rows(desk)} >= {"Ingegneria", ""}


def test_one_mistake_and_nothing_is_changed(app, desk, tmp_path):  # noqa: F811
    file = tmp_path / "answers.toml"
    file.write_text('[[answer]]\nshortcut = "a"\nname = "A"\nen = "Yes"\n[[answer]]\nshortcut = "b"\nen = "{nobody}"\n')
    refused = run(app, str(file))
    assert refused.exit_code == 1
    assert "b: Give it a name" in refused.output and "{nobody} is no placeholder" in refused.output
    assert desk.scalars(sa.select(StandardAnswer)).all() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[[", "This is no TOML file"),
        (b"", "begin each with [[answer]]"),
        (b"answer = 3", "begin each with [[answer]]"),
        (b'[[answer]]\nshortcut = "a"\ncolour = "red"', "'colour' is not known"),
        (b'[[answer]]\nshortcut = "a"\nthen = "sing"', "'sing' is nothing that follows"),
    ],
)
def test_a_file_that_is_none_says_why(content, says):
    with pytest.raises(Invalid) as refused:
        standard_answers_file.read(content, shipped_catalogue())
    assert says in str(refused.value)


def test_a_category_brings_its_service_and_markup_stays_markup():
    found = standard_answers_file.read(FILE.read_bytes(), shipped_catalogue()).answers
    late = found["tasse-mora"]
    assert late.sequel is Sequel.PROPOSE and late.reach.service_id == shipped_catalogue().categories["tasse"].service_id
    assert late.texts["it"].html.startswith("<p>Gentile {requester_name},</p>")
