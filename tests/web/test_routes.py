"""Every address is marked with who may open it, and those open to everyone are known by heart."""

from flask import Flask, url_for
from flask.testing import FlaskClient

from scripts.routes import TARGET, document, routes
from servicedesk.rules.permissions import may
from servicedesk.web.access import NOBODY

PUBLIC = {
    "account.ask_passkey",
    "account.choose_password",
    "account.confirm_registration",
    "account.forgotten",
    "account.mail_sent",
    "account.registration",
    "account.second_step",
    "account.sign_in",
    "account.use_passkey",
    "announcements.index",
    "announcements.show",
    "auth.assertion_consumer",
    "auth.begin",
    "auth.forget",
    "auth.login",
    "auth.logout",
    "auth.metadata",
    "auth.single_logout",
    "demo.html",
    "demo.mail",
    "demo.mailbox",
    "external.choose",
    "external.confirm",
    "external.filed",
    "external.leave",
    "external.mailed",
    "external.new_ticket",
    "external.open_link",
    "external.status",
    "feedback.show",
    "figures.stop",
    "feeds.show",
    "health.alive",
    "health.metrics",
    "health.ready",
    "house.accessibility",
    "house.app",
    "house.guide",
    "house.icon",
    "house.logo",
    "house.manifest",
    "house.offline",
    "house.privacy",
    "house.stylesheet",
    "house.worker",
    "language.choose",
    "portal.home",
    "preferences.by_link",
    "preferences.stop",
    "uploads.download",
}
"""Endpoints marked as open to everyone. An attachment asks for the right to its ticket itself."""


def test_every_view_is_marked_and_the_public_ones_are_these(app: Flask) -> None:
    unmarked = {name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "demands")}
    assert not unmarked
    assert {endpoint for _address, _methods, endpoint, who in routes(app) if who == "everyone"} == PUBLIC


def test_a_visitor_is_sent_to_sign_in_from_every_page_that_is_not_for_everyone(app: Flask, client: FlaskClient) -> None:
    asked = set()
    for rule in app.url_map.iter_rules():
        demanded = getattr(app.view_functions[rule.endpoint], "demands", None)
        if demanded is None or may(NOBODY, demanded) or "GET" not in (rule.methods or ()):
            continue
        with app.test_request_context():
            path = url_for(rule.endpoint, **dict.fromkeys(rule.arguments, "2026000001"))
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, url_for_login(app, path)), path
        asked.add(rule.endpoint)
    assert {"workbench.queue", "admin.index", "portal.my_tickets", "portal.ticket"} <= asked


def url_for_login(app: Flask, path: str) -> str:
    with app.test_request_context():
        return url_for("auth.login", next=path)


def test_the_page_of_addresses_and_permissions_is_up_to_date(app: Flask) -> None:
    assert TARGET.read_text(encoding="utf-8") == document(app), "run: python scripts/routes.py"
