"""Signing out: here at once, then at the identity provider; and single logout as a provider starts or answers it."""

from flask import flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saml.bindings import Outgoing, Received, unpack_post, unpack_redirect
from saml.errors import SamlError
from saml.logout import logout_response, read_logout_request, read_logout_response
from saml.profile import Profile
from saml.requests import NameId, logout_request
from servicedesk.actions.sessions import AtProvider, end, end_at_provider
from servicedesk.store.sessions import Running
from servicedesk.web.access import NOBODY, public
from servicedesk.web.auth import sessions
from servicedesk.web.auth.federation import federation, profile_called
from servicedesk.web.auth.pages import bp, forward, hand_over, refused
from servicedesk.web.auth.registries import registry_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.limits import limiter, sign_ins

LOGOUT_REQUEST = "logout_request"


@bp.post("/logout")
@public
def logout() -> Response:
    """End the session on the server, forget the browser's side, then sign out at the provider that signed in."""
    running: Running | None = g.get("running")
    ended = None
    if running is not None:
        with writing() as db:
            ended = end(db, running.id, utc_now())
    session.clear()
    g.actor = NOBODY
    outgoing = _to_provider(ended) if ended else None
    # A page in between: the browser would not let our form lead to another site, not even by a redirect.
    response = hand_over(outgoing) if outgoing else _signed_out()
    sessions.take_away(response)
    return response


def _to_provider(at: AtProvider) -> Outgoing | None:
    """Return the logout request for the provider; None when it offers no single logout or is no longer known."""
    name_id = NameId(at.name_id, at.name_id_format, at.name_qualifier, at.sp_qualifier)
    indexes = [at.session_index] if at.session_index else []
    try:
        profile = federation().profile(at.profile)
        provider = registry_of(profile.name).get(at.provider)
        outgoing = logout_request(profile, provider, name_id, indexes, relay_state="", now=utc_now())
    except SamlError:
        return None
    session[LOGOUT_REQUEST] = [profile.name, outgoing.message_id]
    return outgoing


def _signed_out(is_complete: bool = True) -> Response:
    if is_complete:
        flash(_("You are signed out."), "success")
    else:
        flash(_("You are signed out here, but not everywhere else: close the browser to be safe."), "warning")
    return redirect(url_for("portal.home"), 303)


@bp.route("/saml/slo", methods=["GET", "POST"])
@bp.route("/saml/<profile>/slo", methods=["GET", "POST"])
@public
@limiter.limit(sign_ins)
def single_logout(profile: str | None = None) -> Response:
    """Obey a provider's verified request to end sessions, or read its answer to ours."""
    ours = profile_called(profile)
    try:
        received = _received()
        return _answered(ours, received) if received.kind == "SAMLResponse" else _obeyed(ours, received)
    except SamlError as error:
        return refused(error)


def _received() -> Received:
    if request.method == "POST":
        return unpack_post(request.form)
    return unpack_redirect(request.query_string.decode("latin-1"))


def _obeyed(ours: Profile, received: Received) -> Response:
    """End every session here that the provider names, and tell it so."""
    now, providers = utc_now(), registry_of(ours.name)
    asked = read_logout_request(ours, providers, received, now=now)
    with writing() as db:
        end_at_provider(db, ours.name, asked.idp, asked.name_id.value, asked.session_indexes, now)
    return forward(logout_response(ours, providers.get(asked.idp), asked, complete=True, now=now))


def _answered(ours: Profile, received: Received) -> Response:
    """Say whether the provider ended all; an answer this browser did not ask for changes nothing."""
    profile_name, request_id = session.pop(LOGOUT_REQUEST, None) or ("", "")
    if profile_name != ours.name:
        return redirect(url_for("portal.home"), 303)
    providers = registry_of(ours.name)
    answer = read_logout_response(ours, providers, received, request_id=request_id, now=utc_now())
    return _signed_out(answer.complete)
