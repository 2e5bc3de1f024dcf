"""`flask demo` and `flask serve` as real processes: refusing, starting, answering, stopping, leaving nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlencode

import pytest

from servicedesk.gateways.mailbox import Mailbox
from servicedesk.settings import ROOT, load
from servicedesk.store import migrate
from tests.commands.demo_tools import demo_environment, is_listening, production_environment, running

BUILD, START = 240, 60
"""Seconds to wait at most; what they should be is measured and reported, not asserted."""


def flask(environ, *words):
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=START,
    )


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture
def environ(tmp_path):
    return demo_environment(tmp_path / "demo")


def test_the_demo_refuses_to_run_where_the_settings_say_production(tmp_path):
    done = flask(production_environment(tmp_path), "demo")
    assert done.returncode == 1
    assert "the settings say mode 'production'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "desk.sqlite3").exists()


def test_a_taken_port_is_named_before_anything_is_built(environ, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environ["SERVICEDESK_DEMO__SMTP_PORT"])))
        other.listen()
        done = flask(environ, "demo")
    assert done.returncode == 1
    assert f"Port {environ['SERVICEDESK_DEMO__SMTP_PORT']} on 127.0.0.1" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_else_is_left_alone(environ, tmp_path):
    mine = tmp_path / "demo" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    done = flask(environ, "demo")
    assert done.returncode == 1
    assert "holds something else than a demo" in done.stderr
    assert mine.read_text() == "mine"


def test_wrong_settings_are_one_message_and_no_traceback(environ):
    done = flask(environ | {"SERVICEDESK_DATABASE__POOL_SIZE": "none"}, "demo")
    assert done.returncode == 1
    assert "database.pool_size" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_file_of_the_federation_is_one_message_and_no_traceback(tmp_path):
    environ = production_environment(tmp_path)
    profile = tmp_path / "profile.toml"
    profile.write_text(profile.read_text().replace("new.key", "absent.key"))
    done = flask(environ, "saml", "check")
    assert done.returncode == 1
    assert "profile.toml: keys[1].key" in done.stderr and "absent.key" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_end_gunicorn_instead_of_its_workers_again_and_again(environ):
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"]
    wrong = environ | {"SERVICEDESK_MODE": "staging"}
    done = subprocess.run(command, cwd=ROOT, env=wrong, capture_output=True, text=True, timeout=START)
    assert done.returncode == 3
    assert done.stderr.count("  mode: ") == 1
    assert "Traceback" not in done.stderr


def test_the_demo_builds_answers_stops_and_starts_again_with_its_data(environ, tmp_path):
    names = ("PORT", "PROVIDER_PORT", "SMTP_PORT", "SPID_PORT")
    ports = [int(environ[f"SERVICEDESK_DEMO__{name}"]) for name in names]
    desk = environ["SERVICEDESK_SITE__BASE_URL"]
    with running(environ, "demo") as demo:
        demo.wait_for("Stop with Ctrl-C", BUILD)
        assert any("Anna Sportelli" in line for line in demo.said)
        status, body = get(f"{desk}/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ready")
        assert "EntityDescriptor" in get(f"http://localhost:{ports[1]}/metadata")[1]
        for way, port in {"": ports[1], "/spid": ports[3], "/cie": ports[3]}.items():
            provider = f"http://localhost:{port}{'/spid/alfa' if way == '/spid' else way}/metadata"
            assert "Lucia Studente" in get(f"{desk}/saml{way}/login?{urlencode({'idp': provider})}")[1]
        until = time.monotonic() + START
        while "Eco ID" not in (offered := get(f"{desk}/login?tab=spid")[1]) and time.monotonic() < until:
            pass
        assert offered.count(f"http://localhost:{ports[3]}/spid/") == 5  # four from a file, one from the federation
        assert "demo/mailbox/0" in get(f"{desk}/demo/mailbox")[1]
        assert demo.end(signal.SIGINT, START) == 0
    assert not any(is_listening(port) for port in ports)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]

    mails = len(Mailbox(tmp_path / "demo" / "mailbox").newest(10_000))
    with running(environ, "demo") as demo:
        demo.wait_for("Stop with Ctrl-C", START)
        assert not any("Catalogue applied" in line for line in demo.said)
        assert len(Mailbox(tmp_path / "demo" / "mailbox").newest(10_000)) >= mails > 100
        assert demo.end(signal.SIGTERM, START) == 0
    assert not any(is_listening(port) for port in ports)


def test_a_build_cut_short_leaves_nothing_half(environ, tmp_path):
    with running(environ, "demo") as demo:
        demo.wait_for("People:", BUILD)
        assert (tmp_path / "demo.building").exists()
        assert demo.end(signal.SIGINT, START) == 0
    assert list(tmp_path.iterdir()) == []
    assert not is_listening(int(environ["SERVICEDESK_DEMO__SMTP_PORT"]))


def test_the_demo_identity_provider_refuses_production(environ):
    command = [sys.executable, "-m", "saml.devidp", "--config", "config/saml/devidp.toml"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "SERVICEDESK_MODE": "production"},
        capture_output=True,
        text=True,
        timeout=START,
    )
    assert done.returncode == 2
    assert "only where SERVICEDESK_MODE is demo or test" in done.stderr


def test_serve_says_which_command_a_new_database_needs(environ, tmp_path):
    (tmp_path / "demo").mkdir()
    assert "flask --app wsgi db upgrade" in flask(environ, "serve").stderr
    migrate.upgrade(environ["SERVICEDESK_DATABASE__URL"])
    done = flask(environ, "serve")
    assert "flask --app wsgi catalogue apply" in done.stderr
    assert done.returncode == 1


def test_serve_answers_runs_the_jobs_and_ends_at_sigterm(environ, tmp_path):
    (tmp_path / "demo").mkdir()
    migrate.upgrade(environ["SERVICEDESK_DATABASE__URL"])
    assert flask(environ, "catalogue", "apply", "categories.yaml").returncode == 0
    port = environ["SERVICEDESK_DEMO__PORT"]
    with running(environ, "serve", "--port", port) as serving:
        serving.wait_for("Serving", START)
        assert get(f"http://127.0.0.1:{port}/readyz")[0] == 200
        until = time.monotonic() + START
        while "never" in (listed := flask(environ, "jobs", "list").stdout) and time.monotonic() < until:
            pass
        assert "never" not in listed
        assert serving.end(signal.SIGTERM, START) == 0
    assert not is_listening(int(port))


def test_serve_names_a_taken_port(environ, tmp_path):
    (tmp_path / "demo").mkdir()
    migrate.upgrade(environ["SERVICEDESK_DATABASE__URL"])
    flask(environ, "catalogue", "apply", "categories.yaml")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = flask(environ, "serve", "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "Cannot listen on 127.0.0.1" in done.stderr


def test_the_settings_of_the_demo_point_into_one_folder():
    settings = load(ROOT / "config" / "demo.toml", {})
    home = ROOT / "instance" / "demo"
    assert settings.demo.mailbox.parent == settings.storage.folder.parent == home
    assert settings.mail.port == settings.demo.smtp_port
