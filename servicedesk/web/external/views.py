"""The public categories link (A6) and the status check (A7): everything that works without an account."""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.guests import plain_address, remind, remind_all
from servicedesk.rules.addresses import is_status_token, read_status_token
from servicedesk.rules.catalogue import Service
from servicedesk.rules.errors import NotFound
from servicedesk.rules.numbering import TypedNumber
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, guests
from servicedesk.web import parked, uploads
from servicedesk.web.access import GUEST_KEY, form_shown_at, public
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.external import asking
from servicedesk.web.external.forms import StatusForm, guest_form
from servicedesk.web.language import locale_code
from servicedesk.web.limits import asked_for, guesses, limiter, recipient, submissions
from servicedesk.web.portal.forms import check, form_for

FILED = "filed_as_guest"
bp = Blueprint("external", __name__)


@bp.get("/RichiesteEsterne/SelezioneCategoria")
@bp.get("/external/<uuid>")
@public
def choose(uuid: str | None = None) -> str:
    """Show what of a service is open to everyone; `ServiceId` or the alias names the service."""
    service = _service(request.args.get("ServiceId", "") if uuid is None else uuid)
    return render_template("external/choose.html", service=service, cards=asking.cards(service))


@bp.route("/external/<uuid>/new/<key>", methods=["GET", "POST"])
@public
@form_shown_at("external.new_ticket")
@limiter.limit(submissions, methods=["POST"])
@limiter.limit(submissions, key_func=recipient, methods=["POST"])
def new_ticket(uuid: str, key: str) -> str | Response | tuple[str, int]:
    """Show the form of a category and file what it brings, for somebody without an account."""
    service = _service(uuid)
    category = asking.open_category(service, key)
    follows = asking.followed()
    form = form_for(guest_form(category), category, asking.known_details(follows))
    if request.method == "POST" and (filled := check(form, category)):
        number = asking.file(service, category, form, filled, follows)
        cookie[FILED] = {"number": number, "email": form.email.data}
        return redirect(url_for("external.filed", uuid=service.id), 303)
    shown = render_template(
        "external/new_ticket.html",
        service=service,
        category=category,
        path=catalogue.current(reading()).path_name(key, locale_code()),
        form=form,
        follows=follows,
        kept=uploads.drafts(form.idempotency_key.data or ""),
    )
    return shown, 422 if request.method == "POST" else 200


@bp.get("/external/<uuid>/filed")
@public
def filed(uuid: str) -> str | Response:
    """Confirm a request filed in this browser; the number that opens it is in the mail alone (rule 3)."""
    service, done = _service(uuid), cookie.get(FILED)
    if not done:
        return redirect(url_for("external.choose", ServiceId=service.id), 303)
    return render_template("external/filed.html", number=done["number"], address=done["email"])


@bp.route("/status", methods=["GET", "POST"])
@public
@form_shown_at("external.status")
@limiter.limit(guesses, methods=["POST"])
@limiter.limit(guesses, key_func=asked_for, methods=["POST"])
def status() -> str | Response | tuple[str, int]:
    """Open a ticket with e-mail and full number; anything less brings a mail, and the same words whatever was typed."""
    form = StatusForm() if request.method == "POST" else StatusForm(formdata=parked.restored())
    if not form.validate_on_submit():
        return render_template("external/status.html", form=form), 422 if request.method == "POST" else 200
    email, typed = plain_address(form.email.data or ""), form.typed_number()
    if typed and (known := _opened(email, typed)):
        cookie[GUEST_KEY] = known.ticket_id
        return redirect(url_for("portal.ticket", number=known.number), 303)
    with writing() as session:
        if typed:
            remind(session, email, typed.number, utc_now())
        else:
            remind_all(session, email, utc_now())
    flash(_("If we know this address and number, a mail with what you need is on its way. Look at your inbox."), "info")
    return redirect(url_for("external.status"), 303)


@bp.get("/status/<token>")
@public
def open_link(token: str) -> Response:
    """Open the ticket of a mailed link in this browser, and nothing else (rule 8)."""
    read = read_status_token(token)
    known = guests.by_id(reading(), read[0]) if read else None
    secret: str = current_app.config["SECRET_KEY"]
    if known is None or not is_status_token(token, secret, known.ticket_id, known.suffix):
        raise NotFound(
            N_("This link opens nothing. Copy it whole from the mail, or ask for another one in the status check.")
        )
    cookie[GUEST_KEY] = known.ticket_id
    return redirect(url_for("portal.ticket", number=known.number), 303)


@bp.post("/status/leave")
@public
@form_shown_at("external.status")
def leave() -> Response:
    """End the access to the ticket that was open in this browser without an account."""
    cookie.pop(GUEST_KEY, None)
    flash(_("You are disconnected: the ticket is no longer open in this browser."), "success")
    return redirect(url_for("external.status"), 303)


def _service(typed: str) -> Service:
    try:
        found = catalogue.current(reading()).services.get(str(UUID(typed.strip())))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(N_("This link names no service of ours. Copy it whole, or begin on the home page."))
    return found


def _opened(email: str, typed: TypedNumber) -> guests.Known | None:
    known = guests.by_number(reading(), typed.number)
    return known if asking.holds(known, email, typed.suffix) else None
