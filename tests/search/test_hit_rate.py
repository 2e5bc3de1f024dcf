"""How often the search shows what was meant among the first three."""

from servicedesk.rules.search import SearchIndex, rank
from tests.search.judged import judged, shipped

AIM = 0.95


def test_of_sixty_queries_ninety_five_in_a_hundred_have_their_subject_among_the_first_three(capsys) -> None:
    tree = shipped()
    index, keys = SearchIndex(tree), [key for key, category in tree.categories.items() if category.selectable]
    missed = [line for line in judged() if line.expected not in rank(index, line.query, keys, line.language)[:3]]
    rate = 1 - len(missed) / len(judged())
    with capsys.disabled():
        print(f"\nsearch: {rate:.1%} of {len(judged())} judged queries among the first three")
    assert rate >= AIM, [(line.query, line.expected) for line in missed]
