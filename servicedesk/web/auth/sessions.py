"""The signed-in browser: found by its cookie on each request (Flask-Login), noted as used, begun and ended."""

from datetime import datetime, timedelta
from functools import partial

from flask import Flask, Request, current_app, g
from flask_login import LoginManager, UserMixin
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions.sessions import touch
from servicedesk.rules.permissions import Actor
from servicedesk.settings import Settings
from servicedesk.store import base
from servicedesk.store.people import actor_of
from servicedesk.store.sessions import Running, running
from servicedesk.web.auth import federation, levels
from servicedesk.web.clock import utc_now
from servicedesk.web.db import db, reading

SEEN_EVERY = timedelta(minutes=5)
login_manager = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Flask-Login's user: a person with a running session."""

    def __init__(self, session: Running, actor: Actor) -> None:
        self.session = session
        self.actor = actor

    def get_id(self) -> str:
        """Return the session's id: it is the session that is signed in, the person follows from it."""
        return str(self.session.id)


def init_app(app: Flask, settings: Settings) -> None:
    """Find the signed-in person on each request, and note from time to time that the session is in use."""
    app.config["SIGN_IN"] = settings.sessions
    # Flask-Login would look at this cookie before ours, and any neighbour on the same host may have set it.
    app.config["REMEMBER_COOKIE_NAME"] = f"{settings.sessions.cookie}_remember"
    federation.init_app(app, settings)
    login_manager.init_app(app)
    login_manager.request_loader(signed_in)
    levels.init_app(app)
    app.after_request(note_use)


def signed_in(request: Request) -> SignedIn | None:
    """Return the person whose session's token the request carries, None when there is none that still counts."""
    limits = current_app.config["SIGN_IN"]
    token = request.cookies.get(limits.cookie)
    if not token:
        return None
    session = running(reading(), token, timedelta(hours=limits.idle_hours), utc_now())
    actor = actor_of(reading(), session.person_id) if session else None
    if session is None or actor is None:
        return None
    g.running = session
    return SignedIn(session, actor)


def note_use(response: Response) -> Response:
    """After the answer has left, write `last_seen` if the last writing is long enough ago."""
    session: Running | None = g.get("running")
    if session is not None and utc_now() - session.last_seen >= SEEN_EVERY:
        response.call_on_close(partial(write_use, db.engine, session.id, utc_now()))
    return response


def write_use(engine: Engine, session_id: int, now: datetime) -> None:
    """Write `last_seen` in a short transaction of its own."""
    with Session(engine) as session, base.writing(session):
        touch(session, session_id, now)


def hand_out(response: Response, token: str) -> None:
    """Give the browser its session; it lasts until the browser closes or the server ends it."""
    response.set_cookie(
        current_app.config["SIGN_IN"].cookie,
        token,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def take_away(response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(
        current_app.config["SIGN_IN"].cookie,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
