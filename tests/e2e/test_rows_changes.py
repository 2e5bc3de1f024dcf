"""Row F11 in a browser: a change is planned from a problem, approved on a phone, carried out, and ends the problem."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.recipes import SUPERVISOR, TECHNICIAN
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.test_rows_relations import number_of, window
from tests.e2e.world import World


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    return build_scene(shared_world)


def wall(days: int, hours: int = 0) -> str:
    at = datetime.now(UTC) + timedelta(days=days, hours=hours)
    return at.astimezone(ZoneInfo("Europe/Rome")).strftime("%Y-%m-%dT%H:%M")


def test_f11_a_change_is_approved_carried_out_and_closes_its_problem(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    shared_world.mails()  # those of the scene
    work = window(browser, shared_world, scene, TECHNICIAN, "/tickets/{problem}")
    work.get_by_role("link", name="Plan a change that fixes it").click()
    work.get_by_label("Title").fill("An index for the register")
    work.get_by_label("What happens if it goes wrong").select_option("2")
    work.get_by_label("How likely that is").select_option("1")
    for label in ("What is done, step by step", "The way back", "How one sees that it worked"):
        work.get_by_label(label).fill(f"{label}: see the handbook.")
    work.get_by_label("Window from").fill(wall(30))
    work.get_by_label("Window until").fill(wall(30, 2))
    work.get_by_role("button", name="Keep the draft").click()
    number = number_of(shared_world, "An index for the register")
    work.get_by_role("button", name="Put it forward").click()
    expect(work.get_by_role("heading", name="Normal change: Awaiting approval")).to_be_visible()
    asked = [str(mail["subject"]) for _to, mail in shared_world.mails()]
    assert any(number in subject for subject in asked), asked
    chief = window(browser, shared_world, scene, SUPERVISOR, f"/tickets/{number}", 375)
    expect(chief.get_by_text("The way back: see the handbook.")).to_be_visible()
    chief.get_by_role("link", name="Approve or refuse").click()
    chief.get_by_role("button", name="Approve", exact=True).click()
    work.reload()
    work.get_by_role("button", name="Begin with the change").click()
    work.get_by_text("Successful", exact=True).click()
    work.get_by_label("What was done and seen").fill("The index is there.")
    work.get_by_role("button", name="Keep how it ended").click()
    work.get_by_role("button", name="Resolve these problems").click()
    expect(work.get_by_text("1 problem is resolved.")).to_be_visible()
    work.locator("summary", has_text="Review and close").click()
    work.get_by_label("What was found, or why").last.fill("Nothing to add.")
    work.get_by_role("button", name="Review and close").click()
    expect(work.get_by_role("heading", name="Normal change: Reviewed and closed")).to_be_visible()
    chief.goto(scene.address("/tickets/{problem}"))
    expect(chief.get_by_text(f"{number}: The index is there.")).to_be_visible()
    expect(chief.get_by_text("Resolved").first).to_be_visible()
