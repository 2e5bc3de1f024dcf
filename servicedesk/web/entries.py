"""The timeline of a ticket in words: who did what when, for those who may read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from servicedesk.rules import change_life, level_moves, problems
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.lifecycle import OPEN_STATES, Action, State, WaitingFor
from servicedesk.rules.names import technician_shown
from servicedesk.rules.permissions import ActorKind
from servicedesk.rules.retention import FILES_REMOVED
from servicedesk.settings import Settings
from servicedesk.store import timeline
from servicedesk.store.visible import FOLLOWER
from servicedesk.web import (
    approval_words,
    change_words,
    labels,
    line_words,
    problem_words,
    relation_words,
    rule_words,
    watch_words,
)
from servicedesk.web.change_edits import Edit, edits_of
from servicedesk.web.house_texts import site_now
from servicedesk.web.labels import label, level

SOLUTIONS = frozenset({Action.PROPOSE, Action.SOLVE_TOGETHER, Action.REPLY_CLOSE})
INTERNAL = frozenset(
    {
        *(Action.LINK, Action.UNLINK, Action.CONVERT, Action.SPLIT, Action.NOTE, Action.PRIORITISE, Action.RELEASE),
        *problems.OWN,
        *change_life.OWN,
        *level_moves.ROWS,
        *watch_words.INTERNAL,
        *line_words.INTERNAL,
        *approval_words.INTERNAL,
    }
)
"""Events that only staff see; of the others, requesters see the event but never an internal text."""

NAMED = ("technician", "adviser", "watcher", "asked", "instead_of", "implementer_id")
"""The changes that hold persons."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment to download, `size` in bytes; one whose term is over has a sentence as its name and no address."""

    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; `kind` is status, agent, requester, follower or note, as the template names them."""

    seq: int
    at: datetime
    kind: str
    action: str
    author: str
    words: str
    body: Markup | None
    files: Sequence[File]
    is_new: bool
    """Whether it happened after the reader had opened the form that is now shown again."""
    edited: Sequence[str] = ()
    """What of the request an edit has changed."""
    before: Sequence[tuple[str, str]] = ()
    """For staff, what title and answers were before that edit."""
    edits: Sequence[Edit] = ()
    """For staff, what of a change's plan was put in the place of what."""
    ended_as: str = ""
    """The words for the state it closed the request with; empty for everything else."""
    origin: str = ""
    """Of what happened on another request that is one with this: where."""

    @property
    def anchor(self) -> str:
        """Return the entry's name within the page."""
        return f"event-{self.origin}{'-' if self.origin else ''}{self.seq}"

    @property
    def is_solution(self) -> bool:
        """Whether it answers the request."""
        return self.action in SOLUTIONS

    @property
    def is_description(self) -> bool:
        """Whether it is what was asked."""
        return self.action == Action.SUBMIT


@dataclass(frozen=True, slots=True)
class Names:
    """How people, groups and categories of one ticket are called towards its readers."""

    tree: Catalogue
    settings: Settings
    locale: str
    row: Any
    archive: Catalogue | None = None
    """The version the ticket was filed under, where the running one no longer knows its category."""

    def technician(self, code: str | None, given: str | None, family: str | None) -> str:
        """Return a technician's code or name, as the one setting says (C3); empty when there is none."""
        if given is None:
            return ""
        name = f"{given} {family}".strip()
        return technician_shown(code, name, self.settings.privacy.technician_name) or _("Technician")

    def requester(self) -> str:
        """Return the requester's name."""
        return f"{self.row.requester_given_name} {self.row.requester_family_name}".strip()

    def group(self, code: str) -> str:
        """Return a group's name, its code when the catalogue no longer knows it."""
        group = self.tree.groups.get(code)
        return group.name.get(self.locale) if group else code

    def category(self, key: str) -> str:
        """Return a category's full path, its key when neither the running catalogue nor the ticket's own knows it."""
        known = next((tree for tree in (self.tree, self.archive) if tree and key in tree.categories), None)
        return known.path_name(key, self.locale) if known else key


def entries_of(session: Session, row: Any, names: Names, is_staff: bool, since: Sequence[int]) -> list[Entry]:
    """Return the timeline, oldest first, as far as this reader may see it."""
    events = timeline.event_rows(session, row.id)
    files = timeline.file_rows(session, row.id)
    technicians = technicians_of(session, events)
    shown = [event for event in events if is_staff or event.action not in INTERNAL]
    return [entry_of(event, row, names, files, technicians, is_staff, since) for event in shown]


