"""Requests without an account and without a proof from the browser: they wait until their address is confirmed."""

import secrets
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.guests import Guest, new_guest, plain_address
from servicedesk.actions.letters import write_letter
from servicedesk.actions.tickets import NewTicket, open_ticket
from servicedesk.actions.unconfirmed import confirm, count_mail, hold_back
from servicedesk.rules.errors import Gone
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_
from servicedesk.store.guests import waiting_request
from servicedesk.store.models.guests import WaitingRequest
from servicedesk.store.models.tickets import Upload
from servicedesk.store.tickets import hash_key

LIFE = timedelta(hours=48)
_SPARE = timedelta(hours=1)
"""The files outlast the request, so that none is swept while it is being filed."""
_TOKEN_BYTES = 32


def park(session: Session, guest: Guest, new: NewTicket, service_id: str, now: datetime) -> None:
    """Keep a request and mail the link that files it, without a word of what was typed; the same form only once.

    Raises TooMany when the address has had its mails.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    if not _keep(session, guest, new, service_id, token, now):
        return
    count_mail(session, guest.email, now)
    keep_files = sa.update(Upload).where(Upload.id.in_(new.files), Upload.draft_key == hash_key(new.draft_key))
    session.execute(keep_files.values(expires_at=now + LIFE + _SPARE).execution_options(synchronize_session=False))
    notice = write_letter(
        session,
        address=plain_address(guest.email),
        locale=guest.locale,
        template="request_confirm",
        context={"path": f"/external/confirm/{token}", "hours": str(int(LIFE.total_seconds() // 3600))},
        now=now,
    )
    if notice is not None:
        hold_back(session, notice, now)


def look(session: Session, token: str, now: datetime) -> WaitingRequest:
    """Return what a mailed link would file, without filing it. Raises Gone when its time is over."""
    found = waiting_request(session, token, now)
    if found is None:
        raise Gone(N_("This link is too old, or was not copied whole: nothing was filed. Send the request again."))
    return found


def file(session: Session, token: str, number: str, suffix: str, now: datetime) -> str:
    """File the request behind a mailed link under `number`; return the number it has got, now or before.

    Raises Gone when its time is over, KeyError when its category is gone from the catalogue.
    """
    waiting = waiting_request(session, token, now, lock=True)
    if waiting is None:
        raise Gone(N_("This link is too old, or was not copied whole: nothing was filed. Send the request again."))
    if waiting.made:
        return waiting.made
    person = new_guest(session, Guest(**waiting.content["guest"]), now)
    confirm(session, person.id, now)
    actor = Actor(ActorKind.GUEST, person_id=person.id, display_name=person.display_name, locale=person.locale)
    asked = replace(_read(waiting.content["request"]), number=number, access_suffix=suffix)
    open_ticket(session, asked, person.id, actor, now)
    waiting.made, waiting.content = number, {}
    session.flush()
    return number


def _keep(session: Session, guest: Guest, new: NewTicket, service_id: str, token: str, now: datetime) -> bool:
    """Return whether the request was not waiting already."""
    waiting = WaitingRequest(
        token_hash=hash_key(token),
        form_hash=hash_key(new.form_key),
        service_id=service_id,
        category_key=new.category_key,
        content={"guest": asdict(guest), "request": asdict(new)},
        sent_at=now,
        expires_at=now + LIFE,
    )
    try:
        with session.begin_nested():
            session.add(waiting)
    except IntegrityError:
        return False
    return True


def _read(kept: dict[str, Any]) -> NewTicket:
    return NewTicket(**{**kept, "body": RichText(**kept["body"]), "files": tuple(kept["files"])})
