"""Passwords, one-time codes and passkeys as the libraries behind them see them."""

import json
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import extract_parameters

from servicedesk.gateways import one_time_codes, passkeys
from servicedesk.gateways.passwords import NOBODYS, fits, hashed, is_outdated
from servicedesk.rules.errors import Invalid

KEY = "a-key-of-the-tests-that-everybody-can-read"
NOW = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)
PARTY = passkeys.Party.at("https://desk.example:8443/", "Desk")


def test_a_password_fits_its_own_hash_only_and_is_hashed_with_argon2id() -> None:
    stored = hashed("citt\u00e0 del mare e sole")
    assert stored.startswith("$argon2id$") and len(stored) <= 200
    assert fits(stored, "citta\u0300 del mare e sole")
    assert not fits(stored, "citta del mare e sole")
    assert hashed("citt\u00e0 del mare e sole") != stored


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$v=19$m=65536"])
def test_no_hash_fits_nothing(stored: str) -> None:
    assert not fits(stored, "") and not fits(stored, "anything at all")


def test_the_hash_of_nobody_costs_what_every_other_costs() -> None:
    assert not is_outdated(NOBODYS)
    assert extract_parameters(NOBODYS) == extract_parameters(hashed("something"))


def test_a_secret_is_sealed_and_opened_by_the_same_key_only() -> None:
    sealed = one_time_codes.new_secret(KEY)
    secret = one_time_codes.shown(KEY, sealed)
    assert len(secret) == 32 and secret not in sealed and len(sealed) <= 200
    with pytest.raises(ValueError, match="another secret_key"):
        one_time_codes.shown(KEY + "2", sealed)


@pytest.mark.parametrize(("seconds", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_counts_one_step_around_now(seconds: int, counts: bool) -> None:
    secret = pyotp.random_base32()
    typed = pyotp.TOTP(secret).at(NOW + timedelta(seconds=seconds))
    assert (one_time_codes.step_of(secret, typed, 0, NOW) is not None) is counts


def test_neither_the_same_code_nor_an_older_one_counts_again() -> None:
    secret = pyotp.random_base32()
    app = pyotp.TOTP(secret)
    used = one_time_codes.step_of(secret, app.at(NOW), 0, NOW)
    assert used == int(NOW.timestamp()) // 30
    assert one_time_codes.step_of(secret, app.at(NOW), used, NOW) is None
    assert one_time_codes.step_of(secret, app.at(NOW - timedelta(seconds=30)), used, NOW) is None
    assert one_time_codes.step_of(secret, app.at(NOW + timedelta(seconds=30)), used, NOW) == used + 1


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "1" * 40])
def test_what_is_no_code_is_refused_quietly(typed: str) -> None:
    assert one_time_codes.step_of(pyotp.random_base32(), typed, 0, NOW) is None


def test_the_party_is_the_desks_host_and_never_a_bare_number() -> None:
    assert (PARTY.host, PARTY.origin) == ("desk.example", "https://desk.example:8443")
    assert PARTY.is_possible
    assert passkeys.Party.at("http://localhost:8000", "x").is_possible
    assert not passkeys.Party.at("http://127.0.0.1:8000", "x").is_possible
    assert not passkeys.Party.at("http://[::1]:8000", "x").is_possible


def test_the_only_step_asks_for_finger_or_pin_and_the_second_for_ones_own_passkeys() -> None:
    alone = json.loads(passkeys.ask(PARTY, (), is_only_step=True).options)
    assert (alone["userVerification"], alone["allowCredentials"], alone["rpId"]) == ("required", [], "desk.example")
    second = json.loads(passkeys.ask(PARTY, ["AAAA"], is_only_step=False).options)
    assert second["userVerification"] == "preferred"
    assert [each["id"] for each in second["allowCredentials"]] == ["AAAA"]
    assert alone["challenge"] != second["challenge"]


WHOLE = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"}
GARBAGE = [
    "",
    "{",
    "[]",
    "null",
    '{"id": 3}',
    json.dumps(WHOLE),
    json.dumps({**WHOLE, "response": {"clientDataJSON": "!!", "authenticatorData": "AA", "signature": "AA"}}),
    json.dumps({**WHOLE, "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}}),
    json.dumps({**WHOLE, "response": {"clientDataJSON": "e30", "attestationObject": "AA"}}),
    json.dumps({**WHOLE, "response": {"clientDataJSON": "AAAA", "attestationObject": "oA"}}),
    "x" * 50_000,
]


@pytest.mark.parametrize("answer", GARBAGE)
def test_an_answer_that_is_none_is_refused_in_a_sentence(answer: str) -> None:
    with pytest.raises(Invalid):
        passkeys.made(PARTY, answer, "AAAA")
    with pytest.raises(Invalid):
        passkeys.proved(PARTY, answer, "AAAA", b"\xa0", 0, is_only_step=True)


@pytest.mark.parametrize("kind", ["webauthn.create", "webauthn.get"])
@pytest.mark.parametrize("data", ["", "AA", "A" * 50, "A" * 200])
def test_right_client_data_with_wrong_bytes_behind_them_is_refused(kind: str, data: str) -> None:
    client = json.dumps({"type": kind, "challenge": "AAAA", "origin": PARTY.origin}).encode()
    response = {
        "clientDataJSON": passkeys.bytes_to_base64url(client),
        "attestationObject": data,
        "authenticatorData": data,
        "signature": data,
    }
    answer = json.dumps({**WHOLE, "response": response})
    with pytest.raises(Invalid):
        passkeys.made(PARTY, answer, "AAAA")
    with pytest.raises(Invalid):
        passkeys.proved(PARTY, answer, "AAAA", b"\xa0", 0, is_only_step=False)


def test_an_answer_names_its_credential() -> None:
    assert passkeys.credential_of('{"id": "abc"}') == "abc"
    for answer in ("", "[]", "{}", "3", "null"):
        with pytest.raises(Invalid):
            passkeys.credential_of(answer)
