"""Standard answers for whoever writes them: the lists, the form with its preview, the steps, and every version (F3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import standard_answers as actions
from servicedesk.rules.answers import Stage, lags
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import (
    PLACEHOLDERS,
    Reach,
    Step,
    Written,
    allowed_steps,
    check,
    may_publish,
)
from servicedesk.store import catalogue
from servicedesk.store import standard_answers as store
from servicedesk.store.models.standard_answers import StandardAnswerVersion
from servicedesk.store.standard_answers import Listed, Uses
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import place
from servicedesk.web.labels import label
from servicedesk.web.language import IN_WHICH_WE_WRITE, locale_code, say
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.standard_form import StandardForm, data_of, standard_form
from servicedesk.web.workbench.standard_panel import LATELY, SEQUELS, month
from servicedesk.web.workbench.standard_preview import Shown, previews

bp = Blueprint("standard_desk", __name__, url_prefix="/workbench/standard-answers")
PAGE = 50
VERSIONS = 20
CATEGORIES = 10
GROUPS = 3
"""Of so many groups a list shows the names."""
SHOWN = (Stage.PUBLISHED, Stage.DRAFT)
STAGES: Mapping[str, str] = {
    Stage.PUBLISHED: N_("Published"),
    Stage.DRAFT: N_("Proposed"),
    Stage.REPLACED: N_("Replaced"),
}
STEPS: Mapping[str, str] = {
    Step.PUBLISH: N_("Publish"),
    Step.DISCARD: N_("Discard the draft"),
    Step.RETIRE: N_("Withdraw it"),
}
DONE: Mapping[str, str] = {
    Step.PUBLISH: N_("The standard answer is published."),
    Step.DISCARD: N_("The draft is discarded."),
    Step.RETIRE: N_("The standard answer is not offered any more."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A version in a list; `lagging` are the names of the languages that say less than another."""

    version: Listed
    scope: str
    stage: str
    then: str
    who: str
    lagging: Sequence[str]
    uses: Uses


@bp.get("")
@demands(Permission.ANSWER_WRITE)
def index() -> str:
    """List what is published, or what is proposed, by name."""
    asked = request.args.get("stage", Stage.PUBLISHED)
    stage = Stage(asked) if asked in SHOWN else Stage.PUBLISHED
    after = (request.args.get("name", ""), place("after")) if "after" in request.args else None
    words = " ".join(request.args.get("q", "").removeprefix("/").split())
    found, has_more = store.versions_in(reading(), stage, words, after, PAGE)
    last = found[-1] if has_more else None
    return render_template(
        "workbench/standard_answers.html",
        rows=_rows(found),
        stage=stage.value,
        words=words,
        tabs=[(_(STAGES[each]), url_for(".index", stage=each), each == stage, None) for each in SHOWN],
        next_url=url_for(".index", stage=stage, q=words, name=last.name, after=last.id) if last else None,
    )


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ANSWER_WRITE, page="standard_desk.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of a new standard answer, and keep what it brings."""
    form = _form({"groups": sorted(g.actor.groups | g.actor.supervises)})
    if request.method == "POST" and not _is_preview() and (saved := _saved(form, form.shortcut.data or "", "")):
        return saved
    return _page(form, shortcut=None)


@bp.route("/edit/<shortcut>", methods=["GET", "POST"])
@demands(Permission.ANSWER_WRITE, page="standard_desk.edit")
def edit(shortcut: str) -> str | Response | tuple[str, int]:
    """Show a standard answer as last written, with its versions and uses, and keep what the form brings."""
    answer = store.answer_of(reading(), shortcut)
    version = store.version_in(reading(), answer.id) if answer else None
    if answer is None or version is None:
        raise NotFound()
    answer_id = answer.id
    form = _form({**data_of(shortcut, actions.written_of(version)), "seen": actions.mark(version)})
    if request.method == "POST" and not _is_preview() and (saved := _saved(form, shortcut, form.seen.data or "-")):
        return saved
    return _page(form, shortcut=shortcut, **_story(version, answer_id))


def _story(version: StandardAnswerVersion, answer_id: int) -> dict[str, Any]:
    """What the page says of an answer that is there already."""
    is_author = version.changed_by is not None and version.changed_by == g.actor.person_id
    steps = allowed_steps(Stage(version.stage), g.actor, actions.reach_of(version), is_author)
    tree, since = catalogue.current(reading()), month(utc_now() - LATELY)
    used = store.uses_by_category(reading(), answer_id, since, CATEGORIES)
    return {
        "mark": actions.mark(version),
        "stage": label(STAGES, version.stage),
        "steps": [(step, _(STEPS[step])) for step in steps],
        "rows": _rows(store.history(reading(), answer_id, VERSIONS)),
        "used": [(_path(tree, key), uses) for key, uses in used],
    }


@bp.post("/edit/<shortcut>/<any(publish, discard, retire):step>")
@demands(Permission.ANSWER_WRITE, page="standard_desk.edit")
def move(shortcut: str, step: str) -> Response:
    """Take one step with a standard answer."""
    with writing() as session:
        actions.move(session, g.actor, shortcut, Step(step), request.form.get("seen", ""), utc_now())
    flash(_(DONE[Step(step)]), "success")
    return redirect(url_for(".edit", shortcut=shortcut), 303)


