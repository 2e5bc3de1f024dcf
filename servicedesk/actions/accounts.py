"""Accounts of the desk's own (A5): registered, confirmed, given a password, signed in; never joined by e-mail."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions import letters, links
from servicedesk.actions.audit import record
from servicedesk.actions.unconfirmed import may_mail
from servicedesk.rules.errors import Gone, Invalid, NotAllowed
from servicedesk.rules.identity import LOCAL
from servicedesk.rules.sentences import N_
from servicedesk.store.accounts import account_at, local_account, subject_of
from servicedesk.store.models.accounts import AccountStep, Contact, LocalAccount
from servicedesk.store.models.people import Identity, LoginSession, Person
from servicedesk.store.rate_limits import clear

SIGN_IN = "/account/sign-in"
SECURITY = "/account/security"


@dataclass(frozen=True, slots=True)
class Registration:
    """Somebody who wants an account; the address as typed."""

    address: str
    given_name: str
    family_name: str
    locale: str
    password_hash: str = field(repr=False)
    next_path: str = "/"


def folded(address: str) -> str:
    """Return an address as accounts are found by: without spaces around it, in lower case."""
    return address.strip().lower()


def register(session: Session, new: Registration, life: timedelta, now: datetime) -> None:
    """Mail a link that finishes the registration, or, to the owner of an account, that there is one already.

    The caller learns nothing of which it was. Nothing is an account before the link was used.
    """
    if not may_mail(session, new.address, now):
        return
    if account_at(session, folded(new.address)) is not None:
        _mail(session, new.address, new.locale, "account_known", {"path": SIGN_IN}, now)
        return
    details = {
        "given_name": new.given_name,
        "family_name": new.family_name,
        "locale": new.locale,
        "password_hash": new.password_hash,
        "next": new.next_path,
    }
    token = links.make(session, links.REGISTER, new.address, now + life, details=details)
    # Without the name: whoever registers with a stranger's address would have us mail them what they typed.
    context = {"path": f"/account/confirm/{token}", "hours": _hours(life)}
    _mail(session, new.address, new.locale, "account_confirm", context, now)


def finish_registration(session: Session, token: str, now: datetime) -> tuple[Person, str]:
    """Use the mailed link and return its account's person, always a new one (rule 6), and where they were going.

    Raises Gone when the link is no longer good, or when the address has got an account in the meantime.
    """
    taken = links.take(session, token, links.REGISTER, now)
    said = taken.details
    person = add_person(session, said["given_name"], said["family_name"], taken.address, said["locale"], now)
    account = add_account(session, person, taken.address, now)
    account.password_hash = said["password_hash"]
    session.add(Contact(person_id=person.id, address=taken.address, verified_at=now, done_at=now))
    session.flush()
    return person, said["next"]


def add_person(
    session: Session, given_name: str, family_name: str, address: str, locale: str | None, now: datetime
) -> Person:
    """Make a person whom no provider knows."""
    person = Person(
        given_name=given_name, family_name=family_name, email=address, locale=locale, is_active=True, created_at=now
    )
    session.add(person)
    session.flush()
    return person


def add_account(session: Session, person: Person, address: str, now: datetime) -> LocalAccount:
    """Give a person a way in of their own, without a password yet. Raises Gone when the address has an account."""
    account = LocalAccount(person_id=person.id, address=folded(address), created_at=now, changed_at=now)
    try:
        with session.begin_nested():
            session.add(account)
            session.add(
                Identity(person_id=person.id, namespace=LOCAL, subject=secrets.token_urlsafe(24), created_at=now)
            )
    except IntegrityError as error:
        raise Gone(N_("There is an account with this address already: sign in with its password.")) from error
    return account


def invite(session: Session, person: Person, life: timedelta, by: str, now: datetime) -> str:
    """Let a person whom an administrator vouches for choose a password; return the local path of the link.

    Raises Invalid for a person without an address.
    """
    account = local_account(session, person.id)
    if account is None and not person.email:
        raise Invalid(N_("This person has no e-mail address, which is what they would sign in with."))
    if account is None:
        account = add_account(session, person, person.email, now)
    record(session, by, "account.invite", f"person:{person.id}", now)
    return _mail_password_link(session, person, account, life, now)


def forgot(session: Session, address: str, life: timedelta, now: datetime) -> None:
    """Mail a link for a new password to the owner of this address; whoever asks learns nothing."""
    is_within = may_mail(session, address, now)
    account = account_at(session, folded(address))
    if account is not None and is_within:
        _mail_password_link(session, session.get_one(Person, account.person_id), account, life, now)


def _mail_password_link(session: Session, person: Person, account: LocalAccount, life: timedelta, now: datetime) -> str:
    token = links.make(session, links.PASSWORD, account.address, now + life, person.id)
    path = f"/account/password/{token}"
    context = {"recipient": person.display_name, "path": path, "hours": _hours(life)}
    _mail(session, account.address, person.locale, "account_password", context, now, person.id)
    return path


def reset_password(session: Session, token: str, password_hash: str, now: datetime) -> None:
    """Use the mailed link to set a password; every session of the person ends. Raises Gone."""
    taken = links.take(session, token, links.PASSWORD, now)
    assert taken.person_id is not None
    change_password(session, taken.person_id, password_hash, None, now)


def change_password(session: Session, person_id: int, password_hash: str, keep: int | None, now: datetime) -> None:
    """Set a password; every session of the person but `keep` ends, and so do links and half-done sign-ins."""
    account = session.get_one(LocalAccount, person_id)
    account.password_hash, account.changed_at = password_hash, now
    # Whoever knew the old one may have asked for another address for mails, or stand before the second step.
    for purpose in (links.PASSWORD, links.ADDRESS):
        links.end(session, purpose, person_id)
    session.execute(sa.delete(AccountStep).where(AccountStep.person_id == person_id))
    clear(session, wrong_codes(person_id))
    sign_out_elsewhere(session, person_id, keep, now)
    tell_of_change(session, person_id, "password", now)
    session.flush()


def wrong_codes(person_id: int) -> str:
    """Return under which key the wrong codes typed after the password of an account are counted."""
    return f"wrong-codes/{person_id}"


def tell_of_change(session: Session, person_id: int, what: str, now: datetime) -> None:
    """Mail the owner that the way into the account has changed; `what` is a key of the mail's template."""
    person, account = session.get_one(Person, person_id), session.get_one(LocalAccount, person_id)
    context = {"recipient": person.display_name, "what": what, "path": SECURITY}
    _mail(session, account.address, person.locale, "account_changed", context, now, person_id)


