"""What a form about a ticket brings along, read into the particulars of an action."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.exceptions import BadRequest

from servicedesk.actions.details import Details
from servicedesk.rules import richtext
from servicedesk.rules.calendar import instant
from servicedesk.rules.errors import Invalid
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.numbering import read_number
from servicedesk.rules.permissions import TicketFacts
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.web import uploads
from servicedesk.web.db import reading
from servicedesk.web.inputs import fingerprint, whole

START_OF_DAY = time(8)
_NOT_SAID = {"csrf_token", "idempotency_key", "seen_seq", uploads.KEPT}


def details_of(facts: TicketFacts) -> Details:
    """Return what a form sent from a ticket's page brings along. Raises Invalid for what cannot be read."""
    form = request.form
    key = form.get("idempotency_key", "")
    return Details(
        note=_note(),
        files=uploads.receive(key) if key else (),
        draft_key=key,
        seen_seq=_whole("seen_seq"),
        form_key=_form_key(key) if key else "",
        standard_answer=_whole("standard_answer"),
        group=form.get("group", ""),
        technician_id=_whole("technician"),
        category=form.get("category", ""),
        urgency=_whole("urgency"),
        impact=_whole("impact"),
        waiting_for=_waiting_for(form.get("waiting_for")),
        until=_until(form.get("until", "").strip(), facts),
        duplicate_of=_number(form.get("duplicate_of", "")),
        keep_watching=bool(form.get("keep_watching")),
        address=form.get("address", ""),
        invitation_id=_whole("invitation"),
        scope=form.get("scope", ""),
        is_confirmed=bool(form.get("is_confirmed")),
        link_kind=form.get("link_kind", ""),
        other=_number(form.get("other", "")),
        link_id=_whole("link"),
        matter_id=_whole("matter"),
    )


def _form_key(key: str) -> str:
    said = {name: values for name, values in request.form.lists() if name not in _NOT_SAID}
    return fingerprint([key, request.path, said])


def _note() -> RichText | None:
    typed = request.form.get("note", "")
    if not typed.strip():
        return None
    return richtext.from_html(typed) if request.form.get("note_format") == "html" else richtext.from_plain(typed)


def _whole(name: str) -> int | None:
    try:
        return whole(request.form, name)
    except BadRequest as error:  # the page is shown again, with the text
        raise Invalid(N_("This form is not complete. Open the page again and send it from there.")) from error


def _waiting_for(code: str | None) -> WaitingFor | None:
    return WaitingFor(code) if code in set(WaitingFor) else None


def _until(day: str, facts: TicketFacts) -> datetime | None:
    """Return the start of working hours of a typed day, in the service's time zone."""
    if not day:
        return None
    try:
        wall = datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), START_OF_DAY)
    except ValueError as error:
        raise Invalid(N_("The date until which the request waits is not a date such as 2026-12-31.")) from error
    zone = catalogue.current(reading()).services[facts.service_id].zone
    return instant(wall, ZoneInfo(zone))


def _number(typed: str) -> str:
    read = read_number(typed)
    return read.number if read else ""
