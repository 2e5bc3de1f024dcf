"""What a ticket's page shows of problems: of one, what is known; of a request, the known errors of its category."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Form, TextAreaField
from wtforms.validators import InputRequired

from servicedesk.rules.problems import PROBLEM
from servicedesk.rules.states import Action
from servicedesk.store import changes
from servicedesk.store import problems as store
from servicedesk.web.language import content_language
from servicedesk.web.problem_words import PHASES
from servicedesk.web.workbench.changes import phase_in_words
from servicedesk.web.workbench.work import Work


class CauseForm(Form):
    """The root cause."""

    note = TextAreaField(_("Root cause"), [InputRequired()], id="problem-cause")


class WorkaroundForm(Form):
    """How those concerned can help themselves, in both languages."""

    text_it = TextAreaField(_("Workaround in Italian"), id="problem-workaround-it")
    text_en = TextAreaField(_("Workaround in English"), id="problem-workaround-en")


class EndForm(Form):
    """How the problem was resolved, or why it is taken up again."""

    note = TextAreaField(_("What was done, or why"), [InputRequired()], id="problem-end")


@dataclass(frozen=True, slots=True)
class Known:
    """A known error of the request's category."""

    number: str
    title: str
    workaround: str


@dataclass(frozen=True, slots=True)
class ProblemPanel:
    """Of a problem its phase, what is known and the forms; of a request the known errors of its category."""

    phase: str
    root_cause: str
    workaround: Mapping[str, str]
    is_known: bool
    """Whether it is marked as a known error."""
    refused: Collection[str]
    """Numbers of requests whose requesters refused the common solution."""
    changes: Sequence[tuple[str, str, str]]
    """Those that are to fix it: number, title, how far they have come."""
    known: Sequence[Known]
    cause: CauseForm
    workaround_form: WorkaroundForm
    end: EndForm


def problem_panel(work: Work) -> ProblemPanel | None:
    """Return it; None where there is nothing to show."""
    problem = store.problem_of(work.session, work.row.id) if work.row.kind == PROBLEM else None
    known = () if problem else _known(work)
    if problem is None and not known:
        return None
    texts, sent = problem.workaround if problem else {}, work.typed.get("action")
    typed = {name: value for name, value in work.typed.items() if name in ("note", "text_it", "text_en")}
    return ProblemPanel(
        phase=gettext(PHASES[problem.phase]) if problem else "",
        root_cause=problem.root_cause if problem else "",
        workaround=texts,
        is_known=problem.is_known_error if problem else False,
        refused=store.refused_incidents(work.session, work.row.id) if problem else (),
        changes=_changes(work) if problem else (),
        known=known,
        cause=CauseForm(data=typed if sent == Action.DIAGNOSE else {"note": problem.root_cause if problem else ""}),
        workaround_form=WorkaroundForm(
            data=typed if sent == Action.WORK_AROUND else {f"text_{code}": text for code, text in texts.items()}
        ),
        end=EndForm(data=typed if sent in (Action.FIX, Action.TAKE_UP) else {}),
    )


def _changes(work: Work) -> list[tuple[str, str, str]]:
    found = changes.fixing(work.session, work.row.id, g.actor)
    return [(row.number, row.title, phase_in_words(row)) for row in found]


def _known(work: Work) -> Sequence[Known]:
    if "comment" not in work.actions:
        return ()
    found = store.known_errors(work.session, work.row.category_key, work.row.id)
    return [
        Known(
            number=row.number,
            title=row.title,
            workaround=row.workaround.get(content_language()) or next(iter(row.workaround.values())),
        )
        for row in found
    ]
