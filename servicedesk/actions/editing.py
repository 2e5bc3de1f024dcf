"""Editing one's own request while nobody works on it: what it said before is kept beside it (C9)."""

from dataclasses import replace

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store import search
from servicedesk.store.models.following import Revision
from servicedesk.store.revisions import description


def edit(s: Situation) -> Changes:
    """Give the ticket another title, description or answers. Raises Invalid when all of it is as it was."""
    ticket, written = s.ticket, s.details
    title = written.title or ticket.title
    answers = ticket.answers if written.answers is None else dict(written.answers)
    before = description(s.session, ticket.id)
    if not written.note or written.note.html == before.html:
        s.details = replace(written, note=None)
    parts = {"title": title != ticket.title, "description": bool(s.details.note), "answers": answers != ticket.answers}
    changed = [name for name, is_other in parts.items() if is_other]
    if not changed:
        raise Invalid(N_("Nothing was changed: the request already says this."))
    s.session.add(Revision(ticket_id=ticket.id, seq=ticket.last_seq + 1, title=ticket.title, answers=ticket.answers))
    ticket.title, ticket.answers = title, answers
    text = s.details.note.text if s.details.note else before.text
    search.reindex_ticket(s.session, ticket.id, [ticket.number, title, text])
    return {"edited": [None, changed]}
