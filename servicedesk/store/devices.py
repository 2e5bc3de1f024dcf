"""Devices and the university's app as queries: where news goes besides mail, and what is to be sent there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.identity import FISCAL
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.models.preferences import PushDevice

SHOWN = 20
Devices = Mapping[int | None, Sequence[int]]
"""Ids of devices by person; under None the university's app where there is one."""


@dataclass(frozen=True, slots=True)
class Message:
    """A claimed notice that is no mail; without an endpoint it is for the university's app."""

    id: int
    message_id: str
    template: str
    number: str
    person_id: int
    locale: str | None
    device_id: int
    endpoint: str
    p256dh: str
    auth: str


def devices_of(session: Session, person_ids: Collection[int]) -> Devices:
    """Return the devices of these persons, and the university's app, in one statement."""
    wanted = sa.or_(PushDevice.person_id.in_(person_ids), PushDevice.person_id.is_(None))
    found: dict[int | None, list[int]] = {}
    query = sa.select(PushDevice.person_id, PushDevice.id).where(wanted).order_by(PushDevice.id)
    for person_id, device_id in session.execute(query):
        found.setdefault(person_id, []).append(device_id)
    return found


def own_devices(session: Session, person_id: int) -> Sequence[PushDevice]:
    """Return a person's devices, the newest first."""
    query = sa.select(PushDevice).where(PushDevice.person_id == person_id).order_by(PushDevice.id.desc()).limit(SHOWN)
    return session.scalars(query).all()


def app_id(session: Session) -> int | None:
    """Return the id under which the university's app is told, None when it is not."""
    return session.scalars(sa.select(PushDevice.id).where(PushDevice.person_id.is_(None))).first()


def messages(session: Session, ids: Iterable[int]) -> list[Message]:
    """Return these notices with the devices they go to; one whose device is gone is left out."""
    query = sa.select(Notice, Person.locale).join(Person, Person.id == Notice.recipient_id).order_by(Notice.id)
    rows = session.execute(query.where(Notice.id.in_(list(ids)))).all()
    wanted = sa.select(PushDevice).where(PushDevice.id.in_({int(notice.address) for notice, _locale in rows}))
    found = {device.id: device for device in session.scalars(wanted)}
    known = ((notice, locale, found.get(int(notice.address))) for notice, locale in rows)
    return [_message(notice, locale, device) for notice, locale, device in known if device is not None]


def _message(notice: Notice, locale: str | None, device: PushDevice) -> Message:
    assert notice.recipient_id is not None
    return Message(
        id=notice.id,
        message_id=notice.message_id,
        template=notice.template,
        number=str((notice.context or {}).get("number", "")),
        person_id=notice.recipient_id,
        locale=locale,
        device_id=device.id,
        endpoint=device.endpoint,
        p256dh=device.p256dh,
        auth=device.auth,
    )


def known_as(session: Session, person_ids: Collection[int], column: str) -> Mapping[int, str]:
    """Return by which value of this column of the register the university knows these persons; others are missing."""
    query = (
        sa.select(Identity.person_id, getattr(StudentRecord, column))
        .join(StudentRecord, StudentRecord.fiscal_hash == Identity.subject)
        .where(Identity.namespace == FISCAL, Identity.person_id.in_(person_ids))
    )
    return {person_id: str(value) for person_id, value in session.execute(query)}
