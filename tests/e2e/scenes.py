"""A desk with something on every page, and who is signed in at it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import alarms, attribute_preview, outbox, refusals, sessions
from servicedesk.actions import people as person_actions
from servicedesk.actions.appointment_slots import hold
from servicedesk.actions.appointments import cancel
from servicedesk.actions.catalogue_drafts import begin
from servicedesk.actions.details import Details
from servicedesk.actions.figures import keep_day, tallied
from servicedesk.actions.problem_opening import open_problem
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.gateways.mailbox import Mailbox
from servicedesk.rules.addresses import feedback_token, preferences_token, status_token
from servicedesk.rules.announcements import Weight
from servicedesk.rules.catalogue_edit import with_category, with_retirement
from servicedesk.rules.identity import Proof
from servicedesk.rules.lifecycle import Action, WaitingFor
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.rules.richtext import from_html, from_plain
from servicedesk.rules.sentences import Sentence
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Identity, Person, StudentRecord
from servicedesk.store.models.problems import ProblemSuggestion
from servicedesk.store.models.retention import LegalHold
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import next_number
from tests import between_lines, changes, counters, factories, levels
from tests.e2e.recipes import ADMINISTRATOR, NEWCOMER, STUDENT, SUPERVISOR, TECHNICIAN
from tests.e2e.world import World

ROME = ZoneInfo("Europe/Rome")


@dataclass(frozen=True)
class Scene:
    """Who is signed in with which token, and the numbers of tickets by what they show."""

    tokens: Mapping[str, str]
    numbers: Mapping[str, str]
    guest_link: str

    def address(self, path: str) -> str:
        """Return a page's address with the numbers filled in."""
        return path.format(**self.numbers) if "{" in path else path


def build_scene(world: World) -> Scene:
    """Make a student with tickets in every state, a technician, an administrator, a newcomer and a guest."""
    now = datetime.now(UTC)
    with world.session() as session, writing(session):
        student = _student(session, now)
        newcomer = person_actions.sign_in(session, _arrival("newcomer", "Nuovo", "Arrivato"), (), now)
        technician = session.scalars(sa.select(Person).where(Person.email == "g.letterati@unidemo.example")).one()
        administrator = session.scalars(sa.select(Person).where(Person.email == "o.gestori@unidemo.example")).one()
        scene = _tickets(session, student, technician, now, world)
        _spoil_one_mail(session)
        _record_sign_ins(session, now)
        today = now.astimezone(ROME).date()
        keep_day(session, today, tallied(session, today, ROME, now), now)
        factories.answer(session, "pay", "tasse-pagamenti", en="## When\n\nPay by *November*.", it="Paga.")
        factories.answer(session, "pay", "tasse-pagamenti", en="## When\n\nPay by *November*.", it="Paga a *novembre*.")
        factories.answer(session, "only-english", "accesso-login", en="Ask the help desk.")
        numbers = {**scene[0], **_appointments(session, student, now), "mail": _mail_in_mailbox(world)}
        numbers["followed"] = _shared(session, student, newcomer, numbers["closed"], now)
        numbers["news"] = _announcements(session, now)
        acted_on = session.scalars(sa.select(Ticket).order_by(Ticket.id).limit(1)).one()
        numbers["rule"] = str(factories.rule(session, acted_on, now=now))
        session.add(LegalHold(ticket_id=acted_on.id, reason="An appeal is pending.", placed_at=now))
        numbers["recurring"] = str(factories.recurring(session, acted_on, administrator, now=now))
        levels.promise(session, "INFO1", now, targets=2)
        levels.promise(session, "INFO1", now)
        factories.standard_answer(session, "late", "Gentile {requester_name}", "Dear {requester_name}")
        factories.standard_answer(session, "counter", "{counter_contacts}", "{counter_contacts}", "reply_close")
        numbers["contact"] = str(factories.counter_contact(session, "Lettere e Filosofia", "Via delle Scienze 8"))
        numbers["draft"] = _draft(session, administrator, now)
        supervisor = session.scalars(sa.select(Person).where(Person.email == "n.coordini@unidemo.example")).one()
        numbers |= _between_lines(session, student, technician, supervisor, now)
        staff = {TECHNICIAN: technician, SUPERVISOR: supervisor, ADMINISTRATOR: administrator}
        who = {STUDENT: student, NEWCOMER: newcomer, **staff}
        tokens = {
            name: sessions.start(session, person.id, sessions.AtProvider("x", "x"), now + timedelta(hours=2), now)
            for name, person in who.items()
        }
        return Scene(tokens, numbers, scene[1])


