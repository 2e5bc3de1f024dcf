"""Administration of signing in: how sign-ins end, alarms, and what providers send."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.actions.alarms import mark_seen
from servicedesk.rules.permissions import Permission
from servicedesk.store import alarms, refusals
from servicedesk.store.refusals import ACCEPTED, Ended
from servicedesk.web.access import demands
from servicedesk.web.admin.attributes import previews_of
from servicedesk.web.admin.views import bp as bp
from servicedesk.web.auth.federation import federation
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

PERIODS = {"day": timedelta(hours=24), "week": timedelta(days=7)}
ALARMS_SHOWN_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ByProvider:
    """A provider's sign-ins of a period; `codes` are (code, count) of the refused ones, the most frequent first."""

    profile: str
    provider: str
    accepted: int
    refused: int
    codes: tuple[tuple[str, int], ...]


@bp.get("/sign-ins")
@demands(Permission.ADMINISTRATION)
def sign_ins() -> str:
    """Show the alarms, and how sign-ins ended in the last day or week."""
    period = request.args.get("period", "")
    period = period if period in PERIODS else "day"
    session, now = reading(), utc_now()
    return render_template(
        "admin/sign_ins.html",
        alarms=alarms.newest(session, ALARMS_SHOWN_FOR, now),
        providers=by_provider(refusals.ended_since(session, now - PERIODS[period])),
        period=period,
    )


def by_provider(counts: Iterable[Ended]) -> list[ByProvider]:
    """Return the counts, sorted by profile and provider, as a row per provider; the most refused first."""
    rows = []
    for (profile, provider), found in groupby(counts, key=lambda each: (each.profile, each.provider)):
        by_code = {each.code: each.count for each in found}
        accepted = by_code.pop(ACCEPTED, 0)
        codes = tuple(sorted(by_code.items(), key=lambda item: -item[1]))
        rows.append(ByProvider(profile, provider, accepted, sum(by_code.values()), codes))
    return sorted(rows, key=lambda row: -row.refused)


@bp.post("/sign-ins/alarms/<int:alarm_id>/seen")
@demands(Permission.ADMINISTRATION, page="admin.sign_ins")
def alarm_seen(alarm_id: int) -> Response:
    """Note that this administrator has seen an alarm."""
    with writing() as session:
        mark_seen(session, alarm_id, g.actor.person_id, utc_now())
    return redirect(url_for(".sign_ins"), 303)


@bp.get("/attributes")
@demands(Permission.ADMINISTRATION)
def attributes() -> str:
    """Show what the last sign-in of each provider gave, masked, and what the mapping made of it."""
    mappings = {profile.name: profile.mapping for profile in federation().profiles}
    return render_template("admin/attributes.html", previews=previews_of(reading(), mappings))
