"""A standard answer shown as somebody would get it: for a request one may read, else for an example."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.dates import format_date
from flask import current_app, g
from markupsafe import Markup
from sqlalchemy.orm import Session

from servicedesk.actions.standard_values import subject_of, values_of
from servicedesk.rules.calendar import local_day
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.languages import spoken
from servicedesk.rules.numbering import read_number
from servicedesk.rules.richtext import RichText
from servicedesk.rules.standard_answers import ANSWER, Written, fields_within, fill
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.visible import visible_to
from servicedesk.web.clock import utc_now
from servicedesk.web.language import IN_WHICH_WE_WRITE
from servicedesk.web.workbench.standard_panel import placeholder_name

TITLES = {"it": "Rinnovo in ritardo", "en": "Renewing late"}
CONTACTS = {"it": "Sportello di Ingegneria, Via delle Scienze 8", "en": "Engineering counter, Via delle Scienze 8"}
COURSES = {"it": "Ingegneria gestionale", "en": "Management engineering"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One language of a standard answer, filled in; `missing` names what the request has no value for."""

    code: str
    language: str
    body: Markup
    missing: str


def previews(session: Session, written: Written, number: str) -> Sequence[Shown]:
    """Return the texts as they would be sent for the request of this number, where one may read it, else an example."""
    read = read_number(number)
    query = sa.select(Ticket).where(Ticket.number == (read.number if read else ""), visible_to(g.actor))
    ticket = session.scalars(query).first() if read else None
    return [
        _shown(session, written.texts[code], written, ticket, code, name)
        for code, name in IN_WHICH_WE_WRITE
        if code in written.texts
    ]


def _shown(session: Session, text: RichText, written: Written, ticket: Ticket | None, code: str, name: str) -> Shown:
    settings: Settings = current_app.extensions["desk_settings"]
    now, technician_name = utc_now(), settings.privacy.technician_name
    if ticket is None:
        values = _example(catalogue.current(session), written, settings, code, now)
    else:
        values = values_of(subject_of(session, ticket), g.actor, technician_name, code, now)
    filled = fill(text, values, placeholder_name)
    missing = ", ".join(map(placeholder_name, filled.missing))
    return Shown(code, name, Markup(filled.text.html), missing)  # noqa: S704 - cleaned before, values escaped


def _example(tree: Catalogue, written: Written, settings: Settings, language: str, now: datetime) -> dict[str, str]:
    reach = written.reach
    key = reach.category_key or next(iter(tree.categories))
    group = tree.groups[next(iter(sorted(reach.groups)), tree.categories[key].group)]
    return {
        "requester_name": "Giulia Rossi",
        "number": f"{now:%Y}001234",
        "title": TITLES[language],
        "category": tree.path_name(key, language),
        "group": group.name.get(language),
        "group_contacts": group.contact.get(language),
        "technician": g.actor.code or "067010",
        "degree_course": COURSES[language],
        "date": format_date(local_day(now, ZoneInfo(settings.site.zone)), "long", spoken(language)),
        "counter_contacts": CONTACTS[language],
        **{f"{ANSWER}{field}": "..." for field in fields_within(tree, reach)},
    }
