"""`flask people` as an administrator runs it, on both databases."""

from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from servicedesk import settings as desk_settings
from servicedesk.actions import second_factor
from servicedesk.commands import people
from servicedesk.gateways.passkeys import NewPasskey
from servicedesk.settings import ROOT
from servicedesk.store.base import make_engine
from servicedesk.store.models.accounts import LocalAccount, Passkey
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Absence, Identity, StudentRecord
from servicedesk.store.models.system import AuditEvent
from servicedesk.web import db
from tests.factories import person, publish

STUDENTS = ROOT / "config" / "demo" / "students.csv"
ANNA = ("067010", "Anna", "Sportelli", "anna@example.org")
FISCAL_CODE = "SPRNNA80C61X999Q"

pytestmark = pytest.mark.both_databases


@contextmanager
def runner_on(url):
    app = Flask("servicedesk")
    settings = desk_settings.load(ROOT / "config" / "test.toml", {"SERVICEDESK_DATABASE__URL": url})
    app.extensions["desk_settings"] = settings
    db.init_app(app, settings)
    app.cli.add_command(people.group)
    runner = app.test_cli_runner()
    yield lambda *words, **more: runner.invoke(args=["people", *map(str, words)], **more)
    with app.app_context():
        db.db.engine.dispose()


@pytest.fixture
def desk(database_url):
    """A session on the command's database, with a small catalogue running."""
    engine = make_engine(database_url)
    with Session(engine) as session:
        publish(session)
        session.commit()
        yield session
    engine.dispose()


@pytest.fixture
def flask(desk, database_url):
    with runner_on(database_url) as run:
        yield run


def records(desk: Session) -> int:
    desk.rollback()
    return desk.scalar(sa.select(sa.func.count()).select_from(StudentRecord))


