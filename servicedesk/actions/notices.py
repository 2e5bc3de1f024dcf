"""Who is to be told of an event: the facts of each mail and notice, written in the event's own transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from servicedesk.actions import bell, devices
from servicedesk.actions.details import Situation
from servicedesk.actions.unconfirmed import hold_back
from servicedesk.rules.lifecycle import Action, Audience, Outcome, Tell, Transition, WaitingFor
from servicedesk.rules.notices import DAILY_HOUR, QUESTION, Channel, Habits, Wishes, next_hour
from servicedesk.rules.permissions import is_requester, speaks_as_follower
from servicedesk.rules.relations import ANSWERS
from servicedesk.rules.routing import Member
from servicedesk.store import absences, guests, people, preferences, relations
from servicedesk.store import devices as store
from servicedesk.store.colleagues import still_staff
from servicedesk.store.devices import Devices
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.store.outbox import DIGEST, MAIL


def tell(s: Situation, transition: Transition, event: TicketEvent) -> None:
    """Tell each person that the table wants told of `event`, by the first rule that names them, as they chose."""
    if s.action is Action.COMMENT and s.ticket.outcome == Outcome.MERGED:
        _tell_heir(s, event)
        return
    _tell(s, event, _told(s, transition))
    if s.action in ANSWERS and not (is_requester(s.actor, s.facts) or speaks_as_follower(s.actor, s.facts)):
        _tell_merged(s, event, next(rule for rule in transition.tells if rule.audience is Audience.REQUESTER))


def _tell_merged(s: Situation, event: TicketEvent, rule: Tell) -> None:
    """Let those whose request was merged into this one read the answer on their own."""
    for each in relations.merged_into(s.session, s.ticket.id):
        _tell(replace(s, ticket=each), event, {each.requester_id: rule})


def _tell_heir(s: Situation, event: TicketEvent) -> None:
    """Tell those who work on the request into which this one was merged."""
    heir = relations.heir_of(s.session, s.ticket.id)
    there = replace(s, ticket=s.session.get_one(Ticket, heir.id))
    workers = _recipients(there, Audience.WORKERS)
    _tell(there, event, dict.fromkeys(workers, Tell(Audience.WORKERS, "merged_comment")))


def _tell(s: Situation, event: TicketEvent, told: Mapping[int, Tell]) -> None:
    if not told:
        return
    wishes, found = preferences.wishes_of(s.session, told), store.devices_of(s.session, told)
    for person_id, rule in told.items():
        is_guest = person_id == s.ticket.requester_id and s.ticket.access_suffix is not None
        if wishes[person_id].wants(rule.template, Channel.MAIL, is_guest):
            _mail(s, rule, event, person_id, wishes[person_id].habits)
        # Whoever acted knows; a guest's only page is the ticket itself.
        if person_id != s.actor.person_id and not is_guest:
            _news(s, person_id, _name(s, rule), wishes[person_id], found)


def _told(s: Situation, transition: Transition) -> dict[int, Tell]:
    told: dict[int, Tell] = {}
    for rule in transition.tells:
        if rule.only_from_requester and not is_requester(s.actor, s.facts):
            continue
        if rule.only_from_follower and not speaks_as_follower(s.actor, s.facts):
            continue
        for person_id in _recipients(s, rule.audience):
            if rule.even_self or person_id != s.actor.person_id:
                told.setdefault(person_id, rule)
    return told


def _recipients(s: Situation, audience: Audience) -> Iterable[int]:
    if audience is Audience.REQUESTER:
        return [s.ticket.requester_id]
    if audience is Audience.INVITED:
        return [s.invited] if s.invited is not None else []
    if audience is Audience.NAMED:
        return s.named
    if audience is Audience.FOLLOWERS:
        return sorted(s.facts.followers)
    if audience is Audience.APPROVERS:
        return sorted(s.facts.deciders)
    if audience is Audience.WATCHERS:
        return still_staff(s.session, s.facts.watchers)
    members = s.members(s.ticket.group_code)
    # Whoever left the group or the university may still stand on the ticket, but can do nothing about it.
    if any(member.id == s.ticket.technician_id for member in members):
        own = [member for member in members if member.id == s.ticket.technician_id]
        return [*(member.id for member in own), *(_stand_ins(s, own) if audience is Audience.WORKERS else ())]
    if audience is Audience.TECHNICIAN:
        return []
    return [member.id for member in members if member.is_present(s.today)]


def _stand_ins(s: Situation, members: Iterable[Member]) -> Iterable[int]:
    """Whoever stands in for those of these members who are away, and works in the ticket's group too."""
    away = [member.id for member in members if not member.is_present(s.today)]
    if not away:
        return []
    there = {member.id for member in s.members(s.ticket.group_code) if member.is_present(s.today)}
    return sorted(there & set(absences.stand_ins(s.session, away, s.today).values()))


def _news(s: Situation, person_id: int, name: str, wishes: Wishes, found: Devices) -> None:
    bell.ring(s.session, person_id, name, s.ticket.number, wishes, s.now)
    devices.message(s.session, person_id, name, s.ticket.number, found, wishes, s.zone, s.now, s.ticket.id)


def _name(s: Situation, rule: Tell) -> str:
    asks = s.action is Action.WAIT and s.ticket.waiting_for == WaitingFor.REQUESTER
    return QUESTION if asks else rule.template


def _mail(s: Situation, rule: Tell, event: TicketEvent, person_id: int, habits: Habits) -> None:
    address = people.mail_address(s.session, person_id)
    if not address:  # no provider stated one, and nobody has told us: the person reads it here
        return
    waits = habits.mail_waits(rule.template)
    at = next_hour(s.now, DAILY_HOUR, s.zone) if waits else s.now
    place = event.seq if event.ticket_id == s.ticket.id else f"{event.ticket_id}-{event.seq}"
    notice = Notice(
        event_id=event.id,
        ticket_id=s.ticket.id,
        recipient_id=person_id,
        address=address,
        template=rule.template,
        channel=DIGEST if waits else MAIL,
        context={"number": s.ticket.number} if waits else None,
        first_try_at=at,
        next_try_at=at,
        message_id=f"{s.ticket.number}.{place}.{rule.template}.{person_id}",
    )
    if s.ticket.access_suffix is not None and guests.unconfirmed(s.session, [person_id]):
        hold_back(s.session, notice, s.now)
    s.session.add(notice)
