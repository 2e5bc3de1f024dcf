"""Devices on which a person wants to be told (C11): a browser subscribes, the list shows and removes them."""

from collections.abc import Sequence

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import devices as actions
from servicedesk.gateways.webpush import Pusher, Target
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import devices as store
from servicedesk.store.models.preferences import PushDevice
from servicedesk.web.access import demands
from servicedesk.web.auth.account_pages import myself, settings
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.limits import limiter, sender, submissions

LARGEST_ID = 2**31 - 1
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
bp = Blueprint("devices", __name__, url_prefix="/preferences/devices")


def pusher() -> Pusher:
    """Return what sends to devices, made once per process."""
    found = current_app.extensions.setdefault("desk_pusher", None) or Pusher(settings())
    current_app.extensions["desk_pusher"] = found
    return found


def public_key() -> str:
    """Return the key that browsers are given; empty where this desk tells no devices."""
    return pusher().public_key


def own() -> Sequence[PushDevice]:
    """Return the devices of the person signed in."""
    return store.own_devices(reading(), myself())


@bp.post("")
@demands(Permission.PORTAL_USE, page="preferences.show")
@limiter.limit(submissions, key_func=sender)
def add() -> Response:
    """Take the subscription that a browser made, as our script posts it."""
    device = {name: request.form.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    if not public_key() or not pusher().accepts(Target(**device)):
        raise Invalid(N_("Messages cannot be sent to this browser: its push service is not one we know."))
    with writing() as session:
        actions.add(session, myself(), device, _name(), utc_now())
    flash(_("This device now gets our messages."), "success")
    return redirect(url_for("preferences.show"), 303)


@bp.post("/<int:device_id>/remove")
@demands(Permission.PORTAL_USE, page="preferences.show")
def remove(device_id: int) -> Response:
    """Tell the person no more on this device."""
    with writing() as session:
        if device_id > LARGEST_ID or not actions.remove(session, myself(), device_id):
            raise NotFound()
    flash(_("This device gets no more messages."), "success")
    return redirect(url_for("preferences.show"), 303)


def _name() -> str:
    agent = request.headers.get("User-Agent", "")
    parts = (next((name for mark, name in known if mark in agent), "") for known in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, parts)) or _("A device")
