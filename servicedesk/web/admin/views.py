"""Administration: what runs, what went wrong, who works where, and reading a ticket with a reason."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.house_texts import send_test
from servicedesk.actions.reasons import give_reason
from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue_changes import Difference
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.store import administration, alarms, catalogue, catalogue_drafts, leases
from servicedesk.store.people import mail_address
from servicedesk.web import labels, parked
from servicedesk.web.access import demands
from servicedesk.web.admin import day_one, job_words
from servicedesk.web.admin.forms import ReasonForm
from servicedesk.web.admin.groups import administrators_of, groups_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code

bp = Blueprint("admin", __name__, url_prefix="/admin")
VERSIONS_ON_INDEX = 3


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show what is to be seen to, in the order of a first day, then what runs."""
    session, now = reading(), utc_now()
    found = day_one.steps(session, catalogue.current(session), g.actor, now)
    return render_template(
        "admin/index.html",
        alarms=alarms.unseen(session),
        todo=[step for step in found if not step.is_done],
        done=[step for step in found if step.is_done],
        versions=_versions()[:VERSIONS_ON_INDEX],
        jobs=leases.standings(session),
        job_words=labels.JOBS,
        result_of=job_words.result,
    )


@bp.post("/test-mail")
@demands(Permission.ADMINISTRATION, page="admin.index")
def test_mail() -> Response:
    """Send a mail to whoever asks, to see that mails arrive."""
    address = mail_address(reading(), g.actor.person_id)
    if not address:
        flash(_("There is no e-mail address of yours to which it could go."), "error")
        return redirect(url_for(".index"), 303)
    with writing() as session:
        send_test(session, g.actor, address, locale_code(), utc_now())
    flash(_("A mail is on its way to %(address)s. If it does not come, look here again.", address=address), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/catalogue/versions")
@demands(Permission.ADMINISTRATION)
def versions() -> str:
    """Show every version of the catalogue with what it changed."""
    return render_template("admin/versions.html", versions=_versions())


def _versions() -> list[dict[str, Any]]:
    rows = administration.versions(reading())
    names = catalogue_drafts.names_of(reading(), [row.applied_by for row in rows])
    return [
        {
            "number": row.number,
            "applied_at": row.applied_at,
            "applied_by": names.get(row.applied_by, row.applied_by),
            "note": row.note,
            "changes": Difference.from_data({"changes": [], **row.difference}).changes,
        }
        for row in rows
    ]


@bp.get("/groups")
@demands(Permission.ADMINISTRATION)
def groups() -> str:
    """Show who works in which group, and who is away."""
    session = reading()
    today = local_day(utc_now(), ZoneInfo(current_app.config["SITE"].zone))
    tree = catalogue.current(session)
    return render_template(
        "admin/groups.html",
        groups=groups_of(session, tree, today, locale_code()),
        administrators=administrators_of(session, tree, locale_code()),
    )


@bp.get("/mails")
@demands(Permission.ADMINISTRATION)
def mails() -> str:
    """Show the mails that were given up."""
    return render_template("admin/mails.html", mails=administration.failed_mails(reading(), g.actor))


@bp.get("/access")
@demands(Permission.ACCESS_WITH_REASON)
def access() -> str:
    """Show the form for opening a ticket with a reason, and the reasons given before."""
    return _access_page(ReasonForm(parked.restored(), number=request.args.get("number")))


@bp.post("/access")
@demands(Permission.ACCESS_WITH_REASON, page="admin.access")
def open_with_reason() -> Response | tuple[str, int]:
    """Log the reason and go to the ticket, which is readable for an hour."""
    form = ReasonForm()
    if not form.validate():
        return _access_page(form), 422
    try:
        with writing() as session:
            data = form.data
            number = give_reason(
                session, g.actor, data["number"], data["reason"], utc_now(), data["idempotency_key"] or ""
            )
    except Invalid as error:
        form.refuse(error)
        return _access_page(form), 422
    return redirect(url_for("portal.ticket", number=number), 303)


def _access_page(form: ReasonForm) -> str:
    return render_template("admin/access.html", form=form, accesses=administration.accesses(reading(), g.actor))
