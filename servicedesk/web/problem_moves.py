"""What is done to a problem from its page."""

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotNow
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission
from servicedesk.rules.richtext import from_plain
from servicedesk.store.tickets import locked
from servicedesk.web import moves
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.inputs import fingerprint, whole
from servicedesk.web.problem_words import DONE
from servicedesk.web.workbench.problems import ADDRESSES
from servicedesk.web.workbench.problems import bp as bp


@bp.post(f"/workbench/problems/<number>/<any({ADDRESSES}):action>")
@demands(Permission.TICKET_WORK, page="portal.ticket")
def move(number: str, action: str) -> Response | tuple[str, int]:
    """Write down what is known of a problem, or end it."""
    form, verb = request.form, Action(action)
    note = form.get("note", "")
    details = Details(
        note=from_plain(note) if note.strip() else None,
        seen_seq=whole(form, "seen_seq"),
        form_key=fingerprint([form.get("idempotency_key", ""), request.path, list(form.items())]),
        texts={code: form.get(f"text_{code}", "") for code in ("it", "en")},
    )
    try:
        with writing() as session:
            act(session, locked(session, number, g.actor), verb, g.actor, utc_now(), details)
    except (Conflict, NotNow, Invalid, NotAllowed) as error:
        return moves.shown_again(number, error, verb)
    flash(gettext(DONE[verb]), "success")
    return redirect(url_for("portal.ticket", number=number), 303)
