"""What a catalogue would have done: every request of the past routed on the running tree and on another one."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.routing import Requester, route


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the past, and what routing may know of whoever asked."""

    id: int
    number: str
    opened_at: datetime
    key: str
    area: str | None
    degree_course: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A request that would go to another group."""

    asked: Asked
    before: str
    after: str


@dataclass(slots=True)
class Replay:
    """The outcome, in the order in which the requests were given."""

    total: int = 0
    elsewhere: list[Elsewhere] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    """Requests by category that could not be filed there any more."""
    approved_first: Counter[str] = field(default_factory=Counter)
    """Requests by category that would wait for other approvals than now."""
    oldest: datetime | None = None

    def pairs(self) -> Sequence[tuple[str, str, int]]:
        """Return (group now, group then, requests), the most frequent first."""
        counted = Counter((each.before, each.after) for each in self.elsewhere)
        return [(before, after, count) for (before, after), count in counted.most_common()]


def replay(running: Catalogue, other: Catalogue, staffed: Set[str], asked: Iterable[Asked]) -> Replay:
    """Route every request on both trees, with the groups staffed as they are today; nothing is changed.

    A category that the running tree has not either counts for neither. Source: issue of the workbench, simulation.
    """
    known: dict[tuple[str, str | None, str | None, str | None], tuple[str, str] | None] = {}
    lost = {key: not _may_choose(other, key) for key in running.categories}
    found = Replay()
    for each in asked:
        found.total += 1
        found.oldest = min(found.oldest or each.opened_at, each.opened_at)
        if lost.get(each.key):
            found.lost[each.key] += 1
            continue
        if _asks_more(running, other, each.key):
            found.approved_first[each.key] += 1
        kind = (each.key, each.area, each.degree_course, each.status)
        if kind not in known:
            known[kind] = _routed(running, other, staffed, each)
        way = known[kind]
        if way is not None and way[0] != way[1]:
            found.elsewhere.append(Elsewhere(each, *way))
    return found


def _may_choose(tree: Catalogue, key: str) -> bool:
    category = tree.categories.get(key)
    return category is not None and category.selectable and not any(step.retired for step in tree.path(key))


def _asks_more(running: Catalogue, other: Catalogue, key: str) -> bool:
    before, after = running.categories.get(key), other.categories.get(key)
    return after is not None and bool(after.approvals) and after.approvals != (before.approvals if before else ())


def _routed(running: Catalogue, other: Catalogue, staffed: Set[str], asked: Asked) -> tuple[str, str] | None:
    if asked.key not in running.categories or asked.key not in other.categories:
        return None
    requester = Requester(area=asked.area, degree_course=asked.degree_course, status=asked.status)
    before, after = (route(tree, asked.key, requester, staffed).group for tree in (running, other))
    return before, after
