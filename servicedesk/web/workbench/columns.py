"""The columns of the queue: their words, which are usual, and by what they sort."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

TITLE = "title"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `sorts` are the order it gives first and the one it gives when clicked again."""

    label: str
    sorts: tuple[str, ...] = ()
    is_usual: bool = True
    stays: bool = False
    """Whether it is shown whenever the list goes by it, whatever columns were chosen."""


COLUMNS: Mapping[str, Column] = {
    "priority": Column(_("Priority"), ("priority",)),
    "number": Column(_("Number")),
    TITLE: Column(_("Request")),
    "requester": Column(_("Requester")),
    "category": Column(_("Category")),
    "group": Column(_("Group")),
    "technician": Column(_("Technician")),
    "state": Column(_("State")),
    "due": Column(_("Due"), ("due",), stays=True),
    "news": Column(_("Awaits an answer"), ("unanswered",), is_usual=False, stays=True),
    "opened": Column(_("Opened"), ("opened", "-opened")),
    "changed": Column(_("Changed"), ("-changed", "changed"), is_usual=False),
}
USUAL = tuple(name for name, column in COLUMNS.items() if column.is_usual)


def shown(chosen: Sequence[str], has_groups: bool, sort: str = "") -> list[str]:
    """Return the columns to show, in the table's order: the title always, the group only where there are several.

    What the list goes by stands there besides, unless other columns were chosen and it may be left out.
    """
    by = (name for name, column in COLUMNS.items() if sort in column.sorts and (column.stays or not chosen))
    wanted = {*(chosen or USUAL), TITLE, *by}
    return [name for name in COLUMNS if name in wanted and (name != "group" or has_groups)]


def known(names: Sequence[str]) -> list[str]:
    """Return which of these names are columns, in the table's order; nothing where these are the usual ones."""
    found = [name for name in COLUMNS if name in names or name == TITLE]
    return [] if tuple(found) == USUAL else found
