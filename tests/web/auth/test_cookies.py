"""The cookies of signing in, as the example for production names them: no neighbour below the same domain sets them."""

import pytest
from flask import Flask
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.settings import ROOT, Settings, load
from tests.web.account.tools import PASSWORD, SIGN_IN, account

HOST = "https://desk.unidemo.example"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    sessions = load(ROOT / "config" / "production.example.toml", {}).sessions
    return settings.model_copy(
        update={"site": settings.site.model_copy(update={"base_url": HOST}), "sessions": sessions}
    )


def set_cookies(answer: TestResponse) -> dict[str, set[str]]:
    """Return what each cookie that an answer sets comes with, by its name."""
    found = (header.split("; ") for header in answer.headers.getlist("Set-Cookie"))
    return {parts[0].partition("=")[0]: {part.partition("=")[0] for part in parts[1:]} for parts in found}


def test_they_belong_to_this_host_alone_and_travel_encrypted(app: Flask, desk: Session) -> None:
    account(desk)
    client = app.test_client()
    page = client.get(SIGN_IN, base_url=HOST)
    token = str(html.fromstring(page.text).xpath("//input[@name='csrf_token']/@value")[0])
    data = {"csrf_token": token, "email": "rita@example.org", "password": PASSWORD}
    signed_in = client.post(SIGN_IN, data=data, base_url=HOST, headers={"Referer": f"{HOST}{SIGN_IN}"})
    assert signed_in.status_code == 303
    cookies = {**set_cookies(page), **set_cookies(signed_in)}
    assert {"__Host-servicedesk_session", "__Host-servicedesk_session_form"} <= set(cookies)
    for name in ("__Host-servicedesk_session", "__Host-servicedesk_session_form"):
        assert {"Secure", "HttpOnly", "Path", "SameSite"} <= cookies[name] and "Domain" not in cookies[name]
    assert client.get("/account", base_url=HOST).status_code == 200
