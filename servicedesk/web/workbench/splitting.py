"""Splitting a part of a request off: choosing what is copied, where it belongs and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from servicedesk.actions import files
from servicedesk.actions.splitting import Cut, split
from servicedesk.actions.tickets import NewTicket
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules import richtext
from servicedesk.rules.errors import AlreadyDone, Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue, timeline
from servicedesk.store import relations as store
from servicedesk.store.tickets import locked, next_number
from servicedesk.web import uploads
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.context import exact
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import fingerprint
from servicedesk.web.language import say
from servicedesk.web.workbench.choices import category_options

bp = Blueprint("splitting", __name__, url_prefix="/workbench/tickets/<number>/split")


class SplitForm(Form):
    """The request that is made of the part."""

    title = StringField(_("Title"), [InputRequired(), Length(max=200)], id="split-title")
    category = SelectField(_("Category"), [InputRequired()], id="split-category")
    address = StringField(_("Institutional e-mail of another requester"), id="split-address")


@dataclass(frozen=True, slots=True)
class Piece:
    """A public message that can be copied, with its files."""

    id: int
    at: datetime
    author: str
    is_requester: bool
    body: Markup
    text: str
    files: Sequence[Any]


@bp.get("")
@demands(Permission.TICKET_WORK)
def show(number: str) -> str:
    """Show the public messages and files of which some are to become a request of their own."""
    row = timeline.ticket_row(reading(), g.facts.id)
    return _page(number, SplitForm(data={"title": row.title, "category": row.category_key}), None)


@bp.post("")
@demands(Permission.TICKET_WORK, page="splitting.show")
def send(number: str) -> Response | tuple[str, int]:
    """File the part as a request of its own, and go to it where it can be read, else stay here."""
    form = SplitForm(request.form)
    try:
        made = _split(number, form)
    except AlreadyDone as done:
        made = done.made
    except Invalid as error:
        return _page(number, form, error.sentence), 422
    flash(gettext("%(made)s was split off. Its requester was told.", made=made), "success")
    return redirect(url_for("portal.ticket", number=number), 303)


def _split(number: str, form: SplitForm) -> str:
    tree = catalogue.current(reading())
    category = tree.categories.get(form.category.data or "")
    title = (form.title.data or "").strip()
    if category is None or not category.selectable or category.retired:
        raise Invalid(N_("Choose the category the request belongs to."))
    if not title or len(title) > 200:
        raise Invalid(N_("Write a title of at most 200 characters."))
    chosen = [piece for piece in _pieces() if str(piece.id) in request.form.getlist("messages")]
    if not chosen:
        raise Invalid(N_("Choose at least one message to copy."))
    key = request.form.get("idempotency_key", "")
    body, copies, draft_key = _copied(number, chosen), _copy_files(chosen), token_urlsafe(24)
    now = utc_now()
    with writing() as session:
        new_number = next_number(session, now, ZoneInfo(tree.services[category.service_id].zone))
        for upload_id, file in copies:
            files.note_draft(session, upload_id, draft_key, file.name, file.content_type, file.size, file.sha256, now)
    with writing() as session:
        new = NewTicket(
            number=new_number,
            category_key=category.key,
            title=title,
            body=body,
            origin="",
            answers={},
            files=tuple(upload_id for upload_id, _file in copies),
            draft_key=draft_key,
            form_key=fingerprint([key, request.path]) if key else "",
        )
        return split(session, locked(session, number, g.actor), Cut(new, form.address.data or ""), g.actor, now).number


def _copied(number: str, chosen: Sequence[Piece]) -> RichText:
    """Return the chosen messages one after the other, each with where it comes from."""
    parts = [
        Markup("<p><strong>{}</strong></p><blockquote>{}</blockquote>").format(
            gettext("Copied from %(number)s, %(at)s", number=number, at=exact(piece.at)), piece.body
        )
        for piece in chosen
    ]
    return richtext.from_html(Markup("").join(parts))


def _copy_files(chosen: Sequence[Piece]) -> list[tuple[str, Any]]:
    """Copy the bytes of the chosen files, and return the new ids with what is known of each."""
    storage: Storage = current_app.extensions["desk_storage"]
    wanted = set(request.form.getlist("files"))
    copies = []
    for file in (file for piece in chosen for file in piece.files if file.id in wanted):
        upload_id = new_upload_id()
        with storage.open(file.id) as stream:
            storage.save(stream, upload_id, max(file.size, uploads.max_bytes()))
        copies.append((upload_id, file))
    return copies


def _pieces() -> list[Piece]:
    rows, attached = store.public_messages(reading(), g.facts.id), store.files_of(reading(), g.facts.id)
    return [
        Piece(
            id=row.id,
            at=row.at,
            author=f"{row.given_name or ''} {row.family_name or ''}".strip(),
            is_requester=row.actor_id == g.facts.requester_id,
            # Cleaned by rules/richtext.py before it was stored.
            body=Markup(row.body_html or escape(row.body_text)),  # noqa: S704
            text=row.body_text,
            files=attached.get(row.id, ()),
        )
        for row in rows
    ]


def _page(number: str, form: SplitForm, problem: Sentence | None) -> Any:
    options = category_options(catalogue.current(reading()), "")
    form.category.choices = [
        SelectChoice(key, path, optgroup=service) for service, found in options for key, path in found
    ]
    return render_template(
        "workbench/split.html",
        number=number,
        pieces=_pieces(),
        chosen=set(request.form.getlist("messages")),
        ticked=set(request.form.getlist("files")) if request.method == "POST" else None,
        form=form,
        key=request.form.get("idempotency_key") or token_urlsafe(24),
        problem=say(problem) if problem else None,
    )
