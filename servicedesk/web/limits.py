"""How often one address may try what can be guessed or flooded: Flask-Limiter, counting in the desk's own database."""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage
from sqlalchemy.orm import Session

from servicedesk.settings import Settings
from servicedesk.store import base, rate_limits
from servicedesk.web.clock import utc_now
from servicedesk.web.db import db


def guesses() -> str:
    """Return the limit for pages where a number or an address could be guessed."""
    return str(current_app.config["LIMIT_GUESSES"])


def submissions() -> str:
    """Return the limit for forms that anybody may send."""
    return str(current_app.config["LIMIT_SUBMISSIONS"])


class DeskStorage(Storage):
    """Counters in the desk's database, so that the limits hold across workers and restarts."""

    STORAGE_SCHEME = ["desk"]  # noqa: RUF012 - the base class declares a plain list

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors that mean the storage is away: none that should let a request pass."""
        return ConnectionError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count one more use; a transaction of its own."""
        with Session(db.engine) as session, base.writing(session):
            return rate_limits.count_up(session, key, timedelta(seconds=expiry), amount, utc_now())

    def get(self, key: str) -> int:
        """Return the uses in the current window."""
        with Session(db.engine) as session:
            return rate_limits.count_of(session, key, utc_now())[0]

    def get_expiry(self, key: str) -> float:
        """Return the end of the current window in seconds since 1970."""
        with Session(db.engine) as session:
            return rate_limits.count_of(session, key, utc_now())[1].timestamp()

    def check(self) -> bool:
        """Whether the storage answers; the database is asked by every page anyway."""
        return True

    def reset(self) -> int | None:
        """Forget every count."""
        with Session(db.engine) as session, base.writing(session):
            return rate_limits.clear(session)

    def clear(self, key: str) -> None:
        """Forget one count."""
        with Session(db.engine) as session, base.writing(session):
            rate_limits.clear(session, key)


limiter = Limiter(get_remote_address, storage_uri="desk://", headers_enabled=False)


def init_app(app: Flask, settings: Settings) -> None:
    """Read the limits from the settings."""
    options: dict[str, Any] = {"LIMIT_GUESSES": settings.web.guesses, "LIMIT_SUBMISSIONS": settings.web.submissions}
    app.config.update(options, RATELIMIT_SWALLOW_ERRORS=False)
    limiter.init_app(app)
