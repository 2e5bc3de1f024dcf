"""Instants at the end of time, names that no terminal should print, addresses that no header should hold."""

import pytest
from lxml import etree

from saml.registry import is_web_address, read_provider
from tests.saml.attacks.messages import entity
from tests.saml.attacks.stage import Stage, field_of, pair
from tests.saml.edits import all_of, setting

DATA = "saml:Assertion/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"


def test_an_answer_that_never_ends_is_taken_like_any_other() -> None:
    end = "9999-12-31T23:59:59.999Z"
    edit = all_of(
        setting(DATA, "NotOnOrAfter", end),
        setting("saml:Assertion/saml:Conditions", "NotOnOrAfter", end),
        setting("saml:Assertion/saml:AuthnStatement", "SessionNotOnOrAfter", end),
    )
    stage = Stage("spid-public")
    signin = stage.read(field_of(stage.ask().signed(before=edit)))
    assert signin.not_on_or_after is not None and signin.not_on_or_after.year == 9999


@pytest.mark.parametrize("character", ["\n", "\x9b", "\u202e", "\x85"])
def test_an_entity_id_that_would_write_more_than_its_name_is_left_out(character: str) -> None:
    described: etree._Element = entity(pair("theirs"), "https://idp.example/")
    described.set("entityID", f"https://idp.example/{character}[31mred")
    errors: list[str] = []
    assert read_provider(described, errors) is None
    assert any("cannot be printed" in error for error in errors)


@pytest.mark.parametrize(
    "place",
    [
        "https://idp.example; script-src *",
        "https://idp.example;script-src/sso",
        "https://idp.example,evil.example/sso",
        "https://user@idp.example/sso",
        "https://idp.example/sso\r\nSet-Cookie: x=y",
        "https://idp.example/s so",
        "https://idp.example'unsafe-inline'/sso",
        "javascript://idp.example/%0aalert(1)",
        "https://[idp.example/sso",
        "//idp.example/sso",
        "https:///sso",
    ],
)
def test_what_could_change_our_headers_is_no_address_of_a_provider(place: str) -> None:
    assert not is_web_address(place)


@pytest.mark.parametrize(
    "place",
    [
        "https://idp.example/sso?a=b;c,d",
        "http://localhost:8001/sso",
        "https://[2001:db8::1]:8443/",
        "https://a_b.example",
    ],
)
def test_addresses_of_providers_are_taken(place: str) -> None:
    assert is_web_address(place)
