"""Answers: Markdown that becomes a page, languages that lag, and who may do what with a version."""

import pytest

from servicedesk.rules.answers import (
    STEPS,
    Kind,
    Stage,
    Step,
    Text,
    Written,
    allowed_steps,
    check_step,
    checked,
    lags,
    render,
    revised,
    shown_language,
)
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Invalid, NotAllowed, NotNow
from servicedesk.rules.permissions import Actor, ActorKind

TECHNICIAN = Actor(ActorKind.PERSON, 1, groups=frozenset({"DESK"}))
SUPERVISOR = Actor(ActorKind.PERSON, 2, supervises=frozenset({"DESK"}))
STUDENT = Actor(ActorKind.PERSON, 3, audiences=frozenset({"student"}))


def test_markdown_becomes_markup_whose_headings_stand_below_the_pages_own() -> None:
    body = render("# One\n\n### Two\n\nPay by *May*:\n\n1. first\n2. [here](https://example.org)")
    assert body.html.startswith("<h2>One</h2>\n<h2>Two</h2>")
    assert "<em>May</em>" in body.html
    assert '<a href="https://example.org"' in body.html
    assert "- first" in body.text


@pytest.mark.parametrize(
    "attack", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://a.example/i)"]
)
def test_nothing_that_acts_or_calls_elsewhere_comes_through(attack: str) -> None:
    html = render(attack).html
    assert "<script" not in html
    assert "href=" not in html
    assert "<img" not in html


def test_a_text_that_is_too_long_is_refused_with_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        checked(written(it="x" * 60_000))
    assert set(refused.value.fields) == {"source_it"}


def test_an_answer_needs_a_title_a_text_and_readers() -> None:
    empty = Written(Kind.QUESTION, "fees", frozenset(), {"it": Text("", " ")})
    with pytest.raises(Invalid) as refused:
        checked(empty)
    assert set(refused.value.fields) == {"title_it", "source_it", "audience"}
    with pytest.raises(Invalid) as refused:
        checked(Written(Kind.QUESTION, "fees", frozenset({Audience.EVERYONE}), {}))
    assert set(refused.value.fields) == {"title_it"}


def written(**texts: str) -> Written:
    made = {language: Text("Title", source) for language, source in texts.items()}
    return Written(Kind.QUESTION, "fees", frozenset({Audience.EVERYONE}), made)


def test_the_language_that_was_left_alone_lags_until_it_follows_or_is_said_to_fit() -> None:
    first, second = written(it="a", en="a").texts, written(it="b", en="a").texts
    start = revised({}, {}, first, 1, all_fit=False)
    assert start == {"it": 1, "en": 1}
    after = revised(first, start, second, 2, all_fit=False)
    assert (lags(after, "en"), lags(after, "it")) == (True, False)
    assert not lags(revised(first, start, second, 2, all_fit=True), "en")
    followed = revised(second, after, written(it="b", en="b").texts, 3, all_fit=False)
    assert followed == {"it": 2, "en": 3}


def test_a_reader_gets_their_own_language_else_english_else_italian() -> None:
    assert shown_language({"it": "", "en": ""}, "it") == "it"
    assert shown_language({"it": "", "en": ""}, "fr") == "en"
    assert shown_language({"it": ""}, "en") == "it"


@pytest.mark.parametrize(
    ("actor", "stage", "steps"),
    [
        (TECHNICIAN, Stage.DRAFT, [Step.SUBMIT]),
        (TECHNICIAN, Stage.REVIEW, [Step.RETURN]),
        (TECHNICIAN, Stage.PUBLISHED, []),
        (SUPERVISOR, Stage.REVIEW, [Step.RETURN, Step.PUBLISH]),
        (SUPERVISOR, Stage.PUBLISHED, [Step.RETIRE]),
        (SUPERVISOR, Stage.REPLACED, []),
        (STUDENT, Stage.DRAFT, []),
    ],
)
def test_whoever_writes_submits_and_whoever_leads_publishes(actor: Actor, stage: Stage, steps: list[Step]) -> None:
    assert allowed_steps(stage, actor) == steps
    for step in STEPS:
        if step not in steps:
            with pytest.raises((NotAllowed, NotNow)):
                check_step(step, stage, actor)
