"""The security of a local account (A5): password, authenticator app, passkeys, recovery codes; staff are led here."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response as JsonResponse
from flask import flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions import second_factor
from servicedesk.actions.accounts import change_password, sign_out_elsewhere
from servicedesk.actions.second_factor import ENROL
from servicedesk.gateways import one_time_codes, passkeys
from servicedesk.gateways.passwords import fits, hashed
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.identity import LOCAL
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import accounts
from servicedesk.store.models.accounts import LocalAccount, OneTimeCodes
from servicedesk.store.models.people import Person
from servicedesk.web.access import FACTOR_LEVEL, demands
from servicedesk.web.addresses import HOME
from servicedesk.web.auth.account_forms import (
    ChangePasswordForm,
    CodeForm,
    OnlyPasswordForm,
    PasskeyForm,
    check_password,
)
from servicedesk.web.auth.account_pages import bp, myself, party, settings
from servicedesk.web.auth.local_sessions import STEP, strengthen
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import said
from servicedesk.web.language import say
from servicedesk.web.limits import guesses, limiter, sender

PAGE = "account.security"
T = TypeVar("T")
OPEN_WITHOUT_FACTOR = frozenset({"static", "auth.logout", "language.choose"})


@bp.before_app_request
def lead_to_second_factor() -> Response | None:
    """Lead staff who signed in with a password alone to setting up a second factor, before anything else."""
    endpoint = request.endpoint or ""
    if not g.get("lacks_factor") or endpoint in OPEN_WITHOUT_FACTOR or request.blueprint == bp.name:
        return None
    return redirect(url_for(PAGE), 303)


@bp.get("/security")
@demands(Permission.PORTAL_USE)
def security() -> str:
    """Show how the account is protected, and what can be changed."""
    return _page()


def _page(**forms: ChangePasswordForm | OnlyPasswordForm | PasskeyForm) -> str:
    account = _my_account()
    given = {
        "password_form": ChangePasswordForm(formdata=None),
        "removal_form": OnlyPasswordForm(formdata=None),
        "passkey_form": PasskeyForm(formdata=None),
    }
    return render_template(
        "auth/account/security.html",
        account=account,
        factors=accounts.factors_of(reading(), myself()),
        is_due=bool(g.get("lacks_factor")),
        has_passkeys=party().is_possible,
        **{**given, **forms},
    )


def _my_account() -> LocalAccount:
    account = accounts.local_account(reading(), myself())
    if account is None:
        raise NotFound(N_("You sign in through an identity provider: your password and its protection are there."))
    return account


@bp.post("/security/password")
@demands(Permission.PORTAL_USE, page=PAGE)
@limiter.limit(guesses, key_func=sender)
def new_password() -> Response | tuple[str, int]:
    """Change the password for somebody who knows the present one; other sessions end."""
    account, form = _my_account(), ChangePasswordForm()
    person = reading().get_one(Person, myself())
    own = [account.address, person.given_name, person.family_name, settings().site.name]
    is_right = form.validate() and check_password(form.password, own)
    if is_right and not fits(account.password_hash, said(form.current_password)):
        form.current_password.errors, is_right = [_("This is not your present password.")], False
    if not is_right:
        return _page(password_form=form), 422
    password_hash = hashed(said(form.password))
    with writing() as session:
        change_password(session, myself(), password_hash, g.running.id, utc_now())
    flash(_("Your password is changed. You are signed out everywhere else."), "success")
    return redirect(url_for(PAGE), 303)


@bp.post("/security/codes")
@demands(Permission.PORTAL_USE, page=PAGE)
def begin_codes() -> Response:
    """Make a secret for an authenticator app, and show it."""
    _my_account()
    sealed = one_time_codes.new_secret(settings().secret_key)
    with writing() as session:
        if _is_unproved():
            second_factor.refuse_unproved(session, myself())
        second_factor.begin_codes(session, myself(), sealed)
    return redirect(url_for("account.codes"), 303)


@bp.route("/security/codes", methods=["GET"])
@demands(Permission.PORTAL_USE)
def codes() -> str | Response:
    """Show the picture and the key for the app, and ask for its first code."""
    return _codes_page(CodeForm(formdata=None))


def _codes_page(form: CodeForm) -> str | Response:
    account, kept = _my_account(), reading().get(OneTimeCodes, myself())
    if kept is None or kept.confirmed_at is not None:
        return redirect(url_for(PAGE), 303)
    secret = one_time_codes.shown(settings().secret_key, kept.secret)
    return render_template(
        "auth/account/codes.html",
        form=form,
        picture=one_time_codes.picture(secret, account.address, settings().site.name),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


@bp.post("/security/codes/confirm")
@demands(Permission.PORTAL_USE, page=PAGE)
@limiter.limit(guesses, key_func=sender)
def confirm_codes() -> Response | tuple[str | Response, int]:
    """Turn the app on with its first code."""
    form = CodeForm()
    _my_account()
    if form.validate():
        try:
            return _turned_on(
                lambda session: second_factor.confirm_codes(
                    session, myself(), said(form.code), settings().secret_key, utc_now()
                )
            )
        except Invalid as error:
            form.code.errors = [say(error.sentence)]
    return _codes_page(form), 422


def _turned_on(verb: Callable[[Session], tuple[str, ...]]) -> Response:
    """Add a factor; show the recovery codes that came with the first one, and strengthen the session.

    Sessions of the time before the first one end: none was proved by it.
    """
    with writing() as session:
        is_first = _is_unproved() and second_factor.refuse_unproved(session, myself())
        fresh = verb(session)
        if fresh or is_first:
            sign_out_elsewhere(session, myself(), g.running.id, utc_now())
    flash(_("The second step is on: you are asked for it at each sign-in with your password."), "success")
    shown = Response(_recovery_page(fresh), mimetype="text/html") if fresh else redirect(url_for(PAGE), 303)
    return strengthen(shown, myself())


def _is_unproved() -> bool:
    """Whether only a password of the desk's own vouches for this session."""
    return bool(g.running.provider == LOCAL and g.running.level < FACTOR_LEVEL)


