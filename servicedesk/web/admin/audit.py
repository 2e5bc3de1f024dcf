"""The record of administration in the browser: who changed what and when, before and after, by subject and person."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask_babel import gettext as _

from servicedesk.rules.calendar import instant
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import audit as store
from servicedesk.store.catalogue_drafts import names_of
from servicedesk.web.access import demands
from servicedesk.web.db import reading
from servicedesk.web.inputs import place

bp = Blueprint("audit", __name__, url_prefix="/admin/audit")
PAGE = 50
LONGEST = 2000
"""Characters of a value that are shown."""
KINDS: Mapping[str, str] = {
    "announcement": N_("Announcement"),
    "answer": N_("Answer"),
    "catalogue": N_("Catalogue"),
    "change_rule": N_("Who agrees to changes"),
    "counter": N_("Counter"),
    "counter_contact": N_("Contacts of the counters"),
    "draft": N_("Draft of the catalogue"),
    "federation": N_("Federation"),
    "freeze": N_("Time without changes"),
    "group": N_("Group"),
    "house": N_("Texts and look"),
    "levels": N_("Service levels"),
    "person": N_("Person"),
    "retention": N_("How long things are kept"),
    "recurring": N_("Recurring request"),
    "rule": N_("Rule"),
    "saml_log": N_("Log of sign-ins"),
    "standard_answer": N_("Standard answer"),
    "ticket": N_("Request"),
}
ACTIONS: Mapping[str, str] = {
    "absence.remove": N_("absence removed"),
    "absence.set": N_("absence entered"),
    "account.close": N_("account closed"),
    "account.invite": N_("account opened"),
    "account.open": N_("account opened again"),
    "announcement.change": N_("announcement changed"),
    "announcement.end": N_("announcement ended"),
    "announcement.new": N_("announcement made"),
    "answer.import": N_("answer read from a file"),
    "answer.publish": N_("answer published"),
    "answer.retire": N_("answer withdrawn"),
    "catalogue.applied": N_("version published"),
    "catalogue.discard": N_("draft thrown away"),
    "catalogue.draft": N_("draft begun"),
    "catalogue.edit": N_("draft changed"),
    "catalogue.update": N_("draft brought up to date"),
    "change_rule.set": N_("rule of changes kept"),
    "change_rule.unset": N_("rule of changes removed"),
    "code.give": N_("code given"),
    "counter_contact.remove": N_("contacts of a counter removed"),
    "counter_contact.set": N_("contacts of a counter changed"),
    "counter.feed": N_("calendar address renewed"),
    "counter.set": N_("counter changed"),
    "factor.reset": N_("second factor taken away"),
    "federation.read_again": N_("sources read again"),
    "figures.export": N_("figures taken away"),
    "freeze.end": N_("time without changes ended"),
    "freeze.set": N_("time without changes entered"),
    "group.habits": N_("habits of the group changed"),
    "levels.back": N_("went back to earlier service levels"),
    "house.reset": N_("back to what was delivered"),
    "house.set": N_("text changed"),
    "hold.end": N_("legal hold ended"),
    "hold.place": N_("legal hold placed"),
    "levels.set": N_("service levels changed"),
    "own_data.ask": N_("copy of the person's data asked for"),
    "recurring.remove": N_("recurring request removed"),
    "recurring.save": N_("recurring request changed"),
    "recurring.switch": N_("recurring request paused or resumed"),
    "reading_log.ask": N_("looked up who opened requests"),
    "role.grant": N_("role given"),
    "role.revoke": N_("role taken away"),
    "person.anonymise": N_("everything personal removed"),
    "retention.set": N_("terms of keeping changed"),
    "rule.move": N_("order of the rules changed"),
    "rule.remove": N_("rule removed"),
    "rule.save": N_("rule changed"),
    "rule.switch": N_("rule switched on or off"),
    "saml_log.export": N_("log taken away"),
    "saml_log.purge": N_("month of the log removed"),
    "sessions.end": N_("sign-ins ended"),
    "staff.add": N_("member of staff added"),
    "standard_answer.discard": N_("draft thrown away"),
    "standard_answer.import": N_("answer read from a file"),
    "standard_answer.publish": N_("answer published"),
    "standard_answer.retire": N_("answer withdrawn"),
}
"""What an action is called; those of other parts are shown by their code."""


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """List what was administered, newest first."""
    typed = {name: request.args.get(name, "").strip()[:120] for name in ("kind", "subject", "by", "since", "until")}
    session = reading()
    rows, has_more = store.events(session, g.actor, _wanted(typed), place("before"), PAGE)
    names = {**dict(people := store.administrators(session)), **names_of(session, _people(rows))}
    filters: Mapping[str, Any] = {name: value for name, value in typed.items() if value}
    return render_template(
        "admin/audit.html",
        events=[_event(row, names, filters) for row in rows],
        typed=typed,
        kinds=[(kind, _(words)) for kind, words in KINDS.items()],
        people=people,
        is_filtered=bool(filters),
        older=url_for(".index", **filters, before=rows[-1].id) if has_more else None,
        newest=url_for(".index", **filters) if place("before") else None,
    )


def _wanted(typed: Mapping[str, str]) -> store.Wanted:
    return store.Wanted(
        typed["kind"] if typed["kind"] in KINDS else "",
        typed["subject"],
        typed["by"],
        _midnight(typed["since"]),
        _midnight(typed["until"], timedelta(days=1)),
    )


def _midnight(typed: str, later: timedelta = timedelta()) -> datetime | None:
    """Return when a day begins on the wall of the site; None for what is no day."""
    try:
        day = date.fromisoformat(typed) + later
    except (ValueError, OverflowError):
        return None
    return instant(datetime.combine(day, time()), ZoneInfo(current_app.config["SITE"].zone))


def _people(rows: Sequence[Any]) -> list[str]:
    return [each for row in rows for each in (row.actor, row.subject) if each.startswith("person:")]


def _event(row: Any, names: Mapping[str, str], filters: Mapping[str, Any]) -> dict[str, Any]:
    kind, _colon, which = row.subject.partition(":")
    return {
        "at": row.at,
        "who": names.get(row.actor, row.actor),
        "who_url": url_for(".index", **{**filters, "by": row.actor}),
        "what": _(ACTIONS[row.action]) if row.action in ACTIONS else row.action,
        "subject": f"{_(KINDS[kind]) if kind in KINDS else kind} {names.get(row.subject, which)}",
        "subject_url": url_for(".index", **{**filters, "subject": row.subject}),
        "values": [
            (name, _value(row.before.get(name)), _value(row.after.get(name)))
            for name in sorted(row.before.keys() | row.after.keys())
            if row.before.get(name) != row.after.get(name)
        ],
    }


def _value(value: Any) -> str:
    if value is None or value == "":
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
