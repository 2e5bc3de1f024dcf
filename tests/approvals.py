"""A category that asks for approvals, for tests: who leads, who asks, and what each of them does."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.approval_runs import look_after
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Decision, Step
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.approvals import Approval
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Participation, Ticket, TicketEvent
from servicedesk.store.tickets import locked
from servicedesk.store.visible import APPROVER
from tests import factories
from tests.factories import actor, later

WORDS = Details(note=from_plain("Because."))
LEADERS = Approver(By.SUPERVISORS, "INFO")
MEMBERS = Approver(By.MEMBERS, "INFO")
OWN_LEADERS = Approver(By.SUPERVISORS, OWN_GROUP)


def person(code: str) -> Approver:
    return Approver(By.PERSON, code)


class Scene:
    """A category `keys` that asks for these steps, with a technician and a supervisor of its group DESK."""

    def __init__(self, session: Session, *steps: Step, requester: Person | None = None) -> None:
        self.session = session
        self.desk, self.leader = factories.technician(session), factories.supervisor(session)
        self.first = factories.supervisor(session, "INFO")
        self.second = factories.supervisor(session, "INFO")
        self.student = requester or factories.student(session)
        keys = factories.category("keys", approvals=steps or (Step((LEADERS,)),))
        others = [factories.category("fees"), factories.category("cards", approvals=(Step((MEMBERS,)),))]
        factories.publish(session, factories.catalogue([keys, *others]))

    def opens(self, key: str = "keys") -> Ticket:
        self.ticket = factories.ticket(self.session, state=State.NEW, requester=self.student, key=key)
        return self.ticket

    def do(self, who: Person, action: Action, details: Details = WORDS, **when: float) -> TicketEvent:
        by = actor(self.session, who)
        locked(self.session, self.ticket.number, by)
        return act(self.session, self.ticket, action, by, later(**when), details)

    def looks(self, **when: float) -> int:
        return look_after(self.session, later(**when), 10)

    @property
    def events(self) -> list[str]:
        query = sa.select(TicketEvent.action).where(TicketEvent.ticket_id == self.ticket.id)
        return list(self.session.scalars(query.order_by(TicketEvent.seq)))

    @property
    def readers(self) -> set[int]:
        query = sa.select(Participation.person_id).where(Participation.role == APPROVER)
        return set(self.session.scalars(query))

    def told(self, template: str) -> list[int]:
        query = sa.select(Notice.recipient_id).where(Notice.template == template).order_by(Notice.recipient_id)
        return [each for each in self.session.scalars(query) if each is not None]

    @property
    def waiting(self) -> list[int]:
        query = sa.select(Approval.person_id).where(Approval.state == Decision.PENDING).order_by(Approval.person_id)
        return list(self.session.scalars(query))