def audit(desk: Session) -> list[str]:
    desk.rollback()
    return list(desk.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_the_register_is_imported_and_a_second_time_nothing_changes(flask, desk):
    total = len(STUDENTS.read_text().splitlines()) - 1
    first = flask("import", STUDENTS)
    assert first.exit_code == 0, first.output
    assert f"{total} inserted, 0 updated, 0 unchanged." in first.output
    assert f"0 inserted, 0 updated, {total} unchanged." in flask("import", STUDENTS).output
    assert records(desk) == total


def test_no_fiscal_code_reaches_the_database(flask, desk):
    flask("import", STUDENTS)
    codes = {line.split(",")[0] for line in STUDENTS.read_text().splitlines()[1:]}
    stored = {str(value) for row in desk.execute(sa.select(StudentRecord.__table__)) for value in row}
    assert not codes & stored


def spoilt(folder: Path) -> Path:
    lines = STUDENTS.read_text().splitlines()
    lines[2] = "X" + lines[2][1:]
    path = folder / "spoilt.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_file_with_an_error_changes_nothing(flask, desk, tmp_path):
    result = flask("import", spoilt(tmp_path))
    assert result.exit_code == 1
    assert "spoilt.csv:3: fiscal_code: not a valid fiscal code" in result.output
    assert "1 errors; nothing was changed" in result.output
    assert records(desk) == 0


def test_the_right_rows_are_imported_when_told_to_skip_the_wrong_ones(flask, desk, tmp_path):
    path = spoilt(tmp_path)
    result = flask("import", "--skip-errors", path)
    assert result.exit_code == 0
    assert "spoilt.csv:3" in result.output
    assert records(desk) == len(path.read_text().splitlines()) - 2


def test_staff_is_added_with_the_fiscal_code_asked_for_and_only_hashed(flask, desk):
    result = flask("add-staff", *ANNA, input=f"{FISCAL_CODE}\n")
    assert result.exit_code == 0 and FISCAL_CODE not in result.output
    subject = desk.scalars(sa.select(Identity.subject)).one()
    assert len(subject) == 64
    assert audit(desk) == ["staff.add"]


def test_a_wrong_fiscal_code_adds_nobody(flask, desk):
    result = flask("add-staff", *ANNA, "--fiscal-code", "SPRNNA80C61X999A")
    assert result.exit_code == 1 and "not a valid fiscal code" in result.output
    assert not desk.scalars(sa.select(Identity)).all()


def test_roles_are_granted_listed_and_revoked(flask, desk):
    flask("add-staff", *ANNA, "--fiscal-code", FISCAL_CODE)
    granted = flask("grant", "067010", "technician", "--group", "DESK", "--areas", "ECO, LET")
    assert granted.output == "067010: technician DESK granted.\n"
    assert flask("grant", "anna@example.org", "administrator").output == "anna@example.org: administrator * granted.\n"
    assert flask("list").output.splitlines() == [
        "067010\tAnna Sportelli\tadministrator *",
        "067010\tAnna Sportelli\ttechnician DESK areas ECO, LET",
    ]
    assert flask("revoke", "067010", "technician", "--group", "DESK").exit_code == 0
    assert len(flask("list").output.splitlines()) == 1
    assert audit(desk) == ["staff.add", "role.grant", "role.grant", "role.revoke"]


def test_somebody_known_from_a_sign_in_becomes_a_technician_with_a_code(flask, desk):
    person(desk, email="bruno@example.org")
    desk.commit()
    refused = flask("grant", "bruno@example.org", "technician", "--group", "DESK")
    assert refused.exit_code == 1 and "--code" in refused.output
    assert flask("grant", "bruno@example.org", "technician", "--group", "DESK", "--code", "001754").exit_code == 0
    assert "001754" in flask("list").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("grant", "067010", "technician", "--group", "NOWHERE"), "There is no group 'NOWHERE'"),
        (("grant", "nobody", "technician", "--group", "DESK"), "Nobody here has the code or e-mail 'nobody'"),
        (("revoke", "067010", "supervisor", "--group", "DESK"), "does not have that role"),
        (("absence", "067010", "2026-03-06", "2026-03-02"), "before the first"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_changes_nothing(flask, desk, words, told):
    flask("add-staff", *ANNA, "--fiscal-code", FISCAL_CODE)
    result = flask(*words)
    assert result.exit_code == 1 and told in result.output
    assert audit(desk) == ["staff.add"]


def test_an_absence_is_noted_listed_and_removed(flask, desk):
    flask("add-staff", *ANNA, "--fiscal-code", FISCAL_CODE)
    assert flask("absence", "067010", "2026-03-02", "2026-03-06").exit_code == 0
    assert flask("list").output == "067010\tAnna Sportelli\taway 2026-03-02 2026-03-06\n"
    assert flask("absence", "067010", "2026-03-02", "2026-03-06", "--remove").exit_code == 0
    assert not desk.scalars(sa.select(Absence)).all()


def test_an_administrator_gets_a_link_for_a_password_on_the_first_day(flask, desk):
    person(desk, code="000001", email="boss@example.org")
    desk.commit()
    said = flask("add-local", "000001")
    assert said.exit_code == 0, said.output
    path = said.output.splitlines()[1]
    assert path.startswith("http://127.0.0.1:8000/account/password/")
    desk.rollback()
    assert desk.scalars(sa.select(LocalAccount.address)).all() == ["boss@example.org"]
    (mailed,) = desk.scalars(sa.select(Notice))
    assert (mailed.address, path.endswith(mailed.context["path"])) == ("boss@example.org", True)


def test_somebody_whom_nobody_knows_is_added_with_a_name(flask, desk):
    assert flask("add-local", "new@example.org").exit_code == 1
    assert flask("add-local", "new@example.org", "--given-name", "Nora").exit_code == 1
    words = ("add-local", "new@example.org", "--given-name", "Nora", "--family-name", "Nuovi")
    assert flask(*words).exit_code == 0
    desk.rollback()
    assert [identity.namespace for identity in desk.scalars(sa.select(Identity))] == ["local"]
    assert "sign in with its password" in flask(*words).output


def test_a_lost_second_factor_is_taken_away_by_command(flask, desk):
    who = person(desk, code="000001", email="boss@example.org")
    desk.commit()
    flask("add-local", "000001")
    desk.rollback()
    assert flask("reset-second-factor", "000001").output == "000001: had no second factor.\n"
    second_factor.add_passkey(desk, who.id, NewPasskey("credential", b"key", 0), "phone", who.created_at)
    desk.commit()
    assert flask("reset-second-factor", "000001").output == "000001: second factors removed.\n"
    desk.rollback()
    assert desk.scalars(sa.select(Passkey)).all() == []
