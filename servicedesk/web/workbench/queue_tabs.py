"""The views above the queue: the fixed ones and the saved ones, each with its address and a bounded count."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import g, request
from flask_babel import gettext as _

from servicedesk.rules.sentences import N_
from servicedesk.store import queue as store
from servicedesk.store.models.queue import QueueView
from servicedesk.store.queue import MOST_COUNTED, Wanted
from servicedesk.web.inputs import whole
from servicedesk.web.workbench.filters import QUICK_VIEWS, Chosen, chosen_of
from servicedesk.web.workbench.listing import Listing, address

QUICK_NAMES: Mapping[str, str] = {
    "todo": N_("To do"),
    "open": N_("All open"),
    "mine": N_("Mine"),
    "unassigned": N_("Unassigned"),
    "due": N_("Next due"),
    "news": N_("To answer"),
    "unread": N_("Unread by me"),
    "waiting": N_("Waiting"),
    "approval": N_("To be approved"),
    "resolved": N_("Solved"),
    "watched": N_("Watched"),
}
SORTED: Mapping[str, str] = {"due": "due"}
"""Quick views that are an order besides: they show only what that can put in order."""
MOST_SAVED = 12
"""How many saved views are counted."""
Tab = tuple[str, str, bool, str | None]
"""Name, address, whether it is the one shown, and count in words; None where it is not counted."""


def current_view(asked: Listing, views: Sequence[QueueView]) -> QueueView | None:
    """Return the saved view whose filters the address holds, while they are as they were saved."""
    named = whole(request.args, "view")
    found = next((view for view in views if view.id == named), None)
    return found if found and _known(asked, found) == _whole(asked) else None


def _known(asked: Listing, view: QueueView) -> Chosen:
    return chosen_of(view.filters, asked.picks)


def _whole(asked: Listing) -> Chosen:
    return chosen_of({**asked.chosen, **({"group": [asked.group]} if asked.group else {})}, asked.picks)


def quick_tabs(asked: Listing, view: QueueView | None) -> list[Tab]:
    """Return the fixed views of the groups shown."""
    here = next((name for name in (*SORTED, *QUICK_VIEWS) if view is None and _is_shown(name, asked)), None)
    return [
        (_(QUICK_NAMES[name]), asked.address(chosen, sort=SORTED.get(name)), name == here, bounded(count))
        for (name, chosen), count in zip(QUICK_VIEWS.items(), quick_counts(asked), strict=True)
    ]


def quick_counts(asked: Listing) -> list[int]:
    """Return how many tickets each fixed view holds, in their order."""
    wanted = [_sorted(asked.wanted_of(chosen), name) for name, chosen in QUICK_VIEWS.items()]
    return store.counts(asked.session, wanted, g.actor)


def _sorted(wanted: Wanted, name: str) -> Wanted:
    return replace(wanted, sort=SORTED[name]) if name in SORTED else wanted


def _is_shown(name: str, asked: Listing) -> bool:
    return QUICK_VIEWS[name] == asked.chosen and SORTED.get(name, asked.wanted.sort) == asked.wanted.sort


def saved_tabs(asked: Listing, views: Sequence[QueueView], view: QueueView | None) -> list[Tab]:
    """Return the saved views; a search for words or over ended tickets too is not counted, nor are more than 12."""
    filters = {each.id: _known(asked, each) for each in views}
    counted = [each.id for each in views if _can_be_counted(filters[each.id])][:MOST_SAVED]
    wanted = [asked.wanted_anywhere(filters[key]) for key in counted]
    counts = dict(zip(counted, store.counts(asked.session, wanted, g.actor), strict=True))
    return [
        (
            each.name,
            address("", filters[each.id], sort=each.sort, view=each.id),
            each is view,
            bounded(counts[each.id]) if each.id in counts else None,
        )
        for each in views
    ]


def _can_be_counted(filters: Chosen) -> bool:
    return "q" not in filters and store.are_open(filters.get("state", ()))


def bounded(count: int) -> str:
    """Return a count in words, "1,000+" where it was not counted further."""
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else str(count)
