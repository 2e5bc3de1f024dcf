"""Makes people, catalogues and tickets for tests; tickets reach their state by the real actions."""

import hashlib
import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions.announcements import publish as publish_announcement
from servicedesk.actions.answers import import_answer
from servicedesk.actions.details import Details
from servicedesk.actions.standard_answers import import_answer as import_standard_answer
from servicedesk.actions.standard_contacts import set_contact
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.rules import announcements as announcement_rules
from servicedesk.rules import answers as answer_rules
from servicedesk.rules import catalogue as shapes
from servicedesk.rules import recurring as recurring_rules
from servicedesk.rules.automation import Conditions, Deeds, Rule, Trigger
from servicedesk.rules.catalogue_json import to_data, to_json
from servicedesk.rules.lifecycle import Action, State, WaitingFor
from servicedesk.rules.permissions import EVERY_SERVICE, SYSTEM, Actor, ActorKind, Role
from servicedesk.rules.rhythm import OffDay, Rhythm, Unit
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.standard_answers import Contact, Sequel
from servicedesk.rules.standard_answers import Written as StandardWritten
from servicedesk.store import people
from servicedesk.store.models.announcements import Announcement
from servicedesk.store.models.automation import AutomationFiring, AutomationRule
from servicedesk.store.models.people import Absence, Identity, Person, RoleGrant, StudentRecord
from servicedesk.store.models.recurring import RecurringRun, RecurringTicket
from servicedesk.store.models.system import CatalogueVersion
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import next_number

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"
ROME = ZoneInfo("Europe/Rome")
_serial = itertools.count(1)


def text(words: str) -> shapes.LocalText:
    return shapes.LocalText(f"{words} (it)", f"{words} (en)")


def group(code: str, line: int = 1, strategy: str = "manual", **more: Any) -> shapes.Group:
    return shapes.Group(
        code=code,
        name=text(f"Group {code}"),
        line=line,
        strategy=shapes.Strategy(strategy),
        signature=text("The desk"),
        contact=text("Room 1"),
        **more,
    )


def category(key: str, group_code: str = "DESK", **more: Any) -> shapes.Category:
    values: dict[str, Any] = {
        "service_id": SERVICE,
        "parent": None,
        "name": text(f"Category {key}"),
        "description": text(f"About {key}."),
        "group": group_code,
        "audience": frozenset({shapes.Audience.STUDENT, shapes.Audience.EXTERNAL, shapes.Audience.STAFF}),
        "selectable": True,
    }
    return shapes.Category(key=key, **{**values, **more})


def service(**more: Any) -> shapes.Service:
    values: dict[str, Any] = {
        "id": SERVICE,
        "key": "students",
        "name": text("Student service"),
        "description": text("For students."),
        "zone": "Europe/Rome",
        "hours": {day: ((time(9), time(17)),) for day in range(5)},
        "audience": frozenset({shapes.Audience.STUDENT}),
        "fallback_group": "DESK",
    }
    return shapes.Service(**{**values, **more})


def catalogue(categories: Iterable[shapes.Category] = (), **service_values: Any) -> shapes.Catalogue:
    """A small catalogue: DESK takes by hand and is line 1, TURNS takes turns, FEW gives to the least loaded, line 2."""
    groups = [group("DESK"), group("INFO"), group("TURNS", 2, "round_robin"), group("FEW", 2, "least_loaded")]
    default = [category("fees"), category("exams", "FEW"), category("plans", "TURNS")]
    everyone = frozenset({shapes.Audience.EVERYONE})
    open_to_all = category("login", audience=everyone, kind="incident", urgency=3, impact=3)
    chosen = list(categories) or [*default, open_to_all]
    return shapes.Catalogue(
        services={SERVICE: service(**service_values)},
        groups={each.code: each for each in groups},
        categories={each.key: each for each in chosen},
    )


def publish(session: Session, tree: shapes.Catalogue | None = None, now: datetime = NOW) -> shapes.Catalogue:
    """Make `tree` the running catalogue."""
    tree = tree or catalogue()
    content = to_json(tree)
    number = (session.query(CatalogueVersion).count()) + 1
    digest = hashlib.sha256(content.encode()).hexdigest()
    session.add(
        CatalogueVersion(
            number=number,
            file_hash=digest,
            content=to_data(tree),
            content_hash=digest,
            difference={},
            applied_at=now,
            applied_by="test",
        )
    )
    session.flush()
    return tree


def person(session: Session, **values: Any) -> Person:
    serial = next(_serial)
    defaults = {
        "given_name": "Lucia",
        "family_name": f"Studente{serial}",
        "email": f"person{serial}@example.org",
        "phone": "",
        "locale": "en",
        "created_at": NOW,
    }
    made = Person(**{**defaults, **values})
    session.add(made)
    session.flush()
    return made


