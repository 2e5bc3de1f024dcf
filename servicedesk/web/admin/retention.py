"""Retention in the browser: the terms of each service, what a run would touch, and what runs have done."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk import retaining
from servicedesk.actions.retention import set_terms
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.permissions import EVERY_SERVICE, Permission
from servicedesk.rules.retention import MOST_COUNTED, Terms, due_before
from servicedesk.rules.role_rights import runs_everything
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store import retention as store
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.retention_forms import AccountTermsForm, ServiceTermsForm, TermsForm
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.language import locale_code, say

bp = Blueprint("retention", __name__, url_prefix="/admin/retention")
RUNS_SHOWN = 10
ACCOUNTS = "accounts"
"""In the address, for what belongs to no service."""
KINDS = {"files": "files", "tickets": "tickets", "accounts": "people"}


@dataclass(frozen=True, slots=True)
class Part:
    """A service, or the accounts, with the form of its terms and what a run would touch by them, in words."""

    key: str
    name: str
    form: TermsForm
    touched: dict[str, str]
    is_looked_at: bool
    """Whether that is about terms that were typed and not saved."""


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show the terms, what is due by them, and the newest runs."""
    return _page()


@bp.post("/<key>")
@demands(Permission.ADMINISTRATION, page="retention.index")
def save(key: str) -> Response | str | tuple[str, int]:
    """Keep the terms of a service, or show what they would touch."""
    parts = _form_class(key)
    form = parts(prefix=f"{key}-")
    if not form.validate():
        return _page(form, key), 422
    try:
        if "look" in request.form:
            return _page(form, key)
        with writing() as session:
            _set(session, key, form)
    except Invalid as error:
        form.refuse(error.fields)
        return _page(form, key), 422
    except Conflict as error:
        form.form_errors.append(say(error.sentence))
        return _page(form, key), 409
    flash(_("The terms were saved. They are carried out every night."), "success")
    return redirect(url_for(".index"), 303)


def _set(session: Session, key: str, form: TermsForm) -> None:
    seen = whole(request.form, form.seen.name, 0)
    service_id = EVERY_SERVICE if key == ACCOUNTS else key
    before = store.terms_of(session, [service_id], _usual())[service_id].terms
    terms = replace(before, **{name: getattr(form.terms(), name) for name in form.names})
    set_terms(session, g.actor, service_id, terms, seen, _usual(), utc_now())


def _form_class(key: str) -> type[TermsForm]:
    if key == ACCOUNTS:
        return AccountTermsForm
    if key not in catalogue.current(reading()).services:
        raise NotFound()
    return ServiceTermsForm


def _settings() -> Settings:
    found: Settings = current_app.extensions["desk_settings"]
    return found


def _usual() -> Terms:
    return retaining.usual(_settings())


def _page(typed: TermsForm | None = None, at: str = "") -> str:
    session, now = reading(), utc_now()
    services = catalogue.current(session).services.values()
    kept = store.terms_of(session, [each.id for each in services], _usual())
    language = locale_code()
    parts = [
        _part(each.id, each.name.get(language), kept[each.id], each.zone, typed if at == each.id else None)
        for each in services
        if g.actor.administers_service(each.id)
    ]
    if runs_everything(g.actor):
        own = typed if at == ACCOUNTS else None
        parts.append(_part(ACCOUNTS, _("Accounts"), kept[EVERY_SERVICE], _settings().site.zone, own))
    return render_template("admin/retention.html", parts=parts, runs=store.runs(session, RUNS_SHOWN), now=now)


def _part(key: str, name: str, kept: store.Kept, zone: str, typed: TermsForm | None) -> Part:
    kept_form: MultiDict[str, str] = parked.restored() or MultiDict()
    is_kept = typed is None and f"{key}-seen" in kept_form
    form = typed or _form_class(key)(formdata=kept_form if is_kept else None, prefix=f"{key}-")
    if typed is None and not is_kept:
        form.seen.data = str(kept.revision)
        for field in form.names:
            form[field].data = str(kept.terms.as_json()[field] or "")
    is_looked_at = typed is not None and not form.errors
    terms = form.terms() if is_looked_at else kept.terms
    return Part(key, name, form, _touched(key, form, terms, zone), is_looked_at)


def _touched(key: str, form: TermsForm, terms: Terms, zone: str) -> dict[str, str]:
    found = {}
    for name in form.names:
        before = due_before(utc_now(), terms.as_json()[name], ZoneInfo(zone))
        if before:
            found[name] = amount(retaining.would_touch(reading(), KINDS[name], key, before))
    return found


def amount(count: int) -> str:
    """Return a bounded count in words."""
    if count > MOST_COUNTED:
        return _("more than %(count)s", count=format_decimal(MOST_COUNTED))
    return str(format_decimal(count))
