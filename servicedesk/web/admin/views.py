"""Administration: what runs, what went wrong, who works where, and reading a ticket with a reason."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.actions.reasons import give_reason
from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue_changes import Difference
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.store import administration, alarms, catalogue, catalogue_drafts, leases
from servicedesk.store.models.system import JobLease
from servicedesk.web import labels, parked
from servicedesk.web.access import demands
from servicedesk.web.admin.forms import ReasonForm
from servicedesk.web.admin.groups import administrators_of, groups_of, warnings_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code

bp = Blueprint("admin", __name__, url_prefix="/admin")
VERSIONS_ON_INDEX = 3
QUIET = timedelta(minutes=15)
"""Jobs start every minute: when none did for so long, nothing runs them."""


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show what runs and what went wrong, at a glance."""
    session = reading()
    jobs = leases.standings(session)
    return render_template(
        "admin/index.html",
        versions=_versions()[:VERSIONS_ON_INDEX],
        alarms=alarms.unseen(session),
        warnings=warnings_of(session, catalogue.current(session)),
        jobs=jobs,
        are_jobs_quiet=_are_quiet(jobs),
        job_words=labels.JOBS,
        failed=len(administration.failed_mails(session, g.actor)),
        shown=administration.SHOWN,
    )


def _are_quiet(jobs: Sequence[JobLease]) -> bool:
    starts = [job.last_started_at for job in jobs if job.last_started_at]
    return not starts or utc_now() - max(starts) > QUIET


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
