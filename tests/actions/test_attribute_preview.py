"""What a provider gave last is remembered in a form from which nobody is known."""

import json

import pytest
from sqlalchemy.orm import Session

from servicedesk.actions import attribute_preview
from tests.factories import NOW, later

GIVEN = {
    "fiscalNumber": ["TINIT-RSSMRA80A01H501U"],
    "name": ["Maria"],
    "email": ["maria.rossi@example.org"],
    "eduPersonEntitlement": ["urn:one", "urn:two"],
}


def remember(session: Session, **more: object) -> None:
    values = {"raw": GIVEN, "mapped": {"given_name": ["Maria"]}, "missing": ["family_name"], "now": NOW, **more}
    attribute_preview.remember(session, profile="spid", provider="https://idp.example/", **values)


@pytest.mark.parametrize(
    ("value", "start", "length", "end"),
    [
        ("Maria", "M", 5, ""),
        ("Li", "", 2, ""),
        ("", "", 0, ""),
        ("maria.rossi@example.org", "m", 11, "@example.org"),
        ("student@unidemo.example", "s", 7, "@unidemo.example"),
        ("TINIT-RSSMRA80A01H501U", "", 22, ""),
        ("rssmra80a01h501u", "", 16, ""),
        ("RSS MRA 80A01 H501U", "", 19, ""),
        ("RSSMRA80A01H501U@example.org", "", 28, ""),
        ("urn:schac:personalUniqueID:it:CF:RSSMRA80A01H501U", "", 49, ""),
        ("12345678903", "", 11, ""),
        ("1999-05-04", "1", 10, ""),
    ],
)
def test_of_a_value_no_more_is_shown_than(value: str, start: str, length: int, end: str) -> None:
    assert attribute_preview.mask(value) == {"start": start, "length": length, "end": end}


def test_what_is_kept_tells_the_attributes_but_not_their_values(session: Session) -> None:
    remember(session)
    (kept,) = attribute_preview.previews(session)
    assert set(kept.given) == set(GIVEN) and set(kept.mapped) == {"given_name"}
    assert (kept.missing, kept.at) == (["family_name"], NOW)
    assert len(kept.given["eduPersonEntitlement"]) == 2
    stored = json.dumps([kept.given, kept.mapped])
    assert not any(word in stored for word in ("Maria", "maria", "rossi", "RSSMRA"))


def test_the_last_sign_in_takes_the_place_of_the_one_before(session: Session) -> None:
    remember(session)
    session.expire_all()
    remember(session, raw={"name": ["Anna"]}, missing=[], now=later(days=1))
    (kept,) = attribute_preview.previews(session)
    assert (list(kept.given), kept.missing, kept.at) == (["name"], [], later(days=1))


def test_a_provider_that_sends_without_end_fills_no_table(session: Session) -> None:
    remember(session, raw={str(number): ["x"] * 100 for number in range(1000)})
    (kept,) = attribute_preview.previews(session)
    assert len(kept.given) == 60 and {len(values) for values in kept.given.values()} == {10}
