"""Formatted text: what is kept, what is thrown away, and the plain version beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.errors import Invalid
from servicedesk.rules.richtext import LONGEST, from_html, from_plain


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<div style="position:fixed" onclick="x()">x</div>',
        "<svg><script>alert(1)</script></svg>",
        '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
        '<iframe src="https://example.org"></iframe>',
        '<form action="https://example.org"><input name="password"></form>',
        '<div id="main" class="desk-header">x</div>',
    ],
)
def test_nothing_that_acts_or_poses_survives(attack: str) -> None:
    html = from_html(attack).html.lower()
    for trace in (
        "script",
        "onerror",
        "onclick",
        "javascript:",
        "data:",
        "style=",
        "<svg",
        "<iframe",
        "<form",
        "id=",
        "class=",
    ):
        assert trace not in html


def test_formatting_and_safe_links_survive() -> None:
    kept = from_html(
        '<div>See <strong>this</strong>: <a href="https://example.org/a">page</a></div><ul><li>one</li></ul>'
    )
    assert "<strong>this</strong>" in kept.html
    assert 'href="https://example.org/a"' in kept.html
    assert 'rel="noopener noreferrer nofollow"' in kept.html
    assert kept.text == "See this: page (https://example.org/a)\n\n- one"


def test_an_editors_heading_comes_below_the_pages_own() -> None:
    assert from_html("<h1>Fees</h1>").html == "<h3>Fees</h3>"


def test_typed_text_is_shown_as_typed() -> None:
    kept = from_plain("a < b\nsecond line\n\nnew paragraph & more")
    assert kept.html == "<p>a &lt; b<br>second line</p><p>new paragraph &amp; more</p>"
    assert kept.text == "a < b\nsecond line\n\nnew paragraph & more"


def test_a_text_without_words_is_empty() -> None:
    assert not from_html("<div><br></div>&nbsp;")
    assert not from_plain("  \n ")


def test_a_text_that_is_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(Invalid, match=str(LONGEST)):
        from_plain("x" * (LONGEST + 1))


def left_open(count: int) -> str:
    return "".join(f"<i id={number}>" for number in range(count))


@pytest.mark.parametrize(
    "opening",
    [left_open(2500), left_open(2500).upper(), "".join(f'<i "<{n}">' for n in range(9))],
    ids=["small", "capitals", "odd"],
)
def test_formatting_left_open_does_not_multiply(opening: str) -> None:
    kept = from_html(f"<p>{opening}</p>{'<p>x' * 3000}")
    assert len(kept.html) < 150_000


def test_a_text_that_grows_on_being_cleaned_is_refused() -> None:
    opening = "".join(f"<{tag}>" * 3 for tag in ("b", "code", "em", "i", "s", "strong", "u"))
    with pytest.raises(Invalid, match="too long"):
        from_html(f"<p>{opening}</p>{'<p>x' * 10_000}")


@given(st.text(max_size=300))
def test_cleaning_what_is_clean_changes_nothing(markup: str) -> None:
    once = from_html(markup)
    assert from_html(once.html).html == once.html
