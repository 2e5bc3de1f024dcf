"""The demo's changes: one in each phase, with windows that collide, a freeze, and a problem that one of them fixes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions.change_opening import open_change, resolve_problems
from servicedesk.actions.change_rules import freeze
from servicedesk.actions.details import Details
from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.tickets import NewTicket, act
from servicedesk.rules.catalogue import Category
from servicedesk.rules.changes import ChangeType, Plan, Result
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.states import Action
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.staff import person_meant
from servicedesk.store.tickets import next_number

NETWORK, PORTAL = "r.cablati@unidemo.example", "p.portali@unidemo.example"
LEADER, ADMINISTRATOR = "n.coordini@unidemo.example", "o.gestori@unidemo.example"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SEEN = "Si accede da due aule di ogni edificio e dal portale."
Step = tuple[str, Action, Details]


@dataclass(frozen=True, slots=True)
class Scene:
    """One change: who plans it, how many days ago, when its window begins, and what happened to it since."""

    by: str
    title: str
    reason: str
    opened: int
    window: float | None
    """Days from now, of two hours each; None while there is none."""
    steps: Sequence[Step] = ()
    change_type: ChangeType = ChangeType.NORMAL
    harm: int = 2
    likelihood: int = 1
    plan: str = "Avvisare i presidi. Copiare la configurazione. Sostituire. Provare."
    fixes_problem: bool = False
    first_title: str = ""
    """What it was called before its plan was written."""


def _said(text: str, result: Result | None = None) -> Details:
    return Details(note=from_plain(text), result=result.value if result else "")


def _forward(by: str) -> Step:
    return (by, Action.PUT_FORWARD, Details())


APPROVED = (LEADER, Action.APPROVE, Details())
SCENES = (
    Scene(
        NETWORK,
        "Sostituire gli apparati di rete dell'edificio C",
        "Gli apparati non ricevono più aggiornamenti.",
        opened=5,
        window=None,
        plan="",
    ),
    Scene(
        PORTAL,
        "Nuova versione del portale degli studenti",
        "Corregge l'accesso da telefono e la stampa dei certificati.",
        opened=4,
        window=9.4,
        harm=3,
        steps=(_forward(PORTAL),),
    ),
    Scene(
        PORTAL,
        "Indice per la ricerca dei corsi",
        "La ricerca impiega più di dieci secondi.",
        opened=8,
        window=9.45,
        steps=(
            _forward(PORTAL),
            (LEADER, Action.DISAPPROVE, _said("Manca chi presidia in quelle ore: spostare di una settimana.")),
        ),
    ),
    Scene(
        NETWORK,
        "Allargare il collegamento della biblioteca",
        "Nelle ore di punta la rete della biblioteca è satura.",
        first_title="Rete lenta in biblioteca",
        opened=10,
        window=4.5,
        steps=(_forward(NETWORK), APPROVED),
    ),
    Scene(
        PORTAL,
        "Correzione di sicurezza del portale",
        "Una falla resa nota ieri permette di leggere dati altrui.",
        opened=1,
        window=-0.05,
        harm=3,
        change_type=ChangeType.EMERGENCY,
        steps=(_forward(PORTAL), (PORTAL, Action.BEGIN, Details())),
    ),
    Scene(
        NETWORK,
        "Aggiornamento mensile dei punti di accesso",
        "Aggiornamento di ogni mese.",
        opened=6,
        window=-2.2,
        harm=1,
        change_type=ChangeType.STANDARD,
        steps=(
            _forward(NETWORK),
            (NETWORK, Action.BEGIN, Details()),
            (NETWORK, Action.FINISH, _said("Un punto di accesso va sostituito.", Result.WITH_ISSUES)),
        ),
    ),
    Scene(
        NETWORK,
        "Rinnovo del certificato della rete senza fili",
        "Il certificato scaduto interrompe i collegamenti ogni mattina.",
        opened=20,
        window=-14,
        fixes_problem=True,
        steps=(
            _forward(NETWORK),
            APPROVED,
            (NETWORK, Action.BEGIN, Details()),
            (NETWORK, Action.FINISH, _said("Certificato rinnovato, nessuna interruzione.", Result.SUCCESSFUL)),
            (LEADER, Action.REVIEW, _said("Il rinnovo va messo in calendario ogni anno.")),
        ),
    ),
    Scene(
        PORTAL,
        "Spostamento del portale su nuovi server",
        "I server attuali escono dalla garanzia.",
        opened=30,
        window=-20,
        steps=(
            _forward(PORTAL),
            APPROVED,
            (PORTAL, Action.CALL_OFF, _said("La garanzia è stata prolungata di due anni.")),
        ),
    ),
)


def add(session: Session, now: datetime) -> int:
    """Plan them and lead each as far as it has come by the real actions; return how many they are."""
    for scene in SCENES:
        with writing(session):
            _play(session, scene, now)
    with writing(session):
        exams = (now + 15 * DAY, now + 36 * DAY)
        freeze(session, "", *exams, "Sessione d'esami", _who(session, ADMINISTRATOR), now)
    return len(SCENES)


def _play(session: Session, scene: Scene, now: datetime) -> None:
    by, at = _who(session, scene.by), now - scene.opened * DAY
    problem = _problem(session, by, at - DAY) if scene.fixes_problem else None
    category = _category(session, by)
    plan = _plan(scene, now, category.service_id)
    new = _filed(session, category.key, scene.first_title or scene.title, scene.reason, at)
    change, _ties = open_change(session, new, replace(plan, plan=""), [problem.number] if problem else [], by, at)
    if plan.plan:
        act(session, change, Action.PLAN, by, at + HOUR, Details(plan=plan, title=scene.title))
    for number, (who, action, details) in enumerate(scene.steps):
        at_step = min(at + (number + 2) * HOUR, now)
        act(session, change, action, _who(session, who), at_step, details)
    if problem:
        resolve_problems(session, change.id, [problem.number], from_plain(scene.reason), by, now - 13 * DAY)


def _plan(scene: Scene, now: datetime, service_id: str) -> Plan:
    starts_at = None if scene.window is None else _half_hour(now + scene.window * DAY)
    return Plan(
        change_type=scene.change_type,
        reason=scene.reason,
        harm=scene.harm if scene.plan else None,
        likelihood=scene.likelihood if scene.plan else None,
        plan=scene.plan,
        back_out="Rimettere la configurazione salvata: si decide entro un'ora dall'inizio.",
        verification=SEEN,
        services=(service_id,),
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR if starts_at else None,
    )


def _half_hour(at: datetime) -> datetime:
    return at.replace(minute=30 if at.minute >= 30 else 0, second=0, microsecond=0)


def _problem(session: Session, by: Actor, at: datetime) -> Ticket:
    key = _category(session, by).key
    new = _filed(session, key, "Rete senza fili interrotta ogni mattina", "Da una settimana, verso le 8.", at)
    return open_problem(session, new, [], by, at)[0]


def _filed(session: Session, key: str, title: str, text: str, at: datetime) -> NewTicket:
    tree = catalogue.current(session)
    zone = ZoneInfo(tree.services[tree.categories[key].service_id].zone)
    return NewTicket(next_number(session, at, zone), key, title, from_plain(text), "person", {})


def _category(session: Session, by: Actor) -> Category:
    """Return a category that the person's group answers."""
    found = catalogue.current(session).categories.values()
    return next(each for each in found if each.group in by.groups and each.selectable)


def _who(session: Session, email: str) -> Actor:
    found = people.actor_of(session, person_meant(session, email).id)
    assert found is not None
    return found
