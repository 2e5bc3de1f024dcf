"""Administration of the look: the name of the desk, two colours, the logo and the icon, seen before they are kept."""

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import house_texts as actions
from servicedesk.gateways import logos
from servicedesk.gateways.logos import BIGGEST, ICON_SIDES, Picture
from servicedesk.rules.errors import Conflict, Invalid
from servicedesk.rules.house_texts import LOOK, Entry, digest, is_colour, look_entry, own_palette
from servicedesk.rules.permissions import Permission
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.theme import stylesheet
from servicedesk.store import house_texts as store
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.text_forms import ThemeForm
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.house.theme import delivered
from servicedesk.web.house_texts import house
from servicedesk.web.language import say

bp = Blueprint("theme_desk", __name__, url_prefix="/admin/look")
SAMPLE = ".desk-sample"
"""The part of the page that wears the colours before anybody else does."""
Page = str | Response | tuple[str, int]


@bp.route("", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="theme_desk.edit")
def edit() -> Page:
    """Show the look with a sample of it, and keep or show what the form brings."""
    if request.method == "GET":
        return _page(_form())
    form = ThemeForm()
    try:
        entry = _typed(form)
    except Invalid as error:
        form.refuse(error)
        return _page(form), 422
    return _page(form) if request.form.get("do") == "show" else _kept(form, entry)


@bp.post("/reset")
@demands(Permission.ADMINISTRATION, page="theme_desk.edit")
def reset() -> Response:
    """Look again as the settings say."""
    with writing() as session:
        actions.keep(session, g.actor, LOOK, None, request.form.get("seen", ""), utc_now())
    flash(_("The desk looks again as the settings say."), "success")
    return redirect(url_for(".edit"), 303)


@bp.get("/colours.css")
@demands(Permission.ADMINISTRATION)
def colours() -> Response:
    """Give colours that are being tried to the sample alone; what is no colour stays as it is delivered."""
    typed = {part: request.args.get(part, "").lower() for part in ("primary", "header")}
    tried = {part: colour for part, colour in typed.items() if is_colour(colour)}
    sheet = stylesheet(own_palette(tried, delivered().colours), SAMPLE)
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": "no-store"})


@bp.get("/logo/<digest>")
@demands(Permission.ADMINISTRATION)
def logo(digest: str) -> Response:
    """Give a logo that was uploaded, kept or not."""
    found = store.logo(reading(), digest)
    if found is None:
        return Response(status=404)
    return Response(found[0], mimetype=found[1], headers={"Cache-Control": "private, max-age=3600"})


def _form() -> ThemeForm:
    entry, before = house().look, delivered().colours
    now = own_palette(entry, before)
    data = {"name": house().name, "primary": now.primary, "header": now.header}
    pictures = {part: entry.get(part, "") for part in ("logo", "icon")}
    return ThemeForm(formdata=parked.restored(), data={**data, **pictures, "seen": digest(house().entry(LOOK))})


def _typed(form: ThemeForm) -> Entry:
    """Return what the form brings, its new pictures stored. Raises Invalid."""
    uploaded = {form.logo: _uploaded("file", logos.logo), form.icon: _uploaded("icon_file", logos.icon)}
    if form.no_logo.data:
        form.logo.data = ""
    if form.no_icon.data:
        form.icon.data = ""
    for field, picture in uploaded.items():
        if picture is not None:
            with writing() as session:
                actions.keep_logo(session, g.actor, picture.digest, picture.mimetype, picture.content, utc_now())
            field.data = picture.digest
    name = " ".join((form.name.data or "").split())
    logo, icon = _known(form.logo.data or ""), _known(form.icon.data or "")
    return look_entry(name, form.primary.data or "", form.header.data or "", logo, icon, delivered().colours)


def _known(named: str) -> str:
    return named if named and store.logo(reading(), named) else ""


def _uploaded(field: str, checked: Callable[[bytes, str], Picture]) -> Picture | None:
    file = request.files.get(field)
    return checked(file.read(BIGGEST + 1), file.filename) if file and file.filename else None


def _kept(form: ThemeForm, entry: Entry) -> Page:
    try:
        with writing() as session:
            actions.keep(session, g.actor, LOOK, entry, form.seen.data or "", utc_now())
    except Conflict as error:
        g.pop("house", None)
        form.seen.data = digest(house().entry(LOOK))
        form.form_errors.append(say(error.sentence))
        return _page(form), 409
    flash(_("Saved: every page looks like this from now on."), "success")
    return redirect(url_for(".edit"), 303)


def _page(form: ThemeForm) -> str:
    return render_template(
        "admin/theme.html",
        form=form,
        tried={"primary": form.primary.data, "header": form.header.data},
        has_own=bool(house().look),
        is_mine=runs_everything(g.actor),
        most=BIGGEST,
        icon_side=ICON_SIDES[0],
    )
