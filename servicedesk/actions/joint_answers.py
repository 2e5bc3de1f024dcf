"""One answer to many tickets (F7, F11): kept whole, then given to each ticket in a transaction of its own."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.held import FAILED as WENT_WRONG
from servicedesk.actions.tickets import act
from servicedesk.rules.errors import AlreadyDone, DeskError, Invalid, NotFound
from servicedesk.rules.joint_answers import TOGETHER, text_for
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.states import Action
from servicedesk.store import people
from servicedesk.store import relations as store
from servicedesk.store.models.people import Person
from servicedesk.store.models.relations import DONE, FAILED, PENDING, JointAnswer, JointAnswerPart
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import claim_form_key, locked

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be said, to whom: texts by language, numbers of tickets under the leading one."""

    action: Action
    texts: Mapping[str, RichText]
    numbers: Sequence[str]
    form_key: str = ""


def prepare(session: Session, leading_id: int, wanted: Wanted, author_id: int, now: datetime) -> JointAnswer:
    """Keep the answer and those it goes to; nobody is told yet.

    Raises Invalid for an answer without words or tickets, AlreadyDone with its id when the same form was sent before.
    """
    if wanted.action not in TOGETHER:
        raise Invalid(N_("Choose whether the text solves the requests or only tells their requesters something."))
    texts = {language: text for language, text in wanted.texts.items() if text}
    if not texts:
        raise Invalid(N_("Write a text: this cannot be sent without one."))
    led = sa.select(Ticket.id).where(Ticket.number.in_(wanted.numbers), Ticket.id.in_(store.led(leading_id)))
    chosen = session.scalars(led.order_by(Ticket.id)).all()
    if not chosen:
        raise Invalid(N_("Choose at least one request."))
    return _kept(session, leading_id, wanted, texts, chosen, author_id, now)


def _kept(
    session: Session,
    leading_id: int,
    wanted: Wanted,
    texts: Mapping[str, RichText],
    chosen: Sequence[int],
    author_id: int,
    now: datetime,
) -> JointAnswer:
    kept = {name: {"html": text.html, "text": text.text, "policy": text.policy} for name, text in texts.items()}
    joint = JointAnswer(ticket_id=leading_id, author_id=author_id, action=wanted.action, texts=kept, made_at=now)
    session.add(joint)
    session.flush()
    if wanted.form_key and (made := claim_form_key(session, wanted.form_key, str(joint.id), now)):
        raise AlreadyDone(made)
    session.add_all(JointAnswerPart(joint_answer_id=joint.id, ticket_id=each, state=PENDING) for each in chosen)
    session.flush()
    return joint


def answer_next(session: Session, now: datetime, joint_id: int | None = None) -> bool:
    """Give the next ticket its answer, of this joint answer or of any; return whether there was one to give.

    What the ticket's own rules refuse is noted with its sentence, and holds up no other.
    """
    query = sa.select(JointAnswerPart).where(sa.text("state = 'pending'"))
    if joint_id is not None:
        query = query.where(JointAnswerPart.joint_answer_id == joint_id)
    query = query.order_by(JointAnswerPart.joint_answer_id, JointAnswerPart.ticket_id).limit(1)
    part = session.scalars(query.with_for_update(skip_locked=True)).first()
    if part is None:
        return False
    try:
        with session.begin_nested():
            _answer(session, session.get_one(JointAnswer, part.joint_answer_id), part.ticket_id, now)
        part.state = DONE
    except DeskError as error:
        part.state, part.why = FAILED, error.sentence.as_json()
    except Exception as error:  # whatever one stumbles over, the others are told
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.exception("ticket %s could not be answered together with others", part.ticket_id)
        part.state, part.why = FAILED, Sentence(WENT_WRONG).as_json()
    session.flush()
    return True


def _answer(session: Session, joint: JointAnswer, ticket_id: int, now: datetime) -> None:
    number, group, locale = session.execute(
        sa.select(Ticket.number, Ticket.group_code, Person.locale)
        .join(Person, Person.id == Ticket.requester_id)
        .where(Ticket.id == ticket_id)
    ).one()
    author = people.actor_of(session, joint.author_id)
    if author is None or not store.is_led(session, ticket_id, joint.ticket_id):
        raise NotFound(N_("The request is no longer linked."))
    texts = {name: RichText(**text) for name, text in joint.texts.items()}
    ticket = locked(session, number, _in_charge(author, group))
    act(session, ticket, Action(joint.action), _in_charge(author, group), now, Details(note=text_for(locale, texts)))


def _in_charge(author: Actor, group: str) -> Actor:
    """Return the author with the right to answer: by linking the request, its own group gave it to the leading one."""
    return replace(author, groups=author.groups | {group})
