"""What every template knows: site, language, who is asking, addresses of static files, and dates in words."""

import hashlib
import secrets
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, url_for
from flask_babel import format_date, format_datetime, format_decimal, format_timedelta
from werkzeug.wrappers import Response

from servicedesk.rules.permissions import ActorKind
from servicedesk.settings import Settings
from servicedesk.web.clock import utc_now
from servicedesk.web.house_texts import site_now
from servicedesk.web.language import as_written, direction, language_url, locale_code, marked, offered, say

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
A_YEAR = "max-age=31536000; includeSubDomains"


def init_app(app: Flask, settings: Settings) -> None:
    """Give templates their names and answers their headers."""
    app.config["SITE"] = settings.site
    app.context_processor(names)
    app.template_filter("datetime")(exact)
    app.template_filter("date")(day)
    app.template_filter("ago")(ago)
    app.template_filter("filesize")(filesize)
    app.template_filter("say")(say)
    app.after_request(secured)


def names() -> dict[str, Any]:
    """Return what every template may use."""
    actor = g.get("actor")
    signed_in = actor if actor is not None and actor.kind is ActorKind.PERSON else None
    return {
        "site": site_now(),
        "locale": locale_code(),
        "direction": direction(),
        "marked": marked,
        "as_written": as_written,
        "languages": offered(),
        "language_url": language_url,
        "actor": signed_in,
        "csp_nonce": nonce,
        "static": static,
        "now": utc_now(),
    }


def nonce() -> str:
    """Return this answer's nonce for styles that the editor adds."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    value: str = g.csp_nonce
    return value


def static(path: str) -> str:
    """Return the address of a static file; it changes with the content, so browsers may keep it for good."""
    return url_for("static", filename=path, v=_version(str(current_app.static_folder), path))


@lru_cache(maxsize=500)
def _version(folder: str, path: str) -> str:
    return hashlib.sha256((Path(folder) / path).read_bytes()).hexdigest()[:10]


def exact(at: datetime) -> str:
    """Return date and time in words, in the site's time zone."""
    return f"{day(at)}, {format_datetime(at, 'HH:mm')}"


def day(at: datetime) -> str:
    """Return the date in words, in the site's time zone."""
    return format_date(at, "long")


def ago(at: datetime) -> str:
    """Return the distance from now in words, such as "3 days ago"."""
    return format_timedelta(at - utc_now(), add_direction=True, threshold=0.9)


def filesize(size: int) -> str:
    """Return a size in bytes as people of this page's language read it, such as "2.5 MB" or "2,5 MB"."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{format_decimal(size / 1000, '0')} kB"
    return f"{format_decimal(size / 1_000_000, '0.#')} MB"


def secured(response: Response) -> Response:
    """Add the headers that keep a page to itself; a view that set its own keeps it."""
    response.headers.setdefault("Content-Security-Policy", CSP.format(nonce=nonce()))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", A_YEAR)
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
