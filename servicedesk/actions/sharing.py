"""Who else sees a ticket (C4): sharing it with a person, making it public, taking both back; and saying thank you."""

from datetime import timedelta

import sqlalchemy as sa

from servicedesk.actions.details import Changes, Situation
from servicedesk.rules.errors import Invalid
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Scope
from servicedesk.rules.sentences import N_
from servicedesk.store import people, rate_limits
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Invitation, Participation, PublicTicket, TicketEvent
from servicedesk.store.outbox import DROPPED, WAITING
from servicedesk.store.visible import FOLLOWER

A_DAY = timedelta(days=1)
SHARED_PER_DAY = 20
MOST_INVITED = 20
TO_FOLLOWERS = ("shared", "followed")
"""The mails that go out because somebody follows, and for no other reason."""
LONGEST_ADDRESS = 254


def share(s: Situation) -> Changes:
    """Let the person of an institutional address read and comment.

    Whether it belongs to anybody is kept from the one who asks: the address is noted either way, and only its owner
    is told.
    """
    address = s.details.address.strip()
    _refuse_address(s, address)
    person_id = people.holder_of(s.session, address)
    if person_id == s.ticket.requester_id:
        raise Invalid(N_("This address is your own. Write the address of the person who may see your request."))
    invitation = Invitation(ticket_id=s.ticket.id, address=address, person_id=person_id, added_at=s.now)
    s.session.add(invitation)
    if person_id is not None and person_id not in s.facts.followers:
        s.session.add(Participation(ticket_id=s.ticket.id, person_id=person_id, role=FOLLOWER))
        s.invited = person_id
    s.session.flush()
    return {"shared": [None, invitation.id]}


def _refuse_address(s: Situation, address: str) -> None:
    name, at, host = address.rpartition("@")
    if not (name and at and "." in host) or " " in address or len(address) > LONGEST_ADDRESS:
        raise Invalid(N_("Write the person's whole institutional address, such as m.rossi@studenti.example.it."))
    given = s.session.scalars(sa.select(Invitation.address).where(Invitation.ticket_id == s.ticket.id)).all()
    if address.lower() in {each.lower() for each in given}:
        raise Invalid(N_("You share this request with this address already."))
    if len(given) >= MOST_INVITED:
        raise Invalid(N_("You share this request with %(most)s people: that is the limit."), most=MOST_INVITED)
    if rate_limits.count_up(s.session, f"shared/{s.actor.person_id}", A_DAY, 1, s.now) > SHARED_PER_DAY:
        raise Invalid(N_("You have shared requests often today. Try again tomorrow."))


def unshare(s: Situation) -> Changes:
    """Take an address off the list; its owner reads the ticket no longer."""
    mine = sa.select(Invitation).where(Invitation.id == s.details.invitation_id, Invitation.ticket_id == s.ticket.id)
    invitation = s.session.scalars(mine).first()
    if invitation is None:
        raise Invalid(N_("This request is no longer shared with that address."))
    gone, person_id = invitation.id, invitation.person_id
    s.session.delete(invitation)
    s.session.flush()
    if person_id is not None and not _is_invited(s, person_id):
        _end_following(s, person_id)
    return {"shared": [gone, None]}


def _is_invited(s: Situation, person_id: int) -> bool:
    query = sa.select(Invitation.id).where(Invitation.ticket_id == s.ticket.id, Invitation.person_id == person_id)
    return s.session.scalars(query).first() is not None


def _end_following(s: Situation, person_id: int) -> None:
    s.session.execute(
        sa.delete(Participation).where(
            Participation.ticket_id == s.ticket.id,
            Participation.person_id == person_id,
            Participation.role == FOLLOWER,
        )
    )
    _hold_back_mails(s, person_id)


def _hold_back_mails(s: Situation, person_id: int) -> None:
    """Leave out what has not been mailed yet: a mail written now would show what the person reads no longer."""
    query = sa.update(Notice).where(
        Notice.ticket_id == s.ticket.id,
        Notice.recipient_id == person_id,
        Notice.template.in_(TO_FOLLOWERS),
        Notice.state == WAITING,
    )
    values = {"state": DROPPED, "rendered": None, "context": None}
    s.session.execute(query.values(values).execution_options(synchronize_session=False))


def leave(s: Situation) -> Changes:
    """Stop following of one's own accord."""
    assert s.actor.person_id is not None
    s.session.execute(
        sa.delete(Invitation).where(Invitation.ticket_id == s.ticket.id, Invitation.person_id == s.actor.person_id)
    )
    _end_following(s, s.actor.person_id)
    return {}


def publish(s: Situation) -> Changes:
    """Let the students of one's degree course, or the people of the service, read title, description and solution."""
    if s.details.scope not in set(Scope):
        raise Invalid(N_("Choose to whom the request is made public."))
    if not s.details.is_confirmed:
        raise Invalid(N_("Read what others will see, then tick the box: without it nothing is made public."))
    scope = Scope(s.details.scope)
    key = s.ticket.service_id if scope is Scope.SERVICE else _degree_course(s)
    s.session.add(PublicTicket(ticket_id=s.ticket.id, scope=scope, scope_key=key, published_at=s.now))
    return {"public": [None, scope.value]}


def _degree_course(s: Situation) -> str:
    if not s.actor.degree_course:
        raise Invalid(N_("The register knows no degree course of yours. Choose another audience."))
    return s.actor.degree_course


def unpublish(s: Situation) -> Changes:
    """Make it private again."""
    assert s.facts.publication is not None
    s.session.execute(sa.delete(PublicTicket).where(PublicTicket.ticket_id == s.ticket.id))
    return {"public": [s.facts.publication.scope.value, None]}


def thank(s: Situation) -> Changes:
    """Say thank you, once per answer; it reopens nothing and restarts no clock (rule 1)."""
    newest = (
        sa.select(TicketEvent.action)
        .where(TicketEvent.ticket_id == s.ticket.id, TicketEvent.action.in_((*ANSWERS, Action.THANK)))
        .order_by(TicketEvent.seq.desc())
        .limit(1)
    )
    if s.session.scalars(newest).first() == Action.THANK:
        raise Invalid(N_("You have said thank you already."))
    return {}


ANSWERS = (Action.PROPOSE, Action.SOLVE_TOGETHER, Action.REPLY_CLOSE)
