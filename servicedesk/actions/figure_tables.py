"""Figures as tables: what is asked for, and the rows of a comparison for those who may see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.figures import CUSTOM, Span, Tally, pieces, summed
from servicedesk.rules.permissions import Actor
from servicedesk.store import figures_daily as store
from servicedesk.store.figures_daily import Ground, Table
from servicedesk.store.models.figures import Figure, TechnicianFigure

SERVICE, CATEGORY, GROUP, TECHNICIAN = "service", "category", "group", "technician"
COLUMNS: Mapping[str, str] = {
    SERVICE: "service_id",
    CATEGORY: "category_key",
    GROUP: "group_code",
    TECHNICIAN: "technician_id",
}
"""Where the figures say what they are compared by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a period of some kind, filters that are empty where they are not used, and rows `by` what."""

    kind: str
    span: Span
    by: str = GROUP
    service: str = ""
    category: str = ""
    group: str = ""
    technician_id: int | None = None
    problem: str = ""
    """What is wrong with the days typed, in a sentence."""

    def ground(self, tree: Catalogue) -> Ground:
        """Return the filters as the store takes them; a category the catalogue no longer has stands for itself."""
        below = subtree(tree, self.category) if self.category in tree.categories else (self.category,)
        return Ground(
            service_id=self.service or None,
            categories=below if self.category else None,
            group=self.group or None,
            technician_id=self.technician_id,
        )

    @property
    def filters(self) -> dict[str, str]:
        """Return the part of an address that holds the filters, without the period."""
        technician = str(self.technician_id or "")
        found = {
            SERVICE: self.service,
            CATEGORY: self.category,
            GROUP: self.group,
            TECHNICIAN: technician,
            "by": self.by,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def arguments(self) -> dict[str, str]:
        """Return the part of an address that leads back here."""
        days = {"first": self.span.first.isoformat(), "last": self.span.last.isoformat()}
        return {"period": self.kind, **(days if self.kind == CUSTOM else {}), **self.filters}

    @property
    def whole(self) -> "Wanted":
        """Return the same for all together: what nobody in particular had is in it too."""
        return replace(self, by=GROUP) if self.technician_id is None else self

    @property
    def table(self) -> Table:
        """Return where the figures are: single technicians' only when they are asked for."""
        return TechnicianFigure if self.technician_id is not None or self.by == TECHNICIAN else Figure


def subtree(tree: Catalogue, key: str) -> tuple[str, ...]:
    """Return the keys of a category and of everything below it."""

    def below(category: Category) -> Iterator[str]:
        yield category.key
        for child in tree.children(category.key, category.service_id):
            yield from below(child)

    return tuple(below(tree.categories[key]))


def grouped(
    session: Session, wanted: Wanted, span: Span, tree: Catalogue, actor: Actor, today: date
) -> dict[str, Tally]:
    """Return the figures of a span row by row; those who wait are those of its last day that was counted."""
    cut = pieces(span, today)
    last = store.counted(session, span.last)
    end = store.last_piece(span, cut, last.day if last else None)
    heads, found = _heads(wanted, tree) if wanted.by == CATEGORY else {}, dict[str, Tally]()
    for row in store.sums(session, wanted.table, cut, wanted.ground(tree), actor, COLUMNS[wanted.by], end):
        found.setdefault(heads.get(row.key, str(row.key)), Tally()).take(row)
    return found


def together(session: Session, wanted: Wanted, span: Span, tree: Catalogue, actor: Actor, today: date) -> Tally:
    """Return the figures of a span in one."""
    return summed(grouped(session, wanted.whole, span, tree, actor, today).values())


def _heads(wanted: Wanted, tree: Catalogue) -> Mapping[str, str]:
    """Return for each category the one under which it is counted: a child of the chosen one, or a root."""
    if wanted.category in tree.categories:
        chosen = tree.categories[wanted.category]
        tops = tree.children(chosen.key, chosen.service_id)
    else:
        tops = tuple(root for service in tree.services for root in tree.children(None, service))
    return {key: top.key for top in tops for key in subtree(tree, top.key)}


def name_of(wanted: Wanted, tree: Catalogue, key: str, language: str, people: Mapping[str, str]) -> str:
    """Return what a row is called; its key where nobody knows a name any more. `people` are names by id."""
    if wanted.by == TECHNICIAN:
        return people.get(key, f"#{key}")
    named: Mapping[str, Any] = {CATEGORY: tree.categories, SERVICE: tree.services, GROUP: tree.groups}[wanted.by]
    return str(named[key].name.get(language)) if key in named else key
