"""What was removed is read in the reader's language, wherever its mark stands."""

import json

from jinja2 import Environment
from markupsafe import Markup

from servicedesk.gateways import pdf
from servicedesk.rules.removed import PERSON, SENTENCES, STAFF, TEXT, shown_by, told, told_in_json, told_throughout

ITALIAN = {"Person removed": "Persona rimossa", "(text removed)": '(testo "rimosso" & <via>)'}


def italian(sentence: str) -> str:
    return ITALIAN.get(sentence, sentence)


def test_a_mark_becomes_its_sentence_wherever_it_stands_and_nothing_else_changes() -> None:
    assert told(f"From {PERSON}, {STAFF}", italian) == "From Persona rimossa, Former member of staff"
    for text in ("", "Lucia [removed] a-person", "[removed-"):
        assert told(text, italian) == text


def test_markup_stays_markup_and_a_sentence_in_it_is_escaped() -> None:
    found = told(Markup(f"<p>{TEXT}</p>"), italian)
    assert found == Markup("<p>(testo &#34;rimosso&#34; &amp; &lt;via&gt;)</p>")
    assert isinstance(found, Markup)


def test_json_stays_json() -> None:
    assert json.loads(told_in_json(json.dumps({"by": TEXT}), italian)) == {"by": ITALIAN["(text removed)"]}


def test_a_template_shows_sentences_in_values_macros_and_attributes() -> None:
    jinja = Environment(autoescape=True, finalize=shown_by(italian))
    source = '{% macro who(n) %}<b title="{{ n }}">{{ n ~ "!" }}</b>{% endmacro %}{{ who(name) }}{{ none }}{{ 1 }}'
    words = "Persona rimossa"
    assert jinja.from_string(source).render(name=PERSON) == f'<b title="{words}">{words}!</b>None1'


def test_a_sheet_is_told_as_a_whole() -> None:
    line = pdf.Line(STAFF, f"gave it to {PERSON}", "now", pairs=[("Title", TEXT)])
    said = told_throughout(
        pdf.Sheet("it", f"2026 {TEXT}", "a", "b", [pdf.Part("c", (("By", PERSON),), [line])], "d"), str
    )
    assert "[removed-" not in " ".join(said.texts())
    assert said.title == "2026 (text removed)"
    assert said.parts[0].lines[0].pairs == [("Title", "(text removed)")]


def test_no_mark_is_changed_by_html_or_json() -> None:
    for mark in SENTENCES:
        assert str(Markup.escape(mark)) == mark
        assert json.dumps(mark) == f'"{mark}"'
