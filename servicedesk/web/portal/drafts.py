"""Keeps a form while it is being written: by itself as one types, by a button without JavaScript; and gives it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from flask_babel import format_time
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk.actions.drafts import Typed, forget_draft, keep_draft
from servicedesk.rules.permissions import Permission
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store import drafts as store
from servicedesk.store.drafts import Begun
from servicedesk.web import parked, uploads
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code
from servicedesk.web.portal import choosing

bp = Blueprint("drafts", __name__)
MOST_LISTED = 20
_NEVER_KEPT = {"csrf_token"}


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A request begun, as lists show it."""

    title: str
    category: str
    url: str
    changed_at: datetime


@bp.app_template_global("my_drafts")
def my_drafts() -> Sequence[DraftLine]:
    """Return the requests that the person has begun and that can still be filed."""
    begun = store.drafts_of(reading(), g.actor.person_id, utc_now(), MOST_LISTED)
    if not begun:
        return ()
    tree, today = catalogue.current(reading()), choosing.today()
    return [
        DraftLine(
            title=each.title,
            category=tree.path_name(each.category_key, locale_code()),
            url=url_for("portal.new_ticket", key=each.category_key),
            changed_at=each.changed_at,
        )
        for each in begun
        if tree.is_open(each.category_key, g.actor.audiences, today)
    ]


def begun(key: str) -> Begun | None:
    """Return what the person has begun under this category, for the page that shows its form again.

    What was typed last comes back from a lost session; a request that carries on another ticket is another one.
    """
    if request.method == "POST" or parked.restored() is not None:
        return None
    found = store.draft_of(reading(), g.actor.person_id, key, utc_now())
    follows = request.args.get("follows")
    return found if found and (not follows or found.fields.get("follows") == [follows]) else None


def as_form(found: Begun | None) -> MultiDict[str, str] | None:
    """Return a draft as the form that was kept."""
    return MultiDict((name, value) for name, each in found.fields.items() for value in each) if found else None


@bp.post("/tickets/new/<key>/draft")
@demands(Permission.PORTAL_USE, page="portal.new_ticket")
def save(key: str) -> Response:
    """Keep the form with its files, and show it again."""
    subject = choosing.open_subject(key)
    received = uploads.receive_for(request.form.get("idempotency_key", ""), subject.category.fields)
    _keep(key)
    for sentence in received.refused.values():
        flash(_(sentence.msgid) % dict(sentence.params), "warning")
    flash(_("Kept, but not sent yet. You find it on your home page when you come back."), "success")
    return redirect(url_for("portal.new_ticket", key=key), 303)


@bp.post("/tickets/new/<key>/autosave")
@demands(Permission.PORTAL_USE)
def autosave(key: str) -> str:
    """Keep the form as it stands, and say when."""
    choosing.open_subject(key)
    _keep(key)
    return _("Kept at %(time)s. Not sent yet.", time=format_time(utc_now(), "short"))


@bp.post("/tickets/new/<key>/discard")
@demands(Permission.PORTAL_USE, page="portal.new_ticket")
def discard(key: str) -> Response:
    """Forget what was begun, and show an empty form."""
    with writing() as session:
        forget_draft(session, g.actor.person_id, key, utc_now())
    flash(_("What you had begun is gone. Here is an empty form."), "success")
    return redirect(url_for("portal.new_ticket", key=key), 303)


def _keep(key: str) -> None:
    settings: Settings = current_app.extensions["desk_settings"]
    fields = {name: values for name, values in request.form.lists() if name not in _NEVER_KEPT}
    typed = Typed(request.form.get("idempotency_key", ""), request.form.get("title", ""), fields)
    with writing() as session:
        keep_draft(session, g.actor.person_id, key, typed, timedelta(days=settings.storage.draft_days), utc_now())
