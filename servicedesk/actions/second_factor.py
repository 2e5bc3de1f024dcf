"""Second factors of local accounts (A5): authenticator apps, passkeys, recovery codes, and the step that asks."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.accounts import sign_out_elsewhere, tell_of_change, wrong_codes
from servicedesk.actions.audit import record
from servicedesk.gateways import one_time_codes
from servicedesk.gateways.passkeys import NewPasskey
from servicedesk.rules.errors import Conflict, Gone, Invalid, NotAllowed
from servicedesk.rules.sentences import N_
from servicedesk.store import accounts
from servicedesk.store.models.accounts import AccountStep, LocalAccount, OneTimeCodes, Passkey, RecoveryCode
from servicedesk.store.rate_limits import count_of, count_up
from servicedesk.store.tickets import hash_key

FACTOR, PASSKEY, ENROL = "factor", "passkey", "enrol"
STEP_LIFE = timedelta(minutes=10)
MOST_TRIES = 5
MOST_WRONG = 30
WRONG_WINDOW = timedelta(days=1)
"""So many wrong codes of one account in a day, wherever they come from: a year of them guesses one with 3 %."""
RECOVERY_CODES = 10
MOST_PASSKEYS = 10
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that look like another."""
_LATE = N_("This took too long, or there were too many attempts. Sign in again.")

_GUESSED = N_(
    "There were too many wrong codes for this account, so none is taken for a day. Use a passkey, or choose a new "
    "password: somebody may know yours."
)


@dataclass(frozen=True, slots=True)
class Proved:
    """Somebody who has passed the second step; `recovery_left` is a number where a recovery code was used."""

    person_id: int
    next_path: str
    recovery_left: int | None = None


