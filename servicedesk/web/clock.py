"""The web floor's clock."""

from datetime import UTC, datetime

from flask import g


def utc_now() -> datetime:
    """Return the instant of this request: asked once, the same for everything the request does."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    now: datetime = g.now
    return now
