"""Which news goes where, what cannot be turned off, and how choices are written."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from servicedesk.rules.lifecycle import TRANSITIONS
from servicedesk.rules.notices import (
    KIND_OF,
    Channel,
    Habits,
    Kind,
    Wishes,
    is_always_mailed,
    offered,
    read,
    written,
)

ROME = ZoneInfo("Europe/Rome")
NOTHING = Wishes(frozenset((kind, channel) for kind in Kind for channel in Channel))


def test_every_mail_of_the_life_cycle_is_of_a_kind_that_people_choose() -> None:
    told = {tell.template for row in TRANSITIONS.values() for tell in row.tells}
    assert told <= set(KIND_OF)


@pytest.mark.parametrize("template", sorted(KIND_OF))
@pytest.mark.parametrize("channel", Channel)
def test_whoever_chose_nothing_wants_everything(template: str, channel: Channel) -> None:
    assert Wishes().wants(template, channel)


def test_the_warning_before_closing_and_what_opens_something_are_always_mailed() -> None:
    always = ("expiring", "lost_number", "sign_in_link", "address_confirm", "account_changed")
    assert [NOTHING.wants(template, Channel.MAIL) for template in always] == [True] * 5
    assert not any(NOTHING.wants("expiring", channel) for channel in (Channel.DESK, Channel.PUSH))


def test_only_a_guest_needs_the_mail_with_the_number() -> None:
    assert is_always_mailed("opened", is_guest=True)
    assert not is_always_mailed("opened", is_guest=False)


def test_letters_about_accounts_go_nowhere_but_into_the_mailbox() -> None:
    assert not Wishes().wants("account_changed", Channel.PUSH)


def test_guests_choose_among_mails_alone_and_only_staff_among_news_of_work() -> None:
    guests = offered(is_guest=True, is_staff=False)
    assert {channel for _kind, channel in guests} == {Channel.MAIL}
    assert (Kind.OPENED, Channel.MAIL) not in guests
    assert Kind.WORK not in {kind for kind, _channel in offered(is_guest=False, is_staff=False)}
    assert (Kind.WORK, Channel.PUSH) in offered(is_guest=False, is_staff=True)


def test_choices_are_read_back_as_they_were_written_and_strange_words_count_for_nothing() -> None:
    choices = frozenset(offered(is_guest=False, is_staff=True))
    assert read([written(choice) for choice in choices]) == choices
    assert read(["comment", "comment.pigeon", ""]) == frozenset()


@pytest.mark.parametrize(
    ("quiet", "at", "told_at"),
    [
        (None, "2026-03-02T23:30+01:00", "2026-03-02T23:30+01:00"),
        ((22, 7), "2026-03-02T21:59+01:00", "2026-03-02T21:59+01:00"),
        ((22, 7), "2026-03-02T22:00+01:00", "2026-03-03T07:00+01:00"),
        ((22, 7), "2026-03-03T06:59+01:00", "2026-03-03T07:00+01:00"),
        ((22, 7), "2026-03-03T07:00+01:00", "2026-03-03T07:00+01:00"),
        ((13, 15), "2026-03-02T14:00+01:00", "2026-03-02T15:00+01:00"),
        ((13, 15), "2026-03-02T15:00+01:00", "2026-03-02T15:00+01:00"),
        ((22, 7), "2026-03-29T00:30+01:00", "2026-03-29T07:00+02:00"),
    ],
)
def test_devices_stay_silent_in_the_quiet_hours(quiet: tuple[int, int] | None, at: str, told_at: str) -> None:
    assert Habits(quiet=quiet).device_at(datetime.fromisoformat(at), ROME) == datetime.fromisoformat(told_at)


def test_only_what_can_wait_waits_for_the_mail_of_the_day() -> None:
    waits = {template for template in KIND_OF if Habits(is_daily=True).mail_waits(template)}
    assert {"taken", "comment", "requester_comment"} <= waits
    assert waits.isdisjoint({"opened", "waiting", "solution", "answered", "expiring", "closed", "appointment_offered"})
    assert not Habits().mail_waits("comment")
