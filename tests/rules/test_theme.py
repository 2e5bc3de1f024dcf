"""Colours: their contrast by WCAG's own examples, what follows from the primary one, and which themes are refused."""

import pytest

from servicedesk.rules.theme import contrast, palette, stylesheet, unreadable


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0066cc", "#ffffff", 5.57),
    ],
)
def test_contrast_is_as_wcag_defines_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_colours_left_out_follow_the_primary_one() -> None:
    colours = palette("#0066cc")
    assert (colours.link, colours.header) == ("#0066cc", "#0066cc")
    assert (colours.primary_dark, colours.strip, colours.footer) == ("#004d99", "#004d99", "#003366")


def test_the_strip_follows_a_header_of_its_own() -> None:
    assert palette("#0066cc", header="#800000").strip == "#600000"


def test_the_usual_colours_can_be_read() -> None:
    assert unreadable(palette("#0066cc")) == []


def test_every_pair_that_cannot_be_read_is_named_with_what_it_is_used_for() -> None:
    named = [sentence.partition(":")[0] for sentence in unreadable(palette("#0066cc", header="#ffcc00"))]
    assert named == ["theme.header", "theme.strip"]
    faint = unreadable(palette("#0066cc", link="#767676"))
    assert faint == ["theme.link: #767676 has a contrast of 4.18 to the light panels; 4.5 is needed"]


def test_the_sheet_carries_every_colour() -> None:
    sheet = stylesheet(palette("#7a0019", link="#00563f"))
    assert "--desk-blue: #7a0019;" in sheet
    assert "--desk-link: #00563f;" in sheet
    assert "--bs-primary-rgb: 122, 0, 25;" in sheet
