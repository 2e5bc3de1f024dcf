"""What a service asks of a sign-in: its terms, and a page on the way to a stronger sign-in where one is needed."""

from flask import Flask, current_app, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from saml.profile import Profile, Terms
from servicedesk.rules.catalogue import Service
from servicedesk.rules.errors import NotFound
from servicedesk.rules.identity import LOCAL
from servicedesk.store import catalogue
from servicedesk.store.sessions import Running
from servicedesk.web import parked
from servicedesk.web.access import FACTOR_LEVEL
from servicedesk.web.auth.federation import Federation, federation
from servicedesk.web.auth.pages import begin_url, help_url
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code

OF_A_CATEGORY = frozenset({"portal.category", "portal.new_ticket"})
"""Endpoints whose argument `key` is a category, hence of one service."""
SECURITY = "/account/security"
"""Where people with an account of the desk's own turn on the second step."""


def init_app(app: Flask) -> None:
    """Look at the level of the session wherever a service begins."""
    app.before_request(ask_for_more)


def ask_for_more() -> Response | None:
    """Show the way to a stronger sign-in when the page's service asks for one; None when the session will do."""
    session: Running | None = g.get("running")
    if session is None or request.endpoint not in OF_A_CATEGORY or not federation().has_terms_by_service:
        return None
    service = _service_of_category((request.view_args or {}).get("key", ""))
    level = level_needed(federation(), session.profile, service) if service else 0
    return _step_up(session, service, level) if service and session.level < level else None


def level_needed(ours: Federation, profile_name: str, service: Service) -> int:
    """Return the level that a service asks of the sessions of a profile; 0 where the federation has no levels.

    Of accounts of the desk's own (no profile) it asks what any federation asks for this very service.
    """
    profile = next((each for each in ours.profiles if each.name == profile_name), None)
    if profile is not None:
        return terms_for(profile, service).level
    return max((terms_for(each, service).level for each in ours.profiles if _names(each, service)), default=0)


def terms_for(profile: Profile, service: Service | None) -> Terms:
    """Return a profile's terms for a service, named there by its key or its id."""
    if service is None:
        return profile.default_terms
    return profile.terms_for(service.key if service.key in profile.terms else service.id)


def _names(profile: Profile, service: Service) -> bool:
    return not {service.key, service.id}.isdisjoint(profile.terms)


def wanted_service(profile: Profile, named: str, next_path: str) -> Service | None:
    """Return the service a sign-in is for: the one `named` (key or id), else the one `next_path` leads into.

    None where it makes no difference. A ticket's service is not looked up: nobody is signed in yet, and what is
    asked of them would tell a stranger about the ticket.
    """
    if not profile.terms:
        return None
    try:
        services = catalogue.current(reading()).services.values()
    except NotFound:
        return None
    found = next((each for each in services if named and named in (each.key, each.id)), None)
    return found or _service_of_path(next_path)


def _service_of_path(path: str) -> Service | None:
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        endpoint, arguments = adapter.match(path.partition("?")[0], method="GET")
    except HTTPException:
        return None
    return _service_of_category(arguments["key"]) if endpoint in OF_A_CATEGORY else None


def _service_of_category(key: str) -> Service | None:
    tree = catalogue.current(reading())
    category = tree.categories.get(key)
    return tree.services[category.service_id] if category else None


def _step_up(session: Running, service: Service, level: int) -> Response:
    back = request.full_path.rstrip("?")
    if request.method != "GET":
        back = parked.park(parked.page_of_request() or "portal.home")
    is_local = session.provider == LOCAL
    page = render_template(
        "auth/step_up.html",
        service=service.name.get(locale_code()),
        is_local=is_local,
        onward=_onward(session, service, level, back),
        help_url=help_url(),
    )
    return make_response(page, 403)


def _onward(session: Running, service: Service, level: int, back: str) -> str | None:
    """Return where a stronger sign-in begins: at the same provider, or with a second step; None for neither."""
    if session.provider == LOCAL:
        return SECURITY if level <= FACTOR_LEVEL else None
    is_known = any(each.name == session.profile for each in federation().profiles)
    return begin_url(session.profile, session.provider, back, service.key) if is_known else None
