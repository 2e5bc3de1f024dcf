"""Providers of federations: the first source that lists one keeps it, searching stays cheap, copies change by rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.store import federation
from servicedesk.store.federation import Changes, Listed
from servicedesk.store.models.federation import FederationProvider, FederationSource
from tests.store.plans import full_scans, plans

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IDEM, EDUGAIN = "a" * 64, "b" * 64
BOTH = (IDEM, EDUGAIN)
ONE = "https://one.example/idp"


def listed(
    entity_id: str = ONE,
    name: str = "Uno",
    *,
    content: str = "content",
    is_hidden: bool = False,
    valid_until: datetime | None = None,
    expires: datetime | None = None,
) -> Listed:
    name_words = f" {name.lower()}"
    return Listed(entity_id, {"it": name}, name.lower(), name_words, is_hidden, valid_until, expires, content)


def source(session: Session, key: str, *providers: Listed, valid_until: datetime | None = None) -> FederationSource:
    row = federation.enter(session, key, "university", f"https://{key[0]}.example/metadata.xml")
    row.valid_until = valid_until
    federation.replace(session, row.id, providers)
    session.flush()
    return row


def ids(session: Session, keys: Sequence[str] = BOTH, words: Sequence[str] = (), limit: int = 100) -> list[str]:
    return [row.entity_id for row in federation.choices(session, keys, NOW, limit, words)]


def content(session: Session, keys: Sequence[str] = BOTH, entity_id: str = ONE) -> str | None:
    found = federation.find(session, keys, entity_id, NOW)
    return found.content if found else None


def test_a_provider_is_found_by_its_id_among_the_sources_asked(session: Session) -> None:
    source(session, IDEM, listed())
    assert content(session) == "content"
    assert federation.find(session, (EDUGAIN,), ONE, NOW) is None
    assert federation.find(session, BOTH, ONE + "/", NOW) is None


def test_the_first_source_that_lists_a_provider_keeps_it(session: Session) -> None:
    source(session, EDUGAIN, listed(content="later"))
    assert content(session) == "later"
    source(session, IDEM, listed(content="first"))
    assert content(session) == "first"
    assert content(session, (EDUGAIN, IDEM)) == "later"


def test_no_later_source_takes_over_when_the_first_ones_copy_has_ended(session: Session) -> None:
    source(session, IDEM, listed(content="first"), valid_until=NOW)
    source(session, EDUGAIN, listed(content="later"))
    found = federation.find(session, BOTH, ONE, NOW)
    assert found is not None and (found.place, found.content) == (0, None)
    assert ids(session) == []


def test_an_ended_copy_is_not_used_and_one_that_still_runs_is(session: Session) -> None:
    row = source(session, IDEM, listed(), valid_until=NOW + timedelta(seconds=1))
    assert content(session) == "content" and ids(session) == [ONE]
    row.valid_until = NOW
    session.flush()
    assert content(session) is None and ids(session) == []


def test_an_ended_provider_is_not_used_though_its_source_still_runs(session: Session) -> None:
    source(session, IDEM, listed(valid_until=NOW), listed("https://two.example", "Due"))
    assert content(session) is None
    assert ids(session) == ["https://two.example"]


def test_hidden_providers_are_in_no_list_but_may_sign_people_in(session: Session) -> None:
    source(session, IDEM, listed(is_hidden=True))
    assert ids(session) == [] and ids(session, words=["uno"]) == []
    assert content(session) == "content"


def test_choices_come_source_by_source_and_by_name_each_provider_once(session: Session) -> None:
    source(session, EDUGAIN, listed("https://a.example", "Aalto"), listed("https://b.example", "Bergen"))
    source(session, IDEM, listed("https://t.example", "Torino"), listed("https://b.example", "Bergamo"))
    assert ids(session) == ["https://b.example", "https://t.example", "https://a.example"]
    assert ids(session, limit=2) == ["https://b.example", "https://t.example"]
    assert ids(session, (EDUGAIN,)) == ["https://a.example", "https://b.example"]


def test_every_word_must_begin_a_word_of_the_provider(session: Session) -> None:
    source(session, IDEM, listed("https://b.example", "Uni Bergamo"), listed("https://m.example", "Uni Milano Bicocca"))
    assert ids(session, words=["uni"]) == ["https://b.example", "https://m.example"]
    assert ids(session, words=["bic", "uni"]) == ["https://m.example"]
    assert ids(session, words=["cocca"]) == []


def test_a_new_copy_writes_what_differs_and_nothing_else(session: Session) -> None:
    row = source(session, IDEM, listed(), listed("https://two.example", "Due"), listed("https://three.example", "Tre"))
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("SELECT"):
            written.append(statement)

    same = [listed(), listed("https://two.example", "Due"), listed("https://three.example", "Tre")]
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        assert federation.replace(session, row.id, same) == Changes(0, 0, 0)
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)
    assert written == []
    changed = [listed(), listed("https://two.example", "Due e mezzo"), listed("https://four.example", "Quattro")]
    assert federation.replace(session, row.id, changed) == Changes(added=1, changed=1, removed=1)
    names = session.execute(sa.select(FederationProvider.entity_id, FederationProvider.sort_name)).all()
    assert sorted(names) == sorted(
        [(ONE, "uno"), ("https://two.example", "due e mezzo"), ("https://four.example", "quattro")]
    )


def test_every_fact_of_a_provider_counts_as_a_difference(session: Session) -> None:
    row = source(session, IDEM, listed())
    for other in (
        listed(name="Altro"),
        listed(content="other"),
        listed(is_hidden=True),
        listed(valid_until=NOW + timedelta(days=1)),
        listed(),
    ):
        assert federation.replace(session, row.id, [other]) == Changes(0, 1, 0)


def test_sources_no_longer_wanted_go_with_their_providers(session: Session) -> None:
    source(session, IDEM, listed())
    source(session, EDUGAIN, listed("https://two.example"))
    assert federation.forget_others(session, [IDEM]) == [EDUGAIN]
    assert session.scalars(sa.select(FederationProvider.entity_id)).all() == [ONE]
    assert federation.forget_others(session, [IDEM]) == []


def test_those_whose_last_certificate_ends_are_listed_soonest_first(session: Session) -> None:
    soon, later = NOW + timedelta(days=3), NOW + timedelta(days=9)
    source(
        session,
        IDEM,
        listed(expires=later),
        listed("https://two.example", expires=soon),
        listed("https://three.example", expires=NOW + timedelta(days=60)),
        listed("https://four.example"),
    )
    found = federation.expiring(session, IDEM, NOW + timedelta(days=30), 10)
    assert [(row.entity_id, row.expires) for row in found] == [("https://two.example", soon), (ONE, later)]
    assert len(federation.expiring(session, IDEM, NOW + timedelta(days=30), 1)) == 1


@pytest.fixture
def thousands(session: Session) -> Session:
    """Two federations, of which the second repeats half of the first."""
    first = [listed(f"https://idp{n}.example", f"Uni {n}", content="x" * 2500) for n in range(3000)]
    source(session, IDEM, *first)
    source(session, EDUGAIN, *first[1500:], *(listed(f"https://more{n}.example", f"More {n}") for n in range(500)))
    session.execute(sa.text("ANALYZE"))
    return session


def test_finding_one_among_thousands_reads_no_table_through(thousands: Session) -> None:
    plan = plans(thousands, partial(federation.find, thousands, BOTH, "https://idp7.example", NOW))
    assert plan and not list(full_scans(plan, "federation_provider"))


def test_choosing_among_thousands_takes_one_statement_whatever_is_asked(thousands: Session) -> None:
    sent: list[str] = []
    connection = thousands.connection()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        assert len(ids(thousands, limit=20)) == 20
        assert len(ids(thousands, words=["uni", "29"], limit=200)) == 111
        assert len(ids(thousands, limit=5000)) == 3500
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)
    assert len(sent) == 3
