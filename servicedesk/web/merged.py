"""What was said on requests merged with the one shown: all of it for staff, the answers for a requester (F7)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from servicedesk.rules.hiding import hide_in_html
from servicedesk.rules.lifecycle import Outcome
from servicedesk.rules.relations import ANSWERS
from servicedesk.store import relations, timeline
from servicedesk.web.entries import INTERNAL, Entry, Names, entry_of, technicians_of
from servicedesk.web.reading_log import opened_too

ELSEWHERE = "merged"
"""Where an answer comes from, for a requester: the number of another's request is not theirs to know."""


def entries_elsewhere(session: Session, row: Any, names: Names, is_staff: bool) -> list[Entry]:
    """Return what happened on the requests merged into this one, for staff; the public answers on the one it was
    merged into, for those who read this one as its requester does. Oldest first, the statements constant.
    """
    if is_staff:
        return _of_merged(session, [each.id for each in relations.merged_into(session, row.id)], names)
    if row.outcome not in (Outcome.MERGED, Outcome.ACCEPTED):
        return []
    heir = relations.heir_of(session, row.id)
    return _answers(session, heir, names) if heir else []


def _of_merged(session: Session, ticket_ids: Sequence[int], names: Names) -> list[Entry]:
    if not ticket_ids:
        return []
    rows, events = timeline.ticket_rows(session, ticket_ids), timeline.event_rows_among(session, ticket_ids)
    files, technicians = timeline.file_rows(session, *ticket_ids), technicians_of(session, events)
    opened_too(each.number for each in rows.values())
    found = []
    for event in events:
        theirs = rows[event.ticket_id]
        entry = entry_of(event, theirs, replace(names, row=theirs), files, technicians, True)
        found.append(replace(entry, origin=theirs.number))
    return found


def _answers(session: Session, heir: Any, names: Names) -> list[Entry]:
    """What staff said publicly since the two are one, and whatever solves it; without the other requester's name."""
    theirs = timeline.ticket_row(session, heir.id)
    events = [event for event in timeline.event_rows(session, heir.id) if event.action in ANSWERS - INTERNAL]
    files, technicians = timeline.file_rows(session, heir.id), technicians_of(session, events)
    hidden = relations.names_to_hide(session, heir.id)
    entries = (entry_of(event, theirs, replace(names, row=theirs), files, technicians, False) for event in events)
    return [
        # Cleaned by rules/richtext.py before it was stored, and only shortened since.
        replace(entry, body=Markup(hide_in_html(str(entry.body), hidden)), origin=ELSEWHERE)  # noqa: S704
        for entry in entries
        if entry.kind == "agent" and entry.body and (entry.at >= heir.merged_at or entry.is_solution)
    ]