def _between_lines(
    session: Session, student: Person, technician: Person, supervisor: Person, now: datetime
) -> dict[str, str]:
    """Let a ticket wait for a decision, an acknowledgement and advice, be a major incident, and somebody be away."""
    asker, worker, leader = (people.actor_of(session, who.id) for who in (student, technician, supervisor))
    assert asker and worker and leader
    ticket = _open(session, asker, "iscrizione-rinnovo-lettere", "Two offices, one question", now)
    between_lines.unsettle(session, ticket, worker, "INFO1", "TASSE", now)
    act(session, ticket, Action.DECLARE_MAJOR, leader, now, Details(note=from_plain("The portal is down.")))
    unapproved = _open(session, asker, "laboratori-accesso", "The lab at night", now)
    return {
        "unapproved": unapproved.number,
        "unsettled": ticket.number,
        "absence": str(between_lines.away(session, technician.id, None, now)),
    }


def _appointments(session: Session, student: Person, now: datetime) -> dict[str, str]:
    """Let the student have an appointment, one that was cancelled, and a form that is being filled in."""
    counters.open_counter(session, now, group="CARR-LET", **counters.always_open(now))
    start = now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=2)
    found = {"booked": counters.booked(session, start, student.id, now)}
    found["dropped"] = counters.booked(session, start + timedelta(hours=1), student.id, now)
    cancel(session, found["dropped"], student.id, now)
    found["held"] = hold(session, counters.wish(start + timedelta(hours=2), mode="online"), student.id, now)
    return {**found, "day": start.date().isoformat()}


def _announcements(session: Session, now: datetime) -> str:
    """Announce something of every weight, and return the id of the first."""
    period = {"starts_at": now, "ends_at": now + timedelta(days=1)}
    made = [factories.announcement(session, f"Of the weight {each.name}", weight=each, **period) for each in Weight]
    return str(made[0].id)


def _draft(session: Session, administrator: Person, now: datetime) -> str:
    """Let an administrator prepare a catalogue in which a category goes elsewhere and another is retired."""
    by = people.actor_of(session, administrator.id)
    assert by
    tree = with_retirement(catalogue.current(session), "mensa", is_retired=True)
    moved = replace(tree.categories["iscrizione-rinnovo-lettere"], group="INFO1")
    changed = with_category(tree, moved, is_carried=False)
    return str(begin(session, by, "running", "New ways", changed, now).id)


def _spoil_one_mail(session: Session) -> None:
    """Let one mail have failed for good, so that the lists of failed mails show something."""
    notice = session.scalars(sa.select(Notice).order_by(Notice.id)).first()
    assert notice is not None
    outbox.mark_failed(session, notice.id, notice.first_try_at, "550 no such user", is_final=True)


def _record_sign_ins(session: Session, now: datetime) -> None:
    """Let there be an alarm, sign-ins of both kinds, and something that a provider gave."""
    known = {"profile": "university", "provider": "https://provider.test/"}
    alarms.raise_alarm(session, "test", Sentence("The certificate of %(name)s expires soon.", {"name": "Alfa ID"}), now)
    refusals.note_accepted(session, **known, now=now)
    refusals.note(session, **known, code="expired", pseudonym="0123456789abcdef", now=now)
    given = {"urn:oid:2.5.4.42": ["Lucia"], "mail": ["lucia@example.org"]}
    mapped, missing = {"given_name": ["Lucia"]}, ["family_name"]
    attribute_preview.remember(session, **known, raw=given, mapped=mapped, missing=missing, now=now)


def _mail_in_mailbox(world: World) -> str:
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = "[2026000001] Aperto", "rita@example.org", "desk@example.org"
    message.set_content("Il ticket è aperto.\n\nhttp://127.0.0.1/status/x\n")
    message.add_alternative("<p>Il ticket è aperto.</p>", subtype="html")
    return Mailbox(world.settings.demo.mailbox).keep(message.as_bytes(), "rita@example.org")


def _arrival(subject: str, given: str, family: str) -> person_actions.Arrival:
    attributes = {"given_name": (given,), "family_name": (family,), "email": (f"{subject}@example.org",)}
    return person_actions.Arrival(Proof("https://provider.test/", subject), attributes, "it")


def _student(session: Session, now: datetime) -> Person:
    hashed = session.scalars(
        sa.select(StudentRecord.fiscal_hash).where(StudentRecord.family_name == "Scriventi")
    ).first()
    assert hashed
    arrival = person_actions.Arrival(
        Proof(people.FISCAL, hashed),
        {"given_name": ("Elena",), "family_name": ("Scriventi",), "email": ("e@example.org",)},
        "it",
    )
    made = person_actions.sign_in(session, arrival, (), now)
    assert session.scalars(sa.select(Identity.id).where(Identity.person_id == made.id)).first()
    return made


