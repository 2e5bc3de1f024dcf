"""Who is asking, and may they: every view says `@demands(permission)` or `@public`; a test walks the routes."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from flask import Flask, g, request, session
from flask_login import current_user

from servicedesk.rules.errors import DeskError, NotAllowed, NotFound
from servicedesk.rules.identity import LOCAL
from servicedesk.rules.permissions import Actor, ActorKind, Permission, TicketFacts, may
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store.administration import fresh_reasons
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.sharing import services_of
from servicedesk.store.tickets import facts_of
from servicedesk.store.visible import public_to, visible_to
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading

P = ParamSpec("P")
R = TypeVar("R")
NOBODY = Actor(ActorKind.GUEST)
GUEST_KEY = "guest"
FOR_WHOEVER = frozenset(
    {
        *("static", "health.alive", "health.ready", "health.metrics"),
        *("house.stylesheet", "house.logo", "house.icon", "house.offline", "house.manifest", "house.worker"),
    }
)
"""Endpoints for machines: nobody is signed in there, and all but the figures must answer without a database."""
_TICKET_PERMISSIONS = "ticket."
FACTOR_LEVEL = 2
"""The level of a session of the desk's own accounts that a second factor has proved."""


class SignInNeeded(DeskError):
    """Nobody is signed in, and the page is not for everyone. `page` is where a lost form can be shown again."""

    def __init__(self, page: str | None = None) -> None:
        super().__init__(N_("Sign in to go on."))
        self.page = page


def init_app(app: Flask) -> None:
    """Find out who is asking before every request."""
    app.before_request(load_actor)


def load_actor() -> None:
    """Set `g.actor`: the person signed in, the guest of one ticket, or nobody."""
    if request.endpoint in FOR_WHOEVER:
        g.actor = NOBODY
        return
    if current_user.is_authenticated:
        g.actor = _with_reasons(_as_far_as_proved(current_user.actor))
    else:
        g.actor = guest_actor() or NOBODY


def _as_far_as_proved(actor: Actor) -> Actor:
    """Return the person without their roles where only a password of the desk's own vouches for them (A5)."""
    if g.running.provider != LOCAL or g.running.level >= FACTOR_LEVEL:
        return actor
    g.lacks_factor = actor.is_staff or actor.is_admin
    return replace(actor, groups=frozenset(), supervises=frozenset(), administers=frozenset())


def _with_reasons(actor: Actor) -> Actor:
    if not actor.is_admin or actor.person_id is None:
        return actor
    return replace(actor, reasoned=fresh_reasons(reading(), actor.person_id, utc_now()))


def guest_actor() -> Actor | None:
    """Return the guest whose mailed link or full number opened one ticket in this browser, None otherwise."""
    opened = session.get(GUEST_KEY)
    if not opened:
        return None
    # Linked to an account, a ticket has no suffix any more, and whoever opened it without one signs in.
    query = sa.select(Ticket.requester_id).where(Ticket.id == opened, Ticket.access_suffix.is_not(None))
    row = reading().execute(query).first()
    return Actor(ActorKind.GUEST, person_id=row.requester_id, ticket_id=opened) if row else None


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as open to everyone."""
    view.demands = None  # type: ignore[attr-defined]  # read by the test that walks the routes
    return view


def form_shown_at(page: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Name the endpoint that shows the form a public POST view takes, so that typed text is never lost."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        view.form_page = page  # type: ignore[attr-defined]  # read when a form outlived its session
        return view

    return decorate


def demands(permission: Permission, page: str | None = None) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let only those with `permission` into a view.

    For a permission on a ticket the view's `number` names it: its facts are put into `g.facts`, and whoever may not
    read it gets 404. `page` is the endpoint that shows the form a POST view takes, so that typed text survives a
    sign-in.
    """

    def decorate(view: Callable[..., R]) -> Callable[..., R]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> R:
            _guard(permission, kwargs, page)
            return view(*args, **kwargs)

        guarded.demands = permission  # type: ignore[attr-defined]  # read by the test that walks the routes
        guarded.form_page = page  # type: ignore[attr-defined]  # read when a form outlived its session
        return guarded

    return decorate


def _guard(permission: Permission, arguments: dict[str, Any], page: str | None) -> None:
    facts = None
    if permission.value.startswith(_TICKET_PERMISSIONS) and "number" in arguments:
        facts = g.facts = ticket_facts(arguments["number"], page, in_public=permission is Permission.TICKET_READ_PUBLIC)
    if may(g.actor, permission, facts):
        return
    if g.actor.kind is not ActorKind.PERSON:
        raise SignInNeeded(page)
    raise NotAllowed(N_("This page is not for you. If you think it should be, ask your administrator."))


def ticket_facts(number: str, page: str | None = None, in_public: bool = False) -> TicketFacts:
    """Return the facts of a ticket this person may read; a guest's access counts beside an account.

    `in_public` asks for those of which others may read title, description and solution. Raises SignInNeeded when
    nobody is signed in, NotFound when it is not theirs to see.
    """
    found = _public(number, g.actor) if in_public else _visible(number, g.actor)
    if found is None and not in_public and g.actor.kind is ActorKind.PERSON and (guest := guest_actor()):
        found = _visible(number, guest)
        if found is not None:
            g.actor = guest
    if found is not None:
        return found
    if g.actor is NOBODY:
        raise SignInNeeded(page)
    raise NotFound()


def _visible(number: str, actor: Actor) -> TicketFacts | None:
    return _found(number, visible_to(actor))


def _public(number: str, actor: Actor) -> TicketFacts | None:
    return _found(number, public_to(actor, services_of(catalogue.current(reading()), actor)))


def _found(number: str, may_see: sa.ColumnElement[bool]) -> TicketFacts | None:
    db = reading()
    ticket = db.scalars(sa.select(Ticket).where(Ticket.number == number, may_see)).first()
    if ticket is None:
        return None
    return facts_of(db, ticket, catalogue.current(db).services[ticket.service_id])
