"""What a requester may type into extra fields."""

from datetime import date

import pytest

from servicedesk.rules.catalogue import Field, FieldKind
from servicedesk.rules.errors import Invalid
from servicedesk.rules.forms import (
    NOT_ISSUED,
    Known,
    are_crossed,
    bound,
    check_answers,
    check_file_name,
    is_bound,
    is_not_issued,
)
from tests.rules.catalogues import text

TODAY = date(2026, 3, 15)
KNOWN = Known(TODAY, frozenset({"Banca e finanza", "Lettere"}))


def answers(kind, typed, *, required=False, known=KNOWN, **properties):
    version = "2" if kind is FieldKind.CONSENT else None
    field = Field("f", kind, text("F"), required=required, version=version, **properties)
    return check_answers([field], {"f": typed} if isinstance(typed, str) else typed, known)


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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("2026-03-15", "2026-03-15"), ("15/03/2026", "2026-03-15"), ("1/4/2026", "2026-04-01")],
)
def test_a_date_is_understood_as_browsers_send_it_and_as_people_type_it(typed, kept):
    assert answers(FieldKind.DATE, typed).values == {"f": kept}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2026-03-04", "first one possible is 05/03/2026"),
        ("2026-04-01", "last one possible is 31/03/2026"),
        ("31/02/2026", "day/month/year"),
        ("soon", "day/month/year"),
    ],
)
def test_a_date_out_of_its_bounds_is_refused_with_the_bound(typed, words):
    found = answers(FieldKind.DATE, typed, earliest="today-10", latest="2026-03-31")
    assert words in str(found.errors["f"])


@pytest.mark.parametrize(
    ("typed", "decimals", "kept"),
    [("120", 0, "120"), ("12,5", 2, "12.50"), ("1 200.00", 2, "1200.00"), ("-3", 0, "-3"), ("0", 0, "0")],
)
def test_a_number_is_kept_with_its_decimals(typed, decimals, kept):
    assert answers(FieldKind.NUMBER, typed, decimals=decimals).values == {"f": kept}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("many", "in digits"),
        ("1.234.567", "in digits"),
        ("\u0661", "in digits"),
        ("3.5", "at most 0 digits"),
        ("0", "at least 1"),
        ("181", "at most 180"),
    ],
)
def test_a_number_that_does_not_fit_is_refused_with_what_would(typed, words):
    found = answers(FieldKind.NUMBER, typed, minimum=1, maximum=180)
    assert words in str(found.errors["f"])


def test_a_degree_course_is_one_of_the_register_however_its_letters_are_typed():
    assert answers(FieldKind.DEGREE_COURSE, "banca  e FINANZA").values == {"f": "Banca e finanza"}
    assert "of the list" in str(answers(FieldKind.DEGREE_COURSE, "Magic").errors["f"])


def test_an_empty_register_refuses_no_degree_course():
    assert answers(FieldKind.DEGREE_COURSE, "Magic", known=Known(TODAY)).values == {"f": "Magic"}


def test_a_consent_is_kept_as_the_wording_that_was_agreed_to():
    assert answers(FieldKind.CONSENT, "1", required=True).values == {"f": "2"}
    assert "Tick this box" in str(answers(FieldKind.CONSENT, "", required=True).errors["f"])


def test_a_file_of_another_kind_is_refused_by_its_name():
    field = Field("f", FieldKind.FILE, text("F"), accept=("pdf", "jpg"))
    check_file_name(field, "Carta.PDF")
    with pytest.raises(Invalid, match=r"note.docx.*pdf, jpg"):
        check_file_name(field, "note.docx")


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("today", TODAY),
        ("today+1", date(2026, 3, 16)),
        ("today-15", date(2026, 2, 28)),
        ("2026-01-02", date(2026, 1, 2)),
    ],
)
def test_a_bound_is_a_day_or_counted_from_today(stated, day):
    assert is_bound(stated)
    assert bound(stated, TODAY) == day


@pytest.mark.parametrize("stated", ["", "tomorrow", "today+", "2026-02-30", "30/09/2026", "today+999999"])
def test_anything_else_is_no_bound(stated):
    assert not is_bound(stated)


def test_bounds_are_crossed_only_where_no_day_can_ever_lie_between_them():
    assert are_crossed("2026-02-01", "2026-01-01")
    assert are_crossed("today+2", "today")
    assert not are_crossed("today", "2020-01-01")
    assert not are_crossed(None, "2020-01-01")


def test_a_choice_takes_one_of_its_options():
    assert answers(FieldKind.CHOICE, "fees", options=(("fees", text("Fees")),)).values == {"f": "fees"}


@pytest.mark.parametrize("kind", list(FieldKind))
def test_an_empty_answer_matters_only_where_it_is_required(kind):
    assert answers(kind, "  ") == answers(kind, {})
    assert not answers(kind, "").errors
    assert set(answers(kind, "", required=True).errors) == {"f"}
