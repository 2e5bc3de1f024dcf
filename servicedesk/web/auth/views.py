"""Signing in through an identity provider: our metadata, the request, the answer; for each federation's profile."""

from flask import make_response, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from saml.errors import Code, SamlError
from saml.profile import Profile
from saml.responses import SignIn, read_response
from saml.safexml import MAX_ENCODED
from servicedesk.rules.errors import DeskError
from servicedesk.store import sign_in as requests
from servicedesk.web.access import public
from servicedesk.web.addresses import HOME, local_path
from servicedesk.web.auth import leaving, pending, sessions
from servicedesk.web.auth.admission import admit
from servicedesk.web.auth.chooser import remember_choice
from servicedesk.web.auth.exchanges import named_in, record_refused
from servicedesk.web.auth.federation import Memory, federation, profile_called
from servicedesk.web.auth.first_access import detour
from servicedesk.web.auth.levels import terms_for, wanted_service
from servicedesk.web.auth.pages import begin_url, bp, forward, refused
from servicedesk.web.auth.registries import registry_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.limits import limiter, sign_ins

LONGEST_PATH = 2000
AS_METADATA = "application/samlmetadata+xml"


def exempt(csrf: CSRFProtect) -> None:
    """Let identity providers post to us: their signatures stand in for our own tokens."""
    for view in (assertion_consumer, leaving.single_logout):
        csrf.exempt(view)


@bp.get("/saml/metadata")
@bp.get("/saml/<profile>/metadata")
@public
def metadata(profile: str | None = None) -> Response:
    """Give our own signed metadata to the federation."""
    ours = profile_called(profile)
    return Response(federation().metadata(ours, utc_now()), mimetype=AS_METADATA)


@bp.get("/saml/login")
@bp.get("/saml/<profile>/login")
@public
@limiter.limit(sign_ins)
def begin(profile: str | None = None) -> Response:
    """Send the browser to the identity provider with a signed request bound to this browser."""
    next_path = local_path(request.args.get("next"))
    next_path = next_path if len(next_path) <= LONGEST_PATH else HOME
    ours = profile_called(profile)
    if "idp" not in request.args:
        return redirect(url_for(".login", next=next_path, tab=ours.tab if profile else None))
    try:
        provider = registry_of(ours.name).get(request.args["idp"])
        service = wanted_service(ours, request.args.get("service", ""), next_path)
        terms, key = terms_for(ours, service), service.key if service else ""
        outgoing, secret = pending.ask(ours, provider, terms, key, next_path, utc_now())
    except SamlError as error:
        return refused(error, 404 if error.code is Code.UNKNOWN_PROVIDER else 403, next_path)
    response = forward(outgoing)
    pending.hand_out(response, secret)
    remember_choice(response, ours.name, provider.entity_id)
    return response


@bp.post("/saml/acs")
@bp.post("/saml/<profile>/acs")
@public
@limiter.limit(sign_ins)
def assertion_consumer(profile: str | None = None) -> Response:
    """Take the provider's answer: a session when it proves who somebody is, a page that says why not otherwise."""
    ours, browser, answer = profile_called(profile), pending.browser(), request.form.get("SAMLResponse", "")
    if browser is None and "again" not in request.form and len(answer) <= MAX_ENCODED:
        return post_again()
    try:
        admitted = admit(ours, answered(ours, browser or "", answer), answer, utc_now())
    except (SamlError, DeskError) as error:
        return turned_away(ours, browser or "", answer, error)
    session.pop("csrf_token", None)
    response = redirect(detour(admitted.person_id, admitted.next_path), 303)
    sessions.hand_out(response, admitted.token)
    return response


def post_again() -> Response:
    """Refuse an answer that came without a browser's secret, with the form that posts it again from our own page.

    A browser that left its cookies at home, because the post came from another site, brings them then.
    """
    fields = {name: request.form[name] for name in ("SAMLResponse", "RelayState") if name in request.form}
    page = render_template("auth/forward.html", url=request.path, fields={**fields, "again": "1"})
    return make_response(page, 403)


def answered(ours: Profile, browser: str, answer: str) -> SignIn:
    """Return what the posted answer proves. Raises SamlError when any of saml's checks fails."""
    now, memory = utc_now(), Memory(ours, request.path)
    return read_response(
        ours,
        registry_of(ours.name),
        answer,
        pending=memory,
        bound=requests.ids_of(reading(), browser, now),
        used=memory,
        now=now,
    )


def turned_away(ours: Profile, browser: str, answer: str, error: SamlError | DeskError) -> Response:
    """Say why nobody is signed in, with the way to the same sign-in where it was this browser's; note the refusal."""
    asked = requests.meant(reading(), browser, named_in(answer), request.form.get("RelayState", ""))
    asked = asked if asked and asked.profile == ours.name else None
    record_refused(ours, asked, answer, error, utc_now())
    if asked is None:
        return refused(error)
    again_url = begin_url(ours.name, asked.provider, asked.next_path, asked.service)
    return refused(error, next_path=asked.next_path, again_url=again_url)
