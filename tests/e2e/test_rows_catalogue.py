"""Rule 5 in a browser: a catalogue is changed, tried on the past and published, and students find it at once."""

from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from servicedesk.store.base import writing
from tests import factories
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

KEY = "iscrizione-corsi-singoli"


def test_rule_5_what_an_administrator_changes_is_tried_published_and_found_by_students(
    browser: Browser, shared_world: World
) -> None:
    with shared_world.session() as session, writing(session):
        filed = factories.ticket(session, key=KEY, now=datetime.now(UTC)).number
    student, chief = visitor(browser, shared_world), visitor(browser, shared_world)
    sign_in(student, "Sofia Saggi")
    sign_in(chief, "Omar Gestori")
    chief.goto("/admin/catalogue")
    chief.get_by_role("button", name="Change it in the browser").click()
    heading = chief.locator("summary", has_text="Enrolling in or leaving university")
    heading.focus()
    chief.keyboard.press("ArrowRight")
    chief.get_by_role("link", name="Change Single courses").click()
    chief.get_by_label("Name in English").fill("Courses without a degree")
    chief.get_by_label("Group", exact=True).select_option("INFO1")
    chief.get_by_role("button", name="Save in the draft").click()
    chief.get_by_role("link", name="Notices and form").click()
    row = chief.get_by_role("group", name="Fields of the form, row 1")
    row.get_by_label("Key").fill("term")
    row.get_by_label("Label in Italian").fill("Semestre")
    row.get_by_label("Label in English").fill("Term")
    row.get_by_text("Mandatory").click()
    chief.get_by_role("button", name="Save in the draft").last.click()
    expect(chief.get_by_role("complementary").get_by_label("Term")).to_be_visible()
    chief.get_by_role("link", name="Simulation").click()
    expect(chief.get_by_role("heading", name="1 of 1 request would go elsewhere")).to_be_visible()
    expect(chief.get_by_role("link", name=filed)).to_be_visible()
    chief.get_by_role("link", name="Differences and publishing").click()
    expect(chief.get_by_text("Courses without a degree").first).to_be_visible()
    student.goto(f"/catalogue/{KEY}")
    expect(student.get_by_role("heading", level=1)).to_have_text("Single courses")
    chief.get_by_label("Why").fill("The information desk answers.")
    chief.get_by_role("button", name="Publish it now").click()
    expect(chief.get_by_text("Version 2 runs now.")).to_be_visible()
    student.reload()
    expect(student.get_by_role("heading", level=1)).to_have_text("Courses without a degree")
    student.get_by_role("link", name="Next").click()
    expect(student.get_by_label("Term")).to_be_visible()
