"""Sessions of the desk's own accounts: begun after a password or passkey, made stronger, and their half-done steps."""

from datetime import timedelta

from flask import g, redirect
from flask import session as cookie
from werkzeug.wrappers import Response

from servicedesk.actions.accounts import welcome
from servicedesk.actions.sessions import AtProvider, end, start
from servicedesk.rules.identity import LOCAL
from servicedesk.web.access import FACTOR_LEVEL
from servicedesk.web.auth import sessions
from servicedesk.web.auth.account_pages import settings
from servicedesk.web.auth.first_access import detour
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing

STEP = "account_step"
"""The token of the step under way, in this browser's form cookie."""
PASSWORD_LEVEL = 1


def begin_session(person_id: int, level: int, going: str) -> Response:
    """Sign a person in, in a fresh session that ends the browser's old one, and lead on.

    Raises NotAllowed for an account that was closed.
    """
    token = _fresh_session(person_id, level)
    cookie.pop("csrf_token", None)
    response = redirect(detour(person_id, going), 303)
    sessions.hand_out(response, token)
    return response


def strengthen(response: Response, person_id: int) -> Response:
    """Replace the session by a fresh one of the level that a second factor gives."""
    if g.running.provider == LOCAL and g.running.level < FACTOR_LEVEL:
        sessions.hand_out(response, _fresh_session(person_id, FACTOR_LEVEL))
    return response


def _fresh_session(person_id: int, level: int) -> str:
    now = utc_now()
    with writing() as session:
        at = AtProvider(LOCAL, welcome(session, person_id, now), level=level)
        if "running" in g:
            end(session, g.running.id, now)
        token = start(session, person_id, at, now + timedelta(hours=settings().sessions.hours), now)
    cookie.pop(STEP, None)
    return token
