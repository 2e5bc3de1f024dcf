"""The category tree as administrators see it: nodes with what hangs on them, whole branches or what fits some words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.catalogue_checks import Problem
from servicedesk.rules.catalogue_edit import subtree
from servicedesk.rules.sentences import Sentence
from servicedesk.store.catalogue_drafts import OpenCounts
from servicedesk.web.admin.catalogue_words import shown
from servicedesk.web.language import locale_code

WHOLE = 400
"""Nodes of a branch that are shown at once; of larger ones, the upper two levels."""
FOUND = 100
MOST = 1000
Url = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Node:
    """A category in the tree. `below` counts the categories under it; `is_cut` when they are on a page of their own."""

    category: Category
    name: str
    path: str
    url: str
    audience: str
    requests: str
    problems: Sequence[Sentence]
    below: int
    is_cut: bool
    children: Sequence["Node"] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """The roots of one service's tree."""

    key: str
    name: str
    url: str
    nodes: Sequence[Node]


@dataclass(frozen=True, slots=True)
class Forest:
    """A tree with what is known of its categories, ready to be looked at."""

    tree: Catalogue
    counts: OpenCounts
    problems: Sequence[Problem]
    url: Url

    def branches(self, service_url: Url) -> list[Branch]:
        """Return every service with its categories."""
        places = self._places()
        is_whole = len(self.tree.categories) <= WHOLE
        return [
            Branch(
                service.key,
                service.name.get(locale_code()),
                service_url(service.key),
                [self._node(root, places, 99 if is_whole else 1) for root in self.tree.children(None, service.id)],
            )
            for service in self.tree.services.values()
        ]

    def below(self, key: str) -> Node:
        """Return one branch, open."""
        category = self.tree.categories[key]
        is_whole = sum(1 for _ in subtree(self.tree, category)) <= WHOLE
        return self._node(category, self._places(), 99 if is_whole else 1)

    def found(self, words: str) -> list[Node]:
        """Return the categories whose key, names, group or synonyms hold these words, 100 at most."""
        wanted, places = words.casefold().split(), self._places()
        fitting = (each for each in self.tree.categories.values() if all(word in _text(each) for word in wanted))
        return [self._node(each, places, 0) for each, _number in zip(fitting, range(FOUND), strict=False)]

    def _node(self, category: Category, places: Mapping[str, Sequence[Sentence]], depth: int) -> Node:
        children = self.tree.children(category.key, category.service_id)
        below = sum(1 for _ in subtree(self.tree, category)) - 1 if children else 0
        return Node(
            category=category,
            name=category.name.get(locale_code()),
            path=self.tree.path_name(category.parent, locale_code()) if category.parent else "",
            url=self.url(category.key),
            audience=shown(self.tree, "audience", category.audience),
            requests=self._requests(category.key),
            problems=places.get(category.key, ()),
            below=below,
            is_cut=bool(children) and depth == 0,
            children=[self._node(child, places, depth - 1) for child in children] if depth else (),
        )

    def _requests(self, key: str) -> str:
        count = self.counts.by_category.get(key, 0)
        if count > MOST or (count and not self.counts.is_whole):
            return gettext("%(count)s or more", count=min(count, MOST))
        return str(count) if count else ""

    def _places(self) -> Mapping[str, Sequence[Sentence]]:
        listed = tuple(self.tree.categories)
        places: dict[str, list[Sentence]] = {}
        for problem in self.problems:
            if problem.section == "categories":
                places.setdefault(listed[problem.index], []).append(problem.sentence)
        return places


def _text(category: Category) -> str:
    synonyms = (word for words in category.synonyms.values() for word in words)
    return " ".join((category.key, category.name.it, category.name.en, category.group, *synonyms)).casefold()
