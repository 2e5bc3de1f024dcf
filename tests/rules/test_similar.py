"""Titles are alike by the words that carry meaning, in Italian and English, whatever their endings."""

import pytest

from servicedesk.rules.similar import most_alike

TITLES = [
    (1, "Rimborso della seconda rata"),
    (2, "Seconda rata pagata due volte: rimborsi"),
    (3, "Cambio del corso di laurea"),
    (4, "Second instalment paid twice"),
    (5, "Stage"),
]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Come ottenere il rimborso della seconda rata?", [1, 2]),
        ("I paid the second instalment twice", [4]),
        ("Stage curriculare", [5]),
        ("Rata", [1, 2]),
        ("Il mio corso", [3]),
        ("Parcheggio", []),
    ],
)
def test_titles_with_common_words_are_alike_the_closest_first(title: str, expected: list[int]) -> None:
    assert list(most_alike(title, TITLES, 3)) == expected


def test_no_more_are_named_than_asked_for() -> None:
    assert len(most_alike("stage", [(number, "Stage") for number in range(9)], 3)) == 3
