"""The forms of targets and operational levels in the administration: made, changed, removed (F9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.level_book import publish_by
from servicedesk.rules.errors import Conflict, NotFound
from servicedesk.rules.level_book import Book, Level, Operational, Target
from servicedesk.rules.permissions import Permission
from servicedesk.store import catalogue
from servicedesk.store import service_levels as store
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.level_forms import OperationalForm, TargetForm, typed_from
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

bp = Blueprint("level_edits", __name__, url_prefix="/admin/levels")
USUAL: Mapping[str, Any] = {"warn_tells": ["technician"], "breach_tells": ["technician", "supervisors"]}
"""Whom a new target or level tells."""
Page = str | Response | tuple[str, int]
L = TypeVar("L", Target, Operational)
F = TypeVar("F", TargetForm, OperationalForm)


@bp.route("/targets/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="level_edits.new_target")
def new_target() -> Page:
    """Show the form of a new target, and make it."""
    return _edit_target(None)


@bp.route("/targets/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="level_edits.target")
def target(key: str) -> Page:
    """Show the form of a target, and change it."""
    return _edit_target(key)


@bp.route("/groups/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="level_edits.new_group")
def new_group() -> Page:
    """Show the form of how long a group may hold a request, and keep it."""
    return _edit_group(None)


@bp.route("/groups/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="level_edits.group")
def group(key: str) -> Page:
    """Show the form of how long a group may hold a request, and change it."""
    return _edit_group(key)


@bp.post("/targets/<key>/remove")
@demands(Permission.ADMINISTRATION, page="level_edits.target")
def remove_target(key: str) -> Response:
    """Promise this no longer."""
    with writing() as session:
        number, book = store.current(session)
        kept = tuple(each for each in book.targets if each.key != key)
        publish_by(session, replace(book, targets=kept), g.actor, utc_now(), number)
    flash(_("The target was removed: what it promised is promised no longer."), "success")
    return redirect(url_for("service_levels.index"), 303)


@bp.post("/groups/<key>/remove")
@demands(Permission.ADMINISTRATION, page="level_edits.group")
def remove_group(key: str) -> Response:
    """Let the group hold requests as long as it takes."""
    with writing() as session:
        number, book = store.current(session)
        kept = tuple(each for each in book.operational if each.key != key)
        publish_by(session, replace(book, operational=kept), g.actor, utc_now(), number)
    flash(_("The operational level was removed."), "success")
    return redirect(url_for("service_levels.index"), 303)


def _edit_target(key: str | None) -> Page:
    number, book = store.current(reading())
    before = _found(book.targets, key)
    form = _form(TargetForm, before, number, book)
    made = key or _free_key("t", book.targets)

    def changed(now: Book) -> Book:
        return replace(now, targets=tuple(_with(now.targets, form.target(made))))

    return _page_or_change(form, before, "admin/level_target.html", changed)


def _edit_group(key: str | None) -> Page:
    number, book = store.current(reading())
    before = _found(book.operational, key)
    form = _form(OperationalForm, before, number, book)
    made = key or _free_key("g", book.operational)

    def changed(now: Book) -> Book:
        return replace(now, operational=tuple(_with(now.operational, form.level(made))))

    return _page_or_change(form, before, "admin/level_group.html", changed)


def _found(levels: tuple[L, ...], key: str | None) -> L | None:
    found = next((each for each in levels if each.key == key), None)
    if key is not None and found is None:
        raise NotFound()
    return found


def _with(levels: Sequence[L], changed: L) -> list[L]:
    if any(each.key == changed.key for each in levels):
        return [changed if each.key == changed.key else each for each in levels]
    kept = list(levels)
    kept.append(changed)
    return kept


def _free_key(letter: str, levels: tuple[Level, ...]) -> str:
    numbers = [int(each.key[1:]) for each in levels if each.key[1:].isdecimal()]
    return f"{letter}{max(numbers, default=0) + 1}"


def _form(kind: type[F], before: Level | None, number: int, book: Book) -> F:
    known = typed_from(before, number) if before else {**USUAL, "seen": number}
    form = kind() if request.method == "POST" else kind(parked.restored(), data=known)
    form.choose_from(book, catalogue.current(reading()), locale_code())
    return form


def _page_or_change(
    form: TargetForm | OperationalForm, before: Level | None, template: str, changed: Callable[[Book], Book]
) -> Page:
    if request.method == "GET":
        return render_template(template, form=form, level=before)
    if not form.validate():
        return render_template(template, form=form, level=before), 422
    try:
        with writing() as session:
            _number, book = store.current(session)
            publish_by(session, changed(book), g.actor, utc_now(), _seen(form))
    except ValueError:  # the one thing that a form alone cannot know: another level is for the same
        form.form_errors.append(_("There is one for exactly these requests already. Change that one instead."))
        return render_template(template, form=form, level=before), 422
    except Conflict as error:
        form.seen.data = str(store.current_number(reading()))
        form.form_errors.append(say(error.sentence))
        return render_template(template, form=form, level=before), 409
    flash(_("Saved. Open requests are reckoned anew within a minute."), "success")
    return redirect(url_for("service_levels.index"), 303)


def _seen(form: TargetForm | OperationalForm) -> int:
    typed = form.seen.data or ""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1
