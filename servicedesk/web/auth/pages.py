"""The blueprint of signing in and out, and the pages both share: going on to a provider, and a refusal."""

import logging
import secrets

from flask import Blueprint, current_app, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from saml.anomalies import anomaly_of
from saml.bindings import Outgoing
from saml.errors import Code, SamlError
from saml.names import HTTP_REDIRECT
from servicedesk.rules.errors import DeskError
from servicedesk.rules.identity import pseudonym
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings
from servicedesk.web.addresses import HOME
from servicedesk.web.auth.federation import federation
from servicedesk.web.context import CSP, nonce
from servicedesk.web.language import say
from servicedesk.web.limits import network

bp = Blueprint("auth", __name__)
log = logging.getLogger(__name__)
ANOTHER_WAY_FIRST = (Code.LEVEL_MISSING, Code.BLOCKED)
"""The same provider would say the same once more."""
LONGEST_DETAIL = 500
"""Of what a stranger sent, so many characters go into the log."""


class TurnedAway(DeskError):
    """The provider vouched for somebody whom the desk does not let in; `code` is for the log and the help desk.

    `may_retry` is whether the same sign-in could end better another time.
    """

    may_retry = True

    def __init__(self, code: str, msgid: str, **params: str | int) -> None:
        super().__init__(msgid, **params)
        self.code = code


class TooYoung(TurnedAway):
    """The provider says that somebody is below the age from which the desk signs people in."""

    may_retry = False


def help_url() -> str:
    """Return the way for those who cannot sign in: the categories open to everyone (A6)."""
    settings: Settings = current_app.extensions["desk_settings"]
    return url_for("external.choose", ServiceId=settings.site.external_service)


def begin_url(profile: str, entity_id: str, next_path: str, service: str = "") -> str:
    """Return the address that begins a sign-in at a provider under this profile."""
    named = None if profile == federation().profile().name else profile
    return url_for("auth.begin", profile=named, idp=entity_id, next=next_path, service=service or None)


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


def code_of(error: SamlError | DeskError) -> str:
    """Return the short name of a refusal, for the person to quote and the log to count."""
    return str(error.code) if isinstance(error, SamlError | TurnedAway) else "not-accepted"


def refused(
    error: SamlError | DeskError, status: int = 403, next_path: str = HOME, again_url: str | None = None
) -> Response:
    """Say on the spot why nobody was signed in, with a number that the log shows beside the particulars.

    What a provider reports by a number of AgID's table has a page of its own; `again_url` begins the same sign-in
    once more.
    """
    incident = secrets.token_hex(4).upper()
    code, detail = code_of(error), error.detail if isinstance(error, SamlError) else type(error).__name__
    log.warning(
        "sign-in refused: incident %s, %s, from %s, %s", incident, code, whoever(), ascii(detail)[:LONGEST_DETAIL]
    )
    anomaly = anomaly_of(error) if isinstance(error, SamlError) else None
    g.way_back = url_for("auth.login", next=next_path)
    page = render_template(
        _template(error, anomaly is not None),
        sentence=say(Sentence(error.sentence) if isinstance(error, SamlError) else error.sentence),
        anomaly=anomaly and {"title": say(Sentence(anomaly.title)), "advice": say(Sentence(anomaly.advice))},
        incident=incident,
        code=code,
        next_path=next_path,
        again_url=None if isinstance(error, TurnedAway) and not error.may_retry else again_url,
        is_again_first=isinstance(error, SamlError) and error.code not in ANOTHER_WAY_FIRST,
        help_url=help_url(),
    )
    return make_response(page, status)


def _template(error: SamlError | DeskError, has_page: bool) -> str:
    if isinstance(error, SamlError) and error.is_our_fault:
        return "auth/wrong_request.html"
    return "auth/anomaly.html" if has_page else "auth/refused.html"


def whoever() -> str:
    """Return by what log and counts know the person a provider vouched for, else the place a request comes from."""
    settings: Settings = current_app.extensions["desk_settings"]
    return pseudonym(settings.identity_key, g.get("vouched_for") or network())
