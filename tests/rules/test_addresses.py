"""Public addresses and the token of a guest's link."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.addresses import Addresses, is_status_token, read_status_token, status_token

KEY = "a-key-of-the-tests-that-everybody-can-read"
ADDRESSES = Addresses("https://desk.example:8443/sub")


def test_addresses_are_built_from_the_base_address_alone() -> None:
    assert ADDRESSES.ticket("2026004547") == "https://desk.example:8443/sub/tickets/2026004547"
    assert ADDRESSES.status_link("tok_en-") == "https://desk.example:8443/sub/status/tok_en-"
    assert (ADDRESSES.home(), ADDRESSES.status()) == (
        "https://desk.example:8443/sub/",
        "https://desk.example:8443/sub/status",
    )
    assert ADDRESSES.host == "desk.example"


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_a_token_names_its_ticket_and_opens_it(ticket_id: int) -> None:
    token = status_token(KEY, ticket_id, "7KQF2M")
    read = read_status_token(token)
    assert read is not None
    assert read[0] == ticket_id
    assert is_status_token(token, KEY, ticket_id, "7KQF2M")


def test_a_token_is_at_least_112_bits_that_cannot_be_guessed() -> None:
    read = read_status_token(status_token(KEY, 7, "7KQF2M"))
    assert read is not None
    assert len(read[1]) * 8 >= 112


@pytest.mark.parametrize(
    ("key", "ticket_id", "suffix"),
    [("another" + KEY, 7, "7KQF2M"), (KEY, 8, "7KQF2M"), (KEY, 7, "AAAAAA"), (KEY, 7, None)],
)
def test_a_token_opens_nothing_else(key: str, ticket_id: int, suffix: str | None) -> None:
    assert not is_status_token(status_token(KEY, 7, "7KQF2M"), key, ticket_id, suffix)


@pytest.mark.parametrize(
    "token", ["", "x", "!" * 32, "à" * 32, "A" * 31, "A" * 33, base64.b64encode(bytes(8)).decode()]
)
def test_what_is_no_token_is_read_as_none_and_opens_nothing(token: str) -> None:
    assert read_status_token(token) is None
    assert not is_status_token(token, KEY, 7, "7KQF2M")
