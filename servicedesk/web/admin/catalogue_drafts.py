"""Drafts of the catalogue: from a file or an earlier version, looked at, tried on the past, published or dropped."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.actions.catalogue import CatalogueRefused, Publishable, publishable
from servicedesk.gateways.catalogue_file import MAX_BYTES, Finding
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_changes import foreign
from servicedesk.rules.catalogue_checks import Problem
from servicedesk.rules.catalogue_consequences import consequences, problems_of
from servicedesk.rules.catalogue_edit import living
from servicedesk.rules.catalogue_json import from_data
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.simulation import replay
from servicedesk.store import catalogue
from servicedesk.store import catalogue_drafts as store
from servicedesk.store.models.catalogue import CatalogueDraft
from servicedesk.store.people import staffed_groups
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.catalogue import as_file, bp, cut, looked_at, who
from servicedesk.web.admin.catalogue_tree import Forest
from servicedesk.web.admin.catalogue_words import told
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.language import say

PERIODS = (30, 90, 365)
USUAL = 90
ON_PAGE = 100
FINDINGS = 200
NAMED = 5


class UploadForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The file of a catalogue."""

    file = FileField(_l("File of the catalogue"), [InputRequired(_l("Choose a file."))])


class PublishForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Why, and that the warnings were read; the action knows what it needs."""

    running = HiddenField()
    revision = HiddenField()
    note = TextAreaField(_l("Why"), [InputRequired(_l("Say why this version is published."))])
    confirmed = BooleanField(_l("I have read the warnings"))

    def seen(self) -> actions.Seen:
        """Return the versions that the administrator had in front of them; 0 for what the form does not say."""
        return actions.Seen(*(_number(field.data) for field in (self.running, self.revision)))

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self[name].errors = (*self[name].errors, say(sentence))
        if not error.fields:
            self.form_errors.append(say(error.sentence))


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


@bp.route("/upload", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.upload")
def upload() -> str | Response | tuple[str, int]:
    """Take a file: one with errors is refused whole, every error with its place; a sound one becomes a draft."""
    form = UploadForm()
    if request.method == "GET":
        return _upload_page(form)
    if not form.validate():
        return _upload_page(form), 422
    content, name = form.file.data.stream.read(MAX_BYTES + 1), form.file.data.filename or "categories.yaml"
    try:
        found = publishable(content, name)
    except CatalogueRefused as refused:
        form.form_errors.append(say(refused.sentence))
        return _upload_page(form, refused.findings, content), 422
    return redirect(url_for(".draft", draft_id=_drafted(found, name)), 303)


def _drafted(found: Publishable, name: str) -> int:
    with writing() as session:
        made = actions.begin(session, g.actor, "file", name, found.catalogue, utc_now(), found.file_hash)
        draft_id = made.id
    flash(_("The file has no errors. What runs stays as it is until you publish."), "success")
    return draft_id


def _upload_page(form: UploadForm, findings: tuple[Finding, ...] = (), content: bytes = b"") -> str:
    lines = content.decode("utf-8", "replace").split("\n")
    quoted = [
        (each, lines[each.line - 1].strip()[:160] if each.line <= len(lines) else "") for each in findings[:FINDINGS]
    ]
    return render_template("admin/catalogue_upload.html", form=form, findings=quoted, count=len(findings))


@bp.get("/drafts/<int:draft_id>")
@demands(Permission.ADMINISTRATION)
def draft(draft_id: int) -> str:
    """Show what publishing a draft would change and lead to."""
    return _draft_page(draft_id, PublishForm(formdata=parked.restored()))


def _draft_page(draft_id: int, form: PublishForm) -> str:
    session = reading()
    found = store.draft(session, draft_id)
    number, running = catalogue.current_version(session)
    tree = living(from_data(found.content))
    if not form.is_submitted():
        form.running.data, form.revision.data = str(number), str(found.revision)
    errors = [problem for problem in problems_of(tree) if problem.severity == "error"]
    others = foreign(living(running), tree, g.actor.administers_service)
    return render_template(
        "admin/catalogue_draft.html",
        form=form,
        number=number,
        errors=[(problem.sentence, place_of(tree, problem, draft_id)) for problem in errors],
        warnings=list(consequences(running, tree, actions.held(session))),
        others=[change.key for change in others[:NAMED]],
        others_count=len(others),
        **cut(told(living(running), tree)),
        **facts_of(found),
    )


def place_of(tree: Catalogue, problem: Problem, draft_id: int) -> str:
    """Return the page of a draft on which a problem can be mended."""
    section = problem.section
    if section == "categories":
        return url_for(".edit_category", draft_id=draft_id, key=list(tree.categories)[problem.index])
    if section == "groups":
        return url_for(".edit_group", draft_id=draft_id, code=list(tree.groups)[problem.index])
    return url_for(".edit_service", draft_id=draft_id, key=list(tree.services.values())[problem.index].key)


def facts_of(found: CatalogueDraft) -> dict[str, Any]:
    """Return what every page of a draft says of it."""
    names = store.names_of(reading(), [found.created_by, found.changed_by])
    return {
        "draft": found,
        "title": title_of(found.origin, found.title),
        "begun_by": who(names, found.created_by),
        "last_by": who(names, found.changed_by),
    }


@bp.app_template_global("draft_title")
def title_of(origin: str, title: str) -> str:
    """Return what a draft is called."""
    return {
        "file": _("Draft from the file %(name)s", name=title),
        "version": _("Draft from version %(number)s", number=title),
        "running": _("Draft: %(name)s", name=title),
    }[origin]


@bp.get("/drafts/<int:draft_id>/categories.yaml")
@demands(Permission.ADMINISTRATION)
def draft_file(draft_id: int) -> Response:
    """Give a draft as a file, to go on with it in an editor."""
    return as_file(from_data(store.draft(reading(), draft_id).content), f"draft-{draft_id}.yaml")


@bp.post("/drafts/<int:draft_id>/publish")
@demands(Permission.ADMINISTRATION, page="catalogue_desk.draft")
def publish(draft_id: int) -> Response | tuple[str, int]:
    """Make a draft the running catalogue."""
    form = PublishForm()
    if not form.validate():
        return _draft_page(draft_id, form), 422
    note, is_confirmed = " ".join((form.note.data or "").split()), bool(form.confirmed.data)
    try:
        with writing() as session:
            done = actions.publish(session, g.actor, draft_id, form.seen(), note, utc_now(), is_confirmed=is_confirmed)
    except Invalid as error:
        form.refuse(error)
        return _draft_page(draft_id, form), 422
    except Conflict as error:
        return _again(draft_id, form, say(error.sentence)), 409
    flash(_("Version %(number)s runs now.", number=done.version), "success")
    return redirect(url_for(".version", number=done.version), 303)


def _again(draft_id: int, form: PublishForm, words: str) -> str:
    """Show the draft as it is now, with the reason that was typed."""
    form.form_errors.append(words)
    form.running.data = str(catalogue.current_version(reading())[0])
    form.revision.data = str(store.draft(reading(), draft_id).revision)
    form.confirmed.data = False
    return _draft_page(draft_id, form)


@bp.post("/drafts/<int:draft_id>/update")
@demands(Permission.ADMINISTRATION, page="catalogue_desk.draft")
def update(draft_id: int) -> Response:
    """Take what was published since a draft began into it."""
    with writing() as session:
        both = actions.bring_up_to_date(session, g.actor, draft_id, utc_now())
    flash(_("The draft has what was published meanwhile."), "success")
    if both:
        names = ", ".join(both[:NAMED])
        flash(_("Changed on both sides; here the draft counts: %(names)s. Check them.", names=names), "warning")
    return redirect(url_for(".draft", draft_id=draft_id), 303)


@bp.post("/drafts/<int:draft_id>/discard")
@demands(Permission.ADMINISTRATION, page="catalogue_desk.draft")
def discard(draft_id: int) -> Response:
    """Throw a draft away."""
    with writing() as session:
        actions.discard(session, g.actor, draft_id, utc_now())
    flash(_("The draft is gone. What runs stays as it is."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/drafts/<int:draft_id>/tree")
@demands(Permission.ADMINISTRATION)
def draft_tree(draft_id: int) -> str:
    """Show the tree of a draft, every entry leading to where it is edited."""
    session = reading()
    found = store.draft(session, draft_id)
    tree = from_data(found.content)
    forest = Forest(
        tree,
        store.open_counts(session),
        problems_of(tree),
        lambda key: url_for(".edit_category", draft_id=draft_id, key=key),
    )
    return render_template(
        "admin/catalogue_draft_tree.html",
        tree=tree,
        **looked_at(
            forest,
            url_for(".draft_tree", draft_id=draft_id),
            lambda key: url_for(".edit_service", draft_id=draft_id, key=key),
        ),
        **facts_of(found),
    )


@bp.get("/drafts/<int:draft_id>/simulation")
@demands(Permission.ADMINISTRATION)
def simulation(draft_id: int) -> str:
    """Replay the requests of the last days on a draft: how many would go elsewhere, and which."""
    session = reading()
    found = store.draft(session, draft_id)
    days = whole(request.args, "days", USUAL)
    if days not in PERIODS:
        raise NotFound()
    running, tree = catalogue.current(session), living(from_data(found.content))
    outcome = replay(
        running,
        tree,
        staffed_groups(session),
        store.asked_since(session, g.actor, utc_now() - timedelta(days=days)),
    )
    pairs = outcome.pairs()
    before, after = request.args.get("before", ""), request.args.get("after", "")
    chosen = [
        each
        for each in outcome.elsewhere
        if (not before or each.before == before) and (not after or each.after == after)
    ]
    place = max(0, whole(request.args, "from", 0))
    return render_template(
        "admin/catalogue_simulation.html",
        outcome=outcome,
        pairs=pairs,
        lost=outcome.lost.most_common(ON_PAGE),
        approved_first=outcome.approved_first.most_common(ON_PAGE),
        tree=running,
        new=tree,
        days=days,
        periods=[(_("%(count)s days", count=each), _here(draft_id, each), each == days, None) for each in PERIODS],
        rows=chosen[place : place + ON_PAGE],
        chosen=(before, after) if before or after else None,
        chosen_count=len(chosen),
        place=place,
        newer=_here(draft_id, days, before, after, max(0, place - ON_PAGE)) if place else None,
        older=_here(draft_id, days, before, after, place + ON_PAGE) if place + ON_PAGE < len(chosen) else None,
        is_cut=outcome.total >= store.REPLAYED,
        pair_url=lambda pair: _here(draft_id, days, *pair) + "#requests",
        **facts_of(found),
    )


def _here(draft_id: int, days: int, before: str = "", after: str = "", place: int = 0) -> str:
    more: Mapping[str, Any] = {"before": before or None, "after": after or None, "from": place or None}
    return url_for(".simulation", draft_id=draft_id, days=days, **more)
