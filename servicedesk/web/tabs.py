"""The tabs of a ticket's page (C4): conversation, attachments, and who can see the request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import BooleanField, Form, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Scope, TicketFacts
from servicedesk.store import sharing
from servicedesk.store.people import ENROLLED, Student
from servicedesk.store.sharing import Invited
from servicedesk.web.entries import Entry, File


class Tab(StrEnum):
    """One part of the page; the values stand in its address."""

    CONVERSATION = "conversation"
    ATTACHMENTS = "attachments"
    VISIBILITY = "visibility"


TAB_OF: Mapping[Action, Tab] = dict.fromkeys(
    (Action.SHARE, Action.UNSHARE, Action.PUBLISH, Action.UNPUBLISH), Tab.VISIBILITY
)
"""Where the page opens again after an action; all others belong to the conversation."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of the conversation with who sent it when."""

    file: File
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PublicView:
    """What others read of a public request; both bodies are clean."""

    title: str
    description: Markup
    solution: Markup


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who else can see a request, and the forms to change it."""

    invited: Sequence[Invited]
    public_to: str
    """To whom it is public, in words; empty while it is private."""
    preview: PublicView | None
    share: Form
    publish: Form


class ShareForm(Form):
    """The institutional address of one person."""

    address = StringField(_l("Institutional address of the person"), [InputRequired()], id="share-address")


class PublishForm(Form):
    """To whom, and the box that says one has read what others will see."""

    scope = RadioField(_l("Who may read it"), [InputRequired()], id="publish-scope")
    is_confirmed = BooleanField(
        _l("I have read above what others will see, and it names nobody"), [InputRequired()], id="publish-confirmed"
    )


def chosen(typed: Mapping[str, Any]) -> Tab:
    """Return the tab to show: that of the form that comes back, else the one in the address."""
    action = typed.get("action")
    if action in set(Action):
        return TAB_OF.get(Action(action), Tab.CONVERSATION)
    named = request.args.get("tab")
    return Tab(named) if named in set(Tab) else Tab.CONVERSATION


def links(number: str, shown: Tab, entries: Sequence[Entry], invited: int) -> list[tuple[str, str, bool, int]]:
    """Return the tabs as (words, address, is_current, count)."""
    counted = {
        Tab.CONVERSATION: (_("Conversation"), sum(1 for entry in entries if entry.body or entry.files)),
        Tab.ATTACHMENTS: (_("Attachments"), sum(1 for entry in entries for file in entry.files if file.url)),
        Tab.VISIBILITY: (_("Who can see it"), invited),
    }
    return [
        (words, url_for("portal.ticket", number=number, tab=tab.value), tab is shown, count)
        for tab, (words, count) in counted.items()
    ]


def attached(entries: Sequence[Entry]) -> list[Attached]:
    """Return all files of the conversation, removed ones too, oldest first."""
    return [Attached(file, entry.author, entry.at) for entry in entries for file in entry.files]


def visibility(
    session: Session,
    facts: TicketFacts,
    student: Student | None,
    service_name: str,
    invited: Sequence[Invited],
    with_preview: bool,
) -> Visibility:
    """Return who else can see the request; `student` is its requester's record."""
    assert facts.id is not None
    words = _scopes(student, service_name)
    published = facts.publication
    publish = PublishForm(data={"scope": next(iter(words))})
    publish.scope.choices = [SelectChoice(scope.value, text) for scope, text in words.items()]
    return Visibility(
        invited=invited,
        public_to=words.get(published.scope, _("Students of one degree course")) if published else "",
        preview=public_view(session, facts.id) if with_preview else None,
        share=ShareForm(data={"address": request.form.get("address", "")}),
        publish=publish,
    )


def public_view(session: Session, ticket_id: int) -> PublicView:
    """Return what others read of a public ticket."""
    texts = sharing.public_texts(session, ticket_id)
    # Cleaned by rules/richtext.py before it was stored, and only shortened since.
    return PublicView(texts.title, Markup(texts.description), Markup(texts.solution))  # noqa: S704


def _scopes(student: Student | None, service_name: str) -> dict[Scope, str]:
    to_service = {Scope.SERVICE: _("Everybody who may use the service %(service)s", service=service_name)}
    if student is None or student.status != ENROLLED:
        return to_service
    return {Scope.COURSE: _("Students of %(course)s", course=student.degree_course_name), **to_service}
