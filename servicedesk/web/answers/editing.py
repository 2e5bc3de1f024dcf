"""Answers for staff: what is being written, reviewed and published, the form, the steps, and every version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import answer_files
from servicedesk.actions import answers as actions
from servicedesk.rules.answers import Stage, Step, allowed_steps, lags, shown_language
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import answers as store
from servicedesk.store import catalogue
from servicedesk.store.answers import File, Version
from servicedesk.store.models.answers import AnswerVersion
from servicedesk.store.models.tickets import Upload
from servicedesk.web import parked, uploads
from servicedesk.web.access import demands
from servicedesk.web.answers import shelves
from servicedesk.web.answers.forms import AnswerForm, answer_form, data_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import place
from servicedesk.web.labels import label
from servicedesk.web.language import IN_WHICH_WE_WRITE, locale_code, say
from servicedesk.web.workbench.choices import staff_name

bp = Blueprint("answer_desk", __name__, url_prefix="/workbench/answers")
PAGE = 50
VERSIONS = 20
SHOWN = (Stage.DRAFT, Stage.REVIEW, Stage.PUBLISHED)
STAGES: Mapping[str, str] = {
    Stage.DRAFT: N_("Draft"),
    Stage.REVIEW: N_("In review"),
    Stage.PUBLISHED: N_("Published"),
    Stage.REPLACED: N_("Replaced"),
}
STEPS: Mapping[str, str] = {
    Step.SUBMIT: N_("Submit for review"),
    Step.RETURN: N_("Return to the author"),
    Step.PUBLISH: N_("Publish"),
    Step.RETIRE: N_("Take off the portal"),
}
DONE: Mapping[str, str] = {
    Step.SUBMIT: N_("The answer waits for its review."),
    Step.RETURN: N_("The answer is a draft again."),
    Step.PUBLISH: N_("The answer is published."),
    Step.RETIRE: N_("Readers do not see the answer any more."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A version in a list; `lagging` are the names of the languages that say less than another."""

    version: Version
    title: str
    category: str
    stage: str
    who: str
    lagging: list[str]


@bp.get("")
@demands(Permission.ANSWER_WRITE)
def index() -> str:
    """List the versions in one stage, the newest first."""
    asked = request.args.get("stage", Stage.DRAFT)
    stage = Stage(asked) if asked in SHOWN else Stage.DRAFT
    rows, has_more = store.versions_in(reading(), stage, place("before"), PAGE)
    return render_template(
        "answers/desk.html",
        rows=[_row(row) for row in rows],
        tabs=[(_(STAGES[each]), url_for(".index", stage=each), each == stage, None) for each in SHOWN],
        next_url=url_for(".index", stage=stage, before=rows[-1].id) if has_more else None,
    )


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ANSWER_WRITE, page="answer_desk.new")
def new() -> str | Response | tuple[str, int]:
    """Show the form of a new answer, and keep what it brings as a draft."""
    form = _form({})
    if request.method == "POST" and (saved := _saved(form, form.key.data or "", "")):
        return saved
    shown = render_template("answers/edit.html", form=form, key=None, steps=(), rows=(), kept=_kept(form, ()))
    return (shown, 422) if request.method == "POST" else shown


@bp.route("/edit/<key>", methods=["GET", "POST"])
@demands(Permission.ANSWER_WRITE, page="answer_desk.edit")
def edit(key: str) -> str | Response | tuple[str, int]:
    """Show an answer as last written, with its versions, and keep what the form brings as a draft."""
    answer = store.answer_of(reading(), key)
    version = store.version_in(reading(), answer.id) if answer else None
    if answer is None or version is None:
        raise NotFound()
    answer_id = answer.id
    form = _form({**data_of(key, actions.written_of(version)), "seen": actions.mark(version)})
    if request.method == "POST" and (saved := _saved(form, key, form.seen.data or "-")):
        return saved
    shown = render_template(
        "answers/edit.html",
        form=form,
        key=key,
        mark=actions.mark(version),
        stage=label(STAGES, version.stage),
        steps=[(step, _(STEPS[step])) for step in allowed_steps(Stage(version.stage), g.actor)],
        rows=[_row(row) for row in store.history(reading(), answer_id, VERSIONS)],
        kept=_kept(form, store.files(reading(), version.files)),
    )
    return (shown, 422) if request.method == "POST" else shown


