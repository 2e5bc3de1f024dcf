"""What is hidden in a public text, and what is left as it is."""

import pytest

from servicedesk.rules.hiding import MARK, hide, hide_in_html, secrets_of

LUCIA = secrets_of("Lucia", "De Nicolò", "067010", None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Regards, Lucia De Nicolò.", f"Regards, {MARK}."),
        ("regards, LUCIA DE NICOLO", f"regards, {MARK}"),
        ("Nicolò wrote", f"{MARK} wrote"),
        ("lucia.x@studenti.example.org asks", f"{MARK} asks"),
        ("My number is 1045321.", f"My number is {MARK}."),
        ("Call +39 035 2052 111 please", f"Call {MARK} please"),
        ("Code RSSMRA85T10A562S here", f"Code {MARK} here"),
        ("to IT60 X054 2811 1010 0000 0123 456", f"to {MARK}"),
        ("067010 answered", f"{MARK} answered"),
        ("Call 347 123 4567 or 347.1234567", f"Call {MARK} or {MARK}"),
    ],
)
def test_names_addresses_and_personal_numbers_are_hidden(text: str, shown: str) -> None:
    assert hide(text, LUCIA) == shown


@pytest.mark.parametrize(
    "text", ["De facto by 02/03/2026, 30 11 2026, 156,00 euro, room 312 5", "Lucian's lucidity", ""]
)
def test_everything_else_stays(text: str) -> None:
    assert hide(text, LUCIA) == text


@pytest.mark.parametrize("name", ["D'Angelo", "D\u2019Angelo", "D`ANGELO"])
def test_a_name_is_found_whichever_apostrophe_it_is_typed_with(name: str) -> None:
    assert hide(f"I am {name}.", secrets_of("Anna", "D'Angelo")) == f"I am {MARK}."
    assert hide("I am D'Angelo.", secrets_of("Anna", name)) == f"I am {MARK}."


def test_html_keeps_its_shape_and_loses_its_links() -> None:
    markup = '<p>I am <strong>Lucia</strong> &amp; <a href="https://example.org/lucia">here</a> &lt;b&gt;</p>'
    assert hide_in_html(markup, LUCIA) == f"<p>I am <strong>{MARK}</strong> &amp; here &lt;b&gt;</p>"


def test_a_name_hidden_behind_entities_is_found_and_none_becomes_a_tag() -> None:
    assert hide_in_html("<p>Luc&#105;a &lt;script&gt;</p>", LUCIA) == f"<p>{MARK} &lt;script&gt;</p>"
