"""Forms that outlived their session: what was typed is kept on the server and shown again after signing in."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app, flash, g, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BuildError

from servicedesk.rules.errors import DeskError
from servicedesk.settings import Settings
from servicedesk.store import parked as store
from servicedesk.store import rate_limits, sessions
from servicedesk.web import uploads
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.limits import network

LIFE = timedelta(hours=12)
PARAMETER = "kept"
LARGEST = 200_000
"""Characters of a form, the names of its fields included."""
MOST_KEPT = 60
"""Forms that strangers at one address may leave here within an hour."""
WINDOW = timedelta(hours=1)
OUR_OWN = (None, "same-origin", "none")
"""What browsers say of a form that no other site has sent."""
OURS = "parked"
UNSENT = "unsent"
"""In the cookie while somebody was led away from a form to sign in."""
MOST_OURS = 5
"""The tokens this browser holds, in its cookie."""
_NEVER_KEPT = {"csrf_token", "password", "current_password", "code", "credential"}


def park(page: str, done: Collection[str] = ()) -> str:
    """Keep the form of this request and return the local address at which `page` (an endpoint) shows it again.

    Fields that are `done` with are not kept. What another site sent, or strangers send by the hundred, is not kept.
    """
    address = _page_address(page)
    if request.headers.get("Sec-Fetch-Site") not in OUR_OWN:
        return address
    _keep_files()
    fields = {name: values for name, values in request.form.lists() if name not in {*_NEVER_KEPT, *done}}
    if not fields or sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > LARGEST:
        return address
    token, is_stranger = secrets.token_urlsafe(24), not _was_signed_in()
    with writing() as session:
        if is_stranger and rate_limits.count_up(session, f"parked/{network()}", WINDOW, 1, utc_now()) > MOST_KEPT:
            return address
        store.keep(session, token, address, fields, utc_now() + LIFE)
    cookie[OURS] = [*cookie.get(OURS, ())[1 - MOST_OURS :], token]
    return f"{address}?{urlencode({PARAMETER: token})}"


def park_for_sign_in(page: str) -> str:
    """Keep the form as `park` does, and say on the way and on the return that it is kept and not sent yet."""
    address = park(page)
    if address != _page_address(page):
        flash(_("Your text is kept, but not sent yet. Sign in to go on."), "warning")
        cookie[UNSENT] = True
    return address


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
    """Return the form kept for this page in this browser, None when the address names none.

    Another browser's is not shown: whoever parked it would know the key under which our files are stored.
    """
    token = request.args.get(PARAMETER)
    if not token or token not in cookie.get(OURS, ()):
        return None
    if "parked" not in g:
        fields = store.kept(reading(), token, request.path, utc_now())
        g.parked = MultiDict((name, value) for name, values in fields.items() for value in values) if fields else None
        if fields and cookie.pop(UNSENT, False):
            flash(
                _("Your text is here again, but not sent yet: check it and the attachments, then send it."), "warning"
            )
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
