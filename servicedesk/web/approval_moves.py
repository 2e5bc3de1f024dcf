"""What is done about an approval besides deciding: a supervisor reminds or asks others, an approver asks inside."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.details import Details
from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission
from servicedesk.store import staff
from servicedesk.web import moves, parked
from servicedesk.web.access import demands
from servicedesk.web.approval_desk_words import DONE
from servicedesk.web.db import reading
from servicedesk.web.inputs import whole
from servicedesk.web.workbench.approvals import REFUSED, STATUS, decided, form_key, shown, written
from servicedesk.web.workbench.approvals import bp as bp


@bp.post("/approvals/<number>/remark")
@demands(Permission.PORTAL_USE, page="approvals.page")
def remark(number: str) -> Response | str | tuple[str, int]:
    """Write to those who work on it, from the page on which one decides; the decision, and its reason, stay open."""
    details = Details(note=written("remark"), form_key=form_key())
    try:
        decided(number, Action.REMARK, details)
    except NotFound:  # somebody else has decided, and it is no longer theirs to read
        return shown(number, request.form)
    except REFUSED as error:
        return shown(number, request.form, error.sentence), STATUS[type(error)]
    flash(_(DONE[Action.REMARK]), "success")
    has_reason = bool(request.form.get("note", "").strip())
    return redirect(parked.park("approvals.page", {"remark"}) if has_reason else url_for(".page", number=number), 303)


@bp.post("/approvals/<number>/remind")
@demands(Permission.TICKET_APPROVERS, page="portal.ticket")
def remind(number: str) -> Response | tuple[str, int]:
    """Remind those who have not decided, from the page of the ticket at work."""
    return _from_ticket(number, Action.REMIND_APPROVERS, Details(form_key=form_key()))


@bp.post("/approvals/<number>/replace")
@demands(Permission.TICKET_APPROVERS, page="portal.ticket")
def replace(number: str) -> Response | tuple[str, int]:
    """Ask somebody else in the place of one of those asked."""
    person = staff.person_with_code(reading(), request.form.get("code", "").strip())
    question = whole(request.form, "approval") or 0
    found = person.id if person and person.is_active else None
    return _from_ticket(number, Action.REPLACE_APPROVER, Details(approval_id=question, technician_id=found))


def _from_ticket(number: str, verb: Action, details: Details) -> Response | tuple[str, int]:
    try:
        decided(number, verb, details)
    except REFUSED as error:
        return moves.shown_again(number, error, verb)
    flash(_(DONE[verb]), "success")
    return redirect(url_for("portal.ticket", number=number), 303)
