"""The sign-in log: what is written can be read with the key alone, is whole, and goes only when its term is over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from servicedesk.actions import saml_log
from servicedesk.actions.saml_log import LogBroken
from servicedesk.gateways.log_cipher import log_cipher
from servicedesk.rules.errors import Invalid
from servicedesk.store.base import writing
from servicedesk.store.models.records import SignInLogEntry, SignInLogMonth
from servicedesk.store.models.system import AuditEvent

KEY = "a key for the sign-in log that tests may read"
PROVIDER = "https://idp.example/metadata"
SECRET = b"<Response>TINIT-RSSMRA80A01H501U</Response>"
JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 15, 9, tzinfo=UTC)
MARCH = datetime(2026, 3, 15, 9, tzinfo=UTC)


def ask(session: Session, name: str, now: datetime, xml: bytes = b"<AuthnRequest/>") -> None:
    saml_log.record_request(session, KEY, profile="spid", provider=PROVIDER, request_id=name, message=xml, now=now)


def answer(session: Session, name: str, now: datetime, xml: bytes = SECRET) -> None:
    saml_log.record_response(
        session,
        KEY,
        profile="spid",
        provider=PROVIDER,
        request_id=name,
        response_id=f"{name}-response",
        message=xml,
        outcome="accepted",
        now=now,
    )


def test_strangers_do_not_fill_the_log_with_answers_to_their_own_request(session: Session) -> None:
    ask(session, "junk", MARCH)
    for number in range(saml_log.MOST_REFUSED + 2):
        refused = {"request_id": "junk", "response_id": f"_{number}", "message": b"x" * 100_000, "outcome": "not-xml"}
        saml_log.record_response(session, KEY, profile="spid", provider=PROVIDER, now=MARCH, **refused)
    answer(session, "junk", MARCH, b"<whole>" + b"y" * 100_000)
    found = saml_log.exported(session, KEY, MARCH, MARCH + timedelta(days=1))
    sizes = [len(each.message) for each in found]
    assert sizes[1:] == [*[saml_log.LONGEST_REFUSED] * saml_log.MOST_REFUSED, 100_007]


@pytest.fixture
def three_months(session: Session) -> Session:
    """A log of two exchanges in each of three months."""
    for month in (JANUARY, FEBRUARY, MARCH):
        for number in range(2):
            name, at = f"{month:%b}-{number}", month + timedelta(minutes=number)
            ask(session, name, at)
            answer(session, name, at + timedelta(seconds=30))
    return session


def verified(session: Session) -> list[tuple[str, int, bool]]:
    return [(each.month, each.entries, each.is_purged) for each in saml_log.verify(session, KEY)]


def without_guard(session: Session, statement: str) -> None:
    """Change the log as somebody could who may do anything in the database but does not know the key."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
    else:
        for name in ("entry_unchanged", "entry_kept", "month_kept"):
            session.execute(sa.text(f"DROP TRIGGER sign_in_log_{name}"))
        session.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
    session.execute(sa.text(statement))
    session.expire_all()


def test_request_and_response_come_back_as_they_were(three_months: Session) -> None:
    found = list(saml_log.exported(three_months, KEY, FEBRUARY, FEBRUARY + timedelta(days=1)))
    assert [(each.kind, each.exchange, each.message_id, each.outcome) for each in found] == [
        ("request", "Feb-0", "Feb-0", ""),
        ("response", "Feb-0", "Feb-0-response", "accepted"),
        ("request", "Feb-1", "Feb-1", ""),
        ("response", "Feb-1", "Feb-1-response", "accepted"),
    ]
    assert [each.message for each in found] == [b"<AuthnRequest/>", SECRET] * 2
    assert found[0].at == FEBRUARY and found[0].provider == PROVIDER


def test_one_exchange_is_found_by_its_request(three_months: Session) -> None:
    found = saml_log.exported(three_months, KEY, JANUARY, MARCH, exchange="Feb-1")
    assert [each.kind for each in found] == ["request", "response"]


def test_more_entries_than_a_batch_come_back_in_order(session: Session) -> None:
    for number in range(450):
        ask(session, str(number), JANUARY + timedelta(seconds=number))
    session.expunge_all()
    found = [each.exchange for each in saml_log.exported(session, KEY, JANUARY, FEBRUARY)]
    assert found == [str(number) for number in range(450)]
    assert verified(session) == [("2026-01", 450, False)]


def test_nothing_of_a_message_stands_in_clear(three_months: Session) -> None:
    for row in three_months.execute(sa.text("SELECT * FROM sign_in_log_entry")):
        stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
        assert b"RSSMRA80A01H501U" not in stored and b"AuthnRequest" not in stored


