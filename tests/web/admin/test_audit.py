"""The record of administration: found by subject, person and day, told before and after, in pages."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.actions.audit import record
from tests import factories
from tests.web.conftest import browser, page

DESK = "/admin/audit"
STUDENTS = "ae929822-c377-4964-bfb2-61bd6947fb4a"
NOW = datetime.now(UTC)


@pytest.fixture
def chief(app, desk, sign_in):
    made, client = factories.administrator(desk, given_name="Ada", family_name="Capo"), browser(app)
    desk.commit()
    sign_in(client, made.id)
    client.person = f"person:{made.id}"
    return client


def rows(client, query="") -> list[str]:
    found = page(client, f"{DESK}{query}").xpath("//main//table/tbody/tr")
    return [" ".join(" ".join(row.itertext()).split()) for row in found]


def test_an_act_is_told_with_who_what_and_the_values_before_and_after(chief, desk):
    record(desk, chief.person, "counter.set", "counter:office", NOW, {"zone": "A", "same": 1}, {"zone": "B", "same": 1})
    desk.commit()
    [row] = rows(chief)
    for words in ("Ada Capo", "counter changed", "Counter office", "zone before: A → after: B"):
        assert words in row
    assert "same" not in row


def test_what_is_done_to_rules_contacts_and_accounts_is_said_in_words_and_found_by_kind(chief, desk):
    for action, subject in (("rule.switch", "rule:7"), ("counter_contact.set", "counter_contact:3")):
        record(desk, chief.person, action, subject, NOW, {"on": False}, {"on": True})
    desk.commit()
    for kind, words in (("rule", "rule switched on or off"), ("counter_contact", "contacts of a counter changed")):
        [row] = rows(chief, f"?kind={kind}")
        assert words in row


def test_the_record_is_narrowed_by_subject_person_and_day(chief, desk):
    record(desk, chief.person, "counter.set", "counter:office", NOW)
    record(desk, "command:rossi", "catalogue.applied", "catalogue:1", NOW - timedelta(days=3))
    record(desk, "person:99999", "another.part", "answer:pay", NOW - timedelta(days=9))
    desk.commit()
    assert len(rows(chief)) == 3
    three_days = f"{NOW - timedelta(days=4):%Y-%m-%d}"
    for query, words in (
        ("?kind=counter", "Counter office"),
        ("?subject=answer:pay", "another.part"),
        ("?by=command", "command:rossi"),
        (f"?by={chief.person}", "Ada Capo"),
        (f"?since={three_days}&kind=catalogue", "version published"),
        (f"?until={three_days}", "Answer pay"),
    ):
        [row] = rows(chief, query)
        assert words in row
    assert "Nothing was changed" in page(chief, f"{DESK}?kind=person").text_content()
    assert len(rows(chief, "?since=no-day")) == 3


def test_it_is_read_page_by_page_without_losing_the_filter(chief, desk):
    for number in range(51):
        record(desk, "command:rossi", "counter.set", f"counter:c{number:02d}", NOW)
    record(desk, chief.person, "counter.set", "counter:mine", NOW)
    desk.commit()
    shown = page(chief, f"{DESK}?by=command")
    assert "Counter c50" in shown.text_content()
    [older] = shown.xpath("//a[@rel='next']/@href")
    assert rows(chief, older.removeprefix(DESK))[0].count("Counter c00") == 1


def test_an_administrator_of_one_service_reads_their_own_acts_and_what_was_published(app, desk, sign_in):
    made, client = factories.administrator(desk, STUDENTS), browser(app)
    record(desk, "command:rossi", "role.grant", "person:1", NOW)
    record(desk, "command:rossi", "catalogue.applied", "catalogue:1", NOW)
    record(desk, f"person:{made.id}", "counter.set", "counter:office", NOW)
    desk.commit()
    sign_in(client, made.id)
    found = " ".join(rows(client))
    assert "role given" not in found
    assert "version published" in found and "counter changed" in found
