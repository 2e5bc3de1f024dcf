"""The PDF of a sheet: every text on it, its language and title, and what is said of letters it cannot draw."""

import hashlib
import json
from dataclasses import replace

import pytest

from servicedesk.gateways.pdf import Line, Part, Sheet, document, is_drawable
from servicedesk.settings import ROOT
from tests.factories import NOW
from tests.pdf_text import pdf_text

SHEET = Sheet(
    language="it",
    title="2026000001 Rinnovo (tardivo)",
    above="Università di Esempio",
    below="Com'era il 2 marzo 2026.",
    parts=[
        Part("Dettagli", [("Stato", "Assegnato al gruppo")]),
        Part("Conversazione", lines=[Line("Giulia Bianchi", "ha scritto", "oggi", "Perché\nnon \\ va?", ["foto.png"])]),
    ],
    incomplete="Mancano lettere.",
)


def test_every_text_of_the_sheet_can_be_read_in_order():
    assert " ".join(pdf_text(document(SHEET, NOW)).split()) == (
        "Università di Esempio 2026000001 Rinnovo (tardivo) Com'era il 2 marzo 2026. Dettagli "
        "Stato: Assegnato al gruppo Conversazione Giulia Bianchi ha scritto oggi Perché non \\ va? - foto.png 1 / 1"
    )


def test_a_long_text_goes_on_over_numbered_pages():
    long = replace(SHEET, parts=[Part("Testo", lines=[Line("A", "b", "c", "\n".join(map(str, range(200))))])])
    text = pdf_text(document(long, NOW))
    assert "199" in text
    assert text.endswith("5 / \n5")


def test_language_and_title_are_told_to_readers_of_the_screen():
    content = document(replace(SHEET, title="Già chiuso"), NOW)
    assert b"/Lang (it)" in content
    assert b"/Title <feff" + "Già chiuso".encode("utf-16-be").hex().encode() in content


@pytest.mark.parametrize("text", ["Perché è già così", "Ελλάδα", "Україна", "ş ğ ı ț ș ë č đ ł", "€ “…” – ✓"])
def test_the_font_draws_the_letters_of_most_languages(text):
    assert is_drawable(text)
    shown = pdf_text(document(replace(SHEET, title=text), NOW))
    assert text in shown
    assert SHEET.incomplete not in shown


@pytest.mark.parametrize("text", ["漢字", "हिन्दी", "العربية"])
def test_what_cannot_be_drawn_properly_is_said_and_breaks_nothing(text):
    assert SHEET.incomplete in pdf_text(document(replace(SHEET, title=text), NOW))


def test_marks_that_nobody_sees_are_left_out():
    assert "ab c" in pdf_text(document(replace(SHEET, title="a\u200bb\u202e c\x07"), NOW))


def test_the_fonts_are_those_that_were_locked():
    for entry in json.loads((ROOT / "fonts" / "vendor.lock.json").read_text(encoding="utf-8")):
        assert hashlib.sha256((ROOT / "fonts" / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
