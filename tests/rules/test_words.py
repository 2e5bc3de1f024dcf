"""Words, their stems, and the slips one makes in typing them."""

import pytest

from servicedesk.rules.words import Misspellings, is_one_slip, stem, tokens


@pytest.mark.parametrize(
    "typed", ["certifcato", "certificcato", "cerrtificato", "certivicato", "certifciato", "ertificato"]
)
def test_a_letter_missing_doubled_wrong_or_swapped_is_one_slip(typed):
    assert is_one_slip(typed, "certificato")
    assert is_one_slip("certificato", typed)


@pytest.mark.parametrize("typed", ["certificato", "certivicatu", "certificatoria", "ceritficaot", "esame"])
def test_no_slip_and_two_slips_are_not_one(typed):
    assert not is_one_slip(typed, "certificato")


def test_a_mistyped_word_leads_to_every_known_word_one_slip_away():
    known = Misspellings(["tassa", "tasse", "tessera", "rate"])
    assert list(known.meant("tassi")) == ["tassa", "tasse"]
    assert list(known.meant("tesera")) == ["tessera"]
    assert list(known.meant("rata")) == []


def test_the_verbs_and_articles_around_a_question_carry_no_meaning():
    assert tokens("Vorrei sapere dov'è l'aula") == ["sapere", "dov", "aula"]
    assert tokens("Where can I find my certificate?") == ["find", "certificate"]


def test_stems_belong_to_a_language():
    assert stem("iscrizioni", "it") == stem("iscrizione", "it")
    assert stem("fees", "en") == "fee"
