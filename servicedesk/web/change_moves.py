"""What is done to a change from its page: its steps, and the end of the problems that it has fixed."""

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from servicedesk.actions.change_opening import resolve_problems
from servicedesk.rules.change_life import BY_HAND
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.states import Action
from servicedesk.store import changes as store
from servicedesk.web import moves
from servicedesk.web.access import demands
from servicedesk.web.change_words import DONE
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import say
from servicedesk.web.workbench.change_calendar import bp as bp

ADDRESSES = ", ".join(action.value for action in BY_HAND)


@bp.post(f"/workbench/changes/<number>/<any({ADDRESSES}):action>")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def move(number: str, action: str) -> Response | tuple[str, int]:
    """Lead a change on, or show its page again with what stands in the way and all that was typed."""
    verb = Action(action)
    return moves.step(number, verb, gettext(DONE[verb]), result=request.form.get("result", ""))


@bp.post("/workbench/changes/<number>/problems")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def resolve(number: str) -> Response:
    """Resolve the problems that the change has fixed, each for itself, and say what became of each."""
    if store.change_of(reading(), g.facts.id) is None:
        raise NotFound()
    note = from_plain(f"{number}: {store.last_note(reading(), g.facts.id, Action.FINISH)}")
    with writing() as session:
        outcomes = resolve_problems(session, g.facts.id, request.form.getlist("problem"), note, g.actor, utc_now())
    done = [each for each, why in outcomes.items() if why is None]
    if done:
        flash(ngettext("%(num)s problem is resolved.", "%(num)s problems are resolved.", len(done)), "success")
    for each, why in outcomes.items():
        if why:
            flash(gettext("%(number)s was not resolved: %(why)s", number=each, why=say(why)), "warning")
    if not outcomes:
        flash(gettext("Select the problems that are over."), "warning")
    return redirect(url_for("portal.ticket", number=number), 303)
