"""Forms that outlived their session: what was typed is kept on the server and shown again after signing in."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app, g, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BuildError

from servicedesk.store import parked as store
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

LIFE = timedelta(hours=12)
PARAMETER = "kept"
LARGEST = 200_000
_NEVER_KEPT = {"csrf_token"}


def park(page: str) -> str:
    """Keep the form of this request and return the local address at which `page` (an endpoint) shows it again."""
    address = _page_address(page)
    fields = {name: values for name, values in request.form.lists() if name not in _NEVER_KEPT}
    if not fields or sum(len(value) for values in fields.values() for value in values) > LARGEST:
        return address
    token = secrets.token_urlsafe(24)
    with writing() as session:
        store.keep(session, token, address, fields, utc_now() + LIFE)
    return f"{address}?{urlencode({PARAMETER: token})}"


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
