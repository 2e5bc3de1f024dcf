"""How every page is reached: by endpoint, as whom, at which address; and a desk with something on every page."""

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
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.tickets import next_number
from tests import between_lines, counters, factories, levels
from tests.e2e.world import World

ROME = ZoneInfo("Europe/Rome")
EXTERNAL = "ae929822-c377-4964-bfb2-61bd6947fb4a"
NOBODY, STUDENT, NEWCOMER, TECHNICIAN, ADMINISTRATOR, GUEST = (
    "nobody",
    "student",
    "newcomer",
    "technician",
    "administrator",
    "guest",
)
SUPERVISOR = "supervisor"
Visit = tuple[str, str]

PAGES: Mapping[str, tuple[Visit, ...]] = {
    "portal.home": ((NOBODY, "/"), (STUDENT, "/"), (NEWCOMER, "/"), (TECHNICIAN, "/"), (GUEST, "/")),
    "portal.catalogue": (
        (NOBODY, "/catalogue"),
        (STUDENT, "/catalogue"),
        (STUDENT, "/catalogue?q=tasse"),
        (STUDENT, "/catalogue?q=qwertyuiop"),
        (STUDENT, "/catalogue?service=digitali"),
    ),
    "search.show": (
        (NOBODY, "/search?q=login"),
        (STUDENT, "/search"),
        (STUDENT, "/search?q=tasse"),
        (STUDENT, "/search?q=qwertyuiop"),
    ),
    "portal.category": (
        (STUDENT, "/catalogue/iscrizione-rinnovo"),
        (STUDENT, "/catalogue/iscrizione-rinnovo-lettere"),
        (NOBODY, "/catalogue/accesso-login"),
    ),
    "suggesting.thanks": ((STUDENT, "/catalogue/tasse-mora/solved?answer=pay"),),
    "portal.new_ticket": ((STUDENT, "/tickets/new/iscrizione-rinnovo-lettere"),),
    "portal.filed": ((STUDENT, "/tickets/{open}/filed"),),
    "portal.my_tickets": (
        (STUDENT, "/tickets"),
        (STUDENT, "/tickets?list=closed"),
        (STUDENT, "/tickets?list=followed"),
        (STUDENT, "/tickets?list=public"),
        (STUDENT, "/tickets?list=starred"),
        (NEWCOMER, "/tickets"),
        (STUDENT, "/tickets?q=qwertyuiop"),
    ),
    "portal.ticket": (
        (STUDENT, "/tickets/{open}"),
        (STUDENT, "/tickets/{waiting}"),
        (STUDENT, "/tickets/{resolved}"),
        (STUDENT, "/tickets/{resolved}?tab=attachments"),
        (STUDENT, "/tickets/{resolved}?tab=visibility"),
        (STUDENT, "/tickets/{closed}?tab=visibility"),
        (STUDENT, "/tickets/{followed}"),
        (STUDENT, "/tickets/{followed}?tab=visibility"),
        (STUDENT, "/tickets/{closed}"),
        (STUDENT, "/tickets/{cancelled}"),
        (GUEST, "/tickets/{guest}"),
        (TECHNICIAN, "/tickets/{open}"),
        (SUPERVISOR, "/tickets/{unsettled}"),
        (TECHNICIAN, "/tickets/{progress}"),
        (TECHNICIAN, "/tickets/{waiting}"),
        (TECHNICIAN, "/tickets/{resolved}"),
        (TECHNICIAN, "/tickets/{closed}"),
        (TECHNICIAN, "/tickets/{problem}"),
    ),
    "public.ticket": ((STUDENT, "/tickets/public/{closed}"),),
    "announcements.index": ((NOBODY, "/announcements"), (STUDENT, "/announcements")),
    "announcements.show": ((NOBODY, "/announcements/{news}"),),
    "announcement_desk.index": (
        (ADMINISTRATOR, "/admin/announcements"),
        (ADMINISTRATOR, "/admin/announcements?phase=over"),
    ),
    "announcement_desk.new": ((ADMINISTRATOR, "/admin/announcements/new"),),
    "announcement_desk.edit": ((ADMINISTRATOR, "/admin/announcements/{news}"),),
    "feedback.show": ((NOBODY, "/feedback/{feedback}"), (NOBODY, "/feedback/{feedback}?grade=4")),
    "editing.edit": ((STUDENT, "/tickets/{open}/edit"), (GUEST, "/tickets/{guest}/edit")),
    "printing.page": (
        (STUDENT, "/tickets/{resolved}/print"),
        (GUEST, "/tickets/{guest}/print"),
        (TECHNICIAN, "/tickets/{progress}/print?notes=1"),
    ),
    "answers.index": (
        (NOBODY, "/answers"),
        (STUDENT, "/answers"),
        (STUDENT, "/answers?category=tasse"),
        (STUDENT, "/answers?category=iscrizione"),
    ),
    "answers.show": (
        (STUDENT, "/answers/pay"),
        (STUDENT, "/answers/pay?language=en"),
        (NOBODY, "/answers/only-english"),
    ),
    "appointments.index": ((STUDENT, "/appointments"), (NEWCOMER, "/appointments")),
    "appointments.counter": (
        (STUDENT, "/appointments/office"),
        (STUDENT, "/appointments/office?mode=online"),
        (STUDENT, "/appointments/office?view=list"),
        (STUDENT, "/appointments/office?day=2099-01-05"),
    ),
    "appointments.booking": (
        (STUDENT, "/appointments/booking/{booked}"),
        (STUDENT, "/appointments/booking/{held}"),
        (STUDENT, "/appointments/booking/{dropped}"),
    ),
    "appointments.other_times": ((STUDENT, "/appointments/booking/{booked}/move"),),
    "appointments.wait": ((STUDENT, "/appointments/office/wait"),),
    "agenda.index": (
        (TECHNICIAN, "/agenda?day={day}"),
        (TECHNICIAN, "/agenda?view=week&day={day}"),
        (TECHNICIAN, "/agenda?day=2099-01-05"),
    ),
    "answer_desk.index": (
        (TECHNICIAN, "/workbench/answers"),
        (TECHNICIAN, "/workbench/answers?stage=published"),
    ),
    "answer_desk.new": ((TECHNICIAN, "/workbench/answers/new"),),
    "answer_desk.edit": ((TECHNICIAN, "/workbench/answers/edit/pay"), (ADMINISTRATOR, "/workbench/answers/edit/pay")),
    "answer_desk.version": ((TECHNICIAN, "/workbench/answers/edit/pay/2"),),
    "workbench.queue": (
        (TECHNICIAN, "/queue"),
        (TECHNICIAN, "/queue?state=closed"),
        (TECHNICIAN, "/queue?q=qwertyuiop"),
    ),
    "workbench.group_queue": ((TECHNICIAN, "/queue/CARR-LET"),),
    "arranging.show": ((TECHNICIAN, "/workbench/queue"),),
    "problems.index": ((TECHNICIAN, "/problems"),),
    "problems.new": ((TECHNICIAN, "/problems/new?tickets={open}"),),
    "together.show": ((TECHNICIAN, "/workbench/tickets/{whole}/together"),),
    "merging.show": ((TECHNICIAN, "/workbench/tickets/{open}/merge?into={progress}"),),
    "splitting.show": ((TECHNICIAN, "/workbench/tickets/{resolved}/split"),),
    "matters.index": ((SUPERVISOR, "/workbench/matters"),),
    "matters.habits": ((SUPERVISOR, "/workbench/hand-overs/CARR-LET"),),
    "absences.index": ((SUPERVISOR, "/workbench/absences"),),
    "absences.edit": ((TECHNICIAN, "/workbench/absences/{absence}"),),
    "workbench.failed_mails": ((TECHNICIAN, "/mails"),),
    "on_behalf.new": ((TECHNICIAN, "/workbench/requests/new"),),
    "figures.index": ((TECHNICIAN, "/figures"),),
    "figures.reports": ((TECHNICIAN, "/figures/reports"),),
    "figures.now": ((TECHNICIAN, "/figures/now"),),
    "standard_desk.index": ((TECHNICIAN, "/workbench/standard-answers"),),
    "standard_desk.new": ((TECHNICIAN, "/workbench/standard-answers/new"),),
    "standard_desk.edit": ((ADMINISTRATOR, "/workbench/standard-answers/edit/late"),),
    "standard_desk.version": ((TECHNICIAN, "/workbench/standard-answers/edit/late/1"),),
    "standard_contacts.index": ((TECHNICIAN, "/workbench/counter-contacts"),),
    "standard_contacts.new": ((ADMINISTRATOR, "/workbench/counter-contacts/new"),),
    "standard_contacts.edit": ((ADMINISTRATOR, "/workbench/counter-contacts/{contact}"),),
    "workbench.find_category": (
        (TECHNICIAN, "/tickets/{open}/category"),
        (TECHNICIAN, "/tickets/{open}/category?q=tasse"),
    ),
    "admin.index": ((ADMINISTRATOR, "/admin"),),
    "admin.access": ((ADMINISTRATOR, "/admin/access"),),
    "admin.versions": ((ADMINISTRATOR, "/admin/catalogue/versions"),),
    "audit.index": ((ADMINISTRATOR, "/admin/audit"),),
    "catalogue_desk.index": ((ADMINISTRATOR, "/admin/catalogue"),),
    "catalogue_desk.node": ((ADMINISTRATOR, "/admin/catalogue/categories/iscrizione-rinnovo-lettere"),),
    "catalogue_desk.version": ((ADMINISTRATOR, "/admin/catalogue/versions/1"),),
    "catalogue_desk.upload": ((ADMINISTRATOR, "/admin/catalogue/upload"),),
    "catalogue_desk.draft": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}"),),
    "catalogue_desk.draft_tree": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/tree"),),
    "catalogue_desk.simulation": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/simulation"),),
    "catalogue_desk.edit_category": (
        (ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/categories/iscrizione-interruzione"),
    ),
    "catalogue_desk.edit_form": (
        (ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/categories/iscrizione-rinnovo-lettere/form"),
    ),
    "catalogue_desk.new_category": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/categories"),),
    "catalogue_desk.draft_groups": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/groups"),),
    "catalogue_desk.edit_group": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/groups/CARR-LET"),),
    "catalogue_desk.new_group": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/groups/new"),),
    "catalogue_desk.edit_service": ((ADMINISTRATOR, "/admin/catalogue/drafts/{draft}/services/studenti"),),
    "admin.groups": ((ADMINISTRATOR, "/admin/groups"),),
    "automation.index": ((ADMINISTRATOR, "/admin/rules"),),
    "automation.new": ((ADMINISTRATOR, "/admin/rules/new"),),
    "automation.edit": ((ADMINISTRATOR, "/admin/rules/{rule}/edit"),),
    "automation.rule": ((ADMINISTRATOR, "/admin/rules/{rule}?tried=1"),),
    "people_desk.index": ((ADMINISTRATOR, "/admin/people?show=staff"),),
    "people_desk.person": ((ADMINISTRATOR, "/admin/people/1"),),
    "people_desk.new": ((ADMINISTRATOR, "/admin/people/new"),),
    "federation.show": ((ADMINISTRATOR, "/admin/federation"),),
    "service_levels.index": ((ADMINISTRATOR, "/admin/levels?category=accesso-login"),),
    "level_edits.new_target": ((ADMINISTRATOR, "/admin/levels/targets/new"),),
    "level_edits.target": ((ADMINISTRATOR, "/admin/levels/targets/t1"),),
    "level_edits.new_group": ((ADMINISTRATOR, "/admin/levels/groups/new"),),
    "level_edits.group": ((ADMINISTRATOR, "/admin/levels/groups/g1"),),
    "calendars.index": ((ADMINISTRATOR, "/admin/calendars"),),
    "calendars.new": ((ADMINISTRATOR, "/admin/calendars/new"),),
    "calendars.edit": ((ADMINISTRATOR, "/admin/calendars/office"),),
    "counters.index": ((ADMINISTRATOR, "/admin/counters"),),
    "counters.new": ((ADMINISTRATOR, "/admin/counters/new"),),
    "counters.edit": ((ADMINISTRATOR, "/admin/counters/office"),),
    "admin.mails": ((ADMINISTRATOR, "/admin/mails"),),
    "admin.sign_ins": ((ADMINISTRATOR, "/admin/sign-ins"), (ADMINISTRATOR, "/admin/sign-ins?period=week")),
    "admin.attributes": ((ADMINISTRATOR, "/admin/attributes"),),
    "auth.login": ((NOBODY, "/login?next=/tickets"), (NOBODY, "/login?tab=spid"), (NOBODY, "/login?tab=cie")),
    "account.overview": ((STUDENT, "/account"), (NEWCOMER, "/account")),
    "account.first_access": ((STUDENT, "/account/first-access"), (NEWCOMER, "/account/first-access?next=/tickets")),
    "preferences.show": ((STUDENT, "/preferences"), (TECHNICIAN, "/preferences")),
    "preferences.by_link": ((NOBODY, "/preferences/{choices}"),),
    "preferences.stop": ((NOBODY, "/preferences/{choices}/comment"),),
    "bell.index": ((STUDENT, "/notices"), (ADMINISTRATOR, "/notices")),
    "account.sign_in": ((NOBODY, "/account/sign-in"), (NOBODY, "/account/sign-in?next=/tickets")),
    "account.registration": ((NOBODY, "/account/register"),),
    "account.forgotten": ((NOBODY, "/account/forgotten"),),
    "account.earlier_tickets": ((NEWCOMER, "/account/earlier-tickets"),),
    "external.choose": (
        (NOBODY, f"/RichiesteEsterne/SelezioneCategoria?ServiceId={EXTERNAL}"),
        (NOBODY, f"/external/{EXTERNAL}"),
    ),
    "external.new_ticket": ((NOBODY, f"/external/{EXTERNAL}/new/accesso-login"),),
    "external.status": ((NOBODY, "/status"),),
    "house.accessibility": ((NOBODY, "/accessibility"),),
    "house.privacy": ((NOBODY, "/privacy"), (STUDENT, "/privacy")),
    "house.guide": ((NOBODY, "/help"),),
    "house.app": ((NOBODY, "/app"),),
    "house.offline": ((NOBODY, "/offline"),),
    "house.offices": (
        (NOBODY, "/which-counter"),
        (STUDENT, "/which-counter"),
        (STUDENT, "/which-counter?all=1"),
        (STUDENT, "/which-counter?q=tasse"),
        (STUDENT, "/which-counter?q=qwertyuiop"),
    ),
    "demo.mailbox": ((NOBODY, "/demo/mailbox"), (NOBODY, "/demo/mailbox?to=nobody@example.org")),
    "demo.mail": ((NOBODY, "/demo/mailbox/{mail}"),),
}
NO_PAGE: Mapping[str, str] = {
    "figures.table": "a file",
    "figures.stop": "behind a mailed link: tests/web/workbench/test_figures_reports.py",
    "figures.now_board": "a part of the board",
    "static": "files",
    "suggesting.show": "a part of the form's page",
    "arrivals.show": "numbers for the queue's page",
    "health.alive": "for machines",
    "health.ready": "for machines",
    "health.metrics": "for machines",
    "house.stylesheet": "colours",
    "house.manifest": "for browsers that install the app",
    "house.worker": "a script",
    "house.logo": "a drawing",
    "auth.metadata": "XML",
    "auth.begin": "leads to the provider",
    "auth.single_logout": "message of the provider",
    "language.choose": "leads back",
    "external.open_link": "leads to the ticket",
    "appointments.calendar": "a calendar file",
    "appointments.file": "files",
    "agenda.file": "files",
    "feeds.show": "a calendar file",
    "account.confirm_address": "behind a mailed link: tests/e2e/test_accounts.py",
    "account.confirm_registration": "behind a mailed link: tests/e2e/test_accounts.py",
    "account.choose_password": "behind a mailed link: tests/e2e/test_accounts.py",
    "account.mail_sent": "shown after a form: tests/e2e/test_accounts.py",
    "account.second_step": "shown after a password: tests/e2e/test_accounts.py",
    "account.security": "for accounts of the desk's own: tests/e2e/test_accounts.py",
    "account.codes": "while an app is set up: tests/e2e/test_accounts.py",
    "external.filed": "shown after the form: test_states",
    "external.mailed": "shown after the form: tests/e2e/test_rows_guests.py",
    "external.confirm": "behind a mailed link: tests/e2e/test_rows_guests.py",
    "standard.text": "for the editor",
    "together.outcome": "shown after the form: tests/e2e/test_rows_relations.py",
    "merging.ask": "shown for a merged request: tests/e2e/test_rows_relations.py",
    "uploads.download": "files",
    "catalogue_desk.download": "files",
    "catalogue_desk.draft_file": "files",
    "printing.document": "a PDF",
    "answers.download": "files",
    "demo.html": "the mail's own markup",
}


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
    return {"unsettled": ticket.number, "absence": str(between_lines.away(session, technician.id, None, now))}


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
