"""The demo's data: planned alike every time, told without gaps, and lived through by the real actions."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.commands import demo_build, demo_files, demo_people, demo_script
from servicedesk.commands.demo_plan import Planner
from servicedesk.commands.demo_plots import PLOTS, STILL_OPEN
from servicedesk.gateways.file_kinds import sniff
from servicedesk.gateways.mailbox import Mailbox
from servicedesk.gateways.storage import Storage
from servicedesk.rules.lifecycle import OPEN_STATES, Action, State
from servicedesk.rules.permissions import Role
from servicedesk.rules.removed import PERSON
from servicedesk.settings import ROOT, load
from servicedesk.store.base import make_engine
from servicedesk.store.models.automation import AutomationRule
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.recurring import RecurringRun, RecurringTicket
from servicedesk.store.models.retention import LegalHold, RetentionRun, RetentionTerm
from servicedesk.store.models.tickets import Message, Ticket, TicketEvent, Upload
from tests.commands.demo_tools import demo_environment
from tests.web.conftest import shipped_catalogue

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")

pytestmark = pytest.mark.xdist_group("demo")  # the demo is built once, by one worker


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo") / "demo"
    return load(ROOT / "config" / "demo.toml", demo_environment(home))


@pytest.fixture(scope="module")
def cast(settings):
    return demo_people.load_cast(settings)


@pytest.fixture(scope="module")
def script():
    return demo_script.load(demo_build.SCRIPT)


def planned(script, cast, now=NOW):
    planner = Planner(script, cast, shipped_catalogue(), now, ROME)
    stories = planner.stories()
    return stories, planner.moments(stories)


@pytest.fixture(scope="module")
def plan(script, cast):
    return planned(script, cast)


@pytest.fixture(scope="module")
def built(settings):
    """A session on the demo's database as `flask demo` builds it."""
    demo_build.ensure(settings, NOW)
    engine = make_engine(settings.database.url)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_every_category_that_can_be_chosen_is_talked_about(script):
    # What has to be approved first is played apart.
    asked = (each for each in shipped_catalogue().categories.values() if each.selectable and not each.approvals)
    assert {each.category for each in script.conversations} == {each.key for each in asked}


def test_there_are_many_conversations_and_no_two_say_the_same(script):
    texts = Counter(each.parts["text"] for each in script.conversations)
    answers = Counter(each.parts["answer"] for each in script.conversations)
    assert len(script.conversations) >= 60
    assert max(texts.values()) == max(answers.values()) == 1


def test_parts_of_a_conversation_come_in_pairs(script):
    for each in script.conversations:
        for one, other in (("question", "reply"), ("refusal", "second")):
            assert (one in each.parts) == (other in each.parts), each.category
        assert ("forward" in each.parts) == bool(each.forward_to), each.category


def test_the_plan_is_the_same_every_time(script, cast, plan):
    stories, moments = planned(script, cast)
    assert [(each.category, each.requester.email, each.opened_at) for each in stories] == [
        (each.category, each.requester.email, each.opened_at) for each in plan[0]
    ]
    assert [(each.at, each.story, each.place) for each in moments] == [
        (each.at, each.story, each.place) for each in plan[1]
    ]


def test_every_plot_is_played_as_often_as_the_table_says(plan):
    played = Counter(each.plot for each in plan[0])
    assert all(played[name] >= row.count for name, row in PLOTS.items())
    assert set(PLOTS) > STILL_OPEN


def test_people_ask_only_where_the_catalogue_lets_them(plan):
    for story in plan[0]:
        audience = {each.value for each in shipped_catalogue().categories[story.category].audience}
        kind = {"guest": "everyone", "outsider": "external"}.get(story.requester.kind, story.requester.kind)
        assert kind in audience, (story.category, kind)


@pytest.mark.parametrize("hour", [0, 4, 9, 13, 23])
@pytest.mark.parametrize("day", [16, 21, 22])
def test_nobody_writes_in_the_future_or_at_night(script, cast, day, hour):
    now = datetime(2026, 11, day, hour, 10, tzinfo=UTC)
    stories, moments = planned(script, cast, now)
    assert all(moment.at <= now for moment in moments)
    assert len(stories) == sum(moment.step is None for moment in moments)
    assert {each.opened_at.astimezone(ROME).hour for each in stories} <= set(range(7, 24))


def test_staff_work_in_office_hours_on_weekdays(plan):
    for moment in plan[1]:
        if moment.step is not None and moment.step.who != "requester":
            wall = moment.at.astimezone(ROME)
            assert wall.weekday() < 5 and 8 <= wall.hour < 18


