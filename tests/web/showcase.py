"""A small application that shows every macro under the desk's content security policy, for tests of the front end."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Flask, Response, g, redirect, render_template, render_template_string, request, url_for
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import BooleanField, MultipleFileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from servicedesk.rules.theme import palette

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{}'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
ENDPOINTS = {
    "portal": ("home", "catalogue", "my_tickets"),
    "announcements": ("index",),
    "answers": ("index",),
    "appointments": ("index",),
    "agenda": ("index",),
    "workbench": ("queue",),
    "figures": ("index",),
    "admin": ("index",),
    "auth": ("login", "logout"),
    "account": ("overview",),
    "external": ("status",),
    "house": ("stylesheet", "logo", "icon", "guide", "offices", "app", "manifest", "accessibility", "privacy"),
}
FORM_PAGE = """
{% extends "base.html" %}
{% import "macros/forms.html" as f with context %}
{% from "macros/tickets.html" import steps with context %}
{% set title = "Your request" %}
{% set crumbs = [("Home", "/")] %}
{% block content %}
{{ steps(["Category", "Details", "Confirmation"], 2) }}
{% call f.post("/form", multipart=true, unsaved=true) %}
{{ f.error_summary(form) }}{{ f.mandatory_note() }}{{ f.key_field("key-1") }}
{{ f.text(form.title, hint="In a few words") }}
{{ f.rich_text(form.description, request.form.get("description_format")) }}
{{ f.select(form.course, width="medium") }}
{{ f.radios(form.urgency, details={"3": "Something due depends on it."}) }}
{{ f.checkbox(form.not_issued) }}
{{ f.textarea(form.context) }}
{{ f.files(form.files, kept=kept, max_files=3, max_bytes=2000) }}
{{ f.submit_row("Send the request", cancel_url="/") }}
{% endcall %}
{% endblock %}
"""
TICKET_PAGE = """
{% extends "base.html" %}
{% import "macros/tickets.html" as t with context %}
{% from "macros/table.html" import table, column with context %}
{% set title = "Fee not shown as paid" %}
{% set dense = true %}
{% block content %}
<p class="desk-status-line">{{ t.state_badge("resolved", "Solved") }} {{ t.priority_badge(4, "High") }}</p>
{{ t.notice("Read this first", "warning", "Before you write") }}
{{ t.next_steps(["The ticket closes on 21 March 2026."]) }}
{{ t.facts([("Group", "Fees office"), ("Phone", "")]) }}
{% call t.timeline() %}
{{ t.timeline_entry("requester", "Giulia", now, body="<p>Paid</p>"|safe, files=[file], role="Student") }}
{{ t.timeline_entry("status", "OP-1", now, title="took the ticket in charge") }}
{{ t.timeline_entry("agent", "OP-1", now, title="proposed a solution", body="<p>Matched</p>"|safe) }}
{{ t.timeline_entry("note", "OP-1", now, body="<p>Checked</p>"|safe) }}
{% endcall %}
<h2>Lists</h2>
<div class="desk-grid">
{{ t.ticket_card("2026000001", "A card", "#", "waiting", "Waiting for you", now, asked="Your answer is awaited") }}
{{ t.link_card("Taxes", "#", "Payments", "it-card") }}
</div>
{{ t.tabs([("Open", "#", true, 3), ("Closed", "#", false, none)], "Lists") }}
{{ t.empty("Nothing here", "Open a ticket to begin.", "#", "Open a ticket") }}
{% call table("Queue", [column("Number", "?sort=number", "descending"), column("Title")]) %}
<tr><th scope="row">2026000001</th><td>A title</td></tr>
{% endcall %}
{{ t.pages("?before=1", "?after=2", "1-50") }}
{{ t.confirm("/form", "Withdraw it?", "This is final.", "Withdraw", "/", danger=true, key="key-2") }}
{% endblock %}
"""


class ShownForm(FlaskForm):  # type: ignore[misc]
    """One field of every kind."""

    title = StringField("Title", validators=[DataRequired("Write a title.")])
    description = TextAreaField("Description", validators=[DataRequired("Describe what you need.")])
    course = SelectField("Degree course", choices=[SelectChoice("", "Choose"), SelectChoice("a", "Banca e finanza")])
    urgency = RadioField(
        "Urgency",
        choices=[SelectChoice("1", "Low"), SelectChoice("3", "High")],
        validators=[DataRequired("Choose one.")],
    )
    not_issued = BooleanField("Student number not yet issued")
    context = TextAreaField("Context", description="Where it happened.")
    files = MultipleFileField("Attachments")


def showcase(actor: Any = None) -> Flask:
    """Return the application; what the form last posted is in `app.extensions["posted"]`."""
    app = Flask("showcase", static_folder=str(ROOT / "servicedesk/static"), template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = secrets.token_hex()
    Babel(app)
    CSRFProtect(app)
    for name in ("datetime", "date", "ago"):
        app.add_template_filter(lambda value: value.isoformat(" ", "minutes"), name)
    app.add_template_filter(lambda size: f"{size} bytes", "filesize")
    app.context_processor(lambda: _context(actor))
    app.before_request(lambda: setattr(g, "nonce", secrets.token_urlsafe(12)))
    app.after_request(_guarded)
    for blueprint, names in ENDPOINTS.items():
        _add_stand_ins(app, blueprint, names)
    app.add_url_rule("/form", "form", lambda: _form(app), methods=["GET", "POST"])
    app.add_url_rule("/ticket", "ticket", lambda: render_template_string(TICKET_PAGE, file=_file("paid.pdf")))
    app.add_url_rule("/problem/<int:code>", "problem", _problem)
    return app


def _context(actor: Any) -> dict[str, Any]:
    return {
        "site": SimpleNamespace(owner="Università di Esempio", name="Servizio Studenti"),
        "locale": "en",
        "languages": [("it", "Italiano"), ("en", "English")],
        "language_url": lambda code: f"/language/{code}?next=/",
        "actor": actor,
        "csp_nonce": lambda: g.nonce,
        "worker_url": lambda: "/sw.js",
        "house_text": lambda _key: SimpleNamespace(words="", language="en"),
        "house_icon": lambda _name="": SimpleNamespace(url="/static/img/icon.svg", mimetype="image/svg+xml"),
        "look": SimpleNamespace(colours=palette("#0066cc"), digest="0", logo=None, footer_text=None, footer_links=()),
        "static": lambda path: url_for("static", filename=path),
        "now": NOW,
    }


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY.format(g.nonce)
    response.headers.setdefault("Cache-Control", "no-store" if response.mimetype == "text/html" else "max-age=60")
    return response


def _add_stand_ins(app: Flask, blueprint: str, names: tuple[str, ...]) -> None:
    pages = Blueprint(blueprint, blueprint)
    for name in names:
        pages.add_url_rule(f"/{blueprint}/{name}", name, lambda: "", methods=["GET", "POST"])
    app.register_blueprint(pages)


def _file(name: str) -> SimpleNamespace:
    return SimpleNamespace(id="f1", name=name, size=1400, url="/files/f1")


def _form(app: Flask) -> str | Response:
    form = ShownForm()
    if form.is_submitted():
        names = [file.filename for file in request.files.getlist("files")]
        app.extensions["posted"] = {**request.form.to_dict(), "names": names}
        if form.validate():
            return redirect(url_for("ticket"))
    return render_template_string(FORM_PAGE, form=form, kept=[_file("kept.pdf")])


def _problem(code: int) -> tuple[str, int]:
    return render_template(f"errors/{code}.html", sentence="This is what happened."), code
