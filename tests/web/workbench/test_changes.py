"""Changes on their pages: planned, put forward, approved, carried out; the calendar, and its file."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.tickets import act
from servicedesk.rules.states import Action
from servicedesk.store.models.approvals import Approval
from servicedesk.store.models.changes import Change, ChangeFreeze
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Ticket, TicketEvent
from tests import factories
from tests.web.conftest import SignIn, browser, page, post
from tests.web.conftest import send as fill
from tests.web.workbench.conftest import GROUP, KEY

ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def night(now: datetime) -> datetime:
    """The beginning of a window to come, in which the clock does not change."""
    return (now + timedelta(days=2)).replace(hour=20, minute=0, second=0, microsecond=0)


def wall(at: datetime) -> str:
    return at.astimezone(ROME).strftime("%Y-%m-%dT%H:%M")


def planned(night: datetime, **more: str) -> dict[str, str]:
    whole = {
        "title": "New disks",
        "category": KEY,
        "reason": "The disks are old.",
        "harm": "2",
        "likelihood": "1",
        "plan": "Replace them.",
        "back_out": "Put the old ones back.",
        "verification": "The desk answers.",
        "starts_at": wall(night),
        "ends_at": wall(night + timedelta(hours=2)),
    }
    return {**whole, **more}


def opened(client: FlaskClient, night: datetime, **more: str) -> str:
    """Plan a change, and return its number."""
    answer = fill(client, "/changes/new", **planned(night, **more))
    assert answer.status_code == 303, answer.text
    return str(answer.location).rsplit("/", 1)[1]


def words(client: FlaskClient, path: str) -> str:
    return " ".join(page(client, path).text_content().split())


def step(client: FlaskClient, number: str, action: str, **typed: str) -> Any:
    return fill(client, f"/tickets/{number}", f"/workbench/changes/{number}/{action}", **typed)


def phase(desk: Session, number: str) -> str:
    desk.rollback()
    query = sa.select(Change.phase).join(Ticket, Ticket.id == Change.ticket_id).where(Ticket.number == number)
    return desk.scalars(query).one()


@pytest.fixture
def leader(desk: Session, app: Flask, sign_in: SignIn) -> FlaskClient:
    """The browser of a supervisor of the group."""
    who = factories.supervisor(desk, GROUP, given_name="Carla", family_name="Guida")
    desk.commit()
    client = browser(app)
    sign_in(client, who.id)
    return client


def approved(desk: Session, number: str, now: datetime) -> None:
    """Let whoever is asked approve it."""
    change = desk.scalars(sa.select(Ticket).where(Ticket.number == number)).one()
    asked = desk.scalars(sa.select(Approval.person_id).where(Approval.ticket_id == change.id)).one()
    act(desk, change, Action.APPROVE, factories.actor(desk, desk.get_one(Person, asked)), now)
    desk.commit()


def test_a_change_is_planned_approved_carried_out_and_reviewed(
    signed_in: FlaskClient, leader: FlaskClient, desk: Session, night: datetime, now: datetime
) -> None:
    assert "No change is planned" in words(signed_in, "/changes")
    number = opened(signed_in, night, plan="")
    shown = words(signed_in, f"/tickets/{number}")
    assert "Normal change: Change in draft" in shown
    assert "Write what is done, step by step." in shown
    assert "What the requester is told" not in shown
    kept = fill(signed_in, f"/changes/{number}/plan", plan="Replace them.")
    assert kept.status_code == 303, kept.text
    assert step(signed_in, number, "put_forward").status_code == 303
    assert "Awaiting approval" in words(signed_in, f"/tickets/{number}")
    assert "Replace them." in words(leader, f"/tickets/{number}")
    approved(desk, number, now)
    assert phase(desk, number) == "approved"
    assert step(signed_in, number, "begin").status_code == 303
    refused = step(signed_in, number, "finish", note="All new.")
    assert refused.status_code == 422
    assert "All new." in refused.text
    assert step(signed_in, number, "finish", note="All new.", result="successful").status_code == 303
    assert "Carried out, to be reviewed" in words(signed_in, f"/tickets/{number}")
    assert step(signed_in, number, "review", note="Nothing to add.").status_code == 303
    assert phase(desk, number) == "reviewed"
    assert "New disks" in words(signed_in, "/changes?phase=reviewed")
    assert "No change like this" in words(signed_in, "/changes?phase=draft")


def test_a_plan_that_cannot_be_kept_comes_back_with_all_that_was_typed(
    signed_in: FlaskClient, desk: Session, night: datetime
) -> None:
    typed = planned(night, ends_at=wall(night - timedelta(hours=1)), category="", title=" ")
    answer = fill(signed_in, "/changes/new", **typed)
    assert answer.status_code == 422
    answer = fill(signed_in, "/changes/new", **{**typed, "title": "New disks", "category": KEY})
    assert answer.status_code == 422
    assert "The window ends before it begins." in answer.text
    for kept in ("New disks", "Replace them.", "Put the old ones back.", wall(night)):
        assert kept in answer.text
    assert fill(signed_in, "/changes/new", **{**typed, "starts_at": "soon"}).status_code == 422
    assert desk.scalars(sa.select(Change.ticket_id)).all() == []


def test_editing_says_beforehand_that_the_approval_is_lost_and_two_never_overwrite_each_other(
    signed_in: FlaskClient, leader: FlaskClient, desk: Session, night: datetime
) -> None:
    number = opened(signed_in, night)
    path = f"/changes/{number}/plan"
    assert "becomes a draft again" not in words(signed_in, path)
    step(signed_in, number, "put_forward")
    assert "becomes a draft again" in words(signed_in, path)
    stale = page(leader, path).forms[-1]
    assert fill(signed_in, path, plan="Replace two of them.").status_code == 303
    assert "has to be approved anew" in words(signed_in, f"/tickets/{number}")
    assert phase(desk, number) == "draft"
    answer = post(leader, stale, plan="Replace three of them.")
    assert answer.status_code == 409
    assert "Replace three of them." in answer.text


def test_the_title_is_edited_with_the_plan_and_the_timeline_shows_what_changed(
    signed_in: FlaskClient, night: datetime
) -> None:
    number = opened(signed_in, night, plan="Copy.\nReplace them.")
    path = f"/changes/{number}/plan"
    refused = fill(signed_in, path, title=" ", plan="All else.")
    assert refused.status_code == 422 and "Write a title" in refused.text and "All else." in refused.text
    assert fill(signed_in, path, title="Newer disks", plan="Copy.\nReplace all.", harm="3").status_code == 303
    shown = page(signed_in, f"/tickets/{number}")
    assert "Newer disks" in " ".join(shown.xpath("string(//h1)").split())
    [changed] = shown.xpath("//details[contains(@class, 'desk-edits')]")
    assert " ".join(changed.xpath("string(summary)").split()) == "What changed"
    assert [" ".join(each.text_content().split()) for each in changed.xpath(".//dt | .//dd/p")] == [
        *("Title", "before: New disks", "after: Newer disks"),
        *("What happens if it goes wrong", "before: Some have to wait or to do it otherwise"),
        "after: A service stands still, or data are lost",
        *("What is done, step by step", "Copy.", "before: Replace them.", "after: Replace all."),
    ]


def test_on_paper_a_change_has_its_plan_its_approvals_and_what_it_is_tied_to(
    signed_in: FlaskClient, leader: FlaskClient, desk: Session, night: datetime
) -> None:
    number = opened(signed_in, night, plan="Copy.\nReplace them.")
    step(signed_in, number, "put_forward")
    send = f"/approvals/{number}"
    assert fill(leader, send, f"{send}/approve", note="Not in the exam weeks.").status_code == 303
    shown = words(signed_in, f"/tickets/{number}/print")
    for part in ("Normal change", "Low", "The disks are old.", "Replace them.", "Put the old ones back."):
        assert part in shown, part
    assert "Carla Guida" in shown and "approved, " in shown and "Not in the exam weeks." in shown
    assert shown.index("Window from") < shown.index("The way back") < shown.index("Conversation")
    assert signed_in.get(f"/tickets/{number}/pdf").data.startswith(b"%PDF")


def test_the_window_is_read_and_shown_in_the_zone_of_the_site(
    signed_in: FlaskClient, desk: Session, night: datetime
) -> None:
    opened(signed_in, night, starts_at="2027-03-28T02:30", ends_at="2027-03-28T04:00")
    change = desk.scalars(sa.select(Change)).one()
    # The hour from 2 to 3 does not exist on that night: the time moves past the gap.
    assert (change.starts_at.hour, change.starts_at.minute) == (1, 30)
    assert change.ends_at - change.starts_at == timedelta(minutes=30)


def test_the_calendar_shows_windows_that_collide_freezes_and_each_day_of_a_long_one(
    signed_in: FlaskClient, desk: Session, me: Person, night: datetime, now: datetime
) -> None:
    assert "No window in this time" in words(signed_in, "/changes/calendar")
    first = opened(signed_in, night, ends_at=wall(night + timedelta(days=1)))
    second = opened(signed_in, night + timedelta(hours=1), title="New cables")
    freeze = ChangeFreeze(service_id="", reason="Exam weeks", made_at=now, made_by=me.id)
    freeze.starts_at, freeze.ends_at = night, night + timedelta(hours=1)
    desk.add(freeze)
    desk.commit()
    day = night.astimezone(ROME).date()
    shown = words(signed_in, f"/changes/calendar?view=week&day={day}")
    assert f"Collides with {second}" in shown
    assert ": Exam weeks" in shown
    assert "(continued)" in words(signed_in, f"/changes/calendar?view=week&day={day + timedelta(days=1)}")
    assert "Others touch the same services at the same time:" in words(signed_in, f"/tickets/{first}")
    assert "Nothing is to be changed from" in words(signed_in, f"/tickets/{first}")
    assert signed_in.get("/changes/calendar?day=9999-12-31").status_code == 200
    file = signed_in.get("/changes/calendar.ics")
    assert file.mimetype == "text/calendar"
    assert f"{second} New cables" in file.text
    assert "DTSTART;TZID=Europe/Rome" in file.text


def test_a_change_is_planned_from_a_problem_and_ends_it(signed_in: FlaskClient, desk: Session, night: datetime) -> None:
    form = {"title": "Disks fail", "category": KEY, "description": "Since May."}
    problem = str(fill(signed_in, "/problems/new", **form).location).rsplit("/", 1)[1]
    cause = f"/workbench/problems/{problem}/diagnose"
    fill(signed_in, f"/tickets/{problem}", cause, note="The disks are ten years old.")
    link = page(signed_in, f"/tickets/{problem}").xpath("//a[text()='Plan a change that fixes it']/@href")[0]
    begun = page(signed_in, link).forms[-1]
    assert begun.fields["title"] == "Disks fail"
    assert begun.fields["reason"].strip() == "The disks are ten years old."
    answer = post(signed_in, begun, **planned(night, change_type="standard"))
    number = str(answer.location).rsplit("/", 1)[1]
    assert f"Changes that fix it {number} New disks: Change in draft" in words(signed_in, f"/tickets/{problem}")
    step(signed_in, number, "put_forward")
    step(signed_in, number, "begin")
    step(signed_in, number, "finish", note="All new.", result="with_issues")
    done = fill(signed_in, f"/tickets/{number}", f"/workbench/changes/{number}/problems")
    assert done.status_code == 303
    assert "1 problem is resolved." in words(signed_in, f"/tickets/{number}")
    assert f"{number}: All new." in words(signed_in, f"/tickets/{problem}")
    assert "Problem resolved" in words(signed_in, f"/tickets/{problem}")


def test_whoever_approves_reads_the_plan_where_they_answer(
    signed_in: FlaskClient, leader: FlaskClient, night: datetime
) -> None:
    number = opened(signed_in, night)
    step(signed_in, number, "put_forward")
    shown = words(leader, f"/approvals/{number}")
    for part in ("Normal change", "Replace them.", "Put the old ones back.", "Low"):
        assert part in shown
    assert fill(leader, f"/approvals/{number}", f"/approvals/{number}/approve").status_code == 303
    assert "Approved and scheduled" in words(signed_in, f"/tickets/{number}")


def test_an_emergency_that_nobody_decides_on_is_shown_as_late(
    signed_in: FlaskClient, desk: Session, night: datetime, now: datetime
) -> None:
    number = opened(signed_in, night, change_type="emergency")
    step(signed_in, number, "put_forward")
    late = "Somebody should have decided on this emergency by now."
    assert late not in words(signed_in, f"/tickets/{number}")
    desk.execute(sa.update(Change).values(approve_by=now - timedelta(hours=1)))
    desk.commit()
    assert late in words(signed_in, f"/tickets/{number}")


def test_a_window_is_announced_with_a_form_that_is_begun(
    app: Flask, desk: Session, sign_in: SignIn, signed_in: FlaskClient, night: datetime
) -> None:
    number = opened(signed_in, night)
    both = factories.administrator(desk)
    desk.add(RoleGrant(person_id=both.id, role="technician", group_code=GROUP, areas=[], granted_at=night))
    desk.commit()
    client = browser(app)
    sign_in(client, both.id)
    link = page(client, f"/tickets/{number}").xpath("//a[text()='Announce this maintenance']/@href")[0]
    begun = page(client, link).forms[-1]
    assert begun.fields["title_it"] == begun.fields["title_en"] == "New disks"
    assert night.astimezone(ROME).strftime("%d/%m/%Y %H:%M") in begun.fields["source_it"]
    assert begun.fields["ends_at"] == wall(night + timedelta(hours=2))


def test_staff_of_other_groups_find_neither_the_change_nor_its_plan(
    signed_in: FlaskClient, app: Flask, desk: Session, sign_in: SignIn, night: datetime
) -> None:
    number = opened(signed_in, night)
    stranger, requester = factories.technician(desk, "INFO1"), factories.student(desk)
    desk.commit()
    for who in (stranger, requester):
        other = browser(app)
        sign_in(other, who.id)
        for path in (f"/tickets/{number}", f"/changes/{number}/plan"):
            page(other, path, 404)
        other.post(f"/workbench/changes/{number}/begin")
    events = sa.select(sa.func.count()).select_from(TicketEvent)
    assert desk.scalars(events).one() == 2


def test_a_request_has_no_plan(signed_in: FlaskClient, ticket_in: Any) -> None:
    page(signed_in, f"/changes/{ticket_in().number}/plan", 404)