def test_the_same_message_is_never_stored_alike(three_months: Session) -> None:
    sealed = three_months.scalars(sa.select(SignInLogEntry.sealed)).all()
    assert len(set(sealed)) == len(sealed)


def test_without_a_key_nothing_is_logged_and_nothing_read(session: Session) -> None:
    with pytest.raises(Invalid, match="records.log_key is missing"):
        saml_log.record_request(
            session, "", profile="spid", provider=PROVIDER, request_id="x", message=b"x", now=JANUARY
        )
    with pytest.raises(Invalid):
        list(saml_log.verify(session, ""))


def test_another_key_opens_nothing(three_months: Session) -> None:
    other = "another key, as long as the first one was"
    with pytest.raises(Invalid, match="log_key is another one"):
        list(saml_log.exported(three_months, other, JANUARY, MARCH))
    with pytest.raises(LogBroken, match="Month 2026-01: its seal"):
        list(saml_log.verify(three_months, other))


def test_an_untouched_log_holds_month_by_month(three_months: Session) -> None:
    assert verified(three_months) == [("2026-01", 4, False), ("2026-02", 4, False), ("2026-03", 4, False)]


def test_a_log_without_entries_holds(session: Session) -> None:
    assert verified(session) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE sign_in_log_entry SET outcome = 'refused' WHERE month = '2026-02' AND seq = 2", "2026-02, entry 2"),
        ("UPDATE sign_in_log_entry SET provider = 'x' WHERE month = '2026-01' AND seq = 1", "2026-01, entry 1"),
        ("UPDATE sign_in_log_entry SET sealed = nonce WHERE month = '2026-03' AND seq = 3", "2026-03, entry 3"),
        ("DELETE FROM sign_in_log_entry WHERE month = '2026-02' AND seq = 2", "2026-02, entry 3"),
        ("DELETE FROM sign_in_log_entry WHERE month = '2026-02' AND seq = 4", "2026-02: it ends after entry 3"),
        ("DELETE FROM sign_in_log_entry WHERE month = '2026-03' AND seq = 4", "2026-03: it ends after entry 3"),
        ("DELETE FROM sign_in_log_entry WHERE month = '2026-02'", "2026-02: it ends after entry 0"),
        ("UPDATE sign_in_log_month SET entries = 3 WHERE month = '2026-03'", "2026-03: its seal"),
        ("UPDATE sign_in_log_month SET purged_at = '2030-01-01' WHERE month = '2026-02'", "2026-02: its seal"),
        ("UPDATE sign_in_log_entry SET seq = 9 WHERE month = '2026-02' AND seq = 2", "2026-02, entry 3"),
    ],
)
def test_whatever_is_changed_behind_its_back_is_found(three_months: Session, statement: str, sentence: str) -> None:
    without_guard(three_months, statement)
    with pytest.raises(LogBroken, match=sentence):
        verified(three_months)


def test_a_month_that_is_gone_altogether_is_missed_by_the_next(three_months: Session) -> None:
    without_guard(three_months, "DELETE FROM sign_in_log_entry WHERE month = '2026-02'")
    three_months.execute(sa.text("DELETE FROM sign_in_log_month WHERE month = '2026-02'"))
    with pytest.raises(LogBroken, match="Month 2026-03: the month before"):
        verified(three_months)


def test_an_older_state_of_a_past_month_put_back_is_missed_by_the_next(session: Session) -> None:
    ask(session, "first", JANUARY)
    kept = session.execute(sa.text("SELECT entries, last_hash, proof FROM sign_in_log_month")).one()
    ask(session, "second", JANUARY)
    ask(session, "third", FEBRUARY)
    without_guard(session, "DELETE FROM sign_in_log_entry WHERE month = '2026-01' AND seq = 2")
    back = sa.text("UPDATE sign_in_log_month SET entries = :e, last_hash = :h, proof = :p WHERE month = '2026-01'")
    session.execute(back, {"e": kept.entries, "h": kept.last_hash, "p": kept.proof})
    session.expire_all()
    with pytest.raises(LogBroken, match="Month 2026-02: the month before"):
        verified(session)


def test_two_entries_that_changed_places_are_found(three_months: Session) -> None:
    without_guard(three_months, "UPDATE sign_in_log_entry SET seq = 7 WHERE month = '2026-01' AND seq = 1")
    for old, new in ((2, 1), (7, 2)):
        move = f"UPDATE sign_in_log_entry SET seq = {new} WHERE month = '2026-01' AND seq = {old}"
        three_months.execute(sa.text(move))
    with pytest.raises(LogBroken, match="2026-01, entry 1"):
        verified(three_months)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sign_in_log_entry SET outcome = 'x'",
        "DELETE FROM sign_in_log_entry",
        "DELETE FROM sign_in_log_month",
    ],
)
def test_the_database_itself_refuses_changes_and_removals(three_months: Session, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), three_months.begin_nested():
        three_months.execute(sa.text(statement))
    assert len(verified(three_months)) == 3