def technicians_of(session: Session, events: Sequence[Any]) -> dict[int, Any]:
    """Return the names of those whom events mention, by id."""
    given = {person for event in events for name in NAMED for person in event.changes.get(name) or ()}
    told_instead = {person for event in events for person in watch_words.people_of(event.changes)}
    return timeline.names_of(session, (given | told_instead) - {None})


def entry_of(
    event: Any,
    row: Any,
    names: Names,
    files: dict[int, list[Any]],
    technicians: dict[int, Any],
    is_staff: bool,
    since: Sequence[int] = (),
) -> Entry:
    """Return one event in words, as far as this reader may see it."""
    readable = event.message_id is not None and (is_staff or event.is_public)
    return Entry(
        seq=event.seq,
        at=event.at,
        kind=_kind(event, row, readable),
        action=event.action,
        author=approval_words.author(_author(event, row, names, is_staff), event.changes, names, technicians),
        words=_words(event, names, technicians, is_staff),
        # Cleaned by rules/richtext.py before it was stored.
        body=Markup(event.body_html) if readable and event.body_html else None,  # noqa: S704
        files=[*map(_file, files.get(event.message_id, [])), *_removed_files(event.changes)] if readable else [],
        is_new=event.seq in since,
        edited=event.changes.get("edited", (None, ()))[1],
        edits=edits_of(event.changes, names, technicians) if is_staff else (),
        ended_as=_ended_as(event),
    )


def _ended_as(event: Any) -> str:
    if event.before == event.after or State(event.after) in OPEN_STATES:
        return ""
    outcome = (event.changes.get("outcome") or [None, None])[1]
    return " - ".join(filter(None, [label(labels.STATES, event.after), label(labels.OUTCOMES, outcome)]))


def _kind(event: Any, row: Any, readable: bool) -> str:
    if not readable:
        return "status"
    if not event.is_public:
        return "note"
    if event.actor_id == row.requester_id:
        return "requester"
    return "follower" if _is_followers(event) else "agent"


def _is_followers(event: Any) -> bool:
    return event.action == Action.LEAVE or (event.changes.get("as") or [None, None])[1] == FOLLOWER


def _author(event: Any, row: Any, names: Names, is_staff: bool) -> str:
    if is_staff and "rule" in event.changes:
        return rule_words.author(event.changes["rule"][1])
    if event.actor_kind == ActorKind.SYSTEM:
        return site_now().name
    if event.actor_id == row.requester_id:
        return names.requester()
    if _is_followers(event):
        return f"{event.given_name} {event.family_name}".strip()
    return names.technician(event.code, event.given_name, event.family_name)


def _words(event: Any, names: Names, technicians: dict[int, Any], is_staff: bool) -> str:
    changes = event.changes
    if not is_staff and (changes.get("waiting_for") or [None, None])[1] == WaitingFor.REQUESTER:
        return _("asked you a question")
    given = technicians.get((changes.get("technician") or [None, None])[1])
    whom = names.technician(given.code, given.given_name, given.family_name) if given else ""
    group = (changes.get("group") or [None, names.row.group_code])[1]
    words: str = _(labels.EVENTS[Action(event.action)]) % {
        "whom": ", ".join(filter(None, [names.group(group) if "group" in changes else "", whom])),
        "waiting_for": label(labels.WAITING_FOR, (changes.get("waiting_for") or [None, None])[1]),
        "category": names.category((changes.get("category") or [None, names.row.category_key])[1]),
        "priority": level((changes.get("priority") or [None, names.row.priority])[1]).lower(),
        "duplicate_of": (changes.get("duplicate_of") or [None, ""])[1],
        **relation_words.of_event(changes),
        **problem_words.of_event(changes),
        **change_words.of_event(changes),
        **line_words.of_event(changes, names, technicians),
        **approval_words.of_event(changes, names, technicians),
        **watch_words.of_event(changes, technicians),
    }
    more = watch_words.stood_in(changes, technicians) if is_staff else ""
    return f"{words} ({more})" if more else words


def _file(row: Any) -> File:
    return File(row.name, row.size, url_for("uploads.download", upload_id=row.id))


def _removed_files(changes: Mapping[str, Any]) -> list[File]:
    """Return a line for each attachment that was there before its term was over."""
    count, at = changes.get(FILES_REMOVED) or (0, "")
    if not count:
        return []
    removed = _("Attachment removed on %(at)s", at=format_date(datetime.fromisoformat(at), "long"))
    return [File(removed, 0, "")] * count
