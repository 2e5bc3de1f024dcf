"""What the first page of administration asks of the outbox is read from indexes, however many mails ever went out."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store import administration, house_texts
from servicedesk.store.models.notices import Notice
from tests.factories import NOW
from tests.store.plans import full_scans, plans

MAILS = 4_000


def test_the_state_of_the_mails_and_what_the_house_says_are_read_from_indexes(session: Session) -> None:
    session.execute(sa.insert(Notice), [_sent(number) for number in range(MAILS)])
    session.execute(sa.insert(Notice), [{**_sent(MAILS), "state": "waiting", "sent_at": None}])
    session.execute(sa.text("ANALYZE"))
    for ask in (administration.waits_since, house_texts.current):
        found = full_scans(plans(session, lambda ask=ask: ask(session)), "notice")
        assert [line for line in found if "ix_notice_due" not in line] == []  # which holds the waiting ones alone
    newest = plans(session, lambda: administration.last_sent(session))  # the newest thousand, by their key
    assert not [word for word in ("TEMP B-TREE", "Sort", "Seq Scan on notice") if word in newest]
    assert administration.last_sent(session) == NOW + timedelta(minutes=MAILS - 1)
    assert administration.waits_since(session) == NOW + timedelta(minutes=MAILS)


def _sent(number: int) -> dict[str, object]:
    at = NOW + timedelta(minutes=number)
    return {
        "address": "a@example.org",
        "template": "digest",
        "channel": "mail",
        "state": "sent",
        "first_try_at": at,
        "next_try_at": at,
        "message_id": f"m.{number}",
        "sent_at": at,
    }
