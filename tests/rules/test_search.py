"""Finding categories by words."""

import pytest

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.search import SearchIndex, fold, rank, stem, tokens
from tests.rules.catalogues import catalogue, category

TREE = catalogue(
    category("fees", name=LocalText("Tasse, esoneri e riduzioni", "Fees, exemptions and reductions"), selectable=False),
    category(
        "exempt",
        parent="fees",
        name=LocalText("Esoneri", "Exemptions"),
        description=LocalText("Per merito o disabilità.", "For merit or disability."),
        synonyms={"it": ("no tax area", "fratelli iscritti"), "en": ("waiver",)},
    ),
    category(
        "mobility",
        name=LocalText("Mobilità internazionale", "International mobility"),
        description=LocalText("Studiare fuori, con esonero dalle tasse.", "Studying abroad, with exemption from fees."),
        synonyms={"it": ("erasmus",), "en": ("erasmus",)},
    ),
    category("certificates", name=LocalText("Certificati", "Certificates")),
)
INDEX = SearchIndex(TREE)


def found(query, locale="it", keys=tuple(TREE.categories)):
    return rank(INDEX, query, keys, locale)


def test_words_are_folded_and_carry_no_accents():
    assert fold("MobilitÀ Perché") == "mobilita perche"
    assert tokens("Come si chiede la Mobilità?") == ["chiede", "mobilita"]
    assert tokens("come") == ["come"]


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("esonero", "esoneri", "it"),
        ("tassa", "tasse", "it"),
        ("iscrizione", "iscrizioni", "it"),
        ("banca", "banche", "it"),
        ("certificate", "certificates", "en"),
        ("fee", "fees", "en"),
        ("payment", "payments", "en"),
    ],
)
def test_number_and_gender_make_no_difference(one, other, language):
    assert stem(one, language) == stem(other, language)


def test_a_name_counts_more_than_a_description():
    assert found("esonero") == ["fees", "exempt", "mobility"]


def test_a_category_with_more_of_the_words_comes_first():
    assert found("esonero merito")[0] == "exempt"
    assert found("tasse fuori")[0] == "mobility"


def test_synonyms_paths_prefixes_and_accents_are_found():
    assert found("fratelli") == ["exempt"]
    assert "exempt" in found("riduzioni")
    assert found("certif") == ["certificates"]
    assert found("mobilita") == found("MOBILITÀ") == ["mobility"]


def test_the_other_language_is_searched_too():
    assert found("waiver", "it") == ["exempt"]
    assert found("certificati", "en") == ["certificates"]


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [("erasmsu", "mobility"), ("esonro", "exempt"), ("certificto", "certificates"), ("mobilta", "mobility")],
)
def test_a_mistyped_word_finds_what_was_meant(mistyped, meant):
    assert meant in found(mistyped)


def test_a_word_that_fits_is_never_taken_for_a_mistyped_one():
    assert found("erasmus") == ["mobility"]
    assert found("era") == ["mobility"]
    assert found("eru") == []


def test_words_of_four_letters_and_words_with_two_slips_are_not_guessed_at():
    assert found("tase") == found("mbilta") == []


def test_only_the_last_word_may_be_unfinished_when_it_fits_as_it_is():
    assert found("no tax", "it") == ["exempt"]
    assert (
        INDEX.scores("esonero", "it", unfinished=False).keys() == INDEX.scores("esonero", "it", unfinished=True).keys()
    )
    assert INDEX.scores("eson", "it", unfinished=False)


def test_a_rare_word_counts_more_than_a_common_one():
    common = INDEX.scores("esonero", "it", unfinished=False)["exempt"]
    rare = INDEX.scores("certificati", "it", unfinished=False)["certificates"]
    assert rare > common


def test_only_the_categories_one_may_see_are_returned():
    assert found("esonero", keys=("mobility",)) == ["mobility"]


@pytest.mark.parametrize("query", ["", "   ", "?!", "qwertyuiop"])
def test_nothing_fits_an_empty_or_foreign_query(query):
    assert found(query) == []
