"""The blueprint of accounts: first access, one's own data, sign-in with a password, second factors."""

from datetime import timedelta

from flask import Blueprint, current_app, g, request
from werkzeug.wrappers import Response

from servicedesk.gateways.passkeys import Party
from servicedesk.settings import Settings
from servicedesk.web.addresses import local_path

LONGEST_PATH = 2000
WRONG = 422
bp = Blueprint("account", __name__, url_prefix="/account")


def settings() -> Settings:
    """Return the settings of the running application."""
    found: Settings = current_app.extensions["desk_settings"]
    return found


def party() -> Party:
    """Return what the desk is towards passkeys."""
    site = settings().site
    return Party.at(site.base_url, site.name)


def link_life() -> timedelta:
    """Return how long a mailed link works."""
    return timedelta(hours=settings().accounts.link_hours)


def was_wrong(response: Response) -> bool:
    """Whether a form came back with a mistake: only those count as guesses."""
    return response.status_code == WRONG


def next_path() -> str:
    """Return where the person was going, as form or address say; only ever a path on this site."""
    return local_path(request.values.get("next", "")[:LONGEST_PATH])


def myself() -> int:
    """Return the id of the person signed in; only for views that demand one."""
    person_id = g.actor.person_id
    assert isinstance(person_id, int)
    return person_id
