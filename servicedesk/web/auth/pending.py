"""The short-lived cookie that binds a sign-in under way to one browser."""

import secrets
from datetime import datetime

from flask import current_app, g, request
from werkzeug.wrappers import Response

from saml.bindings import Outgoing
from saml.profile import Profile, Terms
from saml.registry import IdentityProvider
from saml.requests import authn_request
from saml.responses import REQUEST_LIFETIME
from servicedesk.store import sign_in
from servicedesk.store.sessions import Running
from servicedesk.web.auth import exchanges
from servicedesk.web.db import writing

COOKIE = "servicedesk_pending"
LIFE = REQUEST_LIFETIME
"""How long the cookie stays: as long as a request to sign in can be answered."""
TOKEN_BYTES = 32


def browser() -> str | None:
    """Return the secret of this browser, None when it holds none."""
    return request.cookies.get(COOKIE)


def ask(
    profile: Profile, provider: IdentityProvider, terms: Terms, service: str, next_path: str, now: datetime
) -> tuple[Outgoing, str]:
    """Return a signed request to `provider` under `terms`, and the secret of the browser it is remembered for."""
    secret = browser() or secrets.token_urlsafe(TOKEN_BYTES)
    relay = secrets.token_urlsafe(TOKEN_BYTES)
    outgoing = authn_request(profile, provider, terms=terms, relay_state=relay, now=now)
    replaced: Running | None = g.get("running")
    asked = sign_in.Asked(
        id=outgoing.message_id,
        provider=provider.entity_id,
        relay_token=relay,
        next_path=next_path,
        replaces=replaced.id if replaced else None,
        issued_at=now,
        expires_at=now + REQUEST_LIFETIME,
        profile=profile.name,
        service=service,
        level=terms.level,
        attribute_set=terms.attribute_set,
        is_forced=terms.force,
        acs_url=profile.acs_url,
    )
    with writing() as session:
        sign_in.add(session, asked, secret)
        exchanges.record_sent(session, profile, asked, outgoing, now)
    return outgoing, secret


def hand_out(response: Response, secret: str) -> None:
    """Give the browser its secret for as long as a request lives.

    The provider's answer is posted from another site, which only SameSite=None lets the cookie follow; that needs
    `Secure`, hence https. Over plain http (demo, test) no policy is stated: browsers then let a fresh cookie follow,
    and where one does not, the answer is posted once more from our own page.
    """
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(LIFE.total_seconds()),
        path="/saml",
        httponly=True,
        secure=secure,
        samesite="None" if secure else None,
    )
