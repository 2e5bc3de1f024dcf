"""Registering with e-mail and password (A5), and choosing a new password by a mailed link."""

from flask import flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import links
from servicedesk.actions.accounts import Registration, finish_registration, forgot, register, reset_password
from servicedesk.gateways.passwords import fits, hashed
from servicedesk.rules.errors import NotFound
from servicedesk.rules.sentences import N_
from servicedesk.store.models.people import Person
from servicedesk.web import parked
from servicedesk.web.access import form_shown_at, public
from servicedesk.web.auth.account_forms import (
    AddressForm,
    NewPasswordForm,
    OnlyPasswordForm,
    RegistrationForm,
    RegistrationFormWithNotice,
    check_password,
)
from servicedesk.web.auth.account_pages import bp, link_life, next_path, settings, was_wrong
from servicedesk.web.auth.first_access import on_to_tickets, with_next
from servicedesk.web.auth.local_sessions import PASSWORD_LEVEL, begin_session
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import said
from servicedesk.web.language import locale_code
from servicedesk.web.limits import guesses, limiter, recipient, submissions

MAILED = "account_mailed"


@bp.route("/register", methods=["GET", "POST"])
@public
@form_shown_at("account.registration")
@limiter.limit(submissions, methods=["POST"])
@limiter.limit(submissions, key_func=recipient, methods=["POST"])
def registration() -> str | Response | tuple[str, int]:
    """Take a registration; the answer is the same whether or not the address is known."""
    if not settings().accounts.registration:
        raise NotFound(N_("Nobody can register here. Sign in with your university account, SPID or CIE."))
    kind = RegistrationFormWithNotice if settings().accounts.privacy_url else RegistrationForm
    form = kind() if request.method == "POST" else kind(formdata=parked.restored())
    if not (request.method == "POST" and _is_complete(form)):
        here = with_next("account.registration", next_path())
        notice = settings().accounts.privacy_url
        shown = render_template("auth/account/register.html", form=form, here=here, privacy_url=notice)
        return shown, 422 if request.method == "POST" else 200
    new = Registration(
        address=said(form.email),
        given_name=said(form.given_name),
        family_name=said(form.family_name),
        locale=locale_code(),
        password_hash=hashed(said(form.password)),
        next_path=next_path(),
    )
    with writing() as session:
        register(session, new, link_life(), utc_now())
    cookie[MAILED] = new.address
    return redirect(url_for("account.mail_sent"), 303)


def _is_complete(form: RegistrationForm) -> bool:
    """Whether nothing is wrong; every mistake is told at once, a weak password among them."""
    is_valid = bool(form.validate())
    return not form.password.errors and check_password(form.password, _own_words(form)) and is_valid


def _own_words(form: RegistrationForm) -> list[str]:
    return [said(form.email), said(form.given_name), said(form.family_name), settings().site.name]


@bp.get("/mail-sent")
@public
def mail_sent() -> str | Response:
    """Say where to look, after a form that mails a link."""
    if MAILED not in cookie:
        return redirect(url_for("account.sign_in"), 303)
    return render_template("auth/account/mail_sent.html", address=cookie[MAILED], hours=settings().accounts.link_hours)


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@public
@form_shown_at("account.confirm_registration")
@limiter.limit(guesses, methods=["POST"], deduct_when=was_wrong)
def confirm_registration(token: str) -> Response | tuple[str, int]:
    """Finish a registration for whoever has its mail and knows its password.

    The password keeps others from registering with somebody's address and having its owner confirm it for them.
    """
    found = links.look(reading(), token, links.REGISTER, utc_now())
    form, status = OnlyPasswordForm(), 200
    if request.method == "POST":
        if form.validate() and fits(found.details["password_hash"], said(form.password)):
            return _registered(token)
        status = 422
        if not form.errors:
            form.password.errors = [_("This is not the password you registered with.")]
    return render_template("auth/account/confirm.html", form=form, token=token, address=found.address), status


def _registered(token: str) -> Response:
    with writing() as session:
        person, going = finish_registration(session, token, utc_now())
    flash(_("Your account is ready, and you are signed in."), "success")
    return begin_session(person.id, PASSWORD_LEVEL, on_to_tickets(person.id, going))


@bp.route("/forgotten", methods=["GET", "POST"])
@public
@form_shown_at("account.forgotten")
@limiter.limit(submissions, methods=["POST"])
@limiter.limit(submissions, key_func=recipient, methods=["POST"])
def forgotten() -> str | Response | tuple[str, int]:
    """Mail a link for a new password; the answer is the same whether or not the address is known."""
    form = AddressForm() if request.method == "POST" else AddressForm(formdata=parked.restored())
    if not form.validate_on_submit():
        return render_template("auth/account/forgotten.html", form=form), 422 if request.method == "POST" else 200
    with writing() as session:
        forgot(session, said(form.email), link_life(), utc_now())
    cookie[MAILED] = said(form.email)
    return redirect(url_for("account.mail_sent"), 303)


@bp.route("/password/<token>", methods=["GET", "POST"])
@public
@form_shown_at("account.choose_password")
@limiter.limit(guesses, methods=["POST"], deduct_when=was_wrong)
def choose_password(token: str) -> Response | tuple[str, int]:
    """Let whoever has the mail choose a password; they sign in with it afterwards, second factor included."""
    found = links.look(reading(), token, links.PASSWORD, utc_now())
    form, status = NewPasswordForm(), 200
    if request.method == "POST":
        person = reading().get_one(Person, found.person_id)
        own = [found.address, person.given_name, person.family_name, settings().site.name]
        if form.validate() and check_password(form.password, own):
            return _chosen(token, hashed(said(form.password)))
        status = 422
    return render_template("auth/account/choose_password.html", form=form, token=token, address=found.address), status


def _chosen(token: str, password_hash: str) -> Response:
    with writing() as session:
        reset_password(session, token, password_hash, utc_now())
    flash(_("Your password is set. Sign in with it."), "success")
    return redirect(url_for("account.sign_in"), 303)
