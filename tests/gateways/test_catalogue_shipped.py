"""The catalogue that comes with the desk: a real tree, complete in both languages."""

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from servicedesk.gateways.catalogue_file import read
from servicedesk.rules.catalogue import Audience, FieldKind, Strategy
from servicedesk.rules.routing import Requester, route
from servicedesk.rules.search import SearchIndex, rank

STUDENTI = "ae929822-c377-4964-bfb2-61bd6947fb4a"
TODAY = date(2026, 3, 1)
FILE = Path(__file__).parents[2] / "categories.yaml"
SENTENCE_END = re.compile(r"[.!?](?:\s|$)")


@cache
def shipped():
    return read(FILE.read_bytes(), FILE.name)


def selectable():
    return [category for category in shipped().catalogue.categories.values() if category.selectable]


def test_the_file_has_neither_errors_nor_warnings():
    assert shipped().findings == ()


def test_it_is_as_large_as_a_real_desk():
    catalogue = shipped().catalogue
    assert len(catalogue.services) == 2
    assert len(selectable()) >= 60
    assert len(catalogue.groups) >= 10
    assert {group.line for group in catalogue.groups.values()} == {1, 2}
    assert {group.strategy for group in catalogue.groups.values()} == set(Strategy)
    assert max(len(catalogue.path(key)) for key in catalogue.categories) == 3


@pytest.mark.parametrize("language", ["it", "en"])
def test_no_two_descriptions_are_equal_and_each_has_two_sentences(language):
    texts = [category.description.get(language) for category in shipped().catalogue.categories.values()]
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    assert [text for text in texts if len(SENTENCE_END.findall(text)) != 2] == []


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_category_that_can_be_chosen_has_three_synonyms_of_its_own(language):
    short = [c.key for c in selectable() if len(set(c.synonyms.get(language, ()))) < 3]
    assert short == []


def test_no_text_is_the_same_in_both_languages_by_mistake():
    same = {c.key for c in shipped().catalogue.categories.values() if c.description.it == c.description.en}
    assert same == set()


def test_every_category_is_reached_by_each_audience_that_it_names():
    catalogue = shipped().catalogue
    for category in selectable():
        for audience in category.audience:
            people = frozenset({audience} - {Audience.EVERYONE})
            assert category.key in catalogue.open_to(people, TODAY, category.service_id).selectable, category.key


def test_the_public_link_shows_the_sign_in_problems_and_nothing_else():
    seen = shipped().catalogue.open_to(frozenset(), TODAY, STUDENTI)
    assert list(seen.categories) == ["accesso-servizi-online", "accesso-login"]
    path = shipped().catalogue.path_name("accesso-login", "it", " > ")
    assert path == "Accesso ai servizi online > Problemi accesso con login"


def test_the_path_of_a_renewal_reads_as_in_brescia():
    path = shipped().catalogue.path_name("iscrizione-rinnovo-economia", "it")
    assert path == "Iscrizione o rinuncia agli studi - Rinnovare l'iscrizione - Area Economia e Giurisprudenza"


def test_an_exemption_goes_to_the_area_of_the_degree_course():
    catalogue = shipped().catalogue
    student = Requester(area="Economia e Giurisprudenza", degree_course_name="Banca e finanza")
    found = route(catalogue, "tasse-esoneri", student, frozenset(catalogue.groups))
    assert found.group == "CARR-ECO"
    assert str(found.reason).endswith("Esoneri, area from degree course 'Banca e finanza'")


def test_every_category_reaches_an_active_group_whoever_is_missing():
    catalogue = shipped().catalogue
    for category in selectable():
        for absent in catalogue.groups:
            found = route(catalogue, category.key, Requester(), frozenset(catalogue.groups) - {absent})
            assert catalogue.groups[found.group].active
            assert found.group != absent


def test_the_offices_ask_for_number_course_and_context():
    fields = shipped().catalogue.categories["segreteria-lettere"].fields
    kinds = [field.kind for field in fields]
    assert kinds == [FieldKind.STUDENT_NUMBER, FieldKind.DEGREE_COURSE, FieldKind.CHOICE]
    labels = [label.it for _, label in fields[2].options]
    assert labels == ["Iscrizione/Immatricolazione", "Tasse", "Esami", "Laurea", "Altro"]


@pytest.mark.parametrize(
    ("query", "locale", "key"),
    [
        ("quanto costa l'iscrizione", "it", "tasse-informazioni"),
        ("password dimenticata", "it", "accesso-password"),
        ("wifi", "en", "rete-wifi"),
        ("certificato di iscrizione", "it", "certificati-richiesta"),
        ("erasmus", "it", "mobilita-uscita"),
        ("scholarship", "en", "borse-domanda"),
        ("ISEE", "it", "tasse-isee"),
        ("non riesco ad accedere", "it", "accesso-login"),
        ("room in residence", "en", "alloggi"),
    ],
)
def test_everyday_words_find_the_right_category_among_the_first_three(query, locale, key):
    keys = [category.key for category in selectable()]
    assert key in rank(SearchIndex(shipped().catalogue), query, keys, locale)[:3]
