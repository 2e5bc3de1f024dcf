"""A letter with very many accents, which takes minutes to compose, holds nobody up."""

import time
from collections.abc import Callable

import pytest

from servicedesk.gateways.file_kinds import safe_name
from servicedesk.rules.passwords import normal, weakness
from servicedesk.rules.search import fold, tokens

MANY = "a" + "\u0315\u0300" * 400_000
SOON = 5
"""Seconds; composed at once it takes more than ten minutes."""


@pytest.mark.parametrize("read", [normal, fold, tokens, safe_name, lambda text: weakness(text, [text])])
def test_very_many_accents_are_read_soon(read: Callable[[str], object]) -> None:
    began = time.process_time()
    read(MANY)
    assert time.process_time() - began < SOON


def test_a_text_of_many_pieces_is_folded_like_a_short_one() -> None:
    assert fold("Perch\u00e9 \u1e9e\u00c5\ufb01 " * 300) == "perche ssafi " * 300


def test_a_long_password_without_its_accents_composed_is_too_long() -> None:
    why = weakness("e\u0301" * 501, [])
    assert why is not None and "too long" in why.msgid


def test_a_very_long_file_name_keeps_its_suffix() -> None:
    assert safe_name("x" * 5_000 + ".pdf").endswith(".pdf")
