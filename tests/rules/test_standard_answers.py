"""Standard answers: placeholders, where each is offered, who decides, and which counter answers whom."""

from dataclasses import replace

import pytest

from servicedesk.rules.answers import Stage
from servicedesk.rules.catalogue import Field, FieldKind
from servicedesk.rules.errors import Invalid, NotAllowed, NotNow
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, ActorKind
from servicedesk.rules.richtext import from_html, from_plain
from servicedesk.rules.standard_answers import (
    Contact,
    Reach,
    Sequel,
    Step,
    Written,
    allowed_steps,
    check,
    check_step,
    checked_shortcut,
    contact_for,
    fields_within,
    fill,
    gaps,
    languages_for,
    may_propose,
    may_publish,
    placeholders,
    together,
)
from tests import factories
from tests.factories import SERVICE

TREE = factories.catalogue()
TECHNICIAN = Actor(ActorKind.PERSON, 1, groups=frozenset({"DESK"}))
SUPERVISOR = Actor(ActorKind.PERSON, 2, supervises=frozenset({"DESK", "INFO"}))
ADMINISTRATOR = Actor(ActorKind.PERSON, 3, administers=frozenset({SERVICE}))
OWNER = Actor(ActorKind.PERSON, 4, administers=frozenset({EVERY_SERVICE}))


def written(text: str = "Dear {requester_name},", **values: object) -> Written:
    return replace(Written("Fees", {"en": from_plain(text)}), **values)


def faults(it: Written) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        check(it, TREE)
    return {name: str(sentence) for name, sentence in refused.value.fields.items()}


def test_f3_placeholders_are_filled_in_and_what_people_wrote_stays_text():
    found = fill(
        from_html("<p>Dear <b>{requester_name}</b>, {number}</p>"), {"requester_name": "<i>A</i>", "number": "1"}
    )
    assert found.text.html == "<p>Dear <b>&lt;i&gt;A&lt;/i&gt;</b>, 1</p>"
    assert (found.text.text, found.missing) == ("Dear <i>A</i>, 1", ())


def test_f3_a_value_never_brings_a_placeholder_of_its_own():
    found = fill(from_plain("{title} {number}"), {"title": "{number}", "number": "1"})
    assert found.text.text == "{number} 1"


def test_f3_contacts_of_several_lines_stay_lines():
    found = fill(from_plain("Go to {counter_contacts}"), {"counter_contacts": "Room 1\nMonday"})
    assert found.text.html == "<p>Go to Room 1<br>Monday</p>"


def test_f3_a_value_that_is_missing_is_marked_and_named():
    found = fill(from_plain("Course: {degree_course}, {degree_course}"), {"degree_course": " "}, lambda _name: "course")
    assert found.missing == ("degree_course",)
    assert gaps(found.text.text) == ["course"]
    assert gaps("Everything is said [here].") == []


def test_f3_two_languages_stand_one_below_the_other():
    both = together([fill(from_plain("Ciao"), {}), fill(from_plain("Hello {number}"), {})])
    assert both.text.text.split() == ["Ciao", "*", "*", "*", "Hello", "\u27e6number\u27e7"]
    assert both.missing == ("number",)


@pytest.mark.parametrize(
    ("locale", "texts", "languages"),
    [
        ("it", ("it", "en"), ("it",)),
        ("de", ("it", "en"), ("en",)),
        (None, ("it", "en"), ("it", "en")),
        ("en", ("it",), ("it",)),
        (None, ("en",), ("en",)),
    ],
)
def test_f3_everybody_reads_their_language_or_the_one_there_is(locale, texts, languages):
    assert languages_for(locale, texts) == languages


def test_f3_an_unknown_placeholder_is_refused_with_its_place_and_those_that_are_known():
    sentence = faults(written("Dear,\nyour {nunber} and {number}"))["text_en"]
    assert sentence.startswith("Line 2: {nunber} is no placeholder. Known are: {requester_name}, {number},")


@pytest.mark.parametrize(
    "markup",
    ["<p>{number</p>", "<p>number}</p>", "<p>{num<b>ber}</b></p>", '<p><a href="https://x.example/{number}">x</a></p>'],
)
def test_f3_a_placeholder_in_pieces_is_refused(markup):
    assert set(faults(written(texts={"it": from_html(markup)}))) == {"text_it"}


