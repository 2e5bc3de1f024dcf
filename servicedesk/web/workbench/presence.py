"""Technicians in one ticket see each other, and what the others say before they send their own (F8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from servicedesk.actions.presence import FRESH, be_present, leave
from servicedesk.actions.seen import note_seen
from servicedesk.rules.permissions import Permission, TicketFacts, may
from servicedesk.store import catalogue, timeline
from servicedesk.store import work as store
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import news_since
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.entries import Entry, Names, entries_of
from servicedesk.web.inputs import whole
from servicedesk.web.language import for_staff, locale_code
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.work import Work

bp = Blueprint("presence", __name__)
EVERY = 15
"""Seconds between two signs of life of an open page."""


@dataclass(frozen=True, slots=True)
class Others:
    """Who else is in the ticket, in sentences, those first who are about to change it."""

    answering: Sequence[str]
    writing: Sequence[str]
    reading: Sequence[str]

    @property
    def sentences(self) -> list[str]:
        """What is said of each."""
        return [
            *(_("%(name)s is about to answer", name=name) for name in self.answering),
            *(_("%(name)s is writing", name=name) for name in self.writing),
            *(_("%(name)s is reading", name=name) for name in self.reading),
        ]


def others(session: Session, facts: TicketFacts) -> Others:
    """Return who else has the ticket before them now."""
    assert facts.id is not None
    me, now = g.actor.person_id, utc_now()
    answering = [staff_name(who) for who in store.about_to_answer(session, facts.id, me)]
    here = [(staff_name(who), who.is_writing) for who in store.present(session, facts.id, me, now - FRESH)]
    return Others(
        answering=answering,
        writing=[name for name, is_writing in here if is_writing and name not in answering],
        reading=[name for name, is_writing in here if not is_writing and name not in answering],
    )


def presence_panel(work: Work) -> Others:
    """Return what the head of the page says."""
    return others(work.session, work.facts)


@bp.post("/workbench/tickets/<number>/presence")
@demands(Permission.TICKET_READ_INTERNAL)
def beat(number: str) -> dict[str, Any]:
    """Note that the reader is here, and answer who else is, and what others have said since `seen`."""
    facts: TicketFacts = g.facts
    seen = whole(request.form, "seen", 0)
    if may(g.actor, Permission.TICKET_WORK, facts):
        _note(number, facts, seen)
    session = reading()
    with for_staff():
        news = _news(session, facts, seen)
        return {
            "people": render_template("workbench/_here.html", sentences=others(session, facts).sentences),
            "news": render_template("workbench/_news.html", entries=news) if news else "",
            "seen": max((entry.seq for entry in news), default=seen),
        }


def _note(number: str, facts: TicketFacts, seen: int) -> None:
    assert facts.id is not None
    with writing() as session:
        if request.form.get("gone"):
            leave(session, facts.id, g.actor.person_id)
        else:
            be_present(session, facts.id, g.actor.person_id, bool(request.form.get("writing")), utc_now())
            if seen:
                note_seen(session, g.actor.person_id, number, seen, utc_now())


def _news(session: Session, facts: TicketFacts, seen: int) -> list[Entry]:
    ticket = session.get_one(Ticket, facts.id)
    numbers = set(news_since(session, ticket, seen, g.actor)) if ticket.last_seq > seen else set()
    if not numbers:
        return []
    row = timeline.ticket_row(session, ticket.id)
    names = Names(catalogue.current(session), current_app.extensions["desk_settings"], locale_code(), row)
    return [entry for entry in entries_of(session, row, names, True, ()) if entry.seq in numbers]
