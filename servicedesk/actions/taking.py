"""Taking the next ticket: the most urgent one that nobody has, and never one that a colleague gets as well."""

from collections.abc import Collection
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.calendar import instant, local_day
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotNow
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Actor
from servicedesk.rules.routing import Member
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, untaken
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.untaken import Wish

ATTEMPTS = 3
"""How often is looked again when colleagues took everything that was looked at."""


def take_next(
    session: Session, groups: Collection[str], actor: Actor, now: datetime, form_key: str = ""
) -> Ticket | None:
    """Take the most urgent ticket of these groups in which the person works; None when nothing is left.

    What the person gave back today is left to others. Raises NotNow on a day of absence, AlreadyDone when the same form
    was sent before.
    """
    wish = _wish(session, groups, actor, now)
    for _attempt in range(ATTEMPTS):
        found = untaken.most_urgent(session, wish)
        if not found:
            return None
        for ticket_id in found:
            ticket = untaken.held(session, ticket_id)
            if ticket is not None:
                act(session, ticket, Action.TAKE, actor, now, Details(form_key=form_key))
                return ticket
    return None


def _wish(session: Session, groups: Collection[str], actor: Actor, now: datetime) -> Wish:
    assert actor.person_id is not None
    tree = catalogue.current(session)
    absences = tuple(untaken.absences_of(session, actor.person_id))
    me = Member(actor.person_id, actor.code or "", absences=absences)
    away = {key for key, zone in _zones(tree).items() if not me.is_present(local_day(now, zone))}
    if away == set(tree.services):
        raise NotNow(
            N_("You are marked as absent today, so you are given nothing. You can still take a request by hand.")
        )
    begun = min(instant(_midnight(now, zone), zone) for zone in _zones(tree).values())
    return Wish(actor.person_id, sorted(set(groups) & actor.groups), away, begun)


def _zones(tree: Catalogue) -> dict[str, ZoneInfo]:
    return {key: ZoneInfo(service.zone) for key, service in tree.services.items()}


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(local_day(now, zone), time())
