"""Edits of a catalogue that is not published yet: each returns a new tree, in the order of the file."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from servicedesk.rules.catalogue import Catalogue, Category, Group, Service
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_, Sentence

FOLLOWING = (
    *("group", "routing", "audience", "kind", "urgency", "impact"),
    *("notice", "notices", "fields", "approvals", "active_from", "active_to"),
)
"""What categories below a heading share with it, as children in the file do."""
TAKEN = N_("This key is used already. Choose another.")


def built(
    tree: Catalogue,
    categories: dict[str, Category] | None = None,
    groups: dict[str, Group] | None = None,
    services: dict[str, Service] | None = None,
) -> Catalogue:
    """Return the tree with some of its parts replaced; every parent comes before its children."""
    made = Catalogue(
        services=tree.services if services is None else services,
        groups=tree.groups if groups is None else groups,
        categories=tree.categories if categories is None else categories,
    )
    roots = [category for category in made.categories.values() if category.parent is None]
    ordered = {step.key: step for root in roots for step in subtree(made, root)}
    return Catalogue(made.services, made.groups, ordered)


def subtree(tree: Catalogue, top: Category) -> Iterator[Category]:
    """Yield a category and everything below it, each before its children."""
    waiting = [top]
    while waiting:
        step = waiting.pop()
        yield step
        waiting.extend(reversed(tree.children(step.key, step.service_id)))


def settled(tree: Catalogue) -> Catalogue:
    """Return the tree as a file would state it: what a category leaves empty is that of the heading above."""
    done: dict[str, Category] = {}
    for key, category in built(tree).categories.items():
        above = done.get(category.parent or "")
        done[key] = _filled(category, above) if above else category
    return built(tree, done)


def _filled(category: Category, above: Category) -> Category:
    names = ("group", "notice", "active_from", "active_to")
    given: dict[str, Any] = {name: getattr(above, name) for name in names if not getattr(category, name)}
    return replace(category, **given)


def living(tree: Catalogue) -> Catalogue:
    """Return the tree without its retired categories: publishing keeps those that requests still need."""
    gone = {
        step.key
        for category in tree.categories.values()
        if category.retired
        for step in subtree(tree, category)
    }  # fmt: skip
    return built(tree, {key: category for key, category in tree.categories.items() if key not in gone})


def with_category(tree: Catalogue, changed: Category, *, is_carried: bool) -> Catalogue:
    """Return the tree with a category changed; `is_carried` changes those below that said the same as it did."""
    before = tree.categories[changed.key]
    categories = {**tree.categories, changed.key: changed}
    news = [name for name in FOLLOWING if getattr(before, name) != getattr(changed, name)]
    for step in subtree(tree, before):
        if is_carried and step.key != changed.key:
            told: dict[str, Any] = {
                name: getattr(changed, name) for name in news if getattr(step, name) == getattr(before, name)
            }
            categories[step.key] = replace(step, **told)
    return built(tree, categories)


def with_group(tree: Catalogue, group: Group) -> Catalogue:
    """Return the tree with a group changed, or one more."""
    return built(tree, groups={**tree.groups, group.code: group})


def with_service(tree: Catalogue, service: Service) -> Catalogue:
    """Return the tree with a service changed."""
    return built(tree, services={**tree.services, service.id: service})


def added(tree: Catalogue, category: Category) -> Catalogue:
    """Return the tree with one category more, the last of its heading. Raises Invalid for a key in use."""
    if category.key in tree.categories:
        raise Invalid(TAKEN, {"key": Sentence(TAKEN)})
    return built(tree, {**tree.categories, category.key: category})


def moved(tree: Catalogue, key: str, parent: str | None, service_id: str) -> Catalogue:
    """Return the tree with a category, and what is below it, as the last under another heading of any service.

    Raises Invalid when the heading is the category itself or below it.
    """
    top = tree.categories[key]
    own = {step.key for step in subtree(tree, top)}
    if parent in own:
        raise Invalid(N_("A category cannot be moved below itself. Choose another heading."))
    service = tree.categories[parent].service_id if parent else service_id
    rest = {name: category for name, category in tree.categories.items() if name not in own}
    carried = {step.key: replace(step, service_id=service) for step in subtree(tree, top)}
    carried[key] = replace(carried[key], parent=parent)
    return built(tree, {**rest, **carried})


def shifted(tree: Catalogue, key: str, by: int) -> Catalogue:
    """Return the tree with a category one place earlier (-1) or later (1) among its siblings."""
    category = tree.categories[key]
    siblings = [each.key for each in tree.children(category.parent, category.service_id)]
    place = siblings.index(key)
    other = place + by
    if not 0 <= other < len(siblings):
        return tree
    siblings[place], siblings[other] = siblings[other], siblings[place]
    ordered = iter(siblings)
    names = [next(ordered) if name in siblings else name for name in tree.categories]
    return built(tree, {name: tree.categories[name] for name in names})


def with_retirement(tree: Catalogue, key: str, *, is_retired: bool) -> Catalogue:
    """Return the tree with a category and all below it retired, or with it and the headings above it brought back."""
    top = tree.categories[key]
    steps = list(subtree(tree, top)) if is_retired else [*tree.path(key), *subtree(tree, top)]
    categories = {**tree.categories}
    for step in steps:
        is_leaf = not tree.children(step.key, step.service_id)
        selectable = step.selectable if is_retired or not step.retired else is_leaf
        categories[step.key] = replace(step, retired=is_retired, selectable=selectable)
    return built(tree, categories)


def merged(base: Catalogue, theirs: Catalogue, ours: Catalogue) -> tuple[Catalogue, tuple[str, ...]]:
    """Return `ours` with what `theirs` changed since `base`, and the entries that both changed: there ours stays."""
    both: list[str] = []

    def chosen(section: str) -> dict[str, Any]:
        old, new, own = (getattr(tree, section) for tree in (base, theirs, ours))
        found: dict[str, Any] = {}
        for key in [*own, *(key for key in new if key not in own)]:
            taken = _merged_entry(old.get(key), new.get(key), own.get(key))
            if old.get(key) != new.get(key) != own.get(key) != old.get(key):
                both.append(key)
            if taken is not None:
                found[key] = taken
        return found

    made = Catalogue(chosen("services"), chosen("groups"), chosen("categories"))
    made = replace(
        made, categories={k: each for k, each in made.categories.items() if each.service_id in made.services}
    )
    orphans = [key for key, each in made.categories.items() if each.parent and each.parent not in made.categories]
    kept = {key: replace(each, parent=None) if key in orphans else each for key, each in made.categories.items()}
    return built(made, kept), (*both, *orphans)


def _merged_entry(old: Any, new: Any, own: Any) -> Any:
    return new if own == old else own


def plain(entry: Service | Group | Category | None) -> dict[str, Any]:
    """Return an entry as plain data, property by property; nothing for none."""
    if entry is None:
        return {}
    text = json.dumps(
        asdict(entry), default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)
    )
    found: dict[str, Any] = json.loads(text)
    return found


def mark(entry: Service | Group | Category | None) -> str:
    """Return a short text that is another one as soon as the entry is; empty for none."""
    return sha256(json.dumps(plain(entry), sort_keys=True).encode()).hexdigest()[:16] if entry else ""
