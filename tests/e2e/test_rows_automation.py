"""Recurring requests in a browser: written with their dates before one's eyes, opened on their day by themselves."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, expect

from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World

SUPERVISOR, SUPERVISOR_MAIL = "Nora Coordini", "n.coordini@unidemo.example"
WORKER = "Laura Didatti"


def test_f11_a_recurring_request_opens_on_its_day_and_reaches_the_group(browser: Browser, world: World) -> None:
    leader = visitor(browser, world)
    sign_in(leader, SUPERVISOR)
    leader.goto("/queue")
    leader.get_by_role("link", name="Recurring requests").click()
    leader.get_by_role("link", name="Write a recurring request").click()
    leader.get_by_label("Category").select_option("stage-curriculare")
    leader.get_by_role("button", name="Go on").click()
    leader.get_by_label("Name", exact=True).fill("Counter")
    for language, title in (("Italian", "Controllo {date}"), ("English", "Check of {date}")):
        leader.get_by_label(f"Title in {language}").fill(title)
        leader.get_by_label(f"What is to be done, in {language}").fill("Hours, forms, queue: jkrnfc")
    leader.get_by_label("Telephone").fill("+39 035 205 2000")
    expect(leader.get_by_label("Which one in the month")).to_be_hidden()
    leader.get_by_label("Counted in").select_option("months, on a weekday such as the first Monday")
    expect(leader.get_by_label("Which one in the month")).to_be_visible()
    leader.get_by_label("Counted in").select_option("days")
    leader.locator("label", has_text="It opens all the same").click()
    leader.get_by_role("button", name="Show the dates as it stands now").click()
    expect(leader.locator("#dates li")).to_have_count(10)
    leader.get_by_role("button", name="Keep it").click()
    expect(leader.get_by_role("status").first).to_contain_text("The recurring request is kept")

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    world.run("open_recurring", tomorrow)
    subject, text = world.mail_to(SUPERVISOR_MAIL, tomorrow)
    assert "Check of " in subject
    assert "jkrnfc" in text
    worker = visitor(browser, world)
    sign_in(worker, WORKER)
    worker.goto("/queue")
    worker.get_by_role("link", name="Check of").first.click()
    expect(worker.get_by_text("Hours, forms, queue: jkrnfc")).to_be_visible()
    leader.reload()
    expect(leader.get_by_role("table", name="Requests it opened").get_by_role("row")).to_have_count(2)
