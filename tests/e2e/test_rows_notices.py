"""Rows C10 and C11 in a browser: mails with the reply, chosen and stopped; the bell; a message on a device."""

import json
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.e2e.conftest import sign_in, visitor
from tests.e2e.test_stories import STUDENT, STUDENT_MAIL, WORKER, ask, link_in, solve, write
from tests.e2e.world import World


def reply(worker: Page, number: str, words: str) -> None:
    """Comment on a request as its technician."""
    worker.goto(f"/tickets/{number}")
    write(worker, "Text", words)
    worker.get_by_role("button", name="Reply to the requester").click()
    expect(worker.get_by_text(words).first).to_be_visible()


def taken(browser: Browser, world: World, student: Page, folder: Path) -> tuple[str, Page]:
    """Let the student file a request and a technician take it; return its number and the technician's window."""
    number = ask(student, folder)
    worker = visitor(browser, world)
    sign_in(worker, WORKER)
    worker.goto("/queue")
    worker.get_by_role("button", name=f"Take {number}").click()
    expect(worker.get_by_text("Assigned to technician").first).to_be_visible()
    return number, worker


def choices_in(text: str) -> str:
    """Return the link with which a mail lets one choose."""
    return text.split("Choose which mails you get: ")[1].split()[0]


def test_c10_every_step_is_mailed_with_the_reply_and_a_link_and_one_press_stops_a_kind(
    browser: Browser, world: World, tmp_path: Path
) -> None:
    student = visitor(browser, world)
    number, worker = taken(browser, world, student, tmp_path)
    arrived = [str(message["subject"]) for to, message in world.mails() if to == STUDENT_MAIL]
    assert [subject.split(":")[0] for subject in arrived] == [
        f"[{number}] Request received",
        f"[{number}] Taken in charge",
    ]
    reply(worker, number, "Which year are you enrolled in?")
    subject, text = world.mail_to(STUDENT_MAIL)
    assert subject.startswith(f"[{number}] New message")
    assert "> Which year are you enrolled in?" in text
    assert link_in(text) == f"{world.address}/tickets/{number}"

    stranger = visitor(browser, world)  # not signed in, as mail is often read
    stranger.goto(choices_in(text))
    reply(worker, number, "Opening the link has changed nothing.")
    assert "changed nothing" in world.mail_to(STUDENT_MAIL)[1]
    stranger.get_by_role("button", name="No more mails of this kind").click()
    expect(stranger.get_by_role("status").filter(has_text="no more mails of this kind")).to_be_visible()
    reply(worker, number, "This one is not mailed.")
    assert not [to for to, _message in world.mails() if to == STUDENT_MAIL]

    solve(worker, number, "Pay the late fee, then renew online.")
    assert "> Pay the late fee" in world.mail_to(STUDENT_MAIL)[1]
    student.goto(f"/tickets/{number}")
    student.get_by_role("button", name="Accept the solution").click()
    expect(student.get_by_text("Closed").first).to_be_visible()
    assert world.mail_to(STUDENT_MAIL)[0].startswith(f"[{number}] Closed")


def test_c11_the_bell_rings_leads_to_the_request_and_falls_silent(
    browser: Browser, world: World, tmp_path: Path
) -> None:
    student = visitor(browser, world)
    number, worker = taken(browser, world, student, tmp_path)
    reply(worker, number, "Which year are you enrolled in?")
    student.goto("/")
    bell = student.locator("#bell")
    expect(bell).to_have_text("Notices 2 new")
    bell.click()
    student.get_by_role("button", name=f"New message {number}").click()
    expect(student).to_have_url(f"{world.address}/tickets/{number}")
    expect(bell).to_have_text("Notices")
    reply(worker, number, "And of which course?")
    student.goto(f"/tickets/{number}")  # the page itself says that it was seen
    expect(bell).to_have_text("Notices")
    student.goto("/notices")
    expect(student.get_by_text("Mark all as read")).to_have_count(0)


def test_c11_a_message_on_a_device_shows_event_and_number_and_opens_the_request(
    browser: Browser, shared_world: World
) -> None:
    student = visitor(browser, shared_world)
    student.context.grant_permissions(["notifications"], origin=shared_world.address)
    sign_in(student, STUDENT)
    devtools = student.context.new_cdp_session(student)
    registration = registered(student, devtools)
    news = {"title": "Servizio Studenti", "body": "New message: 2026000001", "url": "/tickets/2026000001"}
    told = {"origin": shared_world.address, "registrationId": registration, "data": json.dumps(news)}
    devtools.send("ServiceWorker.deliverPushMessage", told)
    student.wait_for_function("() => reg.getNotifications().then((all) => all.length)")
    shown = student.evaluate("() => reg.getNotifications().then(([one]) => [one.title, one.body, one.data.url])")
    assert shown == list(news.values())


def registered(page: Page, devtools: CDPSession) -> str:
    """Register the worker of messages, as the button on the preferences does, and return its id."""
    found: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.evaluate(
        """async () => {
          window.reg = await navigator.serviceWorker.register("/static/js/push-worker.js");
          while (!reg.active) await new Promise((done) => setTimeout(done, 20));
        }"""
    )
    assert found
    return found[-1]
