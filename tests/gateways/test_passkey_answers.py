"""What is no answer of any authenticator is refused with a sentence, whatever it is made of."""

import base64
import hashlib
import json

import cbor2
import pytest

from servicedesk.gateways.passkeys import Party, credential_of, made, proved
from servicedesk.rules.errors import Invalid

PARTY = Party("localhost", "http://localhost:8000", "Desk")
HERE = hashlib.sha256(b"localhost").digest()
NEW = HERE + b"\x45" + b"\0\0\0\1" + b"\0" * 16


def in_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def said_by_browser(kind: str) -> str:
    return in_text(json.dumps({"type": kind, "challenge": "AAAA", "origin": PARTY.origin}).encode())


def attested(data: bytes) -> str:
    answer = {"clientDataJSON": said_by_browser("webauthn.create"), "attestationObject": in_text(data)}
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": answer})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("", id="empty"),
        pytest.param("null", id="null"),
        pytest.param("[" * 15_000, id="nested-lists"),
        pytest.param('{"a":' * 3_000, id="nested-objects"),
        pytest.param('{"id": "\\ud800"}', id="half-a-character"),
        pytest.param('{"id": "\\u0000"}', id="nul"),
        pytest.param('{"id": "é"}', id="no-base64"),
        pytest.param(json.dumps({"id": "a" * 1_401}), id="too-long"),
        pytest.param('{"id": ""}', id="no-id"),
    ],
)
def test_an_answer_that_names_no_credential_is_refused(answer: str) -> None:
    with pytest.raises(Invalid):
        credential_of(answer)
    with pytest.raises(Invalid):
        made(PARTY, answer, "AAAA")
    with pytest.raises(Invalid):
        proved(PARTY, answer, "AAAA", b"\0", 0, True)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x81" * 10_000, id="nested"),
        pytest.param(cbor2.dumps([1]), id="no-map"),
        pytest.param(cbor2.dumps({"fmt": "zzz", "attStmt": 5, "authData": 5}), id="numbers"),
        pytest.param(
            cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": NEW + b"\0\3\0\0\0\xa0"}), id="key-of-no-kind"
        ),
        pytest.param(
            cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": NEW + b"\0\0" + cbor2.dumps({1: 2, 3: -7})}),
            id="credential-without-id",
        ),
    ],
)
def test_an_attestation_that_no_authenticator_made_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        made(PARTY, attested(data), "AAAA")