def guest(session: Session, **values: Any) -> Person:
    return person(session, is_guest=True, **values)


def student(session: Session, *, area: str = "ECO", status: str = "active", **values: Any) -> Person:
    """A person whose record in the register is found by the fiscal identity."""
    made = person(session, **values)
    fiscal = hashlib.sha256(f"fiscal {made.id}".encode()).hexdigest()
    session.add(Identity(person_id=made.id, namespace=people.FISCAL, subject=fiscal, created_at=NOW))
    session.add(
        StudentRecord(
            fiscal_hash=fiscal,
            student_number=f"7{made.id:05d}",
            given_name=made.given_name,
            family_name=made.family_name,
            institutional_email=f"s{made.id}@studenti.example.org",
            degree_course="BANCA",
            degree_course_name="Banca e finanza",
            area=area,
            status=status,
            imported_at=NOW,
        )
    )
    session.flush()
    return made


def institutional_address(session: Session, who: Person) -> str:
    """The address the register gives a student."""
    known = people.student_of(session, who.id)
    assert known is not None
    return known.institutional_email


def _with_role(session: Session, role: Role, values: dict[str, Any], **grant: Any) -> Person:
    serial = next(_serial)
    made = person(
        session, **{"code": f"0{serial:05d}", "given_name": "Teo", "family_name": f"Tecnico{serial}", **values}
    )
    session.add(RoleGrant(person_id=made.id, role=role, granted_at=NOW, **grant))
    session.flush()
    return made


def technician(session: Session, group_code: str = "DESK", areas: Iterable[str] = (), **values: Any) -> Person:
    return _with_role(session, Role.TECHNICIAN, values, group_code=group_code, areas=list(areas))


def supervisor(session: Session, group_code: str = "DESK", **values: Any) -> Person:
    return _with_role(session, Role.SUPERVISOR, values, group_code=group_code, areas=[])


def administrator(session: Session, service_id: str = EVERY_SERVICE, **values: Any) -> Person:
    return _with_role(session, Role.ADMINISTRATOR, values, service_id=service_id, areas=[])


def absence(session: Session, who: Person, first: date, last: date) -> None:
    session.add(Absence(person_id=who.id, first_day=first, last_day=last))
    session.flush()


def actor(session: Session, who: Person, ticket: Ticket | None = None) -> Actor:
    """The person as an actor; a guest with the access to one ticket."""
    if who.is_guest:
        return Actor(ActorKind.GUEST, person_id=who.id, ticket_id=ticket.id if ticket else None)
    found = people.actor_of(session, who.id)
    assert found is not None
    return found


def ticket(
    session: Session,
    *,
    state: State = State.ASSIGNED_GROUP,
    requester: Person | None = None,
    technician: Person | None = None,
    key: str = "fees",
    now: datetime = NOW,
    suffix: str | None = None,
    **values: Any,
) -> Ticket:
    """A ticket that reached `state` by real actions, all at `now`; needs a published catalogue."""
    requester = requester or student(session)
    new = NewTicket(
        number=next_number(session, now, ROME),
        category_key=key,
        title=values.pop("title", "Renewing late"),
        body=from_plain(values.pop("body", "How do I renew late?")),
        origin="public_form" if requester.is_guest else "person",
        answers=values.pop("answers", {}),
        access_suffix=suffix,
        **values,
    )
    by = Actor(ActorKind.GUEST if requester.is_guest else ActorKind.PERSON, person_id=requester.id)
    made = open_ticket(session, new, requester.id, by, now)
    _lead_to(session, made, state, technician, now)
    return made


PATHS: dict[State, tuple[Action, ...]] = {
    State.NEW: (),
    State.ASSIGNED_GROUP: (),
    State.ASSIGNED_TECHNICIAN: (Action.TAKE,),
    State.IN_PROGRESS: (Action.TAKE, Action.START),
    State.WAITING: (Action.TAKE, Action.WAIT),
    State.RESOLVED: (Action.TAKE, Action.PROPOSE),
    State.CLOSED: (Action.TAKE, Action.PROPOSE, Action.ACCEPT),
    State.CANCELLED: (Action.WITHDRAW,),
}


def _lead_to(session: Session, made: Ticket, state: State, worker: Person | None, now: datetime) -> None:
    owner = session.get(Person, made.requester_id)
    assert owner is not None
    asker = actor(session, owner, made)
    path = PATHS[state]
    if Action.TAKE in path:
        worker = worker or technician(session, made.group_code)
    for action in path:
        by = asker if action in (Action.ACCEPT, Action.WITHDRAW) else actor(session, worker) if worker else SYSTEM
        act(session, made, action, by, now, Details(note=from_plain("Words."), waiting_for=WaitingFor.REQUESTER))


