"""Rows F7 and F11 in a browser: requests linked, merged and split; one problem, one answer to all it concerns."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from servicedesk.store.models.tickets import Ticket
from tests.e2e.conftest import visitor
from tests.e2e.recipes import STUDENT, TECHNICIAN
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.world import World

STUDENT_MAIL = "e.scriventi@studenti.unidemo.example"


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    return build_scene(shared_world)


def window(browser: Browser, world: World, scene: Scene, role: str, path: str, width: int = 1280) -> Page:
    """Open a page in a browser of its own, signed in already."""
    page = visitor(browser, world, width)
    cookies = {"servicedesk_language": "en", world.settings.sessions.cookie: scene.tokens[role]}
    page.context.add_cookies([{"name": name, "value": value, "url": world.address} for name, value in cookies.items()])
    page.goto(scene.address(path))
    return page


def number_of(world: World, title: str) -> str:
    with world.session() as session:
        return session.scalars(sa.select(Ticket.number).where(Ticket.title == title)).one()


def test_f7_a_request_is_merged_its_requester_told_and_given_the_answer_and_a_part_is_split_off(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    going, staying = scene.numbers["open"], scene.numbers["followed"]
    shared_world.mails()  # those of the scene
    work = window(browser, shared_world, scene, TECHNICIAN, "/tickets/{open}")
    work.locator("summary", has_text="Linked requests").click()
    work.get_by_role("link", name="Merge into another request").click()
    work.get_by_label("Number of the request that stays").fill(staying)
    work.get_by_role("button", name="Show what becomes of both").click()
    expect(work.get_by_role("heading", name="This one goes")).to_be_visible()
    work.get_by_role("button", name=f"Merge {going} into {staying}").click()
    expect(work.get_by_text(f"from {going}").first).to_be_visible()
    subject, _text = shared_world.mail_to(STUDENT_MAIL)
    assert going in subject
    work.get_by_role("button", name="Take", exact=True).click()
    work.locator(".desk-composer trix-editor").fill("Sign at room 12.")
    work.get_by_role("button", name="Propose as solution").click()
    shared_world.run("send_held")
    asker = window(browser, shared_world, scene, STUDENT, "/tickets/{open}", 375)
    expect(asker.get_by_text("Sign at room 12.").first).to_be_visible()
    asker.get_by_role("button", name="Accept the solution").click()
    expect(asker.get_by_text("You accepted the solution.")).to_be_visible()
    work.goto(scene.address("/workbench/tickets/{resolved}/split"))
    work.get_by_text(re.compile("I would like to renew")).click()
    work.get_by_label("Title").fill("The second question")
    work.get_by_role("button", name="Split it off").click()
    made = number_of(shared_world, "The second question")
    asker.goto(scene.address("/tickets/{resolved}"))
    asker.locator("summary", has_text="Details").click()
    expect(asker.get_by_role("link", name=made)).to_be_visible()
    assert any(made in str(mail["subject"]) for to, mail in shared_world.mails() if to == STUDENT_MAIL)


def test_f11_a_problem_solves_all_its_requests_with_one_answer_and_each_requester_may_refuse(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    path = "/problems/new?tickets={progress},{waiting}"
    shared_world.mails()  # those of the scene
    work = window(browser, shared_world, scene, TECHNICIAN, path)
    work.get_by_label("Title").fill("The register is down")
    work.get_by_label("What is known so far").fill("Nobody can renew.")
    work.get_by_role("button", name="Open the problem").click()
    work.get_by_role("link", name="Answer the 2 under this together").click()
    work.get_by_label("Text in Italian").fill("Riparato.")
    work.get_by_label("Text in English").fill("Repaired.")
    work.get_by_role("button", name="Send to all that are ticked").click()
    expect(work.get_by_role("heading", name="2 requests were answered")).to_be_visible()
    assert "Riparato." in shared_world.mail_to(STUDENT_MAIL)[1]
    asker = window(browser, shared_world, scene, STUDENT, "/tickets/{progress}", 375)
    asker.get_by_text("Refuse the solution").first.click()
    asker.get_by_label("Why does the solution not help?").fill("Still down.")
    asker.get_by_role("button", name="Refuse the solution").click()
    expect(asker.get_by_text("You refused the solution.")).to_be_visible()
    work.goto(f"{shared_world.address}/tickets/{number_of(shared_world, 'The register is down')}")
    expect(
        work.get_by_text(f"Refused by their requesters, and open again: {scene.numbers['progress']}")
    ).to_be_visible()
