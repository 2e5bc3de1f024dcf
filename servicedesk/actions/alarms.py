"""Alarms: something went wrong that an operator has to look at; logged and mailed once, however often it is raised."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from servicedesk.actions.letters import write_letter
from servicedesk.rules.errors import NotFound
from servicedesk.rules.sentences import Sentence
from servicedesk.store import alarms
from servicedesk.store.rate_limits import count_up

TEMPLATE = "alarm"
MOST_MAILED = 20
MAIL_WINDOW = timedelta(hours=1)
_LONGEST_KEY = 255
_LARGEST_ID = 2**31 - 1
log = logging.getLogger(__name__)


def raise_alarm(session: Session, key: str, sentence: Sentence, now: datetime) -> None:
    """Raise the alarm `key` with what an operator should know and do; without personal data.

    While an alarm of this key is open, raising it again only counts. A job mails new ones to `records.operators`.
    """
    times = alarms.count_up(session, key[:_LONGEST_KEY], sentence, now)
    if times == 1:
        # It may hold what another server said of itself, which must not write lines or colours of its own.
        log.error("alarm %s: %s", ascii(key), "".join(filter(str.isprintable, str(sentence))))


def clear_alarm(session: Session, key: str, now: datetime) -> None:
    """Close the alarm `key`: what it tells of is over. Does nothing when none is open."""
    if alarms.clear(session, key[:_LONGEST_KEY], now):
        log.warning("alarm %s is over", ascii(key))


def mail_new(session: Session, operators: Sequence[str], locale: str, now: datetime) -> int:
    """Queue a mail to every operator for each open alarm not mailed yet, and return how many alarms were mailed.

    Of very many the others wait for the next hour: strangers can raise some of them, and mails must not bury operators.
    """
    found = alarms.not_mailed(session) if operators else ()
    mailed = 0
    for alarm in found:
        if count_up(session, "alarm-mails", MAIL_WINDOW, 1, now) > MOST_MAILED:
            break
        mailed += 1
        sentence = Sentence.from_json(alarm.sentence)
        context = {key: str(value) for key, value in sentence.params.items()}
        for address in operators:
            write_letter(
                session,
                address=address,
                locale=locale,
                template=TEMPLATE,
                context={**context, "msgid": sentence.msgid, "path": "/admin/sign-ins"},
                now=now,
            )
        alarm.mailed_at = now
    session.flush()
    return mailed


def mark_seen(session: Session, alarm_id: int, person_id: int, now: datetime) -> None:
    """Note that an administrator has seen an alarm. Raises NotFound when there is none with this id."""
    if alarm_id > _LARGEST_ID or not alarms.mark_seen(session, alarm_id, person_id, now):
        raise NotFound()
