"""The calendar feed of a counter, for its staff's own calendars: behind a secret address that can be made anew (E4)."""

import hmac
from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.counters import renew_feed
from servicedesk.gateways.calendar_file import FeedEntry, feed_file
from servicedesk.rules.addresses import Addresses, feed_token
from servicedesk.rules.counters import Counter
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.removed import told
from servicedesk.settings import Settings
from servicedesk.store import appointments as store
from servicedesk.store.appointments import Booking
from servicedesk.web.access import demands, public
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

PAST, AHEAD = timedelta(days=14), timedelta(days=180)
bp = Blueprint("feeds", __name__)


def address_of(counter: Counter) -> str | None:
    """Return the secret address of a counter's feed, None while it has none."""
    number = store.feed_number(reading(), counter.key)
    if not number:
        return None
    settings: Settings = current_app.extensions["desk_settings"]
    path = url_for("feeds.show", key=counter.key, token=feed_token(settings.secret_key, counter.key, number))
    return Addresses(settings.site.base_url).page(path)


@bp.get("/calendar/<key>/<token>.ics")
@public
def show(key: str, token: str) -> Response:
    """Send the counter's appointments to whoever holds the address; an old or a wrong one is not there."""
    number = store.feed_number(reading(), key)
    settings: Settings = current_app.extensions["desk_settings"]
    expected = feed_token(settings.secret_key, key, number or 0)
    if not number or not hmac.compare_digest(token.encode(), expected.encode()):
        raise NotFound()
    counter_id, counter = store.counter_row(reading(), key)
    now = utc_now()
    found = store.agenda(reading(), counter_id, now - PAST, now + AHEAD)
    host = Addresses(settings.site.base_url).host
    content = feed_file(counter.name.get("it"), [_entry(counter, booking, host) for booking in found])
    answer = Response(content, mimetype="text/calendar")
    answer.set_etag(sha256(content).hexdigest())
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@bp.post("/agenda/<key>/feed")
@demands(Permission.QUEUE_READ, page="agenda.index")
def renew(key: str) -> Response:
    """Give the counter's feed a new secret address; the old one ends."""
    with writing() as session:
        renew_feed(session, key, g.actor, utc_now())
    flash(_("The calendar has a new address. The old one does not work any more."), "success")
    return redirect(url_for("agenda.index", counter=key), 303)


def _entry(counter: Counter, booking: Booking, host: str) -> FeedEntry:
    words = [booking.number, booking.topic.get("it"), told(booking.person, _) if counter.feed_shows_names else ""]
    return FeedEntry(
        uid=f"{booking.number}@{host}",
        starts_at=booking.starts_at.astimezone(counter.clock),
        ends_at=booking.ends_at.astimezone(counter.clock),
        stamp=booking.created_at,
        sequence=booking.sequence,
        summary=" ".join(word for word in words if word),
    )
