"""Writes a sheet of paper as a PDF: headings, pairs of label and value, a conversation; text alone, no pictures."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from servicedesk.settings import ROOT

REGULAR, BOLD = (ROOT / "fonts" / "dejavu" / name for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
FAMILY = "DejaVu"
LINE = 5.0
"""Millimetres from one line to the next."""
GREY, BLACK = (70, 80, 90), (0, 0, 0)
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a conversation; `text` is plain, `files` are names."""

    author: str
    words: str
    at: str
    text: str = ""
    files: Sequence[str] = ()
    pairs: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what stands below it."""

    heading: str
    pairs: Sequence[tuple[str, str]] = ()
    lines: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on one document, in the reader's language (`language`, such as "it")."""

    language: str
    title: str
    above: str
    """Whose document it is, above the title."""
    below: str
    """The sentence below the title."""
    parts: Sequence[Part]
    incomplete: str
    """What is said where the letters of a script cannot be drawn."""

    def texts(self) -> Iterator[str]:
        """Yield every text on it."""
        yield from (self.title, self.above, self.below)
        for part in self.parts:
            yield part.heading
            yield from (text for pair in part.pairs for text in pair)
            for line in part.lines:
                yield from (line.author, line.words, line.at, line.text, *line.files)
                yield from (text for pair in line.pairs for text in pair)


def document(sheet: Sheet, made_at: datetime) -> bytes:
    """Return the sheet as a PDF of A4 pages with language and title set; the same bytes for the same arguments."""
    pdf = _empty(sheet, made_at)
    _write(pdf, sheet.above, 9, colour=GREY)
    _write(pdf, sheet.title, 16, bold=True)
    _write(pdf, sheet.below, 9, colour=GREY)
    if not is_drawable("".join(sheet.texts())):
        pdf.ln(LINE / 2)
        _write(pdf, sheet.incomplete, 10, bold=True)
    for part in sheet.parts:
        _part(pdf, part)
    return bytes(pdf.output())


def is_drawable(text: str) -> bool:
    """Tell whether our font has every letter, and the text runs from left to right: the other way needs shaping."""
    seen = {char for char in text if unicodedata.category(char) not in _UNSEEN}
    return all(ord(char) in _letters() for char in seen) and not any(
        unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in seen
    )


@cache
def _letters() -> frozenset[int]:
    pdf = FPDF()
    pdf.add_font(FAMILY, "", REGULAR)
    font = pdf.fonts[FAMILY.lower()]
    assert isinstance(font, TTFFont)
    font.ttfont.close()
    return frozenset(font.cmap)


class _Pages(FPDF):
    def footer(self) -> None:
        """Number the page."""
        self.set_y(-15)
        self.set_font(FAMILY, size=8)
        self.cell(0, 10, f"{self.page_no()} / {{nb}}", align="C")


def _empty(sheet: Sheet, made_at: datetime) -> FPDF:
    pdf = _Pages(format="A4")
    pdf.set_margins(20, 18)
    pdf.set_auto_page_break(True, margin=20)
    pdf.add_font(FAMILY, "", REGULAR)
    pdf.add_font(FAMILY, "B", BOLD)
    pdf.set_lang(sheet.language)
    pdf.set_title(sheet.title)
    pdf.set_author(sheet.above)
    pdf.set_creation_date(made_at)
    pdf.set_display_mode("default")
    pdf.add_page()
    return pdf


def _part(pdf: FPDF, part: Part) -> None:
    pdf.ln(LINE)
    pdf.start_section(_drawn(part.heading))
    _write(pdf, part.heading, 12, bold=True)
    for label, value in part.pairs:
        _pair(pdf, label, value)
    for line in part.lines:
        _line(pdf, line)


def _pair(pdf: FPDF, label: str, value: str) -> None:
    _write(pdf, f"{label}: {value}", 10)


def _line(pdf: FPDF, line: Line) -> None:
    pdf.ln(LINE / 2)
    _write(pdf, f"{line.author} {line.words}", 10, bold=True)
    _write(pdf, line.at, 9, colour=GREY)
    for label, value in line.pairs:
        _pair(pdf, label, value)
    if line.text:
        _write(pdf, line.text, 10)
    for name in line.files:
        _write(pdf, f"- {name}", 9)


def _write(pdf: FPDF, text: str, size: int, bold: bool = False, colour: tuple[int, int, int] = BLACK) -> None:
    pdf.set_font(FAMILY, "B" if bold else "", size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(0, LINE * size / 10, _drawn(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _drawn(text: str) -> str:
    """Return the text with a box for every letter the font lacks, and without marks that nobody sees."""
    seen = (char for char in text if char == "\n" or unicodedata.category(char) not in _UNSEEN)
    return "".join(char if char == "\n" or ord(char) in _letters() else "□" for char in seen)
