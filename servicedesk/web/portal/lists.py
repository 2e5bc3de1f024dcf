"""Requesters' lists of tickets: cards with what is asked of the reader, tabs with counts, pages, and their search."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import g, request, url_for
from flask_babel import format_decimal, pgettext
from flask_babel import gettext as _

from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import State, WaitingFor
from servicedesk.rules.numbering import read_number
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, search
from servicedesk.store import portal as store
from servicedesk.store.portal import OwnTicket, Place, Shelf
from servicedesk.store.public_titles import matching_titles, public_titles
from servicedesk.store.stars import starred_among
from servicedesk.web import labels
from servicedesk.web.context import day
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code

ROWS = 20
ON_HOME = 6
ASKED: Mapping[tuple[str, str | None], str] = {
    (State.RESOLVED, None): N_("There is a solution: accept or refuse it"),
    (State.WAITING, WaitingFor.REQUESTER): N_("Your answer is awaited"),
}


@dataclass(frozen=True, slots=True)
class TicketCard:
    """A ticket in a list, in the words of the `ticket_card` macro."""

    number: str
    title: str
    url: str
    state: str
    state_label: str
    at: datetime
    asked: str
    category: str
    is_starred: bool


@dataclass(frozen=True, slots=True)
class TicketList:
    """One page of "My tickets"; `tabs` as the `tabs` macro takes them."""

    cards: Sequence[TicketCard]
    tabs: Sequence[tuple[str, str, bool, str]]
    shelf: str
    name: str
    """What the list is called."""
    words: str
    newer_url: str | None
    older_url: str | None


def on_home() -> Sequence[TicketCard]:
    """Return the first of the person's open tickets, those that wait for the person before the others."""
    return _cards(store.asked_first(reading(), g.actor, ON_HOME))


def favourites() -> Sequence[TicketCard]:
    """Return the starred tickets that changed last, for the home page (C2)."""
    return _cards(store.tickets_on(reading(), g.actor, Shelf.STARRED, None, None, ON_HOME).rows)


def my_list() -> TicketList:
    """Return the page of the person's lists that the address names: list, search and place (C1, C2)."""
    shelf = _shelf()
    words = request.args.get("q", "").strip()
    among = _search(words)
    page = store.tickets_on(reading(), g.actor, shelf, among, _place(), ROWS)
    first, last = (page.rows[0], page.rows[-1]) if page.rows else (None, None)
    return TicketList(
        cards=_public_cards(page.rows) if shelf is Shelf.PUBLIC else _cards(page.rows),
        tabs=[_tab(each, shelf, words, among) for each in Shelf],
        shelf=shelf.value,
        name=_names()[shelf],
        words=words,
        newer_url=_address(shelf, words, after=_cursor(first)) if first and page.has_newer else None,
        older_url=_address(shelf, words, before=_cursor(last)) if last and page.has_older else None,
    )


def bounded(count: int) -> str:
    """Return a count as people read it, "1,000+" when there are more than are counted."""
    most = store.COUNTED
    return f"{format_decimal(most)}+" if count > most else format_decimal(count)


def _shelf() -> Shelf:
    try:
        return Shelf(request.args.get("list", Shelf.OPEN))
    except ValueError as error:
        raise NotFound() from error


def _names() -> Mapping[Shelf, str]:
    return {
        Shelf.OPEN: pgettext("requests", "Open"),
        Shelf.CLOSED: pgettext("requests", "Closed"),
        Shelf.FOLLOWED: pgettext("requests", "Followed"),
        Shelf.PUBLIC: pgettext("requests", "Public"),
        Shelf.STARRED: pgettext("requests", "Favourites"),
    }


def _tab(which: Shelf, shelf: Shelf, words: str, among: Collection[int] | None) -> tuple[str, str, bool, str]:
    count = store.count_on(reading(), g.actor, which, among)
    return _names()[which], _address(which, words), which is shelf, bounded(count)


def _address(shelf: Shelf, words: str, **place: str) -> str:
    values: dict[str, Any] = {"list": shelf.value, "q": words or None, **place}
    return url_for("portal.my_tickets", **values)


def _search(words: str) -> Collection[int] | None:
    if not words:
        return None
    number = read_number(words)
    # Within the lists only: otherwise a technician's own tickets could drown among those of the queue.
    typed = number.number if number else words
    mine = search.matching(reading(), typed, g.actor, store.listed(g.actor)) or []
    return [*mine, *matching_titles(reading(), typed, g.actor)]


def _place() -> Place | None:
    after, before = request.args.get("after"), request.args.get("before")
    if not (after or before):
        return None
    at, _separator, ticket_id = (after or before or "").rpartition("_")
    try:
        place = Place(_instant(at), int(ticket_id), is_upward=bool(after))
    except (ValueError, OverflowError) as error:
        raise NotFound() from error
    if place.id.bit_length() > 31:
        raise NotFound()
    return place


def _instant(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError(written)
    return at.astimezone(UTC)


def _cursor(row: OwnTicket) -> str:
    return f"{row.changed_at.isoformat()}_{row.id}"


def _cards(rows: Sequence[OwnTicket]) -> Sequence[TicketCard]:
    tree = catalogue.current(reading())
    starred = starred_among(reading(), g.actor, [row.id for row in rows]) if rows else frozenset()
    return [
        TicketCard(
            number=row.number,
            title=row.title,
            url=url_for("portal.ticket", number=row.number),
            state=row.state,
            state_label=labels.label(labels.STATES, row.state),
            at=row.changed_at,
            asked=_asked(row),
            category=name.get(locale_code()) if (name := tree.name_of(row.category_key)) else row.category_key,
            is_starred=row.id in starred,
        )
        for row in rows
    ]


def _public_cards(rows: Sequence[OwnTicket]) -> Sequence[TicketCard]:
    """What others made public, under addresses and titles that tell nobody's name."""
    titles = public_titles(reading(), [row.id for row in rows]) if rows else {}
    shown = [replace(row, title=titles[row.id]) for row in rows]
    return [replace(card, url=url_for("public.ticket", number=card.number)) for card in _cards(shown)]


def _asked(row: OwnTicket) -> str:
    msgid = ASKED.get((row.state, row.waiting_for)) if row.is_own else None
    if msgid is None:
        return ""
    what = str(_(msgid))
    return what if row.expires_at is None else str(_("%(what)s by %(date)s", what=what, date=day(row.expires_at)))
