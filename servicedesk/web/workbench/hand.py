"""What a technician has in hand for one ticket: the draft in the composer, or what is about to be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission, TicketFacts, may
from servicedesk.rules.richtext import from_html
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue, work
from servicedesk.store.work import Draft, Listed
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code, say

WAYS: Mapping[str, str] = {
    Action.COMMENT: N_("Reply to the requester"),
    Action.WAIT: N_("Put on hold"),
    Action.PROPOSE: N_("Propose as solution"),
    Action.REPLY_CLOSE: N_("Reply and close"),
}
"""What is about to happen, in the words of the buttons."""
MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class Held:
    """What is about to be sent: as what, the text, and when."""

    way: str
    body: Markup
    send_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class Hand:
    """The text to go on with, as its form held it, why it came back if it did, or what is about to be sent."""

    typed: MultiDict[str, str]
    kept_at: datetime | None = None
    returned: str = ""
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A draft in the list beside the queue; `why` it came back, `left` its words where the ticket went elsewhere."""

    number: str
    title: str
    changed_at: datetime
    is_held: bool
    why: str
    left: str


EMPTY = Hand(MultiDict())


def in_hand(session: Session, facts: TicketFacts) -> Hand:
    """Return what the reader has in hand for this ticket."""
    if g.actor.person_id is None or facts.id is None or not may(g.actor, Permission.TICKET_WORK, facts):
        return EMPTY
    draft = work.draft_of(session, g.actor.person_id, facts.id, utc_now())
    if draft is None:
        return EMPTY
    if draft.send_at is not None and draft.held is not None:
        return Hand(MultiDict(), held=_held(session, draft.held, draft.send_at))
    return Hand(_as_form(draft), draft.changed_at, say(Sentence.from_json(draft.returned)) if draft.returned else "")


def _as_form(draft: Draft) -> MultiDict[str, str]:
    kept = {"note": draft.note, "note_format": draft.note_format, "idempotency_key": draft.form_key}
    return MultiDict(kept | ({"standard_answer": str(draft.standard_answer)} if draft.standard_answer else {}))


def _held(session: Session, held: Mapping[str, Any], send_at: datetime) -> Held:
    body = held["note"]["html"] if held["note"] else ""
    return Held(
        way=_way(session, held),
        body=Markup(body),  # noqa: S704 - cleaned by rules/richtext.py when it was sent
        send_at=send_at,
        seconds=max(0, round((send_at - utc_now()).total_seconds())),
    )


def _way(session: Session, held: Mapping[str, Any]) -> str:
    if not held.get("onward"):
        return _(WAYS[held["action"]])
    code = held["onward"]["group"]
    group = catalogue.current(session).groups.get(code)
    return f"{_('Reply and forward:')} {group.name.get(locale_code()) if group else code}"


def my_work_drafts() -> Sequence[Begun]:
    """Return the answers that the reader has begun and not sent, for a list beside the queue."""
    return [_begun(each) for each in work.drafts_of(reading(), g.actor, utc_now(), MOST_LISTED)]


def _begun(each: Listed) -> Begun:
    why = say(Sentence.from_json(each.returned)) if each.returned else ""
    if each.is_readable:
        return Begun(each.number, each.title, each.changed_at, each.is_held, why, "")
    words = from_html(each.note).text if each.note_format == "html" else each.note
    return Begun(each.number, "", each.changed_at, each.is_held, why, words)
