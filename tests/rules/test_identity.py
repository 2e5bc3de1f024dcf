"""Fiscal codes are checked and hidden; a sign-in proves one stable identity or none."""

import pytest

from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.identity import FISCAL, PERSISTENT, Proof, fiscal_code, fiscal_hash, stable_proof

KEY = "a key that nobody else has, long enough"
OTHER = "another key that nobody has, long enough"
IDP = "https://idp.example.org/metadata"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@pytest.mark.parametrize("code", ["RSSMRA85T10A562S", "MRTMTT91D08F205J", "STDLCU03D52X999N", "RSSMRA85T10A56NH"])
def test_a_code_with_its_check_letter_is_accepted(code):
    assert fiscal_code(code) == code


def test_a_provisional_code_of_eleven_digits_is_accepted():
    assert fiscal_code("07643520567") == "07643520567"


@pytest.mark.parametrize("typed", ["rssmra85t10a562s", " RSS MRA 85T10 A562S ", "TINIT-RSSMRA85T10A562S"])
def test_a_code_is_the_same_however_it_is_typed(typed):
    assert fiscal_hash(KEY, typed) == fiscal_hash(KEY, "RSSMRA85T10A562S")


@pytest.mark.parametrize(
    "typed", ["", "RSSMRA85T10A562T", "RSSMRA85T10A562", "07643520568", "RSSMRA85X10A562S", "RSSMRA85T10A562S1"]
)
def test_a_code_that_is_wrong_is_refused_without_repeating_it(typed):
    with pytest.raises(Invalid) as refusal:
        fiscal_code(typed)
    assert not typed or typed not in str(refusal.value)


def test_the_hash_depends_on_the_key_and_never_shows_the_code():
    hashed = fiscal_hash(KEY, "RSSMRA85T10A562S")
    assert hashed != fiscal_hash(OTHER, "RSSMRA85T10A562S")
    assert len(hashed) == 64 and "RSSMRA" not in hashed.upper()


def test_the_fiscal_code_wins_over_everything_else():
    facts = {"fiscal_code": ("RSSMRA85T10A562S",), "principal": ("m.rossi@example.org",)}
    assert stable_proof(KEY, IDP, facts, "x", PERSISTENT) == Proof(FISCAL, fiscal_hash(KEY, "RSSMRA85T10A562S"))


def test_without_a_fiscal_code_the_principal_name_counts_for_this_provider_alone():
    facts = {"principal": ("M.Rossi@Example.org",)}
    assert stable_proof(KEY, IDP, facts, "x", TRANSIENT) == Proof(IDP, "principal:m.rossi@example.org")


@pytest.mark.parametrize(
    ("one", "other"), [("strasse", "stra\u00dfe"), ("kelvin", "\u212aelvin"), ("sina", "\u017fina")]
)
def test_principal_names_that_only_look_alike_are_two_people(one, other):
    found = {stable_proof(KEY, IDP, {"principal": (f"{name}@example.org",)}, "x", TRANSIENT) for name in (one, other)}
    assert len(found) == 2


def test_a_persistent_name_id_counts_where_nothing_better_is_sent():
    assert stable_proof(KEY, IDP, {}, "opaque-1", PERSISTENT) == Proof(IDP, "persistent:opaque-1")


def test_a_transient_name_id_identifies_nobody():
    with pytest.raises(NotAllowed, match="know you again"):
        stable_proof(KEY, IDP, {"email": ("m.rossi@example.org",)}, "passing", TRANSIENT)


@pytest.mark.parametrize("codes", [("RSSMRA85T10A562T",), ("RSSMRA85T10A562S", "MRTMTT91D08F205J")])
def test_a_fiscal_code_that_is_wrong_or_not_the_only_one_is_refused(codes):
    with pytest.raises(NotAllowed, match="cannot use"):
        stable_proof(KEY, IDP, {"fiscal_code": codes, "principal": ("m.rossi@example.org",)}, "x", PERSISTENT)
