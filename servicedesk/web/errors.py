"""From what went wrong to a page and a status: the only place that knows both."""

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Flask, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from servicedesk.rules import errors
from servicedesk.rules.permissions import ActorKind
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.web import limits, parked
from servicedesk.web.access import SignInNeeded
from servicedesk.web.language import locale_code, say

STATUS: Mapping[type[errors.DeskError], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.NotNow: 409,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.TooMany: 429,
}
TOO_LARGE = 413
TOO_MANY = 429
TEMPLATES = {400, 403, 404, 409, 410, 413, 429}
HTTP_SENTENCES = {
    404: N_("This page is not here, or it is not yours to see."),
    405: N_("This address cannot be opened like that. Go back and use the page's buttons."),
    413: N_("What was sent is too large. Attach fewer or smaller files."),
    429: N_("There were too many attempts in a short time. Nothing was done with this one."),
}
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(SignInNeeded, sign_in_first)
    app.register_error_handler(errors.AlreadyDone, show_what_was_made)
    app.register_error_handler(errors.DeskError, refused)
    app.register_error_handler(CSRFError, form_outlived_session)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, broken)


def sign_in_first(error: SignInNeeded) -> Response:
    """Send to the sign-in page and back here; what was typed is kept on the way."""
    return redirect(url_for("auth.login", next=_way_back(error.page, parked.park_for_sign_in)), 303)


def form_outlived_session(error: CSRFError) -> Response:
    """Show the form again with what was typed: its page was open longer than its session."""
    flash(
        _("The page was open for a long time. Your text is kept: check it and the attachments, then send it again."),
        "warning",
    )
    return redirect(_way_back(parked.page_of_request()), 303)


def _way_back(page: str | None, park: Callable[[str], str] = parked.park) -> str:
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return park(page) if page else url_for("portal.home")


def show_what_was_made(error: errors.AlreadyDone) -> Response:
    """Lead a form that was sent twice to what it made the first time."""
    return redirect(url_for("portal.ticket", number=error.made.split("#")[0]), 303)


def refused(error: errors.DeskError) -> tuple[str, int]:
    """Show a rule's sentence with the status that belongs to it."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    if isinstance(error, errors.TooMany):
        return page(status, error.sentence, _kept_form(), error.again_at)
    return page(status, error.sentence)


def http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    """Show what Flask refused in the desk's own words."""
    status = error.code or 500
    if status < 400:
        return error
    if status == TOO_LARGE:
        log.warning("refused unread: %s bytes for %s", request.content_length, request.endpoint)
    words = HTTP_SENTENCES.get(status, N_("This request could not be understood. Go back and try again."))
    if status == TOO_MANY:
        return page(status, Sentence(words), _kept_form(), limits.again_at())
    return page(status, Sentence(words))


def _kept_form() -> str | None:
    """Return the address at which a form that was not taken is shown again as it was, None when there is none."""
    form_page = parked.page_of_request()
    return parked.park(form_page) if request.method == "POST" and form_page else None


def broken(error: Exception) -> tuple[str, int]:
    """Admit a fault of the desk: an incident number for the person, the traceback for the log."""
    incident = secrets.token_hex(4).upper()
    log.exception("incident %s at %s", incident, request.path)
    if "actor" not in g:
        g.actor = None
    text = N_(
        "Something went wrong on our side, and nothing was half done. "
        "If it happens again, give us the number %(incident)s."
    )
    template = current_app.jinja_env.get_template("errors/500.html")  # without the context that may be what broke
    return template.render(sentence=say(Sentence(text, {"incident": incident})), locale=locale_code()), 500


def page(status: int, sentence: Sentence, kept: str | None = None, again_at: datetime | None = None) -> tuple[str, int]:
    """Return an error page and its status.

    `kept` is where the form sent can be found again, `again_at` from when on it may be sent: machines are told as well.
    """
    name = status if status in TEMPLATES else 400
    limits.tell_when(again_at)
    shown = render_template(
        f"errors/{name}.html", sentence=say(sentence), is_signed_in=_is_signed_in(), kept=kept, again_at=again_at
    )
    return shown, status


def _is_signed_in() -> bool:
    actor = g.get("actor")
    return actor is not None and actor.kind is ActorKind.PERSON
