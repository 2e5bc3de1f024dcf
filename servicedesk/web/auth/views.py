"""Signing in through an identity provider: the request, the answer."""

import secrets
from datetime import datetime, timedelta

from flask import current_app, g, make_response, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from saml.errors import Code, SamlError
from saml.metadata import build_metadata
from saml.responses import SignIn, mapped, read_response
from saml.safexml import MAX_ENCODED
from servicedesk.actions.people import Arrival, sign_in
from servicedesk.actions.sessions import AtProvider, end, start
from servicedesk.rules.errors import DeskError
from servicedesk.rules.identity import stable_proof
from servicedesk.settings import Settings
from servicedesk.store import sign_in as requests
from servicedesk.web.access import public
from servicedesk.web.addresses import HOME, local_path
from servicedesk.web.auth import leaving, pending, sessions
from servicedesk.web.auth.chooser import remember_choice
from servicedesk.web.auth.federation import Memory, federation
from servicedesk.web.auth.pages import bp, forward, refused
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code

LONGEST = 255
LONGEST_FORMAT = 120
LONGEST_PATH = 2000


def exempt(csrf: CSRFProtect) -> None:
    """Let identity providers post to us: their signatures stand in for our own tokens."""
    for view in (assertion_consumer, leaving.single_logout):
        csrf.exempt(view)


@bp.get("/saml/metadata")
@public
def metadata() -> Response:
    """Give our own signed metadata to the federation."""
    return Response(build_metadata(federation().profile()), mimetype="application/samlmetadata+xml")


@bp.get("/saml/login")
@public
def begin() -> Response:
    """Send the browser to the identity provider with a signed request bound to this browser."""
    next_path = local_path(request.args.get("next"))
    next_path = next_path if len(next_path) <= LONGEST_PATH else HOME
    if "idp" not in request.args:
        return redirect(url_for(".login", next=next_path))
    try:
        provider = federation().registry.get(request.args["idp"])
        outgoing, secret = pending.ask(provider, next_path, utc_now())
    except SamlError as error:
        return refused(error, 404 if error.code is Code.UNKNOWN_PROVIDER else 403, next_path)
    response = forward(outgoing)
    pending.hand_out(response, secret)
    remember_choice(response, federation().profile().name, provider.entity_id)
    return response


@bp.post("/saml/acs")
@public
def assertion_consumer() -> Response:
    """Take the provider's answer: a session when it proves who somebody is, a page that says why not otherwise."""
    browser = pending.browser()
    if browser is None and "again" not in request.form and len(request.form.get("SAMLResponse", "")) <= MAX_ENCODED:
        return post_again()
    try:
        signin = answered(browser or "")
        token, next_path = admit(signin, utc_now())
    except (SamlError, DeskError) as error:
        meant = requests.meant(reading(), browser or "", request.form.get("RelayState", ""))
        return refused(error, next_path=meant.next_path if meant else HOME)
    session.pop("csrf_token", None)
    response = redirect(next_path, 303)
    sessions.hand_out(response, token)
    return response


def post_again() -> Response:
    """Refuse an answer that came without a browser's secret, with the form that posts it again from our own page.

    A browser that left its cookies at home, because the post came from another site, brings them then.
    """
    fields = {name: request.form[name] for name in ("SAMLResponse", "RelayState") if name in request.form}
    page = render_template("auth/forward.html", url=request.path, fields={**fields, "again": "1"})
    return make_response(page, 403)


def answered(browser: str) -> SignIn:
    """Return what the posted answer proves. Raises SamlError when any of saml's checks fails."""
    now = utc_now()
    memory = Memory()
    return read_response(
        federation().profile(),
        federation().registry,
        request.form.get("SAMLResponse", ""),
        pending=memory,
        bound=requests.ids_of(reading(), browser, now),
        used=memory,
        now=now,
    )


def admit(signin: SignIn, now: datetime) -> tuple[str, str]:
    """Return the token of a fresh session and the local path to go on to; the browser's old session ends."""
    settings: Settings = current_app.extensions["desk_settings"]
    attributes = mapped(federation().profile(), signin)
    name_id = signin.name_id
    proof = stable_proof(settings.identity_key, signin.idp, attributes, name_id.value, name_id.format)
    at = at_provider(signin)
    ends = now + timedelta(hours=settings.sessions.hours)
    with writing() as db:
        asked = requests.taken(db, signin.request_id)
        person = sign_in(db, Arrival(proof, attributes, locale_code()), settings.saml.roles, now)
        for old in filter(None, (asked.replaces, g.running.id if "running" in g else None)):
            end(db, old, now)
        token = start(db, person.id, at, min(ends, signin.not_on_or_after or ends), now)
    is_ours = secrets.compare_digest(request.form.get("RelayState", "").encode(), asked.relay_token.encode())
    return token, asked.next_path if is_ours else HOME


def at_provider(signin: SignIn) -> AtProvider:
    """Return the provider's side of the session. Raises SamlError when its names are longer than can be kept."""
    name_id = signin.name_id
    kept = (name_id.value, name_id.qualifier, name_id.sp_qualifier, signin.session_index)
    if max(map(len, kept)) > LONGEST or len(name_id.format) > LONGEST_FORMAT:
        raise SamlError(Code.MALFORMED, "name id or session index is too long to keep")
    return AtProvider(
        signin.idp, name_id.value, name_id.format, name_id.qualifier, name_id.sp_qualifier, signin.session_index
    )
