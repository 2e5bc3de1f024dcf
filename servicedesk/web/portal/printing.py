"""A ticket on paper: the print view and the PDF, made from the same sheet, which holds what its reader may see (C9)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from flask import Blueprint, current_app, render_template, request, send_file
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from servicedesk.gateways import pdf
from servicedesk.rules import richtext
from servicedesk.rules.permissions import Permission
from servicedesk.rules.removed import told_throughout
from servicedesk.settings import Settings
from servicedesk.web import ticket_page
from servicedesk.web.access import demands
from servicedesk.web.change_paper import change_parts
from servicedesk.web.clock import utc_now
from servicedesk.web.context import exact
from servicedesk.web.entries import INTERNAL, Entry
from servicedesk.web.house_texts import site_now
from servicedesk.web.language import locale_code
from servicedesk.web.ticket_page import TicketPage
from servicedesk.web.uploads import SANDBOX

NOTE = "note"
Pairs = Sequence[tuple[str, str]]
bp = Blueprint("printing", __name__)


@dataclass(frozen=True, slots=True)
class Paper:
    """The sheet, and the conversation's texts with their markup for the page."""

    sheet: pdf.Sheet
    bodies: Sequence[Markup | None]
    number: str
    has_notes: bool
    """Whether the reader could ask for internal notes too."""


@bp.get("/tickets/<number>/print")
@demands(Permission.TICKET_READ)
def page(number: str) -> str:
    """Show the ticket as it goes on paper; internal notes only for staff who ask for them."""
    return render_template("portal/print.html", paper=_paper())


@bp.get("/tickets/<number>/pdf")
@demands(Permission.TICKET_READ)
def document(number: str) -> Response:
    """Send the same as a PDF."""
    content = pdf.document(told_throughout(_paper().sheet, _), utc_now())
    response = send_file(
        BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=f"{number}.pdf", max_age=0
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _paper() -> Paper:
    shown = ticket_page.read()
    entries = list(shown.entries) if request.args.get("notes") else _without_notes(shown.entries)
    has_notes = any(entry.kind == NOTE for entry in shown.entries)
    return Paper(_sheet(shown, entries), [entry.body for entry in entries], shown.number, has_notes)


def _without_notes(entries: Sequence[Entry]) -> list[Entry]:
    public = [entry for entry in entries if entry.action not in INTERNAL]
    return [replace(each, body=None, files=(), kind="status") if each.kind == NOTE else each for each in public]


def _sheet(shown: TicketPage, entries: Sequence[Entry]) -> pdf.Sheet:
    settings: Settings = current_app.extensions["desk_settings"]
    parts = (
        pdf.Part(_("Details"), _said(_details(shown))),
        *change_parts(shown),
        pdf.Part(_("Answers of the form"), shown.answers),
        pdf.Part(_("Requester"), _said(_requester(shown))),
        pdf.Part(_("Conversation"), lines=[_line(entry) for entry in entries]),
    )
    return pdf.Sheet(
        language=locale_code(),
        title=f"{shown.shown_number} {shown.title}",
        above=f"{settings.site.owner}, {site_now().name}",
        below=_("As it stood on %(at)s.", at=exact(utc_now())),
        parts=[part for part in parts if part.pairs or part.lines],
        incomplete=_("This file cannot show every letter of the texts. The print view of the ticket can."),
    )


def _details(shown: TicketPage) -> Pairs:
    return (
        (_("State"), shown.state_label),
        (_("Waits for"), shown.waiting_label),
        (_("Outcome"), shown.outcome_label),
        (_("Closes by itself on"), exact(shown.expires_at) if shown.expires_at else ""),
        (_("Service"), shown.service_name),
        (_("Category"), shown.category),
        (_("Group"), shown.group_name),
        (_("Technician"), shown.technician),
        (_("Urgency"), shown.urgency_label),
        (_("Impact"), shown.impact_label),
        (_("Priority"), shown.priority_label),
        (_("Type"), shown.kind_label),
        (_("Origin"), shown.origin_label),
        (_("Opened"), exact(shown.opened_at)),
        (_("Last change"), exact(shown.changed_at)),
    )


def _requester(shown: TicketPage) -> Pairs:
    student = shown.student
    return (
        (_("Name"), shown.requester),
        (_("E-mail"), shown.requester_email),
        (_("Phone"), shown.requester_phone),
        (_("Student"), shown.student_status),
        (_("Student number"), student.student_number if student else ""),
        (_("Degree course"), student.degree_course_name if student else ""),
    )


def _said(pairs: Pairs) -> Pairs:
    return [(label, str(value)) for label, value in pairs if value]


def _line(entry: Entry) -> pdf.Line:
    return pdf.Line(
        author=entry.author,
        words=entry.words,
        at=exact(entry.at),
        text=richtext.plain(str(entry.body)) if entry.body else "",
        files=[file.name for file in entry.files],
        pairs=entry.before,
    )
