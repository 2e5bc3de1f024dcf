"""The public categories link (A6) and the status check (A7): everything that works without an account."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import confirmations, unconfirmed
from servicedesk.actions.guests import plain_address, remind, remind_all
from servicedesk.rules.addresses import is_status_token, read_status_token
from servicedesk.rules.catalogue import Category, Service
from servicedesk.rules.errors import Invalid, NotFound, TooMany
from servicedesk.rules.numbering import TypedNumber
from servicedesk.rules.robots import Verdict
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import catalogue, guests
from servicedesk.store.portal import Predecessor
from servicedesk.web import parked, uploads
from servicedesk.web.access import GUEST_KEY, form_shown_at, public
from servicedesk.web.clock import utc_now
from servicedesk.web.context import exact
from servicedesk.web.db import reading, writing
from servicedesk.web.external import asking, guard
from servicedesk.web.external.forms import GuestForm, StatusForm, guest_form
from servicedesk.web.inputs import LARGEST_ID
from servicedesk.web.language import locale_code, say
from servicedesk.web.limits import asked_for, guesses, limiter, recipient, submissions, tell_when
from servicedesk.web.portal.forms import check, form_for

FILED, MAILED = "filed_as_guest", "mailed_as_guest"
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
    form, name = form_for(guest_form(category), category, asking.known_details(follows)), f"{service.id}/{key}"
    fields, status = guard.fresh(name), 200
    if request.method == "POST":
        fields, status = guard.again(name), 422
        try:
            if done := _received(name, service, category, form, follows):
                return done
        except (Invalid, TooMany) as error:
            fields = guard.fresh(name) if isinstance(error, guard.Replayed) else fields
            status = 429 if isinstance(error, TooMany) else 422
            form.form_errors.append(_when(error))
    shown = render_template(
        "external/new_ticket.html",
        service=service,
        category=category,
        path=catalogue.current(reading()).path_name(key, locale_code()),
        form=form,
        follows=follows,
        guard=fields,
        kept=uploads.drafts(form.idempotency_key.data or ""),
    )
    return shown, status


def _received(
    name: str, service: Service, category: Category, form: GuestForm, follows: Predecessor | None
) -> Response | None:
    """File what a form brings, or keep it until its address is confirmed; None when it has to be shown again."""
    filled, found = check(form, category), guard.verdict(name)
    if found in guard.AGAIN:
        raise Invalid(guard.AGAIN[found])
    if filled is None:
        return None
    if found is Verdict.UNPROVED:
        asking.park(service, category, form, filled, follows)
        cookie[MAILED] = form.email.data
        return redirect(url_for("external.mailed", uuid=service.id), 303)
    number = asking.file(service, category, form, filled, follows)
    cookie[FILED] = {"number": number, "email": form.email.data}
    return redirect(url_for("external.filed", uuid=service.id), 303)


@bp.get("/external/<uuid>/mailed")
@public
def mailed(uuid: str) -> str | Response:
    """Say that the request is kept and waits for its address."""
    service, address = _service(uuid), cookie.get(MAILED)
    if not address:
        return redirect(url_for("external.choose", ServiceId=service.id), 303)
    return render_template("external/mailed.html", address=address, hours=_hours(confirmations.LIFE))


@bp.route("/external/confirm/<token>", methods=["GET", "POST"])
@public
@form_shown_at("external.confirm")
@limiter.limit(guesses, methods=["POST"])
def confirm(token: str) -> str | Response:
    """Show what a mailed link would file, and file it when the button is pressed (rule 8)."""
    waiting = confirmations.look(reading(), token, utc_now())
    service = _service(waiting.service_id)
    if request.method == "GET":
        path = catalogue.current(reading()).path_name(waiting.category_key, locale_code()) if not waiting.made else ""
        return render_template("external/confirm.html", waiting=waiting, token=token, path=path)
    if waiting.made:
        number, address = waiting.made, ""
    else:
        asking.open_category(service, waiting.category_key)
        address = waiting.content["guest"]["email"]
        number = asking.confirmed(service, token)
    cookie.pop(MAILED, None)
    cookie[FILED] = {"number": number, "email": address}
    return redirect(url_for("external.filed", uuid=service.id), 303)


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
        with writing() as session:
            unconfirmed.confirm(session, known.requester_id, utc_now())
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
    known = guests.by_id(reading(), read[0]) if read and read[0] <= LARGEST_ID else None
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


def _when(error: Invalid | TooMany) -> str:
    """Return the error's sentence, with the time from which on to try again."""
    if not isinstance(error, TooMany) or error.again_at is None:
        return say(error.sentence)
    tell_when(error.again_at)
    return f"{say(error.sentence)} {_('You can try again after %(time)s.', time=exact(error.again_at))}"


@bp.app_template_global()
def may_register() -> bool:
    """Whether external people may make an account of the desk's own."""
    settings: Settings = current_app.extensions["desk_settings"]
    return settings.accounts.registration


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


def _hours(life: timedelta) -> int:
    return int(life.total_seconds() // 3600)