@bp.post("/edit/<key>/<any(submit, return, publish, retire):step>")
@demands(Permission.ANSWER_WRITE, page="answer_desk.edit")
def move(key: str, step: str) -> Response:
    """Take one step with an answer."""
    with writing() as session:
        actions.move(session, g.actor, key, Step(step), request.form.get("seen", ""), utc_now())
    flash(_(DONE[Step(step)]), "success")
    return redirect(url_for(".edit", key=key), 303)


@bp.get("/edit/<key>/<int:number>")
@demands(Permission.ANSWER_WRITE)
def version(key: str, number: int) -> str:
    """Show a version as readers would see it, in both languages."""
    found = store.numbered(reading(), key, number)
    texts = [
        (code, name, found.titles[code], found.texts[code]["html"], lags(found.revisions, code))
        for code, name in IN_WHICH_WE_WRITE
        if code in found.texts
    ]
    return render_template(
        "answers/version.html",
        key=key,
        number=number,
        stage=label(STAGES, found.stage),
        texts=texts,
        files=shelves.files(key, found.files),
    )


def _form(data: dict[str, Any]) -> AnswerForm:
    tree = catalogue.current(reading())
    if request.method == "POST":
        return answer_form(tree)
    return answer_form(tree, formdata=parked.restored(), data={"idempotency_key": token_urlsafe(24), **data})


def _kept(form: AnswerForm, own: Sequence[File]) -> Sequence[File | Upload]:
    """Return the files that the form shows again: the version's own, and those sent with it before."""
    ticked = request.form.getlist(uploads.KEPT)
    staying = [each for each in own if request.method == "GET" or each.id in ticked]
    return [*staying, *uploads.drafts(form.idempotency_key.data or "")]


def _saved(form: AnswerForm, key: str, seen: str) -> Response | None:
    """Save the form; None when it has to be shown again, with the reasons in it."""
    draft_key = form.idempotency_key.data or ""
    try:
        drafts = uploads.receive(draft_key)
    except Invalid as error:
        form.files.errors = [say(error.sentence)]
        return None
    if not form.validate():
        return None
    try:
        written, kept = form.written(), request.form.getlist(uploads.KEPT)
        with writing() as session:
            version = actions.save_draft(session, g.actor, key, written, bool(form.all_fit.data), seen, utc_now())
            answer_files.put(session, version, kept, drafts, draft_key, uploads.max_files())
    except Invalid as error:
        form.refuse(error)
        return None
    except Conflict as error:
        form.form_errors.append(say(error.sentence))
        form.seen.data = _newest_mark(key)
        return None
    flash(_("The draft is saved."), "success")
    return redirect(url_for(".edit", key=key), 303)


def _newest_mark(key: str) -> str:
    answer = store.answer_of(reading(), key)
    newest: AnswerVersion | None = store.version_in(reading(), answer.id) if answer else None
    return actions.mark(newest)


def _row(row: Version) -> Row:
    tree, locale = catalogue.current(reading()), locale_code()
    known = row.category_key in tree.categories
    return Row(
        version=row,
        title=row.titles[shown_language(row.titles, locale)],
        category=tree.path_name(row.category_key, locale) if known else row.category_key,
        stage=label(STAGES, row.stage),
        who=staff_name(row) if row.given_name is not None else _("from a file"),
        lagging=[name for code, name in IN_WHICH_WE_WRITE if lags(row.revisions, code)],
    )
