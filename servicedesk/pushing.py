"""Sends messages to devices and to the university's app: number and event, nothing more (C11); the work of a job.

As with mails, no transaction spans a connection: messages are claimed, then sent, then marked one by one.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions import devices, outbox
from servicedesk.gateways import webhooks
from servicedesk.gateways.posting import NotReached
from servicedesk.gateways.texts import Texts
from servicedesk.gateways.webpush import Pusher, Target
from servicedesk.rules.addresses import news_path
from servicedesk.rules.outcomes import Outcome, counted
from servicedesk.settings import Settings
from servicedesk.store import devices as store
from servicedesk.store import house_texts
from servicedesk.store.devices import Message
from servicedesk.store.outbox import PUSH, WEBHOOK
from servicedesk.turns import Batch, JobContext

BATCH = 20
GONE = (404, 410)
NOT_NOW = (408, 429)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sender:
    """Everything that messages are sent with."""

    settings: Settings
    texts: Texts
    pusher: Pusher = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pusher", Pusher(self.settings))


def deliver(context: JobContext, batch: Batch, now: Callable[[], datetime]) -> Outcome:
    """Send what is due, and say how much went out."""
    sender = _sender(context)
    with batch() as session:
        devices.tell_app(session, bool(sender.settings.webhook.url), now())
    sent = tried = 0
    while not context.stopping.is_set():
        with batch() as session:
            ids = outbox.claim_due(session, now(), BATCH, (PUSH, WEBHOOK))
            messages = store.messages(session, ids)
            known = store.known_as(session, {each.person_id for each in messages}, sender.settings.webhook.person)
            _drop(session, set(ids) - {each.id for each in messages})
        if not ids:
            break
        results = [_sent(sender, batch, each, known, now()) for each in messages]
        sent, tried = sent + sum(results), tried + len(results)
        if results and not any(results):
            break  # nobody answers: the next run asks again
    return counted(sent=sent, not_sent=tried - sent)


def _sender(context: JobContext) -> Sender:
    with context.sessions() as session:
        texts = context.texts.of(house_texts.current(session)[1])
    return Sender(context.settings, texts)


def _drop(session: Session, ids: set[int]) -> None:
    for notice_id in sorted(ids):
        outbox.drop(session, notice_id)


def _sent(sender: Sender, batch: Batch, message: Message, known: Mapping[int, str], now: datetime) -> bool:
    """Send one message and mark what became of it; True when there is nothing more to do."""
    person = known.get(message.person_id)
    try:
        if message.endpoint and not sender.settings.push.key:
            status, reason = 0, ""
        elif message.endpoint:
            status, reason = _push(sender, message, now)
        elif person is None:
            status, reason = 0, ""
        else:
            status, reason = webhooks.tell(sender.settings.webhook, message.message_id, _news(message, person), now)
    except NotReached as error:
        status, reason = NOT_NOW[0], str(error)
    except Exception as error:  # one message that cannot be made must not hold up the others
        log.exception("message %s could not be sent", message.id)
        status, reason = NOT_NOW[0], f"could not be sent: {error}"
    with batch() as session:
        _mark(session, message, status, reason, now)
    return status in (0, *GONE) or status < 300


def _mark(session: Session, message: Message, status: int, reason: str, now: datetime) -> None:
    is_final = 300 <= status < 500 and status not in NOT_NOW
    if status == 0:
        outbox.drop(session, message.id)
    elif 200 <= status < 300:
        outbox.mark_sent(session, message.id, now)
    elif message.endpoint and status in GONE:
        devices.is_gone(session, message.device_id)
    elif message.endpoint and is_final:
        outbox.drop(session, message.id)
    else:
        outbox.mark_failed(session, message.id, now, f"{status} {reason}", is_final)


def _push(sender: Sender, message: Message, now: datetime) -> tuple[int, str]:
    words = {
        "title": sender.texts.site_name,
        "body": f"{sender.texts.news(message.template, message.locale)}: {message.number}",
        "url": news_path(message.template, message.number),
    }
    target = Target(message.endpoint, message.p256dh, message.auth)
    if not sender.pusher.accepts(target):  # the services that may be written to are others than they were
        return GONE[0], ""
    return sender.pusher.send(target, json.dumps(words, ensure_ascii=False).encode(), message.number, now)


def _news(message: Message, person: str) -> dict[str, str]:
    path = news_path(message.template, message.number)
    return {"person": person, "event": message.template, "number": message.number, "path": path}
