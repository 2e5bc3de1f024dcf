"""Administration of what the house says around its mails: the list, one with its preview, sending it to oneself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from jinja2 import UndefinedError
from markupsafe import Markup
from werkzeug.wrappers import Response

from servicedesk.actions import house_texts as actions
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.house_texts import (
    PLACEHOLDERS,
    About,
    Entry,
    House,
    digest,
    mail_entry,
    mail_name,
)
from servicedesk.rules.languages import BY_CODE, LANGUAGES, WRITTEN
from servicedesk.rules.notices import KIND_OF, Kind
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue
from servicedesk.store.people import mail_address
from servicedesk.web import labels, parked
from servicedesk.web.access import demands
from servicedesk.web.admin.text_examples import Example, Shown, shown
from servicedesk.web.admin.text_forms import HouseForm, languages_of, mail_data, mail_form, typed_mail, with_unseen
from servicedesk.web.clock import utc_now
from servicedesk.web.context import nonce
from servicedesk.web.db import reading, writing
from servicedesk.web.house_texts import house, texts
from servicedesk.web.language import locale_code, say

bp = Blueprint("house_texts", __name__, url_prefix="/admin/texts")
GROUPS: Mapping[str, str] = {
    "requester": N_("To those who ask"),
    "work": N_("To those who answer"),
    About.APPOINTMENT: N_("About appointments"),
    About.DESK: N_("About accounts, and other mails"),
}
PREVIEWED = "a@example.org"
"""The address of a preview, which nobody sees."""
Page = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A mail in the list; `own` are the services that have words of their own, and "" for all of them."""

    key: str
    name: str
    has_own: bool
    services: Sequence[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Which words are edited: of which mail, for which service; empty for every one."""

    key: str
    about: About
    service_id: str

    @property
    def name(self) -> str:
        """The name of the entry."""
        return mail_name(self.key, self.service_id)

    def url(self, endpoint: str = ".mail", more: str | None = None) -> str:
        """Return the address of the page, or of another; `more` is one more language for its form."""
        return url_for(endpoint, key=self.key, service=self.service_id or None, more=more)


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """List every mail, by whom it goes to, with where the house has words of its own."""
    tree, said = catalogue.current(reading()), house()
    groups: dict[str, list[Line]] = {group: [] for group in GROUPS}
    for key in labels.MAILS:
        if about := texts().about(key):
            groups[_group(key, about)].append(_line(key, said, tree))
    return render_template("admin/texts.html", groups=[(_(GROUPS[group]), lines) for group, lines in groups.items()])


def _group(key: str, about: About) -> str:
    if about is not About.TICKET:
        return about
    is_work = KIND_OF.get(key) is Kind.WORK or key.startswith(("line_", "level_", "watch_"))
    return "work" if is_work else "requester"


def _line(key: str, said: House, tree: Catalogue) -> Line:
    own = [each.name.get(locale_code()) for each in tree.services.values() if said.entry(mail_name(key, each.id))]
    return Line(key, labels.mail(key), said.entry(mail_name(key)) is not None, own)


@bp.route("/mails/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="house_texts.mail")
def mail(key: str) -> Page:
    """Show the words around a mail with a preview, and keep, show or send what the form brings."""
    place = _place(key)
    languages = languages_of(house().entry(place.name), "before_")
    form = _form(place, languages)
    if request.method == "GET":
        return _page(form, place, languages)
    try:
        entry = mail_entry(typed_mail(form, languages), place.about)
    except Invalid as error:
        form.refuse(error)
        return _page(form, place, languages), 422
    if request.form.get("do") == "show":
        return _page(form, place, languages, entry)
    if request.form.get("do") == "send":
        _send(place, entry)
        return _page(form, place, languages, entry)
    return _kept(form, place, languages, entry)


@bp.post("/mails/<key>/reset")
@demands(Permission.ADMINISTRATION, page="house_texts.mail")
def reset(key: str) -> Response:
    """Let a mail say again what it was delivered with."""
    place = _place(key)
    with writing() as session:
        actions.keep(session, g.actor, place.name, None, request.form.get("seen", ""), utc_now(), place.service_id)
    flash(_("The mail says again what it was delivered with."), "success")
    return redirect(place.url(), 303)


def _place(key: str) -> Place:
    about = texts().about(key) if key in labels.MAILS else None
    service_id = request.args.get("service", "")
    is_known = not service_id or (about is About.TICKET and service_id in catalogue.current(reading()).services)
    if about is None or not is_known:
        raise NotFound()
    return Place(key, about, service_id)


def _form(place: Place, languages: Sequence[str]) -> HouseForm:
    if request.method == "POST":
        return mail_form(languages)
    entry = house().entry(place.name)
    return mail_form(languages, formdata=parked.restored(), data={**mail_data(entry), "seen": digest(entry)})


def _kept(form: HouseForm, place: Place, languages: Sequence[str], entry: Entry) -> Page:
    try:
        with writing() as session:
            seen = form.seen.data or ""
            actions.keep(session, g.actor, place.name, entry, seen, utc_now(), place.service_id)
    except Conflict as error:
        g.pop("house", None)
        now = house().entry(place.name)
        languages, theirs = languages_of(now, "before_"), mail_data(now)
        form = with_unseen(mail_form(languages), theirs)
        form.seen.data = digest(now)
        form.form_errors.append(say(error.sentence))
        return _page(form, place, languages, entry, theirs=theirs), 409
    flash(_("Saved: the next mail says it."), "success")
    return redirect(place.url(), 303)


def _send(place: Place, entry: Entry) -> None:
    """Queue both languages of the example for whoever asked."""
    address = mail_address(reading(), g.actor.person_id)
    if not address:
        flash(_("There is no e-mail address of yours to which it could go."), "error")
        return
    tree, now = catalogue.current(reading()), utc_now()
    example, writer = Example(place.key, place.about, place.service_id, address), _writer(place, entry)
    contents = [writer.render(example.letter(code, tree, now), now) for code in WRITTEN]
    with writing() as session:
        for content in contents:
            actions.send_example(session, g.actor, address, content, now)
    flash(_("The example goes to %(address)s, in Italian and in English.", address=address), "success")


def _writer(place: Place, entry: Entry | None) -> Any:
    said = house()
    return texts(said if entry is None else House({**said.entries, place.name: entry}))


def _page(
    form: HouseForm,
    place: Place,
    languages: Sequence[str],
    entry: Entry | None = None,
    theirs: Mapping[str, str] | None = None,
) -> str:
    tree, said = catalogue.current(reading()), house()
    return render_template(
        "admin/text_mail.html",
        form=form,
        place=place,
        name=labels.mail(place.key),
        languages=[(code, BY_CODE[code].name) for code in languages],
        others=[(each.code, each.name) for each in LANGUAGES if each.code not in languages],
        scopes=_scopes(place, tree) if place.about is About.TICKET else (),
        placeholders=PLACEHOLDERS[place.about],
        rules=_rules,
        previews=_previews(place, entry, tree, languages),
        has_own=said.entry(place.name) is not None,
        is_mine=g.actor.administers_service(place.service_id),
        theirs=[(form[name].label.text, text) for name, text in (theirs or {}).items() if name in form and text],
    )


def _rules(each: Shown) -> Markup:
    """Return the style of a preview as an element that our pages take: with this answer's nonce."""
    return Markup('<style nonce="{}">{}</style>').format(nonce(), Markup(each.rules))  # noqa: S704 - of our templates


def _scopes(place: Place, tree: Catalogue) -> list[tuple[str, str, bool, None]]:
    every = [("", _("Every service")), *((each.id, each.name.get(locale_code())) for each in tree.services.values())]
    return [
        (name, url_for(".mail", key=place.key, service=service_id or None), service_id == place.service_id, None)
        for service_id, name in every
    ]


def _previews(place: Place, entry: Entry | None, tree: Catalogue, languages: Sequence[str]) -> list[Shown]:
    """Return the mail as it would go out in each language; none for one that no example can be made of."""
    example, writer = Example(place.key, place.about, place.service_id, PREVIEWED), _writer(place, entry)
    try:
        return [shown(writer, example, code, tree, utc_now()) for code in languages]
    except UndefinedError:
        return []
