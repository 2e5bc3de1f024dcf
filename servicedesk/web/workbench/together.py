"""Answering the tickets under one together: whom it reaches in which language, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import Form, RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.actions.joint_answers import Wanted, answer_next, prepare
from servicedesk.rules.errors import AlreadyDone, Invalid, NotFound
from servicedesk.rules.joint_answers import AT_ONCE, TOGETHER
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.permissions import Permission
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import Sentence
from servicedesk.rules.states import Action
from servicedesk.store import relations as store
from servicedesk.store import timeline
from servicedesk.store.models.relations import DONE, FAILED
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.entries import SOLUTIONS
from servicedesk.web.labels import label
from servicedesk.web.language import say
from servicedesk.web.relation_words import READS, TOGETHER_WORDS

bp = Blueprint("together", __name__, url_prefix="/workbench/tickets/<number>/together")


class TogetherForm(Form):
    """Who is answered, how, and in which words."""

    numbers = SelectMultipleField(_("Requests"), id="together-numbers")
    action = RadioField(_("What the text is"), [InputRequired()], id="together-action")
    text_it = TextAreaField(_("Text in Italian"), id="together-it")
    text_en = TextAreaField(_("Text in English"), id="together-en")


@dataclass(frozen=True, slots=True)
class Led:
    """A ticket that can be answered together with its leading one."""

    number: str
    title: str
    """Empty, as the requester's name is, where the reader may not open it."""
    requester: str
    reads: str
    """In which of the two texts its requester is told."""
    state: str
    state_label: str
    group: str
    is_chosen: bool


@bp.get("")
@demands(Permission.TICKET_WORK)
def show(number: str) -> str:
    """Show the unsolved tickets under this one, and the form that answers them."""
    assert g.facts.id is not None
    text = store.last_solution(reading(), g.facts.id, [action.value for action in SOLUTIONS])
    return _page(number, TogetherForm(data={"action": Action.SOLVE_TOGETHER, "text_it": text}), None, None)


@bp.post("")
@demands(Permission.TICKET_WORK, page="together.show")
def send(number: str) -> Response | tuple[str, int]:
    """Answer the chosen tickets, each in a transaction of its own; very many are left to the job."""
    chosen = request.form.getlist("numbers")
    texts = {code: from_plain(request.form.get(f"text_{code}", "")) for code in WRITTEN}
    try:
        action = Action(request.form.get("action", Action.NOTE))
        wanted = Wanted(action, texts, chosen, request.form.get("idempotency_key", ""))
        with writing() as session:
            joint_id = prepare(session, g.facts.id, wanted, g.actor.person_id, utc_now()).id
    except AlreadyDone as done:
        return redirect(url_for(".outcome", number=number, joint_id=int(done.made)), 303)
    except Invalid as error:
        return _page(number, TogetherForm(request.form), error.sentence, chosen), 422
    for _each in range(min(len(chosen), AT_ONCE)):
        with writing() as session:
            answer_next(session, utc_now(), joint_id)
    return redirect(url_for(".outcome", number=number, joint_id=joint_id), 303)


@bp.get("/<int:joint_id>")
@demands(Permission.TICKET_WORK)
def outcome(number: str, joint_id: int) -> str:
    """Show what became of an answer on each ticket."""
    rows = store.outcomes(reading(), joint_id, g.facts.id)
    if rows is None:
        raise NotFound()
    told = [row for row in rows if row.state == DONE]
    return render_template(
        "workbench/together_done.html",
        number=number,
        title=timeline.ticket_row(reading(), g.facts.id).title,
        told=told,
        failed=[(row, say(Sentence.from_json(row.why))) for row in rows if row.state == FAILED],
        waiting=len(rows) - len(told) - sum(row.state == FAILED for row in rows),
    )


def _page(number: str, form: TogetherForm, problem: Sentence | None, chosen: Sequence[str] | None) -> str:
    rows = [_led(row, chosen) for row in store.led_rows(reading(), g.facts.id, g.actor)]
    form.action.choices = [SelectChoice(action.value, gettext(TOGETHER_WORDS[action])) for action in TOGETHER]
    return render_template(
        "workbench/together.html",
        number=number,
        subject=timeline.ticket_row(reading(), g.facts.id).title,
        rows=rows,
        form=form,
        key=_key(request.form),
        problem=say(problem) if problem else None,
    )


def _key(typed: MultiDict[str, str]) -> str:
    return typed.get("idempotency_key") or token_urlsafe(24)


def _led(row: Any, chosen: Sequence[str] | None) -> Led:
    return Led(
        number=row.number,
        title=row.title if row.is_readable else "",
        requester=f"{row.given_name} {row.family_name}".strip() if row.is_readable else "",
        reads=gettext(READS["it" if row.locale == "it" else "en" if row.locale else ""]),
        state=row.state,
        state_label=label(labels.STATES, row.state),
        group=row.group_code,
        is_chosen=chosen is None or row.number in chosen,
    )
