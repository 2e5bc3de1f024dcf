"""The blueprint of signing in and out, and the pages both share: going on to a provider, and a refusal."""

import logging
import secrets

from flask import Blueprint, current_app, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from saml.bindings import Outgoing
from saml.errors import SamlError
from saml.names import HTTP_REDIRECT
from servicedesk.rules.errors import DeskError
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings
from servicedesk.web.addresses import HOME
from servicedesk.web.context import CSP, nonce
from servicedesk.web.language import say

bp = Blueprint("auth", __name__)
log = logging.getLogger(__name__)
LONGEST_DETAIL = 500
"""Of what a stranger sent, so many characters go into the log."""


def help_url() -> str:
    """Return the way for those who cannot sign in: the categories open to everyone (A6)."""
    settings: Settings = current_app.extensions["desk_settings"]
    return url_for("external.choose", ServiceId=settings.site.external_service)


def forward(outgoing: Outgoing) -> Response:
    """Send a SAML message on through the browser: by redirect, or with a form that sends itself."""
    if outgoing.binding == HTTP_REDIRECT:
        return redirect(outgoing.url)
    return hand_over(outgoing)


def hand_over(outgoing: Outgoing) -> Response:
    """Show the page that takes the browser on to a provider; without JavaScript its button does."""
    response = make_response(render_template("auth/forward.html", url=outgoing.url, fields=outgoing.fields))
    policy = CSP.format(nonce=nonce())
    origin = "/".join(outgoing.url.split("/")[:3])
    response.headers["Content-Security-Policy"] = policy.replace("form-action 'self'", f"form-action 'self' {origin}")
    return response


def refused(error: SamlError | DeskError, status: int = 403, next_path: str = HOME) -> Response:
    """Say on the spot why nobody was signed in, with a number that the log shows beside the particulars."""
    incident = secrets.token_hex(4).upper()
    code = error.code if isinstance(error, SamlError) else "not-accepted"
    detail = error.detail if isinstance(error, SamlError) else type(error).__name__
    log.warning("sign-in refused: incident %s, %s, %s", incident, code, ascii(detail)[:LONGEST_DETAIL])
    sentence = Sentence(error.sentence) if isinstance(error, SamlError) else error.sentence
    page = render_template(
        "auth/refused.html",
        sentence=say(sentence),
        incident=incident,
        code=code,
        next_path=next_path,
        help_url=help_url(),
    )
    return make_response(page, status)
