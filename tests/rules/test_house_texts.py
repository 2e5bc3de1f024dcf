"""What the house may say: placeholders it knows, lengths, and what is read where nobody wrote."""

import pytest

from servicedesk.rules.errors import Invalid
from servicedesk.rules.house_texts import About, House, MailText, digest, filled, mail_entry

GOOD = MailText("News of {number}", "Dear {recipient}", "")


def test_what_says_nothing_is_not_kept() -> None:
    kept = mail_entry({"it": MailText(), "en": GOOD}, About.TICKET)
    assert kept == {"en": {"subject": "News of {number}", "before": "Dear {recipient}", "after": ""}}
    assert mail_entry({"it": MailText(), "en": MailText()}, About.TICKET) == {}


@pytest.mark.parametrize(
    ("text", "field", "sentence"),
    [
        (
            MailText(after="One\n{nmber}"),
            "after_en",
            "Line 2: {nmber} is no placeholder. Known are: {recipient}, {desk}.",
        ),
        (
            MailText(before="{number}"),
            "before_en",
            "Line 1: {number} is no placeholder. Known are: {recipient}, {desk}.",
        ),
        (MailText(before="A { alone"), "before_en", "Line 1: a curly bracket stands alone."),
        (MailText(subject="x" * 81), "subject_en", "It is too long: at most 80 characters."),
        (MailText(after="x" * 2001), "after_en", "It is too long: at most 2000 characters."),
    ],
)
def test_a_fault_is_named_with_its_place_and_what_is_known(text: MailText, field: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        mail_entry({"it": GOOD if "number" in field else MailText(), "en": text}, About.DESK)
    assert str(refused.value.fields[field]).startswith(sentence)


def test_lines_without_their_value_are_left_out_and_no_gap_stays() -> None:
    values = {"number": "2026000001", "expires": "", "group": "{number}"}
    assert filled("{number}\n\nuntil {expires}\n\n{group}", values) == "2026000001\n\n{number}"
    assert filled("{nobody}", values) == ""


def test_texts_of_pages_are_read_in_english_where_they_are_in_no_other_language() -> None:
    said = {"it": "Ciao", "en": "Hello", "fr": "Bonjour"}
    house = House({"text:welcome": said, "text:officer": {"": "dpo@example.org"}})
    assert [house.text("welcome", code) for code in ("it", "en", "de", "fr")] == ["Ciao", "Hello", "Hello", "Bonjour"]
    assert [house.text_in("welcome", code)[1] for code in ("it", "de", "fr")] == ["it", "en", "fr"]
    assert (house.text("officer", "it"), house.text("footer", "it")) == ("dpo@example.org", "")


def test_a_changed_entry_is_another_one() -> None:
    assert digest(None) == digest({}) == ""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1})
