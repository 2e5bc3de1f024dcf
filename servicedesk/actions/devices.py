"""News to devices and to the university's app as verbs: add and remove a device, and write the facts of a message."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid
from servicedesk.rules.notices import Channel, Wishes
from servicedesk.rules.sentences import N_
from servicedesk.store import devices
from servicedesk.store.devices import Devices
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.preferences import PushDevice
from servicedesk.store.outbox import PUSH, WAITING, WEBHOOK

MOST = 10
"""Devices of one person."""


def add(session: Session, person_id: int, device: Mapping[str, str], name: str, now: datetime) -> None:
    """Tell a person on this device too: `device` holds endpoint, p256dh and auth as its browser gave them.

    A browser in which somebody else had asked for it tells the newcomer from now on. Raises Invalid for too many.
    """
    # The person's row is held: a browser may send its subscription twice at once.
    session.execute(sa.select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    old = sa.delete(PushDevice).where(PushDevice.endpoint == device["endpoint"])
    session.execute(old.execution_options(synchronize_session=False))
    if len(devices.own_devices(session, person_id)) >= MOST:
        raise Invalid(N_("You have %(count)s devices already. Remove one, then add this one."), count=MOST)
    session.add(PushDevice(person_id=person_id, name=name, added_at=now, **device))
    session.flush()


def remove(session: Session, person_id: int, device_id: int) -> bool:
    """Tell a person no more on this device; False when it is not theirs."""
    query = sa.delete(PushDevice).where(PushDevice.id == device_id, PushDevice.person_id == person_id)
    found = session.scalars(query.returning(PushDevice.id).execution_options(synchronize_session=False)).first()
    return found is not None and _forget(session, device_id)


def is_gone(session: Session, device_id: int) -> None:
    """Forget a device of which its push service says that it is no more."""
    query = sa.delete(PushDevice).where(PushDevice.id == device_id)
    session.execute(query.execution_options(synchronize_session=False))
    _forget(session, device_id)


def _forget(session: Session, device_id: int) -> bool:
    waiting = sa.delete(Notice).where(Notice.address == str(device_id), Notice.state == WAITING)
    session.execute(waiting.execution_options(synchronize_session=False))
    return True


def tell_app(session: Session, is_wanted: bool, now: datetime) -> None:
    """Let the university's app be told from now on, or no more."""
    known = devices.app_id(session)
    if is_wanted and known is None:
        session.add(PushDevice(person_id=None, endpoint="", p256dh="", auth="", name="", added_at=now))
    elif not is_wanted and known is not None:
        is_gone(session, known)
    session.flush()


def message(
    session: Session,
    person_id: int,
    template: str,
    number: str,
    found: Devices,
    wishes: Wishes,
    zone: ZoneInfo,
    now: datetime,
    ticket_id: int | None = None,
) -> None:
    """Queue a message about the ticket or appointment `number` to each of the devices `found`, where it is wanted."""
    if not wishes.wants(template, Channel.PUSH):
        return
    at = wishes.habits.device_at(now, zone)
    for owner, channel in ((person_id, PUSH), (None, WEBHOOK)):
        for device_id in found.get(owner, ()):
            session.add(
                Notice(
                    ticket_id=ticket_id,
                    recipient_id=person_id,
                    channel=channel,
                    address=str(device_id),
                    template=template,
                    context={"number": number},
                    first_try_at=at,
                    next_try_at=at,
                    message_id=f"{channel}.{secrets.token_hex(16)}",
                )
            )
