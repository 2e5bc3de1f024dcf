"""Delivers mails: claims what is due, writes it, hands it to the server, and marks each; the work of a job.

No transaction spans the connection to the server, and what was written once is sent as it is at every try.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions import outbox
from servicedesk.gateways.smtp import Envelope, Fate, Result
from servicedesk.gateways.texts import Texts
from servicedesk.rules.errors import DeskError
from servicedesk.rules.outcomes import Outcome, counted
from servicedesk.store import house_texts
from servicedesk.store.base import writing
from servicedesk.store.outbox import Claimed, claimed
from servicedesk.turns import Batch, JobContext

BATCH = 20
log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


def deliver(context: JobContext, batch: Batch, present: Clock, clock: Clock, hold: float) -> Outcome:
    """Send what is due, and say what became of it.

    `present` is the time as the run has it, `clock` the real one; `hold` is how many seconds the job's lease lasts.
    """
    fates = dict.fromkeys(Fate, 0)
    while not context.stopping.is_set():
        with batch() as session:
            ids = outbox.claim_due(session, present(), BATCH)
        if not ids:
            break
        results = list(_send(context, _written(context, ids, present()), clock, hold))
        for result in results:
            fates[result.fate] += 1
        if results and all(result.fate is Fate.LATER for result in results):
            break  # the server is down: the next run asks again
    return counted(sent=fates[Fate.SENT], later=fates[Fate.LATER], refused=fates[Fate.REFUSED])


def _written(context: JobContext, ids: list[int], now: datetime) -> list[Envelope]:
    """Return the claimed mails as bytes, each kept before it is sent for the first time."""
    envelopes = []
    with context.sessions() as session:
        texts = context.texts.of(house_texts.current(session)[1])
    for mail in _gathered(context, ids, now):
        content = mail.rendered or _write(context, texts, mail, now)
        if content is not None:
            envelopes.append(Envelope(mail.id, mail.letter.address, content))
    return envelopes


def _gathered(context: JobContext, ids: list[int], now: datetime) -> list[Claimed]:
    """Return what these mails are about; one whose facts cannot be gathered is put off and holds up no other."""
    try:
        with context.sessions() as session:
            return claimed(session, ids, context.settings.privacy.technician_name)
    except Exception as error:
        if len(ids) > 1:
            return [mail for notice_id in ids for mail in _gathered(context, [notice_id], now)]
        log.exception("the facts of mail %s could not be gathered", ids[0])
        with context.sessions() as session, writing(session):
            outbox.mark_failed(session, ids[0], now, f"could not be written: {error}", is_final=False)
        return []


def _write(context: JobContext, texts: Texts, mail: Claimed, now: datetime) -> bytes | None:
    content, reason, is_final = None, "", False
    try:
        content = None if mail.letter.is_outdated else texts.render(mail.letter, now)
    except DeskError as error:
        reason, is_final = str(error), True
    except Exception as error:  # one mail that cannot be written must not hold up the others
        log.exception("mail %s could not be written", mail.id)
        reason = f"could not be written: {error}"
    with context.sessions() as session, writing(session):
        if content is not None:
            outbox.keep_rendered(session, mail.id, content)
        elif reason:
            outbox.mark_failed(session, mail.id, now, reason, is_final)
        else:
            outbox.drop(session, mail.id)
    return content


def _send(context: JobContext, envelopes: list[Envelope], clock: Clock, hold: float) -> Iterator[Result]:
    """Send and mark one by one; what is not tried while claim and lease surely hold is given back."""
    untried = {envelope.id for envelope in envelopes}
    end = time.monotonic() + min(outbox.CLAIM.total_seconds(), hold) / 2
    for result in context.mailer.send(envelopes):
        untried.discard(result.id)
        with context.sessions() as session, writing(session):
            _mark(session, result, clock())
        yield result
        if context.stopping.is_set() or time.monotonic() > end:
            break
    with context.sessions() as session, writing(session):
        for notice_id in sorted(untried):
            outbox.release(session, notice_id)


def _mark(session: Session, result: Result, now: datetime) -> None:
    if result.fate is Fate.SENT:
        outbox.mark_sent(session, result.id, now)
    else:
        outbox.mark_failed(session, result.id, now, result.reason, result.fate is Fate.REFUSED)
