"""The judged list: queries as people type them, and the category each of them is looking for."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from servicedesk.gateways.catalogue_file import read
from servicedesk.rules.catalogue import Catalogue

FILE = Path(__file__).with_name("judged.csv")
CATALOGUE = Path(__file__).parents[2] / "categories.yaml"


@dataclass(frozen=True, slots=True)
class Judged:
    """A query in a language, the key of the category it means, and its right spelling if it is misspelt."""

    query: str
    language: str
    expected: str
    meant: str


@cache
def judged() -> tuple[Judged, ...]:
    """Return the list; it is written before the search and never edited to fit it."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(Judged(**row) for row in csv.DictReader(lines))


@cache
def shipped() -> Catalogue:
    """Return the catalogue that the desk ships."""
    catalogue = read(CATALOGUE.read_bytes(), CATALOGUE.name).catalogue
    assert catalogue is not None
    return catalogue
