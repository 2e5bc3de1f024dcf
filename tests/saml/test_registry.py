"""What is known of an identity provider survives being kept, and SPID's own list is read with care."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from saml.errors import Code, SamlError
from saml.names import BINDINGS, HTTP_POST, HTTP_REDIRECT
from saml.registry import IdentityProvider, Registry, read_provider
from saml.signing import certificate_bodies
from saml.spid_registry import MAX_BYTES, read_list
from tests.saml.aggregates import Pair, entity, pair

ONE = "https://one.example/idp"
LATE = datetime(2031, 5, 6, tzinfo=UTC)


def provider(**changes: Any) -> IdentityProvider:
    found = read_provider(entity(ONE, **changes), [])
    assert found
    return found


def row(**changes: Any) -> dict[str, Any]:
    """One provider as SPID's registry lists it."""
    (body,) = certificate_bodies(pair("provider").certificate_pem)
    return {
        "entity_id": ONE,
        "organization_name": "Uno S.p.A.",
        "organization_display_name": "Uno ID",
        "signing_certificate_x509": [body],
        "single_sign_on_service": [{"Binding": each, "Location": f"{ONE}/sso"} for each in BINDINGS],
        "single_logout_service": [{"Binding": HTTP_POST, "Location": f"{ONE}/slo", "ResponseLocation": f"{ONE}/bye"}],
        "_deleted": "N",
        **changes,
    }


def test_a_provider_is_the_same_after_it_was_kept() -> None:
    keys = [pair("provider"), pair("late", ends=LATE)]
    whole = replace(
        provider(names={"it": "Università", "en": "University"}, scopes=["one.example"], keys=keys),
        slo={HTTP_POST: "https://one.example/slo"},
        slo_answers={HTTP_POST: "https://one.example/bye"},
    )
    assert IdentityProvider.from_json(whole.to_json()) == whole
    assert IdentityProvider.from_json(replace(whole, expires=None).to_json()).expires is None


def test_it_expires_when_the_last_of_its_certificates_ends() -> None:
    old, late = pair("old", ends=datetime(2026, 2, 1, tzinfo=UTC)), pair("late", ends=LATE)
    assert provider(keys=[late, old]).expires == LATE
    assert provider(keys=[old]).expires == datetime(2026, 2, 1, tzinfo=UTC)


def test_the_same_certificate_for_two_uses_is_kept_once() -> None:
    assert provider(keys=[pair("provider")] * 2).certificates == (pair("provider").certificate_pem,)


def test_names_are_ours_by_language_or_else_one_of_any() -> None:
    assert provider(names={"en-GB": " One\n University ", "it": "Uno", "de": "Eins"}).names == {
        "it": "Uno",
        "en": "One University",
    }
    assert provider(names={"de": "Eins", "fr": "Un"}).names == {"de": "Eins"}
    assert provider(names={"it": " "}).name("it") == ONE
    assert len(provider(names={"it": "x" * 500}).name("it")) == 200


def test_of_two_providers_with_one_id_the_first_counts() -> None:
    first, second = provider(), provider(keys=[pair("somebody")])
    registry = Registry([first, second])
    assert registry.all() == (first,)
    assert registry.get(ONE) is first


def test_the_list_of_spid_gives_providers_as_metadata_does() -> None:
    (entry,) = read_list(json.dumps([row()]).encode()).entries
    found = entry.provider
    assert (found.entity_id, found.names) == (ONE, {"it": "Uno ID"})
    assert found.sso == dict.fromkeys(BINDINGS, f"{ONE}/sso")
    assert (found.slo, found.slo_answers) == ({HTTP_POST: f"{ONE}/slo"}, {HTTP_POST: f"{ONE}/bye"})
    assert found.certificates == (pair("provider").certificate_pem,)
    assert found.expires == provider().expires


def test_providers_that_left_spid_are_not_taken_from_its_list() -> None:
    rows = [row(_deleted="Y"), row(_disabled="Y"), row(entity_id="https://two.example")]
    copy = read_list(json.dumps(rows).encode())
    assert [entry.provider.entity_id for entry in copy.entries] == ["https://two.example"]
    assert copy.problems == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"entity_id": ""},
        {"entity_id": 7},
        {"signing_certificate_x509": []},
        {"signing_certificate_x509": "text"},
        {"signing_certificate_x509": [None, "AAAA"]},
        {"single_sign_on_service": None},
        {"single_sign_on_service": ["text", {"Binding": HTTP_REDIRECT, "Location": ["x"]}]},
        {"single_sign_on_service": [{"Binding": HTTP_REDIRECT, "Location": "file:///etc/passwd"}]},
        {"single_logout_service": [{"Binding": HTTP_REDIRECT, "Location": "javascript:alert(1)"}]},
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_a_line(changes: dict[str, Any]) -> None:
    copy = read_list(json.dumps([row(**changes), row(entity_id="https://two.example")]).encode())
    assert [entry.provider.entity_id for entry in copy.entries] == ["https://two.example"]
    assert copy.problems


def test_weak_keys_are_refused_in_the_list_of_spid_too() -> None:
    weak: Pair = pair("weak", bits=1024)
    copy = read_list(
        json.dumps(
            [row(signing_certificate_x509=certificate_bodies(weak.certificate_pem + pair("provider").certificate_pem))]
        ).encode()
    )
    assert copy.entries[0].provider.certificates == (pair("provider").certificate_pem,)
    assert "1024 bits" in copy.problems[0]


def test_characters_that_no_database_keeps_are_dropped_from_the_list_of_spid() -> None:
    (entry,) = read_list(json.dumps([row(organization_display_name="U\u0000no\ud800 ID\n")]).encode()).entries
    assert entry.provider.names == {"it": "Uno ID"}


def test_of_a_row_listed_twice_the_first_counts() -> None:
    copy = read_list(json.dumps([row(), row(organization_display_name="Somebody")]).encode())
    assert [entry.provider.names for entry in copy.entries] == [{"it": "Uno ID"}]
    assert copy.problems == (f"{ONE}: entity_id: occurs twice, the first one counts",)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.MALFORMED),
        (b"<html/>", Code.MALFORMED),
        (b"{}", Code.MALFORMED),
        (b"[]", Code.MALFORMED),
        (b"[1, null]", Code.MALFORMED),
        (b"[" * 100_000, Code.MALFORMED),
        (b" " * (MAX_BYTES + 1), Code.TOO_LARGE),
    ],
)
def test_what_is_no_list_of_spid_is_refused(data: bytes, code: Code) -> None:
    with pytest.raises(SamlError) as caught:
        read_list(data)
    assert caught.value.code == code