def begin_step(
    session: Session, purpose: str, person_id: int | None, next_path: str, now: datetime, challenge: str = ""
) -> str:
    """Begin a step for one browser and return its token, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        AccountStep(
            token_hash=hash_key(token),
            purpose=purpose,
            person_id=person_id,
            challenge=challenge,
            next_path=next_path,
            expires_at=now + STEP_LIFE,
        )
    )
    session.flush()
    return token


def step(session: Session, token: str, purpose: str, now: datetime, is_locked: bool = False) -> AccountStep:
    """Return a step under way. Raises Gone when it is over."""
    query = sa.select(AccountStep).where(
        AccountStep.token_hash == hash_key(token), AccountStep.purpose == purpose, AccountStep.expires_at > now
    )
    if is_locked:
        query = query.with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None or found.tries >= MOST_TRIES:
        raise Gone(_LATE)
    return found


def set_challenge(session: Session, token: str, purpose: str, challenge: str, now: datetime) -> None:
    """Remember what a passkey was asked to sign in this step. Raises Gone when the step is over."""
    step(session, token, purpose, now, is_locked=True).challenge = challenge
    session.flush()


def end_step(session: Session, token: str) -> bool:
    """End a step; False when somebody already had, so that it leads on once."""
    query = sa.delete(AccountStep).where(AccountStep.token_hash == hash_key(token)).returning(AccountStep.token_hash)
    return session.scalars(query.execution_options(synchronize_session="fetch")).first() is not None


def try_code(session: Session, token: str, typed: str, secret_key: str, now: datetime) -> Proved | None:
    """Check a code typed after the password: of the app, else a recovery code. None for a wrong one, which counts.

    Raises Gone when the step is over or has had its tries, or when the account has had too many wrong codes.
    """
    found = step(session, token, FACTOR, now, is_locked=True)
    person_id, next_path = found.person_id, found.next_path
    assert person_id is not None
    if count_of(session, wrong_codes(person_id), now)[0] >= MOST_WRONG:
        raise Gone(_GUESSED)
    found.tries += 1
    session.flush()
    if _is_code(session, person_id, typed, secret_key, now):
        end_step(session, token)
        return Proved(person_id, next_path)
    if _is_recovery_code(session, person_id, typed):
        end_step(session, token)
        tell_of_change(session, person_id, "recovery_used", now)
        return Proved(person_id, next_path, accounts.factors_of(session, person_id).recovery_left)
    if count_up(session, wrong_codes(person_id), WRONG_WINDOW, 1, now) == MOST_WRONG:
        tell_of_change(session, person_id, "guessed", now)
    return None


def _is_code(
    session: Session, person_id: int, typed: str, secret_key: str, now: datetime, is_confirmed: bool = True
) -> bool:
    query = sa.select(OneTimeCodes).where(OneTimeCodes.person_id == person_id).with_for_update()
    codes = session.scalars(query.execution_options(populate_existing=True)).first()
    if codes is None or (codes.confirmed_at is not None) is not is_confirmed:
        return False
    try:
        secret = one_time_codes.shown(secret_key, codes.secret)
    except ValueError:  # the settings' secret key was replaced: what is left are recovery codes and passkeys
        return False
    used = one_time_codes.step_of(secret, typed, codes.last_step, now)
    if used is None:
        return False
    codes.last_step = used
    session.flush()
    return True


def _is_recovery_code(session: Session, person_id: int, typed: str) -> bool:
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    query = (
        sa.delete(RecoveryCode)
        .where(RecoveryCode.person_id == person_id, RecoveryCode.code_hash == hash_key(f"{person_id} {plain}"))
        .returning(RecoveryCode.id)
    )
    return session.scalars(query.execution_options(synchronize_session=False)).first() is not None


def use_passkey(session: Session, token: str, used: Passkey, sign_count: int, now: datetime) -> None:
    """Note a passkey that was proved outside the transaction; its step ends.

    Raises Gone when the step was over, Conflict when the passkey was used elsewhere in the same moment.
    """
    if not end_step(session, token):
        raise Gone(_LATE)
    query = (
        sa.update(Passkey)
        .where(Passkey.id == used.id, Passkey.sign_count == used.sign_count)
        .values(sign_count=sign_count, used_at=now)
        .returning(Passkey.id)
    )
    if session.scalars(query.execution_options(synchronize_session=False)).first() is None:
        raise Conflict(N_("The passkey was used twice at once. Sign in again."))


def refuse_unproved(session: Session, person_id: int) -> bool:
    """Return whether the account has no factor yet, for a session that none has proved; nobody else adds one meanwhile.

    Raises NotAllowed where there is one: who knows the password alone must not add another beside it.
    """
    session.get_one(LocalAccount, person_id, with_for_update=True)
    if accounts.factors_of(session, person_id).any:
        raise NotAllowed(N_("This account has a second step already. Sign out, sign in with it, then add another."))
    return True


def begin_codes(session: Session, person_id: int, sealed: str) -> None:
    """Keep the secret of an app that is being set up, in place of an earlier attempt.

    Raises Invalid when an app is in use already.
    """
    session.get_one(LocalAccount, person_id, with_for_update=True)  # two windows at once set up one app
    codes = session.get(OneTimeCodes, person_id)
    if codes is not None and codes.confirmed_at is not None:
        raise Invalid(N_("There is an authenticator app already. Remove it first, then add the other one."))
    if codes is None:
        codes = OneTimeCodes(person_id=person_id)
        session.add(codes)
    codes.secret, codes.last_step = sealed, 0
    session.flush()


def confirm_codes(session: Session, person_id: int, typed: str, secret_key: str, now: datetime) -> tuple[str, ...]:
    """Turn the app on once it shows the right code; return fresh recovery codes, none where there are some already.

    Raises Invalid for a wrong code.
    """
    if not _is_code(session, person_id, typed, secret_key, now, is_confirmed=False):
        raise Invalid(N_("This is not the code the app shows now. Check that the clock of the device is right."))
    session.get_one(OneTimeCodes, person_id).confirmed_at = now
    tell_of_change(session, person_id, "codes", now)
    return _first_recovery_codes(session, person_id)


def add_passkey(session: Session, person_id: int, new: NewPasskey, name: str, now: datetime) -> tuple[str, ...]:
    """Keep a new passkey; return as `confirm_codes` does. Raises Invalid when it is known or there are too many."""
    if accounts.passkey(session, new.credential_id) is not None:
        raise Invalid(N_("This passkey is registered already."))
    if len(accounts.factors_of(session, person_id).passkeys) >= MOST_PASSKEYS:
        raise Invalid(N_("There are %(count)s passkeys already. Remove one first."), count=MOST_PASSKEYS)
    session.add(
        Passkey(
            person_id=person_id,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            name=name,
            added_at=now,
        )
    )
    session.flush()
    tell_of_change(session, person_id, "passkey", now)
    return _first_recovery_codes(session, person_id)


def remove_codes(session: Session, person_id: int, now: datetime) -> None:
    """Remove the authenticator app. Raises Invalid where it is the last factor of somebody who needs one."""
    factors = accounts.factors_of(session, person_id)
    _refuse_last(session, person_id, remaining=len(factors.passkeys))
    session.execute(sa.delete(OneTimeCodes).where(OneTimeCodes.person_id == person_id))
    tell_of_change(session, person_id, "removed", now)


def remove_passkey(session: Session, person_id: int, passkey_id: int, now: datetime) -> None:
    """Remove one of the person's passkeys. Raises Invalid as `remove_codes` does."""
    factors = accounts.factors_of(session, person_id)
    if passkey_id not in {each.id for each in factors.passkeys}:
        return
    _refuse_last(session, person_id, remaining=len(factors.passkeys) - 1 + factors.has_codes)
    session.execute(sa.delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person_id))
    tell_of_change(session, person_id, "removed", now)


def _refuse_last(session: Session, person_id: int, remaining: int) -> None:
    if not remaining and accounts.has_role(session, person_id):
        raise Invalid(N_("Your role needs a second factor, and this is the last one. Add another first."))


def renew_recovery_codes(session: Session, person_id: int, now: datetime) -> tuple[str, ...]:
    """Give ten new recovery codes; the former ones no longer work."""
    tell_of_change(session, person_id, "recovery", now)
    return _recovery_codes(session, person_id)


def _first_recovery_codes(session: Session, person_id: int) -> tuple[str, ...]:
    has_some = accounts.factors_of(session, person_id).recovery_left > 0
    return () if has_some else _recovery_codes(session, person_id)


def _recovery_codes(session: Session, person_id: int) -> tuple[str, ...]:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    # Ten signs of 31 are 49 bits: with five tries per sign-in nobody guesses one.
    codes = ["".join(secrets.choice(_SIGNS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person_id, code_hash=hash_key(f"{person_id} {code}")) for code in codes)
    session.flush()
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def reset(session: Session, person_id: int, by: str, now: datetime) -> bool:
    """Remove every second factor of a person who lost theirs and end their sessions; return whether there was any."""
    if not accounts.factors_of(session, person_id).any:
        return False
    for model in (OneTimeCodes, Passkey, RecoveryCode, AccountStep):
        session.execute(sa.delete(model).where(model.person_id == person_id))
    sign_out_elsewhere(session, person_id, None, now)
    tell_of_change(session, person_id, "removed", now)
    record(session, by, "factor.reset", f"person:{person_id}", now)
    return True
