"""Who is to be told of an event: the facts of each mail, written in the event's own transaction."""

from collections.abc import Iterable

from servicedesk.actions.details import Situation
from servicedesk.actions.unconfirmed import hold_back
from servicedesk.rules.lifecycle import Audience, Tell, Transition
from servicedesk.rules.permissions import is_requester
from servicedesk.store import guests, people
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import TicketEvent


def tell(s: Situation, transition: Transition, event: TicketEvent) -> None:
    """Write one notice per person that the table wants told of `event`, by the first of its rules that names them."""
    told: set[int] = set()
    for rule in transition.tells:
        if rule.only_from_requester and not is_requester(s.actor, s.facts):
            continue
        for person_id in _recipients(s, rule.audience):
            if person_id not in told and (rule.even_self or person_id != s.actor.person_id):
                told.add(person_id)
                _note(s, rule, event, person_id)


def _recipients(s: Situation, audience: Audience) -> Iterable[int]:
    if audience is Audience.REQUESTER:
        return [s.ticket.requester_id]
    members = s.members(s.ticket.group_code)
    # Whoever left the group or the university may still stand on the ticket, but can do nothing about it.
    if any(member.id == s.ticket.technician_id for member in members):
        return [member.id for member in members if member.id == s.ticket.technician_id]
    if audience is Audience.TECHNICIAN:
        return []
    return [member.id for member in members if member.is_present(s.today)]


def _note(s: Situation, rule: Tell, event: TicketEvent, person_id: int) -> None:
    address = people.mail_address(s.session, person_id)
    if not address:  # no provider stated one, and nobody has told us: the person reads it here
        return
    notice = Notice(
        event_id=event.id,
        ticket_id=s.ticket.id,
        recipient_id=person_id,
        address=address,
        template=rule.template,
        first_try_at=s.now,
        next_try_at=s.now,
        message_id=f"{s.ticket.number}.{event.seq}.{rule.template}.{person_id}",
    )
    if s.ticket.access_suffix is not None and guests.unconfirmed(s.session, [person_id]):
        hold_back(s.session, notice, s.now)
    s.session.add(notice)
