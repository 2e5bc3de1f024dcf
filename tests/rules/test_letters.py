"""Which number and which link a mail may show (rule 3)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from servicedesk.rules.addresses import Addresses, is_status_token
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.letters import Letter

KEY = "a-key-of-the-tests-that-everybody-can-read"
ADDRESSES = Addresses("https://desk.example")


def letter(**values: Any) -> Letter:
    given: dict[str, Any] = {
        "template": "opened",
        "message_id": "2026004547.1.opened.7",
        "address": "anna@example.org",
        "recipient": "Anna Rossi",
        "locale": "en",
        "to_requester": True,
        "ticket_id": 7,
        "number": "2026004547",
        "suffix": None,
        "title": "Renewing late",
        "service": LocalText("Servizio Studenti", "Student service"),
        "category": LocalText("Tasse - Esoneri", "Fees - Exemptions"),
        "group": LocalText("Ufficio Tasse", "Fees office"),
        "signature": LocalText("Il vostro ufficio", "Your office"),
        "zone": "Europe/Rome",
        "requester": "Anna Rossi",
        "technician": "067010",
    }
    return Letter(**{**given, **values})


@pytest.mark.parametrize(
    ("template", "suffix", "to_requester", "shown"),
    [
        ("opened", "7KQF2M", True, "2026004547-7KQF2M"),
        ("lost_number", "7KQF2M", True, "2026004547-7KQF2M"),
        ("comment", "7KQF2M", True, "2026004547"),
        ("requester_comment", "7KQF2M", False, "2026004547"),
        ("opened", None, True, "2026004547"),
    ],
)
def test_only_a_guest_is_given_the_full_number_to_keep(
    template: str, suffix: str | None, to_requester: bool, shown: str
) -> None:
    assert letter(template=template, suffix=suffix, to_requester=to_requester).shown_number == shown


def test_a_guest_gets_a_link_of_their_own_and_staff_the_page_behind_sign_in() -> None:
    link = letter(suffix="7KQF2M").link(ADDRESSES, KEY)
    start, token = link.rsplit("/", 1)
    assert start == "https://desk.example/status"
    assert is_status_token(token, KEY, 7, "7KQF2M")
    staff = letter(template="requester_comment", suffix="7KQF2M", to_requester=False)
    assert staff.link(ADDRESSES, KEY) == "https://desk.example/tickets/2026004547"
    assert letter().link(ADDRESSES, KEY) == "https://desk.example/tickets/2026004547"


def test_the_link_of_a_solution_lands_on_the_solution_for_its_requester_alone() -> None:
    assert letter(template="solution").link(ADDRESSES, KEY).endswith("/tickets/2026004547#the-solution")
    assert letter(template="waiting").link(ADDRESSES, KEY).endswith("/tickets/2026004547#the-question")
    assert letter(template="solution", to_requester=False).link(ADDRESSES, KEY).endswith("/tickets/2026004547")


def test_a_warning_is_outdated_when_no_closure_is_coming() -> None:
    date = datetime(2026, 3, 21, 9, 15, tzinfo=UTC)
    assert letter(template="expiring").is_outdated
    assert not letter(template="expiring", dates={"expires": date}).is_outdated
    assert not letter(template="solution").is_outdated