def test_documents_are_what_their_names_say():
    assert sniff(demo_files.pdf("Ricevuta (1)\nEuro 12"), "a.pdf") == "application/pdf"
    assert sniff(demo_files.png(""), "a.png") == "image/png"


def test_the_demo_holds_tickets_in_every_state(built):
    states = dict(built.execute(sa.select(Ticket.state, sa.func.count()).group_by(Ticket.state)).all())
    assert set(states) == set(State)
    assert states[State.NEW] == 4
    assert 380 <= sum(states.values()) <= 440
    assert 100 <= sum(count for state, count in states.items() if state in OPEN_STATES) <= 150


def test_every_action_happened(built):
    done = set(built.scalars(sa.select(TicketEvent.action).distinct()))
    assert done == set(Action) - {Action.ASSIGN_GROUP, Action.LINK_ACCOUNT}


def test_every_technician_has_open_tickets_and_one_group_a_long_queue(built):
    open_ones = Ticket.state.in_(sorted(OPEN_STATES))
    groups = dict(
        built.execute(sa.select(Ticket.group_code, sa.func.count()).where(open_ones).group_by(Ticket.group_code)).all()
    )
    assert groups["HD1"] >= 40
    for group, holder in built.execute(sa.select(RoleGrant.group_code, Person.code).join(Person)).all():
        if group:
            assert groups[group] >= 4, (group, holder)
    technicians = set(built.scalars(sa.select(RoleGrant.person_id).where(RoleGrant.role == Role.TECHNICIAN)))
    assert technicians <= set(built.scalars(sa.select(Ticket.technician_id).where(open_ones)))


def test_no_text_has_a_gap_left(built):
    texts = list(built.scalars(sa.select(Message.body_text))) + list(built.scalars(sa.select(Ticket.title)))
    assert [text for text in texts if "{" in text or "  " in text] == []


def test_no_sentence_is_heard_forty_times(built):
    openings = Counter(
        built.scalars(sa.select(Message.body_text).join(TicketEvent).where(TicketEvent.action == Action.SUBMIT))
    )
    assert openings.most_common(1)[0][1] <= 3
    assert len(set(built.scalars(sa.select(Ticket.title)))) >= 150


def test_nothing_is_overdue_and_every_mail_has_gone_out(built, settings):
    assert built.scalar(sa.select(sa.func.count()).where(Ticket.expires_at < NOW)) == 0
    assert set(built.scalars(sa.select(Notice.state))) <= {"sent", "dropped"}
    newest = Mailbox(settings.demo.mailbox).newest(1)[0]
    assert NOW - timedelta(days=1) < newest.sent_at <= NOW


def test_attachments_lie_in_the_storage(built, settings):
    uploads = built.scalars(sa.select(Upload)).all()
    storage = Storage(settings.storage.folder)
    assert len(uploads) >= 20
    for upload in uploads:
        with storage.open(upload.id) as file:
            assert len(file.read()) == upload.size


def test_the_named_student_has_something_of_everything(built):
    own = built.execute(
        sa.select(Ticket.state, Ticket.waiting_for)
        .join(Person, Person.id == Ticket.requester_id)
        .where(Person.family_name == "Studente")
    ).all()
    states = Counter(row.state for row in own)
    assert {"waiting", "resolved", "in_progress"} <= set(states) and states["closed"] >= 3
    assert "requester" in {row.waiting_for for row in own}


def test_one_recurring_request_has_opened_and_another_waits_for_its_day(built):
    ids = built.scalars(sa.select(RecurringTicket.id).where(RecurringTicket.next_at.is_not(None))).all()
    assert len(ids) == 2
    opened = built.scalars(sa.select(RecurringRun.recurring_id).where(RecurringRun.ticket_id.is_not(None)))
    assert set(opened) == {min(ids)}


def test_one_rule_runs_another_waits_to_be_tried_and_one_to_be_switched_on(built):
    rules = built.scalars(sa.select(AutomationRule).order_by(AutomationRule.id)).all()
    found = [(rule.is_on, rule.tried_revision == rule.revision) for rule in rules]
    assert found == [(True, True), (False, False), (False, True)]


def test_terms_a_hold_a_removed_person_and_a_run_are_there_to_see(built):
    assert built.scalar(sa.select(sa.func.count()).select_from(RetentionTerm)) == 3
    assert built.scalars(sa.select(LegalHold)).one().ended_at is None
    removed = built.scalars(sa.select(Person).where(Person.anonymised_at.is_not(None))).one()
    assert (removed.display_name, removed.email) == (PERSON, "")
    assert built.scalars(sa.select(RetentionRun)).one().ended_at is not None
