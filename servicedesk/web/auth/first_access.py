"""First access (A4): where a sign-in goes on to, the short procedure, the mailed link, and tickets filed earlier."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions import links
from servicedesk.actions.earlier_tickets import link
from servicedesk.actions.first_access import Said, confirm_data, verify_address
from servicedesk.rules.errors import NotAllowed
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import accounts, people
from servicedesk.store.models.people import Person
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.addresses import HOME
from servicedesk.web.auth.account_forms import ContactForm, OwnDataForm
from servicedesk.web.auth.account_pages import bp, link_life, myself, next_path
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import said
from servicedesk.web.language import A_YEAR, COOKIE, locale_code
from servicedesk.web.limits import limiter, sender, submissions

LATER = "later"
MAILED = "/account/address/"


def detour(person_id: int, next_path: str) -> str:
    """Return where to go after a sign-in: the first access while it is due, else `next_path`.

    Whoever comes from the mail that the first access sent goes on to what it asks.
    """
    if not next_path.startswith(MAILED) and accounts.needs_first_access(reading(), person_id):
        return with_next("account.first_access", next_path)
    return next_path


def with_next(endpoint: str, next_path: str) -> str:
    """Return the address of a page that remembers where the person was going."""
    return url_for(endpoint, next=next_path if next_path != HOME else None)


@bp.route("/first-access", methods=["GET", "POST"])
@demands(Permission.PORTAL_USE, page="account.first_access")
@limiter.limit(submissions, key_func=sender, methods=["POST"])
def first_access() -> str | Response | tuple[str, int]:
    """Let the person confirm their data and choose where mails go; 'later' asks again at the next sign-in."""
    going = next_path()
    if request.method == "POST" and LATER in request.form:
        return redirect(going, 303)
    person = reading().get_one(Person, myself())
    form = _form(person)
    if form.validate_on_submit():
        return _confirmed(form, person.email, going)
    shown = render_template(
        "auth/account/first_access.html",
        form=form,
        person=person,
        is_local=isinstance(form, OwnDataForm),
        waiting=accounts.waiting_address(reading(), person.id, utc_now()),
        reached=people.mail_address(reading(), person.id),
        student=people.student_of(reading(), person.id),
        here=with_next("account.first_access", going),
        is_first=accounts.needs_first_access(reading(), person.id),
    )
    return shown, 422 if request.method == "POST" else 200


def _form(person: Person) -> ContactForm:
    is_local = accounts.local_account(reading(), person.id) is not None
    kind = OwnDataForm if is_local else ContactForm
    if request.method == "POST":
        return kind()
    contact = accounts.contact_of(reading(), person.id)
    known = {
        "email": (contact.address if contact else "") or person.email,
        "locale": person.locale or locale_code(),
        "given_name": person.given_name,
        "family_name": person.family_name,
    }
    return kind(formdata=parked.restored(), data=known)


def _confirmed(form: ContactForm, vouched: str, going: str) -> Response:
    names = (said(form.given_name), said(form.family_name)) if isinstance(form, OwnDataForm) else ("", "")
    told = Said(*names, address=said(form.email), locale=form.locale.data)
    with writing() as session:
        is_mailed = confirm_data(session, myself(), told, link_life(), utc_now())
        reached = people.mail_address(session, myself())
    if not told.address:
        flash(_("Noted. Without an e-mail address we cannot write to you: look here for the answers."), "warning")
    elif is_mailed:
        _tell_of_mail(told.address, reached)
    else:
        flash(_("Your data are saved."), "success")
    response = redirect(on_to_tickets(myself(), going) if not is_mailed else going, 303)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(COOKIE, told.locale, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


def _tell_of_mail(address: str, reached: str) -> None:
    if reached in ("", address):
        words = _("We sent a mail to %(address)s: open its link to confirm the address.", address=address)
    else:
        words = _(
            "We sent a mail to %(address)s: open its link to confirm the address. Until then we write to %(reached)s.",
            address=address,
            reached=reached,
        )
    flash(words, "info")


def on_to_tickets(person_id: int, going: str) -> str:
    """Return the page of earlier tickets where there are any, else where the person was going."""
    if accounts.earlier_tickets(reading(), person_id):
        return with_next("account.earlier_tickets", going)
    return going


@bp.route("/address/<token>", methods=["GET", "POST"])
@demands(Permission.PORTAL_USE, page="account.confirm_address")
def confirm_address(token: str) -> str | Response:
    """Show what a mailed link would confirm, and confirm it when the button is pressed (rule 8).

    Only for the account that asked for it: else others could have the owner of an address confirm it for theirs, and
    then read what was filed with it.
    """
    found = links.look(reading(), token, links.ADDRESS, utc_now())
    if found.person_id != myself():
        raise NotAllowed(
            N_("This link belongs to another account. Sign out, and sign in with the account that asked for it.")
        )
    if request.method == "GET":
        return render_template("auth/account/confirm_address.html", address=found.address, token=token)
    with writing() as session:
        person_id = verify_address(session, token, utc_now())
    flash(_("Your e-mail address is confirmed: our mails go there."), "success")
    return redirect(on_to_tickets(person_id, HOME), 303)


@bp.route("/earlier-tickets", methods=["GET", "POST"])
@demands(Permission.PORTAL_USE, page="account.earlier_tickets")
def earlier_tickets() -> str | Response:
    """Offer the tickets filed without an account under the verified address, and link those that are ticked."""
    going = next_path()
    if request.method == "GET":
        return render_template(
            "auth/account/earlier_tickets.html",
            tickets=accounts.earlier_tickets(reading(), myself()),
            contact=accounts.contact_of(reading(), myself()),
            here=with_next("account.earlier_tickets", going),
            next_path=going,
        )
    with writing() as session:
        linked = _link(session, request.form.getlist("number"))
    if linked:
        numbers = ", ".join(linked)
        flash(
            _("Linked to your account: %(numbers)s. The links in older mails no longer work.", numbers=numbers),
            "success",
        )
    else:
        flash(_("No request was linked."), "info")
    return redirect(url_for("portal.my_tickets") if linked and going == HOME else going, 303)


def _link(session: Session, numbers: list[str]) -> list[str]:
    return link(session, myself(), numbers[: accounts.MOST_EARLIER], utc_now())