def test_f3_an_answer_of_the_form_is_known_where_a_form_asks_for_it():
    asked = factories.category("fees", fields=(Field("iban", FieldKind.TEXT, factories.text("IBAN")),))
    tree = factories.catalogue([asked, factories.category("exams", "FEW")])
    it = written("Your IBAN {answer:iban}")
    check(it, tree)
    assert fields_within(tree, Reach(category_key="exams")) == frozenset()
    with pytest.raises(Invalid):
        check(replace(it, reach=Reach(service_id=SERVICE, category_key="exams")), tree)


def test_f3_what_is_missing_is_said_beside_its_field():
    empty = Written("", {}, Reach(frozenset({"NONE"}), "x", "y"), Sequel.FORWARD)
    assert set(faults(empty)) == {
        *("name", "groups", "service_id", "category_key"),
        *("forward_group", "forward_reason"),
    }
    assert set(faults(written(texts={}))) == {"text_it"}


def test_f3_a_shortcut_is_what_one_types_after_a_stroke():
    assert checked_shortcut(" /Fees-Late ") == "fees-late"
    for wrong in ("", "più", "a b", "-a", "a" * 41):
        with pytest.raises(Invalid):
            checked_shortcut(wrong)


def test_f3_an_answer_covers_its_groups_its_service_and_its_part_of_the_tree():
    assert Reach().covers("DESK", SERVICE, ("fees",))
    assert Reach(frozenset({"DESK"})).covers("DESK", SERVICE, ())
    assert not Reach(frozenset({"DESK"})).covers("INFO", SERVICE, ("fees",))
    assert Reach(service_id=SERVICE, category_key="fees").covers("INFO", SERVICE, ("fees", "fees-late"))
    assert not Reach(service_id=SERVICE, category_key="fees").covers("INFO", SERVICE, ("exams",))
    assert not Reach(service_id="other").covers("INFO", SERVICE, ())


def test_f3_who_leads_all_its_groups_or_administers_its_service_publishes():
    one, two, none = Reach(frozenset({"DESK"})), Reach(frozenset({"DESK", "FEW"})), Reach(service_id=SERVICE)
    publishers = {
        reach: [a.person_id for a in (TECHNICIAN, SUPERVISOR, ADMINISTRATOR, OWNER) if may_publish(a, reach)]
        for reach in (one, two, none, Reach())
    }
    assert publishers == {one: [2, 4], two: [4], none: [3, 4], Reach(): [4]}
    assert may_propose(TECHNICIAN, two) and may_propose(TECHNICIAN, none)
    assert not may_propose(TECHNICIAN, Reach(frozenset({"FEW"})))
    assert not may_propose(Actor(ActorKind.PERSON, 9), Reach())


def test_f3_a_technician_may_drop_their_own_draft_and_not_publish_it():
    reach = Reach(frozenset({"DESK"}))
    assert allowed_steps(Stage.DRAFT, TECHNICIAN, reach, is_author=True) == [Step.DISCARD]
    assert allowed_steps(Stage.DRAFT, SUPERVISOR, reach, is_author=False) == [Step.PUBLISH, Step.DISCARD]
    with pytest.raises(NotAllowed):
        check_step(Step.PUBLISH, Stage.DRAFT, TECHNICIAN, reach, is_author=True)
    with pytest.raises(NotNow):
        check_step(Step.RETIRE, Stage.DRAFT, SUPERVISOR, reach, is_author=False)


def test_f3_the_counter_is_that_of_the_course_else_of_the_area_else_the_one_for_the_rest():
    course, area = Contact("course", "Banca e finanza", {}), Contact("area", "ECO", {})
    rest = Contact("other", "", {})
    assert contact_for([course, area, rest], ("06110", "banca e Finanza"), "ECO") is course
    assert contact_for([course, area, rest], ("06110", "Law"), "eco") is area
    assert contact_for([course, area, rest], (), "") is rest
    assert contact_for([course, area], (), "") is None


def test_f3_an_answer_that_names_the_counter_is_known_as_such():
    assert written("{counter_contacts}").names_counter
    assert not written().names_counter
    assert placeholders(from_plain("{number} and {date}")) == ["number", "date"]
