"""Contacts of the counters, for answers to who came to the wrong one: the list and the form (F3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.standard_contacts import remove_contact, set_contact
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission, may
from servicedesk.store import catalogue
from servicedesk.store import standard_answers as store
from servicedesk.store.degree_courses import degree_courses
from servicedesk.store.models.standard_answers import CounterContact
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.labels import label
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.standard_form import KINDS, ContactForm, contact_form

bp = Blueprint("standard_contacts", __name__, url_prefix="/workbench/counter-contacts")


@dataclass(frozen=True, slots=True)
class Row:
    """Contacts in the list, in the language of the page where they are written in it."""

    id: int
    whom: str
    text: str
    belongs: str


@bp.get("")
@demands(Permission.ANSWER_WRITE)
def index() -> str:
    """List the contacts."""
    may_change = may(g.actor, Permission.ANSWER_PUBLISH)
    return render_template("workbench/standard_contacts.html", rows=_rows(), may_change=may_change)


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ANSWER_PUBLISH, page="standard_contacts.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of new contacts, and keep what it brings."""
    form = _form(None)
    if request.method == "POST" and (saved := _saved(form, None)):
        return saved
    return _page(form, None)


@bp.route("/<int:contact_id>", methods=["GET", "POST"])
@demands(Permission.ANSWER_PUBLISH, page="standard_contacts.edit")
def edit(contact_id: int) -> str | Response | tuple[str, int]:
    """Show contacts as they are, and keep what the form brings."""
    row = reading().get(CounterContact, contact_id)
    if row is None:
        raise NotFound()
    form = _form(row)
    if request.method == "POST" and (saved := _saved(form, contact_id)):
        return saved
    return _page(form, contact_id)


@bp.post("/<int:contact_id>/remove")
@demands(Permission.ANSWER_PUBLISH, page="standard_contacts.edit")
def remove(contact_id: int) -> Response:
    """Forget contacts."""
    with writing() as session:
        remove_contact(session, contact_id, f"person:{g.actor.person_id}", utc_now())
    flash(_("The contacts are removed."), "success")
    return redirect(url_for(".index"), 303)


def _form(row: CounterContact | None) -> ContactForm:
    tree = catalogue.current(reading())
    if request.method == "POST":
        return contact_form(tree)
    data = {}
    if row is not None:
        texts = {f"text_{language}": text for language, text in row.texts.items()}
        data = {"kind": row.kind, "value": row.value, "category_key": row.category_key or "", **texts}
    return contact_form(tree, formdata=parked.restored(), data=data)


def _page(form: ContactForm, contact_id: int | None) -> tuple[str, int]:
    courses = degree_courses(reading())
    page = render_template("workbench/standard_contacts_edit.html", form=form, contact_id=contact_id, courses=courses)
    return page, 200 if request.method == "GET" else 422


def _saved(form: ContactForm, contact_id: int | None) -> Response | None:
    if not form.validate():
        return None
    try:
        with writing() as session:
            set_contact(session, form.contact(), f"person:{g.actor.person_id}", utc_now(), contact_id)
    except Invalid as error:
        form.refuse(error)
        return None
    flash(_("The contacts are saved."), "success")
    return redirect(url_for(".index"), 303)


def _path(tree: Catalogue, key: str | None) -> str:
    return tree.path_name(key, locale_code()) if key is not None and key in tree.categories else ""


def _rows() -> Sequence[Row]:
    tree, language = catalogue.current(reading()), locale_code()
    return [
        Row(
            each.id,
            each.value or label(KINDS, each.kind),
            each.texts.get(language) or next(iter(each.texts.values()), ""),
            _path(tree, each.category_key),
        )
        for each in store.contact_rows(reading())
    ]
