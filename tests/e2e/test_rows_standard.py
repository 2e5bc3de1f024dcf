"""Row F3 in a browser: a standard answer is given by keyboard, and who came to the wrong counter is sent on."""

import pytest
from playwright.sync_api import Browser, Page, expect

from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.e2e.recipes import STUDENT, TECHNICIAN
from tests.e2e.scenes import Scene, build_scene
from tests.e2e.world import World

STUDENT_MAIL = "e.scriventi@studenti.unidemo.example"
COUNT = """
for (const kind of ["click", "keydown"]) addEventListener(kind, (event) => {
  if (kind === "keydown" && event.key.length === 1) return;  // text typed
  if (event.detail === 0 && kind === "click") return;  // a key press seen twice
  sessionStorage.presses = Number(sessionStorage.presses || 0) + 1;
}, true);
"""


@pytest.fixture(scope="module")
def scene(shared_world: World) -> Scene:
    made = build_scene(shared_world)
    with shared_world.session() as session, writing(session):
        texts = ("Gentile {requester_name}, il rinnovo costa 30 euro.", "Dear {requester_name}, it costs 30 euros.")
        factories.standard_answer(session, "renewal", *texts, name="Renewing late")
    return made


def page_of(browser: Browser, world: World, scene: Scene, role: str) -> Page:
    context = browser.new_context(base_url=world.address, locale="en", viewport={"width": 1280, "height": 900})
    for name, value in (("servicedesk_language", "en"), (world.settings.sessions.cookie, scene.tokens[role])):
        context.add_cookies([{"name": name, "value": value, "url": world.address}])
    context.add_init_script(COUNT)
    return context.new_page()


def ticket(world: World, number: str) -> Ticket:
    with world.session() as session:
        return session.query(Ticket).filter_by(number=number).one()


def test_f3_a_standard_answer_solves_in_few_presses_and_the_wrong_counter_sends_on(
    browser: Browser, shared_world: World, scene: Scene
) -> None:
    shared_world.mails()  # what the scene has said already
    page, number = page_of(browser, shared_world, scene, TECHNICIAN), scene.numbers["progress"]
    page.goto(f"/tickets/{number}")
    editor = page.locator("trix-editor#compose-note")
    expect(editor).to_be_visible()
    page.evaluate("sessionStorage.presses = 0")
    editor.click()
    page.keyboard.type("/rene")
    expect(page.get_by_role("option", name="Renewing late")).to_be_visible()
    page.keyboard.press("Enter")
    expect(editor).to_contain_text("Gentile Elena Scriventi")
    expect(page.get_by_role("button", name="Propose as solution")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The solution was sent to the requester.")).to_be_visible()
    presses = page.evaluate("Number(sessionStorage.presses)")
    print(f"answered with a standard answer and solved: {presses} presses")
    assert presses <= 4
    _subject, text = shared_world.mail_to(STUDENT_MAIL)
    assert "Gentile Elena Scriventi, il rinnovo costa 30 euro" in text  # in her own language
    asker = page_of(browser, shared_world, scene, STUDENT)
    asker.goto(f"/tickets/{number}")
    expect(asker.get_by_text("Gentile Elena Scriventi").first).to_be_visible()
    shared_world.run("count_standard_answers")
    page.goto("/workbench/standard-answers")
    expect(page.get_by_role("row", name="Renewing late")).to_contain_text("Propose as solution 1 0")

    number = scene.numbers["open"]
    page.goto(f"/tickets/{number}")
    page.get_by_text("Wrong counter?").click()
    expect(page.get_by_role("button", name="Move it to the right counter")).to_be_visible()
    page.get_by_text("Or answer with the contacts of the right counter, and close").click()
    page.get_by_role("button", name="Send this and close").click()
    expect(page.get_by_text("The answer was sent and the request closed.")).to_be_visible()
    _subject, text = shared_world.mail_to(STUDENT_MAIL)
    assert "Via delle Scienze 8" in text
    assert ticket(shared_world, number).state == "closed"
