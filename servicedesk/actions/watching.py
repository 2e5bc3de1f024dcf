"""Watching a ticket: by oneself, for a colleague, or because a note names them; and the end of it (F7)."""

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.sentences import N_
from servicedesk.rules.watching import Colleague, mentioned
from servicedesk.store import absences
from servicedesk.store.colleagues import colleagues, groups_of
from servicedesk.store.models.tickets import Participation
from servicedesk.store.visible import WATCHER

MOST_WATCHERS = 30


def watch(s: Situation) -> Changes:
    """Let a colleague of the service, or oneself, read the ticket and be told of its news wherever it goes."""
    person_id = s.details.technician_id or s.actor.person_id
    meant = next((each for each in _colleagues(s) if each.id == person_id), None)
    if meant is None:
        raise Invalid(N_("Choose a colleague who works for this service."))
    if meant.id in s.facts.watchers:
        raise Invalid(N_("%(name)s watches this request already."), name=meant.name)
    _add(s, [meant])
    s.named = tuple({meant.id} - {s.actor.person_id})
    return {"watcher": [None, meant.id]}


def unwatch(s: Situation) -> Changes:
    """End a person's watching: one's own, or, for those who work on the ticket, anybody's."""
    person_id = s.details.technician_id or s.actor.person_id
    if person_id != s.actor.person_id and not may(s.actor, Permission.TICKET_WORK, s.facts):
        raise NotAllowed(N_("You can end your own watching only."))
    if person_id not in s.facts.watchers:
        raise Invalid(N_("This person does not watch the request, or no longer."))
    s.session.execute(
        sa.delete(Participation).where(
            Participation.ticket_id == s.ticket.id,
            Participation.person_id == person_id,
            Participation.role == WATCHER,
        )
    )
    return {"watcher": [person_id, None]}


def note(s: Situation) -> Changes:
    """Tell the colleagues whom an internal note names; who may not read the ticket watches it, if the writer agrees.

    Whoever stands in for one of them who is away is told too.
    """
    text = s.details.note.text if s.details.note else ""
    if "@" not in text:
        return {}
    everybody = _colleagues(s)
    named, unclear = mentioned(text, everybody)
    if unclear:
        raise Invalid(N_("Several colleagues are called @%(name)s: write the code instead."), name=unclear[0])
    strangers = [each for each in named if not _reads(s, each)]
    if strangers and not s.details.is_confirmed:
        names = ", ".join(each.name for each in strangers)
        raise Invalid(
            N_("%(names)s cannot read this request: tick the box that lets them watch it, or leave out the @."),
            names=names,
        )
    away = absences.stand_ins(s.session, [each.id for each in named], s.today)
    instead = _instead(s, named, [each for each in everybody if each.id in away.values()])
    strangers = [*strangers, *(each for each in instead if not _reads(s, each))]
    _add(s, strangers)
    s.named = tuple(sorted({each.id for each in (*named, *instead)} - {s.actor.person_id}))
    missed = [person for person, stand_in in away.items() if stand_in in {each.id for each in instead}]
    return {
        **({"watchers": [None, [each.id for each in strangers]]} if strangers else {}),
        **({"stood_in": [sorted(missed), sorted(each.id for each in instead)]} if instead else {}),
    }


def _instead(s: Situation, named: Collection[Colleague], stand_ins: Iterable[Colleague]) -> list[Colleague]:
    """Return the substitutes who are told: those who read the ticket, or may watch it since the writer agrees."""
    there = {s.actor.person_id, *(each.id for each in named)}
    return [each for each in stand_ins if each.id not in there and (_reads(s, each) or s.details.is_confirmed)]


def _colleagues(s: Situation) -> Sequence[Colleague]:
    return colleagues(s.session, groups_of(s.tree, s.ticket.service_id, s.ticket.group_code))


def _reads(s: Situation, colleague: Colleague) -> bool:
    asked = colleague.id in s.facts.watchers | s.facts.advisers
    return asked or not colleague.groups.isdisjoint({s.ticket.group_code, *s.facts.advising})


def _add(s: Situation, people: Iterable[Colleague]) -> None:
    new = [each.id for each in people]
    if len(s.facts.watchers) + len(new) > MOST_WATCHERS:
        raise Invalid(N_("At most %(most)s people can watch a request."), most=MOST_WATCHERS)
    s.session.add_all(Participation(ticket_id=s.ticket.id, person_id=each, role=WATCHER) for each in new)
