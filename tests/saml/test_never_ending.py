"""Instants at the end of time, and names that no terminal should print."""

import pytest
from lxml import etree

from saml.registry import read_provider
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
