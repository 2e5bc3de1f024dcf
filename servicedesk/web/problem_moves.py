"""What is done to a problem from its page."""

from flask import request
from flask_babel import gettext
from werkzeug.wrappers import Response

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission
from servicedesk.web import moves
from servicedesk.web.access import demands
from servicedesk.web.problem_words import DONE
from servicedesk.web.workbench.problems import ADDRESSES
from servicedesk.web.workbench.problems import bp as bp


@bp.post(f"/workbench/problems/<number>/<any({ADDRESSES}):action>")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def move(number: str, action: str) -> Response | tuple[str, int]:
    """Write down what is known of a problem, or end it."""
    verb = Action(action)
    texts = {code: request.form.get(f"text_{code}", "") for code in ("it", "en")}
    return moves.step(number, verb, gettext(DONE[verb]), texts=texts)
