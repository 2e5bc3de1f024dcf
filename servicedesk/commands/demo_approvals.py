"""The demo's requests that need an approval: waiting at each step, approved, refused, late, asked of somebody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.approval_runs import look_after
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.commands import demo_people
from servicedesk.rules.identity import FISCAL
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.store import catalogue, people
from servicedesk.store.approvals import answers_of, pending_round
from servicedesk.store.base import writing
from servicedesk.store.models.people import Identity, Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.people import actor_of
from servicedesk.store.staff import person_meant
from servicedesk.store.tickets import next_number

CATEGORY = "laboratori-accesso"
LEADER, OFFICE, OTHER = "n.coordini@unidemo.example", "l.didatti@unidemo.example", "r.cablati@unidemo.example"
PLACE = {"place": "Edificio B, laboratorio 2"}


@dataclass(frozen=True, slots=True)
class Scene:
    """One request: what is asked, how many days ago, and what happened to it since."""

    title: str
    text: str
    days_ago: float
    then: Callable[["Play"], None]


@dataclass
class Play:
    """One request under the hands of those who approve."""

    session: Session
    ticket: Ticket
    at: datetime

    def does(self, email: str, action: Action, hours: float, words: str = "", details: Details | None = None) -> None:
        """Let somebody act so many hours after the request was opened."""
        note = from_plain(words) if words else None
        act(
            self.session,
            self.ticket,
            action,
            self.who(email),
            self.at + timedelta(hours=hours),
            details or Details(note),
        )

    def who(self, email: str) -> Actor:
        """Return a member of staff by address."""
        found = people.actor_of(self.session, person_meant(self.session, email).id)
        assert found is not None
        return found

    def asks(self, email: str, hours: float) -> None:
        """Let the supervisor ask somebody else instead of the first who was asked."""
        under_way = pending_round(self.session, self.ticket.id)
        assert under_way is not None
        question = answers_of(self.session, under_way.id, under_way.step)[0].id
        details = Details(approval_id=question, technician_id=self.who(email).person_id)
        self.does(LEADER, Action.REPLACE_APPROVER, hours, details=details)

    def passes(self, *days: float) -> None:
        """Let the desk look after the approval at these times."""
        for each in days:
            look_after(self.session, self.at + timedelta(days=each), 50)


def _half_way(play: Play) -> None:
    play.does(LEADER, Action.APPROVE, 3)
    play.does(OFFICE, Action.REMARK, 20, "Chi apre il sabato? Approvo appena so che c'è sorveglianza.")


def _approved(play: Play) -> None:
    play.does(LEADER, Action.APPROVE, 2)
    play.does(OFFICE, Action.APPROVE, 20, "D'accordo, il docente ha confermato.")


def _refused(play: Play) -> None:
    play.does(LEADER, Action.DISAPPROVE, 5, "La domenica l'edificio è chiuso e non c'è sorveglianza: scelga il sabato.")


def _elsewhere(play: Play) -> None:
    play.does(LEADER, Action.APPROVE, 1)
    play.does(LEADER, Action.REMIND_APPROVERS, 26)
    play.asks(OTHER, 28)


SCENES = (
    Scene(
        "Laboratorio la sera per la tesi",
        "Dal lunedì al giovedì fino alle 21, con la prof.ssa Bianchi.",
        0.4,
        lambda _p: None,
    ),
    Scene("Sabato mattina in laboratorio", "Per il progetto di gruppo, con l'ing. Neri.", 1.2, _half_way),
    Scene("Accesso serale fino a giugno", "Simulazioni lunghe per la tesi magistrale.", 6.0, _approved),
    Scene("Laboratorio di domenica", "Vorrei lavorare anche la domenica pomeriggio.", 4.0, _refused),
    Scene(
        "Laboratorio nelle vacanze",
        "Nessuno mi ha ancora risposto: serve entro il mese.",
        8.0,
        lambda p: p.passes(3.1, 6.2),
    ),
    Scene("Badge per il laboratorio di reti", "Due sere a settimana, esercitazioni di reti.", 2.5, _elsewhere),
)


def add(session: Session, now: datetime) -> int:
    """Play them by the real actions, and return how many they are."""
    with writing(session):
        students = _students(session)
    for scene, student in zip(SCENES, students, strict=True):
        at = now - timedelta(days=scene.days_ago)
        with writing(session):
            scene.then(Play(session, _opened(session, scene, student, at), at))
    return len(SCENES)


def _students(session: Session) -> list[int]:
    query = (
        sa.select(Person.id)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.namespace == FISCAL, Person.code.is_(None), Person.id.not_in(demo_people.named()))
        .order_by(Person.id.desc())
    )
    found = session.scalars(query.limit(len(SCENES) * 20)).all()
    return [each for each in found if people.student_of(session, each)][: len(SCENES)]


def _opened(session: Session, scene: Scene, student: int, at: datetime) -> Ticket:
    tree = catalogue.current(session)
    zone = ZoneInfo(tree.services[tree.categories[CATEGORY].service_id].zone)
    actor = actor_of(session, student)
    assert actor is not None
    new = NewTicket(
        number=next_number(session, at, zone),
        category_key=CATEGORY,
        title=scene.title,
        body=from_plain(scene.text),
        origin="person",
        answers=PLACE,
    )
    return open_ticket(session, new, student, actor, at)
