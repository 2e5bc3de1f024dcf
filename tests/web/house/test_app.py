"""The desk as an app (C11): its manifest, its worker, and a page for when there is no connection that names nobody."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.web.conftest import SignIn, browser, page


def test_every_page_names_manifest_worker_and_icon(client: FlaskClient) -> None:
    shown = page(client, "/login")
    assert shown.xpath("//link[@rel='manifest']/@href") == ["/manifest.webmanifest"]
    assert shown.xpath("//meta[@name='desk-worker']/@content")[0].startswith("/sw.js?v=")
    for icon in shown.xpath("//link[@rel='apple-touch-icon']/@href"):
        with client.get(icon) as drawing:
            assert drawing.mimetype == "image/png"


def test_the_manifest_is_complete_and_its_icons_are_there(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    said = json.loads(answer.text)
    assert (said["name"], said["start_url"], said["display"]) == ("Servizio Studenti", "/", "standalone")
    assert said["theme_color"] == "#0066cc"
    assert [(icon["sizes"], icon["purpose"]) for icon in said["icons"]] == [
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    ]
    for icon in said["icons"]:
        with client.get(icon["src"]) as drawing:
            width = int.from_bytes(drawing.data[16:20], "big")
            assert icon["sizes"] == f"{width}x{width}"


def test_the_worker_comes_from_the_root_and_is_asked_for_anew(client: FlaskClient) -> None:
    with client.get("/sw.js?v=1&lang=en") as answer:
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
        assert "caches.open" in answer.text


def test_another_language_is_another_worker(app: Flask, client: FlaskClient) -> None:
    path = "//meta[@name='desk-worker']/@content"
    assert page(client, "/login").xpath(path) != page(browser(app, "it"), "/login").xpath(path)


@pytest.mark.parametrize("path", ["/offline", "/manifest.webmanifest"])
def test_what_the_device_keeps_names_nobody(client: FlaskClient, desk: Session, sign_in: SignIn, path: str) -> None:
    person = factories.student(desk, given_name="Filippa", family_name="Nominati")
    desk.commit()
    sign_in(client, person.id)
    assert "Filippa Nominati" in client.get("/").text
    answer = client.get(path)
    assert "Nominati" not in answer.text