@bp.get("/edit/<shortcut>/<int:number>")
@demands(Permission.ANSWER_WRITE)
def version(shortcut: str, number: int) -> str:
    """Show a version as an example of a requester would get it, in both languages."""
    found = store.numbered(reading(), shortcut, number)
    written = actions.written_of(found)
    return render_template(
        "workbench/standard_answers_version.html",
        shortcut=shortcut,
        number=number,
        stage=label(STAGES, found.stage),
        name=written.name,
        shown=previews(reading(), written, request.args.get("example", "")),
        lagging=[code for code, _name in IN_WHICH_WE_WRITE if lags(found.revisions, code)],
        then=label(SEQUELS, found.sequel),
    )


def _form(data: dict[str, Any]) -> StandardForm:
    tree = catalogue.current(reading())
    if request.method == "POST":
        return standard_form(tree)
    return standard_form(tree, formdata=parked.restored(), data=data)


def _is_preview() -> bool:
    return "preview" in request.form


def _page(form: StandardForm, shortcut: str | None, **more: Any) -> tuple[str, int]:
    """Return the form's page; what was typed is shown filled in where that was asked for."""
    tree = catalogue.current(reading())
    shown: Sequence[Shown] = ()
    status = 200 if request.method == "GET" else 422
    if _is_preview():
        try:
            written = form.written(tree)
            check(written, tree)
            shown, status = previews(reading(), written, form.example.data or ""), 200
        except Invalid as error:
            form.refuse(error)
    page = render_template(
        "workbench/standard_answers_edit.html",
        form=form,
        shortcut=shortcut,
        shown=shown,
        placeholders=[(f"{{{name}}}", _(words)) for name, words in PLACEHOLDERS.items()],
        may_publish=_may_publish(form, tree),
        **{"rows": (), "steps": (), "used": (), **more},
    )
    return page, status


def _may_publish(form: StandardForm, tree: Catalogue) -> bool:
    """Whether the button that publishes at once is of use: for what stands in the form, or for some group of theirs."""
    actor = g.actor
    own = Reach(actor.supervises) if actor.supervises else Reach()
    return may_publish(actor, own) or actor.is_admin


def _saved(form: StandardForm, shortcut: str, seen: str) -> Response | None:
    """Save the form, and publish it where that was asked for; None when it has to be shown again."""
    if not form.validate():
        return None
    is_published = "publish" in request.form
    try:
        written = form.written(catalogue.current(reading()))
        kept = _keep(shortcut, written, bool(form.all_fit.data), seen, is_published)
    except Invalid as error:
        form.refuse(error)
        return None
    except (Conflict, NotAllowed) as error:
        form.form_errors.append(say(error.sentence))
        form.seen.data = _newest_mark(shortcut)
        return None
    done = DONE[Step.PUBLISH] if is_published else N_("The draft is saved. It is offered once it is published.")
    flash(_(done), "success")
    return redirect(url_for(".edit", shortcut=kept), 303)


def _keep(shortcut: str, written: Written, all_fit: bool, seen: str, is_published: bool) -> str:
    """Save, and publish where asked, in one transaction; return the shortcut under which it is found."""
    kept = shortcut.strip().removeprefix("/").lower()
    with writing() as session:
        draft = actions.save_draft(session, g.actor, kept, written, all_fit, seen, utc_now())
        if is_published:
            actions.move(session, g.actor, kept, Step.PUBLISH, actions.mark(draft), utc_now())
    return kept


def _newest_mark(shortcut: str) -> str:
    answer = store.answer_of(reading(), shortcut)
    return actions.mark(store.version_in(reading(), answer.id) if answer else None)


def _rows(found: Sequence[Listed]) -> list[Row]:
    tree = catalogue.current(reading())
    uses = store.uses(reading(), {each.answer_id for each in found}, month(utc_now() - LATELY)) if found else {}
    return [_row(each, tree, uses.get(each.answer_id, Uses())) for each in found]


def _row(each: Listed, tree: Catalogue, uses: Uses) -> Row:
    return Row(
        version=each,
        scope=_scope(each, tree),
        stage=label(STAGES, each.stage),
        then=label(SEQUELS, each.sequel),
        who=staff_name(each) if each.given_name is not None else _("from a file"),
        lagging=[name for code, name in IN_WHICH_WE_WRITE if lags(each.revisions, code)],
        uses=uses,
    )


def _scope(each: Listed, tree: Catalogue) -> str:
    language = locale_code()
    known = [tree.groups[code].name.get(language) if code in tree.groups else code for code in each.group_codes]
    groups = (
        known if len(known) <= GROUPS else [*known[: GROUPS - 1], _("%(count)s more", count=len(known) - GROUPS + 1)]
    )
    service = tree.services.get(each.service_id or "")
    within = _path(tree, each.category_key) if each.category_key else (service.name.get(language) if service else "")
    return " · ".join(filter(None, [", ".join(groups) or _("All groups"), within]))


def _path(tree: Catalogue, key: str) -> str:
    return tree.path_name(key, locale_code()) if key in tree.categories else key
