"""How often one address may try what can be guessed or flooded: Flask-Limiter, counting in the desk's own database."""

import hashlib
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from math import ceil
from typing import Any

from flask import Flask, after_this_request, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions.guests import plain_address
from servicedesk.rules.numbering import read_number
from servicedesk.settings import Settings
from servicedesk.store import base, rate_limits
from servicedesk.web.clock import utc_now
from servicedesk.web.db import db

SITE_PREFIX = 64
"""What a single line has in IPv6."""
WHOLE = 32


def guesses() -> str:
    """Return the limit for pages where a number or an address could be guessed."""
    return str(current_app.config["LIMIT_GUESSES"])


def network() -> str:
    """Return what counts as one place: an IPv4 address, or its network; the /64 that a single IPv6 line has."""
    address = get_remote_address()
    try:
        found = ip_address(address)
    except ValueError:
        return address
    plain = found if isinstance(found, IPv4Address) else found.ipv4_mapped
    length = current_app.config["LIMIT_IPV4_PREFIX"] if plain else SITE_PREFIX
    return str(plain) if length == WHOLE else str(ip_network((plain or found, length), strict=False))


def asked_for() -> str:
    """Return what a status check asks for, hashed: guesses at one ticket count together, wherever they come from."""
    read = read_number(request.form.get("number", ""))
    return _hidden(f"{_address()} {read.number if read else ''}") if _address() else network()


def recipient() -> str:
    """Return the e-mail address of a form, hashed: nobody's inbox is flooded from many places."""
    return _hidden(_address()) if _address() else network()


def sender() -> str:
    """Return who sends: the person signed in or the guest of a ticket, else the place."""
    person_id = g.actor.person_id if "actor" in g else None
    return f"person {person_id}" if person_id is not None else network()


def is_staff() -> bool:
    """Whether a technician or supervisor sends, whose work has no limit."""
    return bool(g.actor.is_staff)


def _address() -> str:
    return plain_address(request.form.get("email", ""))


def _hidden(text: str) -> str:
    # The counters are no list of the addresses people have tried.
    return hashlib.sha256(text.encode()).hexdigest()


def messages() -> str:
    """Return the limit for what a requester writes on tickets."""
    return str(current_app.config["LIMIT_MESSAGES"])


def submissions() -> str:
    """Return the limit for forms that anybody may send."""
    return str(current_app.config["LIMIT_SUBMISSIONS"])


def sign_ins() -> str:
    """Return the limit for messages to and from identity providers; a whole campus may share one address."""
    return str(current_app.config["LIMIT_SIGN_INS"])


def again_at() -> datetime | None:
    """Return when the limit that this request has met lets one through again, None when it met none."""
    met = limiter.current_limit
    return datetime.fromtimestamp(met.reset_at, UTC) if met is not None and met.breached else None


def tell_when(again_at: datetime | None) -> None:
    """Say in the answer's headers from when on to try again (RFC 9110, Retry-After); nothing where it is not known."""
    if again_at is None:
        return
    seconds = max(1, ceil((again_at - utc_now()).total_seconds()))

    @after_this_request
    def tell(response: Response) -> Response:
        response.headers["Retry-After"] = str(seconds)
        return response


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


limiter = Limiter(network, storage_uri="desk://", headers_enabled=False)


def init_app(app: Flask, settings: Settings) -> None:
    """Read the limits from the settings."""
    limits = settings.web
    options: dict[str, Any] = {
        "LIMIT_GUESSES": limits.guesses,
        "LIMIT_SUBMISSIONS": limits.submissions,
        "LIMIT_MESSAGES": limits.messages,
        "LIMIT_SIGN_INS": limits.sign_ins,
        "LIMIT_IPV4_PREFIX": limits.ipv4_prefix,
    }
    app.config.update(options, RATELIMIT_SWALLOW_ERRORS=False)
    limiter.init_app(app)
