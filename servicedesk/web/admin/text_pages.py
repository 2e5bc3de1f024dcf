"""Administration of the texts of pages: welcome, without an account, footer, and whom to write to about what."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import house_texts as actions
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.house_texts import PAGE_TEXTS, Entry, Form, digest, page_entry, text_name
from servicedesk.rules.languages import BY_CODE, LANGUAGES, WRITTEN
from servicedesk.rules.permissions import Permission
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.text_forms import HouseForm, languages_of, page_data, page_form, typed_page, with_unseen
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.house.theme import delivered
from servicedesk.web.house_texts import declared, house, rendered
from servicedesk.web.language import say

bp = Blueprint("house_pages", __name__, url_prefix="/admin/texts/pages")
NAMES: Mapping[str, tuple[str, str]] = {
    "welcome": (N_("Welcome"), N_("At the top of the home page, signed in or not.")),
    "external": (N_("Asking without an account"), N_("At the top of the page where the subject is chosen.")),
    "footer": (N_("Footer"), N_("One line at the end of every page, such as the address.")),
    "accessibility_email": (N_("Accessibility: e-mail"), N_("In the statement of accessibility and the short guide.")),
    "accessibility_phone": (N_("Accessibility: phone"), N_("In the statement of accessibility.")),
    "privacy_controller": (N_("Privacy: controller"), N_("Name and postal address of whoever decides about the data.")),
    "privacy_email": (N_("Privacy: e-mail of the controller"), N_("On the privacy page.")),
    "privacy_officer": (N_("Privacy: data protection officer"), N_("How the officer is reached, on the privacy page.")),
}
"""What each text is called, and where it stands."""
Page = str | Response | tuple[str, int]


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """List the texts with what they say now."""
    said = house()
    rows = [
        {
            "key": key,
            "name": _(name),
            "where": _(where),
            "says": _says(said.entry(text_name(key)), key),
            "is_own": said.entry(text_name(key)) is not None,
        }
        for key, (name, where) in NAMES.items()
    ]
    return render_template("admin/text_pages.html", rows=rows)


def _says(entry: Entry | None, key: str) -> dict[str, str]:
    """Return by language what the pages say: the house's own words, else those of the settings."""
    if entry is not None:
        return dict(entry)
    part, _underscore, name = key.partition("_")
    if name:
        return {"": str(getattr(getattr(declared(), part), name))}
    footer = delivered().footer_text if key == "footer" else None
    return {code: footer.get(code) for code in Form.LINE.languages} if footer else {}


@bp.route("/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="house_pages.edit")
def edit(key: str) -> Page:
    """Show the form of a text with what it becomes, and keep or show what the form brings."""
    languages = _languages(_known(key))
    form = _form(key, languages)
    if request.method == "GET":
        return _page(form, key, languages, house().entry(text_name(key)) or {})
    try:
        entry = page_entry(key, typed_page(form, languages))
    except Invalid as error:
        form.refuse(error)
        return _page(form, key, languages, {}), 422
    if request.form.get("do") == "show":
        return _page(form, key, languages, entry)
    return _kept(form, key, languages, entry)


@bp.post("/<key>/reset")
@demands(Permission.ADMINISTRATION, page="house_pages.edit")
def reset(key: str) -> Response:
    """Say again what the settings say."""
    with writing() as session:
        actions.keep(session, g.actor, text_name(_known(key)), None, request.form.get("seen", ""), utc_now())
    flash(_("The pages say again what the settings say."), "success")
    return redirect(url_for(".index"), 303)


def _known(key: str) -> str:
    if key not in PAGE_TEXTS:
        raise NotFound()
    return key


def _languages(key: str) -> Sequence[str]:
    needed = PAGE_TEXTS[key].languages
    return languages_of(house().entry(text_name(key)), "text_") if needed == WRITTEN else needed


def _form(key: str, languages: Sequence[str]) -> HouseForm:
    kind = PAGE_TEXTS[key]
    if request.method == "POST":
        return page_form(kind, languages)
    entry = house().entry(text_name(key))
    data = {**page_data(_says(entry, key)), "seen": digest(entry)}
    return page_form(kind, languages, formdata=parked.restored(), data=data)


def _kept(form: HouseForm, key: str, languages: Sequence[str], entry: Entry) -> Page:
    try:
        with writing() as session:
            actions.keep(session, g.actor, text_name(key), entry, form.seen.data or "", utc_now())
    except Conflict as error:
        g.pop("house", None)
        now, languages = house().entry(text_name(key)), _languages(key)
        theirs = page_data(now or {})
        form = with_unseen(page_form(PAGE_TEXTS[key], languages), theirs)
        form.seen.data = digest(now)
        form.form_errors.append(say(error.sentence))
        return _page(form, key, languages, entry, theirs), 409
    flash(_("Saved: every page says it from now on."), "success")
    return redirect(url_for(".index"), 303)


def _page(
    form: HouseForm, key: str, languages: Sequence[str], entry: Entry, theirs: Mapping[str, str] | None = None
) -> str:
    kind = PAGE_TEXTS[key]
    has_more = kind.languages == WRITTEN
    previews: list[Any] = []
    if kind is Form.MARKDOWN:
        previews = [(code, BY_CODE[code].name, rendered(text)) for code, text in entry.items()]
    return render_template(
        "admin/text_page.html",
        form=form,
        key=key,
        name=_(NAMES[key][0]),
        where=_(NAMES[key][1]),
        kind=kind.value,
        fields=[(f"text_{language}", language) for language in languages],
        needed=kind.languages,
        others=[(each.code, each.name) for each in LANGUAGES if each.code not in languages] if has_more else (),
        previews=previews,
        has_own=house().entry(text_name(key)) is not None,
        is_mine=runs_everything(g.actor),
        theirs=[(form[name].label.text, text) for name, text in (theirs or {}).items() if name in form],
    )
