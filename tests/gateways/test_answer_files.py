"""Answers read from Markdown files with front matter, and the sentences for files that cannot be read."""

import pytest

from servicedesk.gateways.answer_files import read_folder
from servicedesk.rules.answers import checked
from servicedesk.rules.errors import Invalid
from servicedesk.settings import ROOT
from tests.web.conftest import shipped_catalogue

FRONT = '---\ntitle: "How do I pay?"\ncategory: tasse-pagamenti\naudience: [student, everyone]\n---\n\nBy **pagoPA**.\n'


def test_the_languages_of_an_answer_are_joined_by_the_key_in_their_names(tmp_path):
    (tmp_path / "pay.en.md").write_text(FRONT)
    (tmp_path / "pay.it.md").write_text(FRONT.replace("How do I pay?", "Come si paga?"))
    written = read_folder(tmp_path)["pay"]
    assert (written.kind, written.category_key) == ("question", "tasse-pagamenti")
    assert written.audience == {"student", "everyone"}
    assert {language: text.title for language, text in written.texts.items()} == {
        "en": "How do I pay?",
        "it": "Come si paga?",
    }
    assert written.texts["en"].source == "By **pagoPA**."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Pay.en.md", FRONT),
        ("pay.xx.md", FRONT),
        ("pay.md", FRONT),
        ("pay.en.md", "No front matter."),
        ("pay.en.md", "---\ntitle: [\n---\n\nText"),
        ("pay.en.md", FRONT.replace("category: tasse-pagamenti\n", "")),
        ("pay.en.md", FRONT.replace("[student, everyone]", "[students]")),
        ("pay.en.md", FRONT.replace("audience", "audiences")),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(Invalid) as refused:
        read_folder(tmp_path)
    assert str(refused.value).startswith(f"{name}: ")


def test_languages_that_disagree_about_the_category_are_refused(tmp_path):
    (tmp_path / "pay.en.md").write_text(FRONT)
    (tmp_path / "pay.it.md").write_text(FRONT.replace("tasse-pagamenti", "tasse-isee"))
    with pytest.raises(Invalid, match="must be the same"):
        read_folder(tmp_path)


def test_the_demos_answers_are_complete_in_both_languages_and_belong_to_the_shipped_catalogue():
    found = read_folder(ROOT / "config" / "demo" / "answers")
    assert len(found) >= 25
    for key, written in found.items():
        assert set(checked(written)) == {"it", "en"}, key
        assert written.category_key in shipped_catalogue().categories, key
