"""Row D3 in a browser: answers by subject and audience, in the reader's language, and whether they helped."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from servicedesk.actions.answers import import_answer
from servicedesk.gateways.answer_files import read_folder
from servicedesk.settings import ROOT
from servicedesk.store.base import writing
from servicedesk.store.models.answers import Answer
from tests.e2e.conftest import sign_in, visitor
from tests.e2e.world import World


@pytest.fixture(scope="module")
def answers(shared_world: World) -> None:
    with shared_world.session() as session, writing(session):
        for key, written in read_folder(ROOT / "config" / "demo" / "answers").items():
            import_answer(session, key, written, "command:test", datetime.now(UTC))


def test_d3_a_student_finds_an_answer_by_subject_and_says_that_it_helped(
    browser: Browser, shared_world: World, answers: None
) -> None:
    page = visitor(browser, shared_world, 375)
    page.goto("/answers")
    expect(page.get_by_role("link", name="I paid late: how much is the surcharge?")).to_have_count(0)
    sign_in(page, "Sofia Saggi")
    page.get_by_role("link", name="Answers", exact=True).click()
    page.get_by_role("link", name="Fees, exemptions and reductions").click()
    page.get_by_role("link", name="I paid late: how much is the surcharge?").click()
    expect(page.get_by_text("Up to thirty days late it is 30 euros")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("You have told us already. Thank you.")).to_be_visible()
    with shared_world.session() as session:
        row = session.execute(sa.select(Answer.votes, Answer.helped).where(Answer.key == "mora-quanto")).one()
    assert row == (1, 1)
    page.get_by_role("link", name="Italiano").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_attribute("lang", "it")
    page.get_by_role("link", name="Ask the office").click()
    expect(page.get_by_role("heading", name="Answers to read first")).to_be_visible()


def test_d3_staff_write_an_answer_which_a_supervisor_publishes_for_everyone(
    browser: Browser, shared_world: World, answers: None
) -> None:
    author, reader = visitor(browser, shared_world), visitor(browser, shared_world)
    sign_in(author, "Grazia Letterati")
    author.goto("/answers")
    author.get_by_role("link", name="Write and review answers").click()
    author.get_by_role("link", name="Write a new answer").first.click()
    author.get_by_label("Address").fill("late-renewal")
    author.get_by_label("Category").select_option("iscrizione-rinnovo")
    author.get_by_text("Everyone, also without signing in").click()
    author.get_by_label("Question or title, in English").fill("May I still renew?")
    author.get_by_label("Text in English").fill("Yes, until **31 March**.")
    author.get_by_role("button", name="Save the draft").click()
    expect(author.get_by_text("The draft is saved.")).to_be_visible()
    author.get_by_role("button", name="Submit for review").click()
    expect(author.get_by_text("The answer waits for its review.")).to_be_visible()
    reader.goto("/answers/late-renewal")
    expect(reader.get_by_text("31 March")).to_have_count(0)
    leader = visitor(browser, shared_world)
    sign_in(leader, "Omar Gestori")
    leader.goto("/workbench/answers?stage=review")
    leader.get_by_role("link", name="May I still renew?").click()
    leader.get_by_role("button", name="Publish").click()
    expect(leader.get_by_text("The answer is published.")).to_be_visible()
    reader.goto("/answers/late-renewal")
    expect(reader.get_by_text("Yes, until 31 March.")).to_be_visible()