def test_a_clock_that_is_behind_appends_to_the_month_that_is_open(session: Session) -> None:
    ask(session, "on time", FEBRUARY.replace(day=1, hour=0))
    ask(session, "behind", JANUARY)
    assert verified(session) == [("2026-02", 2, False)]
    found = saml_log.exported(session, KEY, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    assert [each.exchange for each in found] == ["behind"]


@pytest.mark.parametrize(
    ("now", "purged"),
    [
        (datetime(2028, 1, 31, 23, 59, tzinfo=UTC), []),
        (datetime(2028, 2, 1, tzinfo=UTC), ["2026-01"]),
        (datetime(2028, 3, 31, tzinfo=UTC), ["2026-01", "2026-02"]),
    ],
)
def test_a_month_goes_when_its_last_entry_is_24_months_old(
    three_months: Session, now: datetime, purged: list[str]
) -> None:
    while saml_log.purge(three_months, KEY, 24, "command:test", now, limit=3):
        pass
    left = three_months.scalars(sa.select(SignInLogEntry.month).distinct().order_by(SignInLogEntry.month)).all()
    assert left == [month for month in ("2026-01", "2026-02", "2026-03") if month not in purged]
    assert [month for month, _entries, is_purged in verified(three_months) if is_purged] == purged
    audited = three_months.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.subject, event.before) for event in audited] == [
        (f"saml_log:{month}", {"entries": 4}) for month in purged
    ]


def test_a_purge_tells_what_it_removed_batch_by_batch(three_months: Session) -> None:
    now = datetime(2028, 2, 1, tzinfo=UTC)
    done = [saml_log.purge(three_months, KEY, 24, "command:test", now, limit=3) for _ in range(3)]
    assert done == [("2026-01", 3), ("2026-01", 1), None]


def test_a_longer_term_of_the_settings_counts_and_a_shorter_one_does_not(three_months: Session) -> None:
    now = datetime(2028, 2, 1, tzinfo=UTC)
    assert saml_log.purge(three_months, KEY, 36, "command:test", now, limit=9) is None
    assert saml_log.purge(three_months, KEY, 1, "command:test", datetime(2026, 6, 1, tzinfo=UTC), limit=9) is None


def test_the_log_goes_on_after_everything_was_purged(three_months: Session) -> None:
    now = datetime(2029, 6, 1, tzinfo=UTC)
    while saml_log.purge(three_months, KEY, 24, "command:test", now, limit=100):
        pass
    ask(three_months, "new", now)
    assert verified(three_months)[-1] == ("2029-06", 1, False)


def test_a_month_marked_as_purged_too_early_is_found(three_months: Session) -> None:
    month = three_months.get_one(SignInLogMonth, "2026-01")
    month.purged_at = datetime(2027, 1, 1, tzinfo=UTC)
    month.proof = saml_log._proof(log_cipher(KEY), month)
    three_months.flush()
    with pytest.raises(LogBroken, match="before its term"):
        verified(three_months)


def together(engine: sa.Engine, count: int, work: Callable[[Session, int], None]) -> None:
    def run(index: int) -> None:
        with Session(engine) as session, writing(session):
            work(session, index)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count * 4)))


@pytest.mark.concurrency
def test_many_workers_write_one_chain_over_the_turn_of_the_month(fresh_database: sa.Engine) -> None:
    midnight = datetime(2026, 2, 1, tzinfo=UTC)
    together(
        fresh_database, 8, lambda session, index: ask(session, str(index), midnight + timedelta(seconds=index - 16))
    )
    with Session(fresh_database) as session:
        found = verified(session)
        assert sum(entries for _month, entries, _purged in found) == 32
        assert found[-1][0] == "2026-02"


@pytest.mark.concurrency
def test_the_very_first_entries_of_workers_whose_clocks_differ_are_one_chain(fresh_database: sa.Engine) -> None:
    together(fresh_database, 8, lambda session, index: ask(session, str(index), (JANUARY, FEBRUARY, MARCH)[index % 3]))
    with Session(fresh_database) as session:
        assert sum(entries for _month, entries, _purged in verified(session)) == 32


@pytest.mark.concurrency
def test_the_very_first_entries_of_many_workers_are_one_chain(fresh_database: sa.Engine) -> None:
    together(fresh_database, 8, lambda session, index: ask(session, str(index), JANUARY))
    with Session(fresh_database) as session:
        assert verified(session) == [("2026-01", 32, False)]
