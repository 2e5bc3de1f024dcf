"""What staff ask of each other on a ticket: escalation to supervisors, advice, a major incident (F2, F5)."""

import sqlalchemy as sa

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.errors import Invalid
from servicedesk.rules.lines import Matter
from servicedesk.rules.permissions import SYSTEM, Permission, may
from servicedesk.rules.priority import MAJOR, priority
from servicedesk.rules.sentences import N_
from servicedesk.store import lines, people
from servicedesk.store.models.lines import TicketMatter

MOST_ASKED = 5
"""Groups and colleagues asked for advice at the same time."""


def escalate(s: Situation) -> Changes:
    """Tell the group's supervisors, and flag the ticket until one of them has acknowledged."""
    s.named = lines.supervisors_of(s.session, {s.ticket.group_code})
    if not s.named and s.actor.kind is not SYSTEM.kind:
        raise Invalid(N_("This group has no supervisor. Ask an administrator to name one, or forward the request."))
    _ask(s, Matter.ESCALATION)
    return {"escalated": [None, s.ticket.group_code]}


def acknowledge(s: Situation) -> Changes:
    """Take the flag off."""
    s.session.execute(
        sa.delete(TicketMatter)
        .where(TicketMatter.ticket_id == s.ticket.id, TicketMatter.kind == Matter.ESCALATION)
        .execution_options(synchronize_session=False)
    )
    return {"escalated": [s.ticket.group_code, None]}


def ask_advice(s: Situation) -> Changes:
    """Let a group or one colleague read the ticket and answer inside; it stays where it is."""
    if len(s.facts.advising) + len(s.facts.advisers) >= MOST_ASKED:
        raise Invalid(N_("%(most)s are asked for advice already. End one of the questions first."), most=MOST_ASKED)
    if s.details.technician_id is not None:
        return _ask_colleague(s, s.details.technician_id)
    return _ask_group(s, s.details.group)


def _ask_group(s: Situation, code: str) -> Changes:
    group = s.tree.groups.get(code)
    if group is None or not group.active or code == s.ticket.group_code:
        raise Invalid(N_("Choose another group, or a colleague, whose advice you want."))
    if code in s.facts.advising:
        raise Invalid(N_("This group is asked for advice already."))
    members = s.members(code)
    if not members:
        raise Invalid(N_("Nobody works in that group at present. Choose another."))
    s.named = tuple(member.id for member in members if member.is_present(s.today))
    _ask(s, Matter.ADVICE, group_code=code)
    return {"advice": [None, code]}


def _ask_colleague(s: Situation, person_id: int) -> Changes:
    colleague = people.actor_of(s.session, person_id)
    if colleague is None or not colleague.is_staff or person_id == s.actor.person_id:
        raise Invalid(N_("Choose another group, or a colleague, whose advice you want."))
    if s.ticket.group_code in colleague.groups | colleague.supervises:
        raise Invalid(N_("This colleague works on the request anyway: mention them in an internal note."))
    if person_id in s.facts.advisers:
        raise Invalid(N_("This colleague is asked for advice already."))
    s.named = (person_id,)
    _ask(s, Matter.ADVICE, person_id=person_id)
    return {"adviser": [None, person_id]}


def _ask(s: Situation, kind: Matter, group_code: str = "", person_id: int | None = None) -> None:
    s.matter = TicketMatter(
        ticket_id=s.ticket.id,
        kind=kind,
        group_code=group_code,
        person_id=person_id,
        asked_by=s.actor.person_id,
        asked_at=s.now,
    )
    s.session.add(s.matter)


def advise(s: Situation) -> Changes:
    """Answer what one was asked, and tell whoever asked and who works on the ticket."""
    asked = [each for each in _advice(s) if _is_asked(s, each)]
    for each in asked:
        each.answered_at = s.now
    told = {each.asked_by for each in asked} | {s.ticket.technician_id}
    s.named = tuple(sorted(person_id for person_id in told if person_id is not None))
    return {"advised": [None, s.actor.person_id]}


def end_advice(s: Situation) -> Changes:
    """End one question: those asked read the ticket no longer. Whoever only advises ends what they were asked."""
    found = next((each for each in _advice(s) if each.id == s.details.matter_id), None)
    if found is None or not (may(s.actor, Permission.TICKET_WORK, s.facts) or _is_asked(s, found)):
        raise Invalid(N_("Nobody is asked for this advice any more."))
    s.session.delete(found)
    return {"advice": [found.group_code, None]} if found.group_code else {"adviser": [found.person_id, None]}


def _advice(s: Situation) -> list[TicketMatter]:
    query = sa.select(TicketMatter).where(TicketMatter.ticket_id == s.ticket.id, TicketMatter.kind == Matter.ADVICE)
    return list(s.session.scalars(query.order_by(TicketMatter.id)))


def _is_asked(s: Situation, matter: TicketMatter) -> bool:
    return matter.person_id == s.actor.person_id or matter.group_code in s.actor.groups | s.actor.supervises


def declare_major(s: Situation) -> Changes:
    """Put the ticket above the matrix (F5), and tell everybody of the group who is there."""
    before, s.ticket.priority = s.ticket.priority, MAJOR
    present = {member.id for member in s.members(s.ticket.group_code) if member.is_present(s.today)}
    s.named = tuple(sorted(present | set(lines.supervisors_of(s.session, {s.ticket.group_code}))))
    return {"priority": [before, MAJOR]}


def end_major(s: Situation) -> Changes:
    """Let the priority follow from urgency and impact again (rule 4)."""
    s.ticket.priority = priority(s.ticket.urgency, s.ticket.impact, s.service.priority_matrix)
    return {"priority": [MAJOR, s.ticket.priority]}
