"""Forms that outlived their session: what was typed is kept on the server and shown again after signing in."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app, g, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BuildError

from servicedesk.rules.errors import DeskError
from servicedesk.settings import Settings
from servicedesk.store import parked as store
from servicedesk.store import sessions
from servicedesk.web import uploads
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

LIFE = timedelta(hours=12)
PARAMETER = "kept"
LARGEST = 200_000
_NEVER_KEPT = {"csrf_token"}


def park(page: str) -> str:
    """Keep the form of this request and return the local address at which `page` (an endpoint) shows it again."""
    address = _page_address(page)
    _keep_files()
    fields = {name: values for name, values in request.form.lists() if name not in _NEVER_KEPT}
    if not fields or sum(len(value) for values in fields.values() for value in values) > LARGEST:
        return address
    token = secrets.token_urlsafe(24)
    with writing() as session:
        store.keep(session, token, address, fields, utc_now() + LIFE)
    return f"{address}?{urlencode({PARAMETER: token})}"


def _keep_files() -> None:
    """Keep the files of the form as its drafts, for those who were signed in here before; nobody else may store any."""
    key = request.form.get("idempotency_key", "")
    if not key or not request.files or not _was_signed_in():
        return
    try:
        uploads.receive(key)
    except DeskError:
        return  # the form, shown again, lists the files it has; whoever sends it sees what is missing


def _was_signed_in() -> bool:
    settings: Settings = current_app.extensions["desk_settings"]
    token = request.cookies.get(settings.sessions.cookie)
    return bool(token) and sessions.was_good(reading(), token or "")


def restored() -> MultiDict[str, str] | None:
    """Return the form kept for this page, None when the address names none or it was kept for another page."""
    token = request.args.get(PARAMETER)
    if not token:
        return None
    if "parked" not in g:
        fields = store.kept(reading(), token, request.path, utc_now())
        g.parked = MultiDict((name, value) for name, values in fields.items() for value in values) if fields else None
    found: MultiDict[str, str] | None = g.parked
    return found


def page_of_request() -> str | None:
    """Return the endpoint that shows the form of this POST, None when its view names none."""
    view = current_app.view_functions.get(request.endpoint or "")
    page: str | None = getattr(view, "form_page", None)
    return page


def _page_address(page: str) -> str:
    arguments = dict(request.view_args or {})
    wanted = {name for rule in current_app.url_map.iter_rules(page) for name in rule.arguments}
    try:
        return url_for(page, **{name: value for name, value in arguments.items() if name in wanted})
    except BuildError:
        return url_for("portal.home")
