"""Which passwords are good enough."""

import pytest

from servicedesk.rules.passwords import LONGEST, normal, weakness

OWN = ("rita.ospiti@example.org", "Rita", "Ospiti", "Servizio Studenti")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "longer"),
        ("elevensigns", "longer"),
        ("x" * (LONGEST + 1), "too long"),
        ("rita.ospiti@example.org", "name or address"),
        ("RitaOspiti2026", "name or address"),
        ("ServizioStudenti", "name or address"),
        ("passwordpassword", "first that anybody"),
        ("PassWord12345", "first that anybody"),
        ("aaaaaaaaaaaaa", "first that anybody"),
        ("abcabcabcabcabc", "first that anybody"),
        ("abcdefghijklm", "first that anybody"),
        ("ponmlkjihgfe", "first that anybody"),
        ("ababababababab", "first that anybody"),
    ],
)
def test_what_others_would_try_first_is_refused_with_the_reason(typed: str, why: str) -> None:
    found = weakness(typed, OWN)
    assert found is not None
    assert why in str(found)


@pytest.mark.parametrize(
    "typed",
    [
        "correct horse battery staple",
        "due gatti sul tetto",
        "twelve signs",
        "Rita mangia otto mele rosse",
        "ùàèìòçé§°ùàéì",
        "0" * 6 + "kl78-x",
    ],
)
def test_length_is_enough_whatever_the_characters(typed: str) -> None:
    assert weakness(typed, OWN) is None


def test_one_password_typed_on_two_keyboards_is_the_same() -> None:
    composed, decomposed = "citt\u00e0 del mare", "citta\u0300 del mare"
    assert composed != decomposed
    assert normal(composed) == normal(decomposed)
