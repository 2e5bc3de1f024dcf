"""The way through a list from one ticket's page to the next; the list travels in the address."""

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from flask import g, has_request_context, request, url_for

from servicedesk.store import queue as store
from servicedesk.store import queue_views
from servicedesk.store.models.tickets import Ticket
from servicedesk.web.db import reading
from servicedesk.web.workbench.listing import WHOLE, Listing, carried


@dataclass(frozen=True, slots=True)
class ListNav:
    """Addresses of the list and of the neighbours in it; None where there is none."""

    list_url: str | None
    previous_url: str | None
    next_url: str | None
    next_key: str
    """Idempotency key of the button for the next ticket of the queue; empty where it is not offered."""
    has_shortcuts: bool


def list_nav(number: str) -> ListNav:
    """Return the ways from this ticket through the list that its address carries along."""
    session = reading()
    asked = carried(session, request.args.get("list", ""))
    previous, following = _beside(asked, number) if asked else (None, None)
    return ListNav(
        list_url=asked.here() if asked else None,
        previous_url=_url(previous, asked),
        next_url=_url(following, asked),
        next_key=token_urlsafe(24) if g.actor.groups else "",
        has_shortcuts=queue_views.chosen_by(session, g.actor).has_shortcuts,
    )


def _beside(asked: Listing, number: str) -> tuple[str | None, str | None]:
    ticket_id = asked.session.scalars(sa.select(Ticket.id).where(Ticket.number == number)).one()
    return store.neighbours(asked.session, asked.wanted, ticket_id, g.actor)


def _url(number: str | None, asked: Listing | None) -> str | None:
    return url_for("portal.ticket", number=number, list=asked.key() or None) if number and asked else None


def carry_list(endpoint: str, values: dict[str, Any]) -> None:
    """Let every address of a ticket's page that this very page leads to, or a form sent from it, keep its list."""
    if endpoint != "portal.ticket" or "list" in values or not has_request_context() or "actor" not in g:
        return
    if request.method == "POST":
        found = _of_referrer()
    else:
        is_itself = (request.view_args or {}).get("number") == values.get("number")
        found = request.args.get("list") if is_itself else None
    if found and g.actor and g.actor.is_staff:
        values["list"] = found


def _of_referrer() -> str | None:
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return None
    queue = url_for("workbench.queue")
    if came_from.path == queue or came_from.path.startswith(f"{queue}/"):
        group = came_from.path.removeprefix(queue).strip("/")
        return f"{group}?{came_from.query}" if came_from.query else group or WHOLE
    return next(iter(parse_qs(came_from.query).get("list", ())), None)
