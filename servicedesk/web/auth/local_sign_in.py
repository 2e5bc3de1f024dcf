"""Signing in with e-mail and password or with a passkey (A5), and the second step where an account has one."""

from flask import Response as JsonResponse
from flask import flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from servicedesk.actions import second_factor
from servicedesk.actions.accounts import folded, keep_hash
from servicedesk.actions.second_factor import FACTOR, PASSKEY
from servicedesk.gateways import passkeys
from servicedesk.gateways.passwords import fits, hashed, is_outdated
from servicedesk.rules.errors import Gone, Invalid
from servicedesk.rules.permissions import ActorKind
from servicedesk.store import accounts
from servicedesk.store.models.accounts import AccountStep, LocalAccount
from servicedesk.web import parked
from servicedesk.web.access import FACTOR_LEVEL, form_shown_at, public
from servicedesk.web.auth.account_forms import CodeForm, PasskeyForm, SignInForm
from servicedesk.web.auth.account_pages import WRONG, bp, next_path, party, settings, was_wrong
from servicedesk.web.auth.local_sessions import PASSWORD_LEVEL, STEP, begin_session
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import said
from servicedesk.web.language import say
from servicedesk.web.limits import guesses, limiter, recipient


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@form_shown_at("account.sign_in")
@limiter.limit(guesses, methods=["POST"], deduct_when=was_wrong)
@limiter.limit(guesses, key_func=recipient, methods=["POST"], deduct_when=was_wrong)
def sign_in() -> Response | tuple[str, int]:
    """Sign in with e-mail and password; the answer never tells which of them was wrong."""
    going = next_path()
    if g.actor.kind is ActorKind.PERSON:
        return redirect(going, 303)
    form = SignInForm() if request.method == "POST" else SignInForm(formdata=parked.restored())
    if form.validate_on_submit():
        account = _account(said(form.email), said(form.password))
        if account is not None:
            return _after_password(account, said(form.password), going)
        form.form_errors = [_("E-mail or password are not right. Check both; capital and small letters differ.")]
    shown = render_template(
        "auth/account/sign_in.html",
        form=form,
        next_path=going,
        may_register=settings().accounts.registration,
        has_passkeys=party().is_possible,
        passkey_form=PasskeyForm(formdata=None),
    )
    return shown, WRONG if request.method == "POST" else 200


def _account(address: str, password: str) -> LocalAccount | None:
    """Return the account if the password is its own; an unknown address takes as long."""
    account = accounts.account_at(reading(), folded(address))
    return account if fits(account.password_hash if account else "", password) else None


def _after_password(account: LocalAccount, password: str, going: str) -> Response:
    if is_outdated(account.password_hash):
        renewed = hashed(password)
        with writing() as session:
            keep_hash(session, account.person_id, renewed)
    if not accounts.factors_of(reading(), account.person_id).any:
        return begin_session(account.person_id, PASSWORD_LEVEL, going)
    with writing() as session:
        cookie[STEP] = second_factor.begin_step(session, FACTOR, account.person_id, going, utc_now())
    return redirect(url_for("account.second_step"), 303)


@bp.route("/second-step", methods=["GET", "POST"])
@public
@form_shown_at("account.sign_in")
@limiter.limit(guesses, methods=["POST"], deduct_when=was_wrong)
def second_step() -> Response | tuple[str, int]:
    """Ask for the second factor after the password."""
    token, form, status = cookie.get(STEP, ""), CodeForm(), 200
    try:
        step = second_factor.step(reading(), token, FACTOR, utc_now())
        if request.method == "POST":
            status = 422
            if form.validate() and (proved := _proved(token, said(form.code))):
                return _after_factor(proved)
            form.code.errors = form.code.errors or [_("This code is not right, or it was used already.")]
    except Gone as error:
        return _begin_again(error)
    return _second_step_page(step, form), status


def _proved(token: str, typed: str) -> second_factor.Proved | None:
    with writing() as session:
        return second_factor.try_code(session, token, typed, settings().secret_key, utc_now())


def _after_factor(proved: second_factor.Proved) -> Response:
    if (left := proved.recovery_left) is not None:
        words = ngettext("You have %(num)s recovery code left.", "You have %(num)s recovery codes left.", left)
        flash(_("You signed in with a recovery code.") + " " + words, "warning")
    return begin_session(proved.person_id, FACTOR_LEVEL, proved.next_path)


def _second_step_page(step: AccountStep, form: CodeForm) -> str:
    assert step.person_id is not None
    return render_template(
        "auth/account/second_step.html",
        form=form,
        factors=accounts.factors_of(reading(), step.person_id),
        has_passkeys=party().is_possible,
        passkey_form=PasskeyForm(formdata=None),
    )


def _begin_again(error: Gone) -> Response:
    cookie.pop(STEP, None)
    flash(say(error.sentence), "warning")
    return redirect(url_for("account.sign_in"), 303)


@bp.post("/passkey/ask")
@public
@form_shown_at("account.sign_in")
@limiter.limit(guesses)
def ask_passkey() -> JsonResponse:
    """Tell the browser's script which passkeys would do: the person's after a password, else any."""
    now, going = utc_now(), next_path()
    token = cookie.get(STEP, "")
    try:
        step = second_factor.step(reading(), token, FACTOR, now)
    except Gone:
        asked = passkeys.ask(party(), (), is_only_step=True)
        with writing() as session:
            cookie[STEP] = second_factor.begin_step(session, PASSKEY, None, going, now, asked.challenge)
        return JsonResponse(asked.options, mimetype="application/json")
    assert step.person_id is not None
    asked = passkeys.ask(party(), accounts.credential_ids(reading(), step.person_id), is_only_step=False)
    with writing() as session:
        second_factor.set_challenge(session, token, FACTOR, asked.challenge, now)
    return JsonResponse(asked.options, mimetype="application/json")


@bp.post("/passkey")
@public
@form_shown_at("account.sign_in")
@limiter.limit(guesses)
def use_passkey() -> Response:
    """Sign in with the passkey that the browser has proved: as the second step, or as the only one."""
    try:
        person_id, going = _signed(said(PasskeyForm().credential))
    except Gone as error:
        return _begin_again(error)
    except Invalid as error:
        flash(say(error.sentence), "error")
        return redirect(url_for("account.second_step" if _is_second(cookie.get(STEP, "")) else "account.sign_in"), 303)
    return begin_session(person_id, FACTOR_LEVEL, going)


def _is_second(token: str) -> bool:
    try:
        return bool(second_factor.step(reading(), token, FACTOR, utc_now()))
    except Gone:
        return False


def _signed(answer: str) -> tuple[int, str]:
    """Return who holds the passkey and where they were going. Raises Invalid or Gone."""
    token = cookie.get(STEP, "")
    purpose = FACTOR if _is_second(token) else PASSKEY
    step = second_factor.step(reading(), token, purpose, utc_now())
    going, challenge, is_only_step = step.next_path, step.challenge, purpose == PASSKEY
    found = accounts.passkey(reading(), passkeys.credential_of(answer))
    if found is None or not challenge or (not is_only_step and found.person_id != step.person_id):
        raise Invalid(passkeys.REFUSED)
    count = passkeys.proved(party(), answer, challenge, found.public_key, found.sign_count, is_only_step)
    person_id = found.person_id
    with writing() as session:
        second_factor.use_passkey(session, token, found, count, utc_now())
    return person_id, going
