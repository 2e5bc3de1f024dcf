"""What differs between two versions of the service levels: calendars, targets and times in a group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from servicedesk.rules.level_book import Book, Calendar, Operational, Target

Part = Calendar | Target | Operational


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs: as it was, None for a new one, and as it will be, None for one that goes."""

    before: Part | None
    after: Part | None

    @property
    def what(self) -> tuple[str, ...]:
        """The names of the properties that differ; none where the part itself comes or goes."""
        before, after = self.before, self.after
        if before is None or after is None:
            return ()
        names = (each.name for each in fields(after))
        return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def changes(old: Book, new: Book) -> tuple[Change, ...]:
    """Return what `new` changes against `old`: calendars first, then targets, then times in a group."""
    return (
        *_changes(old.calendars, new.calendars),
        *_changes({each.key: each for each in old.targets}, {each.key: each for each in new.targets}),
        *_changes({each.key: each for each in old.operational}, {each.key: each for each in new.operational}),
    )


def _changes(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield Change(old.get(key), new.get(key))