def _recovery_page(fresh: tuple[str, ...]) -> str:
    onward = HOME if g.get("lacks_factor") else url_for(PAGE)
    return render_template("auth/account/recovery.html", codes=fresh, onward=onward)


@bp.post("/security/passkeys/ask")
@demands(Permission.PORTAL_USE, page=PAGE)
def ask_new_passkey() -> JsonResponse:
    """Tell the browser's script what passkey to make."""
    account, person = _my_account(), reading().get_one(Person, myself())
    known = accounts.credential_ids(reading(), myself())
    handle = accounts.subject_of(reading(), myself(), LOCAL)
    asked = passkeys.ask_for_new(party(), handle, account.address, person.display_name, known)
    with writing() as session:
        cookie[STEP] = second_factor.begin_step(session, ENROL, myself(), "/", utc_now(), asked.challenge)
    return JsonResponse(asked.options, mimetype="application/json")


@bp.post("/security/passkeys")
@demands(Permission.PORTAL_USE, page=PAGE)
@limiter.limit(guesses, key_func=sender)
def add_passkey() -> Response | tuple[str, int]:
    """Keep the passkey that the browser has made."""
    form = PasskeyForm()
    _my_account()
    try:
        if not form.validate():
            return _page(passkey_form=form), 422
        token = cookie.pop(STEP, "")
        step = second_factor.step(reading(), token, ENROL, utc_now())
        if step.person_id != myself():
            raise Invalid(passkeys.REFUSED)
        new = passkeys.made(party(), said(form.credential), step.challenge)
    except Invalid as error:
        form.name.errors = [say(error.sentence)]
        return _page(passkey_form=form), 422
    name = form.name.data or _("Passkey")
    return _turned_on(lambda session: _keep_passkey(session, token, new, name))


def _keep_passkey(session: Session, token: str, new: passkeys.NewPasskey, name: str) -> tuple[str, ...]:
    if not second_factor.end_step(session, token):
        raise Invalid(passkeys.REFUSED)
    return second_factor.add_passkey(session, myself(), new, name, utc_now())


@bp.post("/security/codes/remove")
@demands(Permission.PORTAL_USE, page=PAGE)
@limiter.limit(guesses, key_func=sender)
def remove_codes() -> Response | tuple[str, int]:
    """Remove the authenticator app."""
    return _with_password(lambda session: second_factor.remove_codes(session, myself(), utc_now()), _removed)


@bp.post("/security/passkeys/<int:passkey_id>/remove")
@demands(Permission.PORTAL_USE, page=PAGE)
@limiter.limit(guesses, key_func=sender)
def remove_passkey(passkey_id: int) -> Response | tuple[str, int]:
    """Remove one passkey."""
    return _with_password(
        lambda session: second_factor.remove_passkey(session, myself(), passkey_id, utc_now()), _removed
    )


def _removed(_nothing: None) -> Response:
    flash(_("Removed."), "success")
    return redirect(url_for(PAGE), 303)


@bp.post("/security/recovery")
@demands(Permission.PORTAL_USE, page=PAGE)
@limiter.limit(guesses, key_func=sender)
def renew_recovery() -> Response | tuple[str, int]:
    """Give new recovery codes."""
    return _with_password(
        lambda session: second_factor.renew_recovery_codes(session, myself(), utc_now()),
        lambda fresh: Response(_recovery_page(fresh), mimetype="text/html"),
    )


def _with_password(verb: Callable[[Session], T], then: Callable[[T], Response]) -> Response | tuple[str, int]:
    """Do what needs the password once more; the page says what was wrong."""
    form, account = OnlyPasswordForm(), _my_account()
    try:
        if form.validate() and fits(account.password_hash, said(form.password)):
            with writing() as session:
                done = verb(session)
            return then(done)
        form.password.errors = form.password.errors or [_("This is not your password.")]
    except Invalid as error:
        form.form_errors = [say(error.sentence)]
    return _page(removal_form=form), 422