def keep_hash(session: Session, person_id: int, password_hash: str) -> None:
    """Keep the same password hashed with today's parameters."""
    session.get_one(LocalAccount, person_id).password_hash = password_hash
    session.flush()


def welcome(session: Session, person_id: int, now: datetime) -> str:
    """Note a sign-in to a local account and return its identity's subject. Raises NotAllowed when it is closed."""
    person = session.get_one(Person, person_id)
    if not person.is_active:
        raise NotAllowed(N_("This account is closed. If you think it should not be, ask the help desk."))
    person.signed_in_at = now
    return subject_of(session, person_id, LOCAL)


def sign_out_elsewhere(session: Session, person_id: int, keep: int | None, now: datetime) -> None:
    """End every session of a person but `keep`."""
    query = sa.update(LoginSession).where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
    if keep is not None:
        query = query.where(LoginSession.id != keep)
    session.execute(query.values(ended_at=now).execution_options(synchronize_session="fetch"))


def _hours(life: timedelta) -> str:
    return str(int(life.total_seconds() // 3600))


def _mail(
    session: Session,
    address: str,
    locale: str | None,
    template: str,
    context: dict[str, str],
    now: datetime,
    person_id: int | None = None,
) -> None:
    letters.write_letter(
        session, address=address, locale=locale, template=template, context=context, now=now, person_id=person_id
    )
