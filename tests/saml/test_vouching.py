"""Which providers may say who is a person of the university, by fiscal code or number, and which may not."""

import pytest

from saml.registry import Registry
from saml.responses import SignIn, mapped
from tests.saml.attacks.stage import IDEM_ATTRIBUTES, SCOPE, Stage, field_of, pair, provider_with
from tests.saml.edits import writing

PRINCIPAL = next(iter(IDEM_ATTRIBUTES))
PATH = f"saml:Assertion/saml:AttributeStatement/saml:Attribute[@Name='{PRINCIPAL}']/saml:AttributeValue"


def signed_in(scope: str) -> tuple[Stage, SignIn]:
    """Sign somebody in through a provider of this scope, who names a fiscal code."""
    stage = Stage("idem")
    stage.registry = Registry([provider_with(pair("theirs").certificate_pem, scope=scope)])  # type: ignore[misc]
    return stage, stage.read(field_of(stage.ask().signed(before=writing(PATH, f"somebody@{scope}"))))


def test_the_universitys_own_provider_states_fiscal_codes() -> None:
    stage, signin = signed_in(SCOPE)
    assert mapped(stage.profile, signin)["fiscal_code"] == ("STDLCU03D52X999N",)


@pytest.mark.parametrize("scope", ["other.example", f"evil.{SCOPE}", f"{SCOPE}.evil.example"])
def test_another_members_provider_states_a_user_name_but_nobodys_fiscal_code(scope: str) -> None:
    stage, signin = signed_in(scope)
    found = mapped(stage.profile, signin)
    assert found["principal"] == (f"somebody@{scope}",)
    assert "fiscal_code" not in found
    assert not any("STDLCU" in value for values in signin.attributes.values() for value in values)


@pytest.mark.parametrize("federation", ["spid-public", "cie-public"])
def test_every_provider_of_spid_and_cie_states_fiscal_codes(federation: str) -> None:
    stage = Stage(federation)
    signin = stage.read(field_of(stage.ask().signed()))
    assert mapped(stage.profile, signin)["fiscal_code"] == ("STDLCU03D52X999N",)
