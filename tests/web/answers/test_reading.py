"""Readers' pages of answers: who sees which, in which language, and the question whether it helped."""

import pytest
import sqlalchemy as sa

from servicedesk.store.models.answers import Answer
from tests import factories
from tests.web.conftest import browser, page, post

KEY = "tasse-pagamenti"


@pytest.fixture
def answers(desk):
    factories.answer(desk, "for-all", "accesso-login")
    factories.answer(desk, "for-students", KEY, "student")
    desk.commit()


@pytest.fixture
def student(app, desk, sign_in):
    made = factories.student(desk)
    desk.commit()
    client = browser(app)
    sign_in(client, made.id)
    return client


def links(shown):
    return set(shown.xpath("//main//a/@href"))


def test_a_visitor_finds_what_is_for_everyone_and_a_student_what_is_theirs(client, student, answers):
    assert "/answers/for-all" in links(page(client, "/answers"))
    assert "/answers/for-students" not in links(page(client, "/answers"))
    assert {"/answers/for-students", "/answers?category=tasse"} <= links(page(student, "/answers"))
    assert "/answers/for-students" in links(page(student, "/answers?category=tasse"))
    page(client, "/answers/for-students", 404)
    page(client, "/answers?category=nothing", 404)


def test_before_asking_about_a_subject_its_answers_are_shown(student, answers):
    assert "/answers/for-students" in links(page(student, f"/catalogue/{KEY}"))
    assert not page(student, "/catalogue/tasse-isee").xpath("//*[@id='known-answers']")


def test_a_list_goes_on_over_pages(student, desk):
    for serial in range(25):
        factories.answer(desk, f"answer-{serial}", KEY)
    desk.commit()
    first = page(student, "/answers?category=tasse")
    following = first.xpath("//a[@rel='next']/@href")[0]
    assert links(page(student, following)) >= {"/answers/answer-24", "/answers?category=tasse"}


def test_a_text_in_another_language_is_marked_and_one_that_lags_says_so(app, desk):
    factories.answer(desk, "only-italian", KEY, it="Solo in italiano.")
    factories.answer(desk, "lagging", KEY, it="Uno.", en="One.")
    factories.answer(desk, "lagging", KEY, it="Due.", en="One.")
    desk.commit()
    english = browser(app)
    shown = page(english, "/answers/only-italian")
    assert shown.xpath("//h1/@lang") == shown.xpath("//article/@lang") == ["it"]
    lagging = page(english, "/answers/lagging")
    assert "has not been brought up to date" in lagging.text_content()
    assert "/answers/lagging?language=it" in links(lagging)
    newer = page(english, "/answers/lagging?language=it")
    assert "Due." in newer.text_content()
    assert "has not been brought up to date" not in newer.text_content()


def test_one_browser_votes_once(client, desk, answers):
    form = page(client, "/answers/for-all").xpath("//form[contains(@action, '/vote')]")[0]
    for _ in range(2):
        assert post(client, form, helped="yes").location == "/answers/for-all"
    assert "You have told us already" in page(client, "/answers/for-all").text_content()
    assert desk.execute(sa.select(Answer.votes, Answer.helped).where(Answer.key == "for-all")).one() == (1, 1)


def test_nobody_votes_on_what_they_may_not_read(client, desk, answers):
    form = page(client, "/answers/for-all").xpath("//form[contains(@action, '/vote')]")[0]
    form.set("action", "/answers/for-students/vote")
    assert post(client, form, helped="yes").status_code == 404
    assert set(desk.scalars(sa.select(Answer.votes))) == {0}


def test_a_reader_is_counted_once_per_browser_and_not_by_opening_the_address(client, desk, answers):
    form = page(client, "/answers/for-all").xpath("//form[contains(@action, '/read')]")[0]
    assert desk.scalar(sa.select(Answer.views).where(Answer.key == "for-all")) == 0
    assert [post(client, form).status_code for _ in range(2)] == [204, 204]
    assert not page(client, "/answers/for-all").xpath("//form[contains(@action, '/read')]")
    desk.rollback()
    assert desk.scalar(sa.select(Answer.views).where(Answer.key == "for-all")) == 1
