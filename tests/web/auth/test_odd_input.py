"""Whatever strangers send to the addresses of signing in, the answer is a page with the right status, never a fault."""

import base64
import json

import pytest
from flask import Flask

from servicedesk.web.auth import chooser, pending
from servicedesk.web.auth.local_sessions import STEP
from tests.web.account.tools import account
from tests.web.account.tools import sign_in as sign_in_with_password
from tests.web.auth.federation import SPID, Browser
from tests.web.conftest import browser as new_browser
from tests.web.conftest import csrf

pytestmark = pytest.mark.both_databases
ODD = ("%00", "%ED%A0%80", "%FF", "a" * 70_000, "%F0%9F%92%A9%E2%80%AE%C2%9B", "%0d%0aSet-Cookie:%20x=y", "{{7*7}}")
QUERIES = (
    "/login?q={0}",
    "/login?tab={0}&next={0}",
    "/saml/login?idp={0}",
    "/saml/spid/login?idp={0}&service={0}&next={0}",
    "/saml/{0}/login",
    "/saml/slo?SAMLRequest={0}&SigAlg={0}&Signature={0}",
    "/saml/spid/slo?SAMLResponse={0}&RelayState={0}",
    "/account/confirm/{0}",
    "/account/password/{0}",
    "/account/address/{0}",
    "/account/sign-in?next={0}&kept={0}",
)
CREDENTIALS = ("", "[" * 15_000, '{"id": "\\ud800"}', '{"id": "\\u0000"}', json.dumps({"id": "a" * 5_000}), "null")
NAMES = {"email", "password", "code", "credential", "given_name", "family_name", "SAMLResponse", "RelayState", "next"}


@pytest.fixture(autouse=True)
def generous(app: Flask) -> None:
    app.config.update({f"LIMIT_{name}": "100000 per minute" for name in ("GUESSES", "SUBMISSIONS", "SIGN_INS")})


@pytest.mark.parametrize("query", QUERIES)
def test_odd_addresses(app: Flask, query: str):
    client = new_browser(app)
    for odd in ODD:
        answer = client.get(query.format(odd))
        assert answer.status_code < 500, odd
        assert "49" not in answer.headers.get("Set-Cookie", "") and "x=y" not in answer.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("path", ["sign-in", "register", "forgotten", "second-step", "passkey", "passkey/ask"])
def test_odd_forms(app: Flask, path: str):
    client = new_browser(app)
    token = csrf(client, "/account/sign-in")
    for value in ("\0", "\udcff\udced", "a" * 100_000, "💩\u202e\x9b", "a@b.it\nBcc: c@d.it", "'\"><script>"):
        data = {"csrf_token": token, **dict.fromkeys(NAMES, value.encode(errors="surrogateescape"))}
        answer = client.post(f"/account/{path}", data=data)
        assert answer.status_code < 500, value[:20]
        assert "<script>" not in answer.text.replace("nonce", "") or "'\"><script>" not in answer.text


@pytest.mark.parametrize("name", [chooser.COOKIE, pending.COOKIE, "servicedesk_session", "servicedesk_session_form"])
def test_odd_cookies(app: Flask, name: str):
    for value in (
        '"spid \\000"',
        "spid \u00ff\u00fe",
        "spid " + "a" * 4000,
        '"spid \\015\\012x: y"',
        "spid http://<b>",
    ):
        for path in ("/login", "/account/sign-in", "/account", f"/saml/spid/login?idp={SPID}/metadata"):
            answer = app.test_client(use_cookies=False).get(
                path, headers={"Cookie": f"{name}={value}".encode().decode("latin-1")}
            )
            assert answer.status_code < 500, (value[:20], path)
            assert "<b>" not in answer.text


def test_odd_answers_of_providers(browser: Browser, app: Flask):
    page = browser.begin(SPID)
    fields = browser.choose(page, "l.studente2", SPID)
    whole = base64.b64decode(fields["SAMLResponse"])
    for odd in (
        b"",
        b"\0",
        b"<" * 1000,
        whole.replace(b"ID=", b'Consent="' + b"a" * 90_000 + b'" ID=', 1),
        whole.replace(b'ID="', b'ID="' + b"a" * 60_000, 1),
        whole.replace(b"Version", b"Versiun", 1),
        "<é>".encode("latin-1"),
    ):
        for relay in (fields["RelayState"], "", "💩" * 1000, "\0"):
            sent = {"SAMLResponse": base64.b64encode(odd).decode(), "RelayState": relay, "again": "1"}
            answer = browser.desk.post("/saml/spid/acs", data=sent)
            assert answer.status_code in (400, 403)
    assert browser.post_answer(fields, SPID).status_code == 303


def test_odd_passkeys(app: Flask, desk):
    client = new_browser(app)
    token = csrf(client, "/account/sign-in")
    for credential in CREDENTIALS:
        client.post("/account/passkey/ask", data={"csrf_token": token})
        answer = client.post("/account/passkey", data={"csrf_token": token, "credential": credential})
        assert answer.status_code in (303, 400)
    account(desk)
    sign_in_with_password(client)
    token = csrf(client, "/account/security")
    for credential in CREDENTIALS:
        client.post("/account/security/passkeys/ask", data={"csrf_token": token})
        data = {"csrf_token": token, "credential": credential, "name": "💩\u202e"}
        assert client.post("/account/security/passkeys", data=data).status_code in (400, 422)
    for number in (0, 10**30):
        answer = client.post(f"/account/security/passkeys/{number}/remove", data={"csrf_token": token, "password": "x"})
        assert answer.status_code == (404 if number else 422)
    with client.session_transaction() as cookie:
        cookie[STEP] = "a" * 3000
    assert client.get("/account/second-step").status_code == 303
