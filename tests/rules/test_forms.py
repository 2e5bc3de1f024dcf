"""What a requester may type into extra fields."""

import pytest

from servicedesk.rules.catalogue import Field, FieldKind
from servicedesk.rules.forms import NOT_ISSUED, check_answers, is_not_issued
from tests.rules.catalogues import text


def answers(kind, typed, *, required=False, options=()):
    field = Field("f", kind, text("F"), required=required, options=options)
    return check_answers([field], {"f": typed} if isinstance(typed, str) else typed)


@pytest.mark.parametrize("typed", ["9999", "99999", " 99999 ", {"f_not_issued": "y"}, {"f": "12", "f_not_issued": "y"}])
def test_a_student_number_not_yet_issued_is_understood_in_every_form(typed):
    found = answers(FieldKind.STUDENT_NUMBER, typed, required=True)
    assert found.values == {"f": NOT_ISSUED}
    assert is_not_issued(found.values["f"])


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (FieldKind.STUDENT_NUMBER, "712345"),
        (FieldKind.STUDENT_NUMBER, "VR123456"),
        (FieldKind.PHONE, "+39 030 2988.1"),
        (FieldKind.TEXT, "Rossi & C."),
        (FieldKind.DEGREE_COURSE, "Banca e finanza"),
        (FieldKind.LONG_TEXT, "x" * 4000),
    ],
)
def test_sound_answers_are_kept_as_typed(kind, typed):
    assert answers(kind, f" {typed} ").values == {"f": typed}


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (FieldKind.STUDENT_NUMBER, "abc", "student number"),
        (FieldKind.STUDENT_NUMBER, "12", "student number"),
        (FieldKind.PHONE, "call me", "telephone number"),
        (FieldKind.PHONE, "+-. ()", "telephone number"),
        (FieldKind.PHONE, "1" * 16, "telephone number"),
        (FieldKind.TEXT, "x" * 201, "at most 200"),
        (FieldKind.LONG_TEXT, "x" * 4001, "at most 4000"),
        (FieldKind.CHOICE, "other", "one of the options"),
    ],
)
def test_a_wrong_answer_is_refused_with_what_to_do(kind, typed, words):
    found = answers(kind, typed, options=(("fees", text("Fees")),) if kind is FieldKind.CHOICE else ())
    assert found.values == {}
    assert words in str(found.errors["f"])


def test_a_choice_takes_one_of_its_options():
    assert answers(FieldKind.CHOICE, "fees", options=(("fees", text("Fees")),)).values == {"f": "fees"}


@pytest.mark.parametrize("kind", list(FieldKind))
def test_an_empty_answer_matters_only_where_it_is_required(kind):
    assert answers(kind, "  ") == answers(kind, {})
    assert not answers(kind, "").errors
    assert set(answers(kind, "", required=True).errors) == {"f"}
