"""Edits in the timeline: requesters read what is asked now, staff also what was asked before (C9)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.sentences import N_
from servicedesk.store.models.following import Revision
from servicedesk.store.revisions import DESCRIBING, revisions
from servicedesk.web.entries import Entry
from servicedesk.web.filled_in import filled_in

PARTS: Mapping[str, str] = {
    "title": N_("the title"),
    "description": N_("the description"),
    "answers": N_("the answers"),
}


def with_edits(session: Session, ticket_id: int, entries: Sequence[Entry], is_staff: bool) -> list[Entry]:
    """Return the timeline with its edits put into words.

    For staff each edit shows its new description and what title and answers were before. Everybody else reads the
    newest description where the request begins, and of an edit only that it happened.
    """
    if not any(entry.edited for entry in entries):
        return list(entries)
    if is_staff:
        before = revisions(session, ticket_id)
        return [_for_staff(entry, before[entry.seq]) if entry.edited else entry for entry in entries]
    newest = [entry.body for entry in entries if entry.action in DESCRIBING and entry.body][-1]
    return [_for_others(entry, newest) for entry in entries]


def _for_staff(entry: Entry, before: Revision) -> Entry:
    return replace(entry, words=_words(entry), before=_before(before, entry.edited))


def _for_others(entry: Entry, newest: Markup) -> Entry:
    if entry.edited:
        return replace(entry, words=_words(entry), body=None, kind="status")
    if entry.action == Action.SUBMIT:
        return replace(entry, words=_("opened the request, and edited it since"), body=newest)
    return entry


def _words(entry: Entry) -> str:
    return str(_("edited the request: %(parts)s", parts=", ".join(_(PARTS[part]) for part in entry.edited)))


def _before(before: Revision, parts: Sequence[str]) -> Sequence[tuple[str, str]]:
    title = [(_("Title before"), before.title)] if "title" in parts else []
    return [*title, *(filled_in(before.answers) if "answers" in parts else ())]
