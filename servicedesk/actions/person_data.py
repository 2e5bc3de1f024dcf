"""A copy of somebody's data, asked for by an administrator of the whole desk: with a reason that is kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.actions.own_data import put_in_line
from servicedesk.rules.errors import Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.role_rights import runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.store.models.people import Person
from servicedesk.store.models.reading import OwnData

SHORTEST_REASON = 10


def ask_for(
    session: Session, actor: Actor, person_id: int, reason: str, with_notes: bool, locale: str, now: datetime
) -> OwnData:
    """Ask for a copy of somebody's data as an administrator of everything; written into the record.

    Raises NotAllowed for anybody else, Invalid for a reason that says too little, NotFound for nobody.
    """
    if not runs_everything(actor):
        raise NotAllowed(N_("Only administrators of the whole desk take out a person's data."))
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid(N_("Say why, in at least %(least)s characters."), least=SHORTEST_REASON)
    if session.get(Person, person_id) is None:
        raise NotFound()
    wanted = OwnData(person_id=person_id, reason=reason.strip()[:500], with_notes=with_notes, locale=locale)
    after = {"reason": wanted.reason, "with_notes": with_notes}
    audit.record(session, f"person:{actor.person_id}", "own_data.ask", f"person:{person_id}", now, after=after)
    return put_in_line(session, wanted, actor, now)
