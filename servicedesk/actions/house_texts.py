"""Changes to what the house says: each makes a version of the whole, loses nobody's work, and is audited."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.letters import write_letter
from servicedesk.actions.memberships import ONLY_ALL, by
from servicedesk.rules.errors import Conflict, NotAllowed
from servicedesk.rules.house_texts import Entry, House, digest
from servicedesk.rules.permissions import Actor
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.store import house_texts as store
from servicedesk.store.models.house_texts import HouseBook, HouseLogo

TEST, EXAMPLE = "house_test", "house_example"
"""The mails by which administrators see that mails arrive, and what theirs look like."""
UNUSED = timedelta(days=1)
"""How long a picture is kept that was uploaded and is not shown."""
_FASTER = N_("Somebody else changed this text meanwhile. Compare, then save again to keep yours.")


def keep(
    session: Session, actor: Actor, name: str, entry: Entry | None, seen: str, now: datetime, service_id: str = ""
) -> None:
    """Let the house say this from now on, in every process; None or empty says it again as it was delivered.

    `seen` is the `digest` of the entry from which the form was made. Others' entries may change meanwhile. Raises
    Conflict when this one did, and NotAllowed for those who administer neither everything nor its service.
    """
    if not actor.administers_service(service_id):
        raise NotAllowed(ONLY_ALL)
    number, house = store.current(session)
    before = house.entry(name)
    if digest(before) != seen:
        raise Conflict(_FASTER)
    if (before or {}) == (entry or {}):
        return
    others = {each: said for each, said in house.entries.items() if each != name}
    _publish(session, number + 1, House({**others, name: entry} if entry else others), actor, now)
    action = "house.set" if entry else "house.reset"
    record(session, by(actor), action, f"house:{name}", now, _facts(before), _facts(entry))
    session.flush()


def send_test(session: Session, actor: Actor, address: str, locale: str, now: datetime) -> None:
    """Queue a mail to the administrator that shows that mails arrive."""
    words = {"recipient": actor.display_name, "path": "/admin"}
    write_letter(
        session, address=address, locale=locale, template=TEST, context=words, now=now, person_id=actor.person_id
    )


def send_example(session: Session, actor: Actor, address: str, content: bytes, now: datetime) -> None:
    """Queue an example of a mail, written already, for the administrator who wants to read it."""
    notice = write_letter(
        session,
        address=address,
        locale=actor.locale,
        template=EXAMPLE,
        context={},
        now=now,
        person_id=actor.person_id,
    )
    if notice is not None:
        notice.rendered = content


def keep_logo(session: Session, actor: Actor, digest: str, mimetype: str, content: bytes, now: datetime) -> None:
    """Store an uploaded picture, which no page shows until the look names it; others that it does not name go.

    Raises NotAllowed for those who do not administer the whole installation.
    """
    if not runs_everything(actor):
        raise NotAllowed(ONLY_ALL)
    named = {store.current(session)[1].look.get(part, "") for part in ("logo", "icon")}
    forgotten = sa.delete(HouseLogo).where(HouseLogo.kept_at < now - UNUSED, HouseLogo.digest.not_in(named))
    session.execute(forgotten.execution_options(synchronize_session=False))
    if store.logo(session, digest) is None:
        session.add(HouseLogo(digest=digest, mimetype=mimetype, content=content, kept_at=now))
    session.flush()


def _facts(entry: Entry | None) -> Mapping[str, Any]:
    """Return an entry as the record of administration shows it: one value per language and part."""
    found: dict[str, Any] = {}
    for name, value in (entry or {}).items():
        parts = value.items() if isinstance(value, Mapping) else [("", value)]
        found |= {".".join(filter(None, (name, part))) or "text": text for part, text in parts}
    return found


def _publish(session: Session, number: int, house: House, actor: Actor, now: datetime) -> None:
    content = dict(house.entries)
    content_hash = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    version = HouseBook(number=number, content=content, content_hash=content_hash, changed_at=now, changed_by=by(actor))
    try:
        with session.begin_nested():
            session.add(version)
    except IntegrityError as error:  # made twice at the same moment
        raise Conflict(_FASTER) from error
