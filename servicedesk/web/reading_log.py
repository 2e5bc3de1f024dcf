"""Notes which of the staff opened which request, in a short transaction after the answer has left (rule 7)."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import cast

from flask import Flask, g, request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from servicedesk.actions.reading_log import Way, note_opened
from servicedesk.actions.seen import note_seen
from servicedesk.rules.permissions import ActorKind, Permission, TicketFacts, is_requester, may
from servicedesk.store import base
from servicedesk.web.clock import utc_now
from servicedesk.web.db import db

WAYS: Mapping[str, Way] = {
    "printing.page": Way.PRINT,
    "printing.document": Way.PDF,
    "uploads.download": Way.FILE,
}
"""By endpoint; every other page with a ticket in its address counts as its page."""
SHOWN = frozenset({("GET", 200), ("POST", 409), ("POST", 422)})
"""The answers that show a request: a form that is refused comes back with all of its page."""
NOTHING_READ = frozenset({"readings.show"})
"""What says nothing of the request itself."""
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Look at every answer."""
    app.after_request(note)


def opened(number: str, facts: TicketFacts | None) -> None:
    """Say that this request shows, or sends, something of a ticket; without facts it is read through another."""
    g.opened = number, facts


def opened_too(numbers: Iterable[str]) -> None:
    """Say that this request shows what stands in other tickets, which are one with it."""
    g.opened_too = frozenset(numbers)


def shown(number: str, seq: int) -> None:
    """Say that this request shows all of a ticket as it stands at event `seq`."""
    g.shown = number, seq


def note(response: Response) -> Response:
    """After the answer has left, write down that somebody of the staff has read a request."""
    found = _read() if (request.method, response.status_code) in SHOWN else None
    if found is not None:
        way = WAYS.get(request.endpoint or "", Way.PAGE)
        opened, seen = {found, *g.get("opened_too", ())}, g.get("shown")
        _afterwards(response, partial(write, db.engine, g.actor.person_id, opened, way, utc_now(), seen))
    return response


def _afterwards(response: Response, verb: Callable[[], None]) -> None:
    """Do something once the answer has left."""
    if response.direct_passthrough:  # a file: its server closes what it iterates over, never the response
        response.response = ClosingIterator(cast("Iterable[bytes]", response.response), verb)
    else:
        response.call_on_close(verb)


def _read() -> str | None:
    """Return the number of the request that was read by somebody who is there to work on it, None otherwise."""
    if "actor" not in g or g.actor.kind is not ActorKind.PERSON or request.endpoint in NOTHING_READ:
        return None
    number, facts = g.get("opened") or ((request.view_args or {}).get("number"), g.get("facts"))
    if number is None or (facts is None and "opened" not in g):
        return None
    if facts is None:
        return str(number) if g.actor.is_staff or g.actor.is_admin else None
    is_work = not is_requester(g.actor, facts) and may(g.actor, Permission.TICKET_READ_INTERNAL, facts)
    return str(number) if is_work else None


def write(
    engine: Engine,
    person_id: int,
    numbers: Collection[str],
    way: Way,
    now: datetime,
    seen: tuple[str, int] | None = None,
) -> None:
    """Write it in a short transaction of its own; the reader has the page already, so nothing is raised here."""
    try:
        with Session(engine) as session, base.writing(session):
            note_opened(session, person_id, numbers, way, now)
            if seen:
                note_seen(session, person_id, *seen, now)
    except SQLAlchemyError:
        log.exception("who read request %s could not be written down", ", ".join(numbers))