def _tickets(
    session: Session, student: Person, technician: Person, now: datetime, world: World
) -> tuple[dict[str, str], str]:
    asker, worker = people.actor_of(session, student.id), people.actor_of(session, technician.id)
    assert asker and worker
    numbers = {}
    for name, path in {
        "open": (),
        "progress": (Action.TAKE, Action.START, Action.NOTE),
        "waiting": (Action.TAKE, Action.WAIT),
        "resolved": (Action.TAKE, Action.COMMENT, Action.PROPOSE),
        "closed": (Action.TAKE, Action.PROPOSE, Action.ACCEPT),
        "cancelled": (Action.WITHDRAW,),
    }.items():
        ticket = _open(session, asker, "iscrizione-rinnovo-lettere", f"Renewing my enrolment late: {name}", now)
        numbers[name] = ticket.number
        if name == "closed":
            numbers["feedback"] = feedback_token(world.settings.secret_key, ticket.id)
        for action in path:
            by = asker if action in (Action.ACCEPT, Action.WITHDRAW) else worker
            words = from_html("<div>Which <strong>year</strong> are you enrolled in?</div><ul><li>first</li></ul>")
            act(session, ticket, action, by, now, Details(note=words, waiting_for=WaitingFor.REQUESTER))
    guest = Person(
        given_name="Rita", family_name="Ospiti", email="rita@example.org", is_guest=True, created_at=now, locale="it"
    )
    session.add(guest)
    session.flush()
    filed = _open(
        session, Actor(ActorKind.GUEST, person_id=guest.id), "accesso-login", "I cannot sign in", now, "7KQF2M"
    )
    numbers["guest"] = filed.number
    numbers["whole"] = _parts(session, asker, worker, now)
    numbers["problem"] = _problem(session, worker, numbers["progress"], now)
    numbers["change"] = changes.planned(session, worker, "iscrizione-rinnovo-lettere", now, [numbers["problem"]]).number
    numbers["window"] = (now + timedelta(days=2)).date().isoformat()
    changes.frozen(session, technician.id, now)
    numbers["choices"] = preferences_token(world.settings.secret_key, guest.id, guest.email)
    return numbers, f"/status/{status_token(world.settings.secret_key, filed.id, '7KQF2M')}"


def _parts(session: Session, asker: Actor, worker: Actor, now: datetime) -> str:
    """Let a ticket have two parts, and return its number."""
    whole, *parts = (_open(session, asker, "iscrizione-rinnovo-lettere", f"Lecture room {n}", now) for n in range(3))
    for part in parts:
        act(session, part, Action.LINK, worker, now, Details(link_kind="child_of", other=whole.number))
    return whole.number


def _problem(session: Session, worker: Actor, incident: str, now: datetime) -> str:
    """Let there be a known error over an incident, and a suggestion to look for another; return the first's number."""
    number, key = next_number(session, now, ROME), "iscrizione-rinnovo-lettere"
    new = NewTicket(number, key, "The register is slow", from_plain("Since Monday."), "person", {})
    problem, _left_out = open_problem(session, new, [incident], worker, now)
    act(session, problem, Action.DIAGNOSE, worker, now, Details(note=from_plain("A missing index.")))
    act(session, problem, Action.WORK_AROUND, worker, now, Details(texts={"it": "Aspettate.", "en": "Wait."}))
    act(session, problem, Action.KNOW_ERROR, worker, now)
    values = {"category_key": key, "group_code": problem.group_code, "count": 12, "usual": 1.5, "state": "open"}
    session.add(ProblemSuggestion(since=now - timedelta(hours=4), found_at=now, reason="", **values))
    return number


def _shared(session: Session, student: Person, newcomer: Person, closed: str, now: datetime) -> str:
    """Let the student's closed ticket be shared and public, and another's be followed; return that one's number."""
    asker, other = people.actor_of(session, student.id), people.actor_of(session, newcomer.id)
    assert asker and other
    own = session.scalars(sa.select(Ticket).where(Ticket.number == closed)).one()
    act(session, own, Action.SHARE, asker, now, Details(address="friend@studenti.example.org"))
    act(session, own, Action.PUBLISH, asker, now, Details(scope="course", is_confirmed=True))
    followed = _open(session, other, "iscrizione-rinnovo-lettere", "A request shared with me", now)
    address = people.mail_address(session, student.id)
    act(session, followed, Action.SHARE, other, now, Details(address=address))
    act(session, followed, Action.COMMENT, asker, now, Details(note=from_plain("I have the same question.")))
    return followed.number


def _open(session: Session, by: Actor, key: str, title: str, now: datetime, suffix: str | None = None) -> Ticket:
    assert by.person_id is not None
    body = from_plain("Good morning,\nI would like to renew my enrolment late. What do I have to do?\n\nThank you")
    number = next_number(session, now, ROME)
    origin = "public_form" if suffix else "person"
    return open_ticket(
        session, NewTicket(number, key, title, body, origin, {}, access_suffix=suffix), by.person_id, by, now
    )