def later(**delta: float) -> datetime:
    """NOW and a while."""
    return NOW + timedelta(**delta)


def standard_answer(session: Session, shortcut: str, it: str, en: str, sequel: str = "propose", **values: Any) -> None:
    """A published standard answer for all groups; `values` are those of what is written."""
    texts = {"it": from_plain(it), "en": from_plain(en)}
    made = StandardWritten(values.pop("name", shortcut.capitalize()), texts, sequel=Sequel(sequel), **values)
    import_standard_answer(session, shortcut, made, "command:test", values.get("now", NOW))


def counter_contact(session: Session, area: str, text: str, category_key: str | None = None) -> int:
    """The contacts of the counter for an area."""
    return set_contact(session, Contact("area", area, {"it": text, "en": text}, category_key), "command:test", NOW)


def written(category_key: str = "fees", audience: str = "everyone", **texts: str) -> answer_rules.Written:
    """An answer as somebody wrote it: `it="..."` and `en="..."` are its bodies, in both languages by default."""
    bodies = texts or {"it": "Paga con **pagoPA**.", "en": "Pay through **pagoPA**."}
    titles = {"it": "Come si paga?", "en": "How do I pay?"}
    return answer_rules.Written(
        answer_rules.Kind.QUESTION,
        category_key,
        frozenset({shapes.Audience(audience)}),
        {language: answer_rules.Text(titles[language], body) for language, body in bodies.items()},
    )


def answer(session: Session, key: str, category_key: str = "fees", audience: str = "everyone", **texts: str) -> None:
    """Publish an answer, as an import does."""
    import_answer(session, key, written(category_key, audience, **texts), "command:test", NOW, replace=True)


def announcement(session: Session, title: str = "Closed", audience: str = "everyone", **values: Any) -> Announcement:
    """An announcement that shows from NOW for a week; `values` are fields of `rules.announcements.Written`."""
    defaults: dict[str, Any] = {
        "weight": announcement_rules.Weight.INFORMATION,
        "service_id": None,
        "audience": frozenset({shapes.Audience(audience)}),
        "starts_at": NOW,
        "ends_at": later(days=7),
        "texts": announced(title),
    }
    written_one = announcement_rules.Written(**{**defaults, **values})
    return publish_announcement(session, written_one, "command:test", NOW)


def announced(title: str) -> dict[str, announcement_rules.Text]:
    """The texts of an announcement in both languages."""
    return {
        "it": announcement_rules.Text(f"{title} (it)", "Gli sportelli **riaprono** lunedì."),
        "en": announcement_rules.Text(title, "The counters **open again** on Monday."),
    }


def rule(session: Session, ticket: Ticket, name: str = "Look at it", now: datetime = NOW) -> int:
    """A rule of the ticket's service that is on, tried, and has acted on the ticket."""
    written = Rule(name, Trigger.OPENED, Conditions(words=("late",)), Deeds(note="Look at the ledger."))
    row = AutomationRule(
        service_id=ticket.service_id,
        position=next(_serial),
        name=name,
        trigger=written.trigger,
        content=written.as_json(),
        revision=1,
        tried_revision=1,
        is_on=True,
        on_since=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    done = ["note"]
    session.add(AutomationFiring(rule_id=row.id, ticket_id=ticket.id, cause_seq=1, at=now, done=done, refused={}))
    session.flush()
    return row.id


def recurring(session: Session, ticket: Ticket, owner: Person, name: str = "Printers", now: datetime = NOW) -> int:
    """A request of the ticket's category that opens itself every Monday, and did once: the ticket."""
    it = recurring_rules.Recurring(
        name=name,
        category=ticket.category_key,
        title=shapes.LocalText("Stampanti", "Printers"),
        text=shapes.LocalText("Guardare le stampanti.", "Look at the printers."),
        rhythm=Rhythm(Unit.WEEK, now.date(), time(8, 30), weekdays=(0,), off_days=OffDay.NEXT),
        deeds=Deeds(note="Toner, paper."),
    )
    row = RecurringTicket(
        service_id=ticket.service_id,
        category_key=ticket.category_key,
        group_code=ticket.group_code,
        name=name,
        content=it.as_json(),
        requester_id=owner.id,
        owner_id=owner.id,
        seen_until=now,
        next_at=now + timedelta(days=7),
        changed_at=now,
    )
    session.add(row)
    session.flush()
    session.add(RecurringRun(recurring_id=row.id, due_at=now, at=now, ticket_id=ticket.id, missed=1))
    session.flush()
    return row.id
