"""The demo identity provider: whom it serves, what it refuses, where it starts, and how its pages behave."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode

import pytest
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from saml.devidp import create_idp
from saml.devidp_config import load_config
from saml.devidp_provider import ASKED_LIFETIME, COOKIE
from saml.errors import ConfigurationError
from saml.metadata import build_metadata
from saml.names import HTTP_POST, HTTP_REDIRECT
from saml.profile import KeyPair, load_profile
from saml.registry import Registry
from saml.responses import mapped
from tests.saml.desk import BASE, CONFIG, IDP_BASE, NOW, Desk, form_fields
from tests.saml.forge import new_pair

WSGIApplication = Callable[..., Iterable[bytes]]
ROOT = CONFIG.parents[1]
ITALIAN = {"Accept-Language": "it-IT,it;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


@pytest.mark.parametrize("mode", ["production", "", "Demo"])
def test_it_refuses_to_start_outside_the_demo_and_the_tests(desk: Desk, mode: str) -> None:
    with pytest.raises(ValueError, match="starts only where SERVICEDESK_MODE is demo or test"):
        create_idp(desk.config, mode)


@pytest.mark.parametrize("binding", [HTTP_REDIRECT, HTTP_POST])
def test_a_request_signed_by_somebody_else_is_refused(desk: Desk, tmp_path: Path, binding: str) -> None:
    stranger = new_pair(tmp_path)
    desk.profile = replace(desk.profile, keys=(KeyPair(stranger.key_pem, stranger.certificate_pem),))
    page = desk.carry(desk.ask(binding))
    assert page.status_code == 400
    assert "bad-signature" in page.text


def test_an_unsigned_request_is_refused(desk: Desk) -> None:
    outgoing = desk.ask()
    unsigned = replace(outgoing, url=outgoing.url.partition("&SigAlg")[0])
    assert desk.carry(unsigned).status_code == 400


def test_a_request_for_another_address_is_refused(desk: Desk) -> None:
    moved = desk.ask().url.replace("/sso?", "/slo?").removeprefix(IDP_BASE)
    assert desk.browser.get(moved, base_url=IDP_BASE).status_code == 400


def test_an_old_request_is_refused(desk: Desk) -> None:
    outgoing = desk.ask()
    desk.now += timedelta(hours=1)
    assert desk.carry(outgoing).status_code == 400


def test_a_sign_in_page_left_open_too_long_leads_home(desk: Desk) -> None:
    page = desk.carry(desk.ask())
    desk.now += ASKED_LIFETIME
    desk.carry(desk.ask())
    assert desk.choose(page, "l.studente2").location == "/"


def test_it_starts_before_the_service_and_says_that_the_service_is_missing(desk: Desk, tmp_path: Path) -> None:
    config = replace(desk.config, sp_metadata=str(tmp_path / "later.xml"))
    desk.browser.application = create_idp(config, "test", lambda: NOW)
    page = desk.carry(desk.ask())
    assert page.status_code == 400
    assert "unknown-provider" in page.text


def test_everybody_can_be_chosen_and_is_described_in_both_languages(desk: Desk) -> None:
    for headers, language in ((ITALIAN, "it"), (ENGLISH, "en")):
        path = desk.ask().url.removeprefix(IDP_BASE)
        page = desk.browser.get(path, base_url=IDP_BASE, follow_redirects=True, headers=headers)
        assert f'<html lang="{language}">' in page.text
        assert desk.profile.service_name[language] in page.text
        for person in desk.config.people:
            assert f'value="{person.uid}"' in page.text
            assert f"<span>{person.role[language]}</span>" in page.text


def test_its_pages_allow_no_inline_script_and_post_only_to_the_service(desk: Desk) -> None:
    page = desk.choose(desk.carry(desk.ask()), "l.studente2")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {BASE};" in policy
    assert "unsafe" not in policy
    assert '<script src="/forward.js"></script>' in page.text
    assert "<button>Continua</button>" in page.text
    assert desk.browser.get("/forward.js", base_url=IDP_BASE).mimetype == "text/javascript"
    assert desk.browser.get("/style.css", base_url=IDP_BASE).mimetype == "text/css"


def test_its_cookie_is_its_own_and_closed_to_scripts(desk: Desk) -> None:
    page = desk.choose(desk.carry(desk.ask()), "l.studente2")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}_8001=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_home_page_says_who_is_signed_in(desk: Desk) -> None:
    assert "Nobody is signed in" in desk.browser.get("/", base_url=IDP_BASE, headers=ENGLISH).text
    desk.answer_for("l.studente2")
    assert "Signed in as Lucia Studente" in desk.browser.get("/", base_url=IDP_BASE, headers=ENGLISH).text


def test_its_session_ends_after_eight_hours(desk: Desk) -> None:
    desk.answer_for("l.studente2")
    desk.now += timedelta(hours=8)
    assert "asked" in form_fields(desk.carry(desk.ask()))


def test_an_unknown_page_is_not_found(desk: Desk) -> None:
    assert desk.browser.get("/nothing", base_url=IDP_BASE).status_code == 404


def test_errors_in_the_people_file_are_told_with_their_place(tmp_path: Path) -> None:
    text = (CONFIG / "devidp.toml").read_text().replace('kind = "student"', 'kind = "pupil"', 1)
    text = text.replace("sn = [", "surname = [", 1).replace("demo/", f"{CONFIG}/demo/")
    (tmp_path / "devidp.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path / "devidp.toml", IDP_BASE)
    errors = [error.removeprefix(f"{tmp_path / 'devidp.toml'}: people[1].") for error in caught.value.errors]
    assert [error.partition(":")[0] for error in errors] == ["attributes.surname", "kind"]


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "saml.devidp", "--config", str(CONFIG / "devidp.toml"), "--port", str(port)]


def environment(mode: str) -> dict[str, str]:
    return {**os.environ, "SERVICEDESK_MODE": mode}


def test_the_command_refuses_in_production_with_one_sentence() -> None:
    done = subprocess.run(command(0), cwd=ROOT, env=environment("production"), capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "The demo identity provider starts only where SERVICEDESK_MODE is demo or test.\n"


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_command_says_when_its_port_is_taken() -> None:
    with taken_port() as port:
        done = subprocess.run(command(port), cwd=ROOT, env=environment("test"), capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"The demo identity provider cannot listen on localhost:{port}: ")


@contextlib.contextmanager
def served(application: WSGIApplication) -> Iterator[str]:
    """Serve `application` over HTTP; give its address."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def running_provider(*options: str) -> Iterator[str]:
    """Run the command on a free port; give its address once it answers."""
    with taken_port() as free:
        port = free
    with subprocess.Popen([*command(port), *options], cwd=ROOT, env=environment("test")) as process:
        try:
            fetched(f"http://localhost:{port}/metadata")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def test_a_student_signs_in_over_real_http_with_metadata_fetched_both_ways(tmp_path: Path) -> None:
    published: list[bytes] = []
    metadata = Request.application(lambda request: Response(published[0], mimetype="application/samlmetadata+xml"))
    with served(metadata) as base, running_provider("--desk", base) as idp:
        desk = Desk(tmp_path)
        desk.profile = load_profile(CONFIG / "university.toml", base)
        published.append(build_metadata(desk.profile))
        (tmp_path / "fetched.xml").write_bytes(fetched(f"{idp}/metadata"))
        desk.registry = Registry.load([tmp_path / "fetched.xml"])
        desk.config, desk.now = replace(desk.config, base_url=idp), datetime.now(UTC)
        sign_in_page = fetched(desk.ask().url).decode()
        asked = re.search(r'name="asked" value="([^"]+)"', sign_in_page)
        assert asked
        chosen = fetched(f"{idp}/login", urlencode({"asked": asked[1], "person": "l.studente2"}).encode()).decode()
        answer = re.search(r'name="SAMLResponse" value="([^"]+)"', chosen)
        assert answer
        desk.now = datetime.now(UTC)
        assert mapped(desk.profile, desk.read(answer[1]))["given_name"] == ("Lucia",)


def fetched(url: str, data: bytes | None = None) -> bytes:
    """Return what is at `url` (posting `data`, if any) as soon as somebody listens there."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 20
    while True:
        try:
            with direct.open(url, data, timeout=5) as answer:
                return bytes(answer.read())
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
