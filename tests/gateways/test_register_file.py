"""The register file is read whole: every wrong row is named with its line, none of them quotes a fiscal code."""

from pathlib import Path

import pytest

from servicedesk.gateways.register_file import COLUMNS, Register, read
from servicedesk.rules.identity import fiscal_hash
from servicedesk.settings import ROOT

KEY = "a key that nobody else has, long enough"
LUCIA = "STDLCU03D52X999N,722431,Lucia,Studente,l.studente@example.org,06110,Banca e finanza,ECO,active"
MARCO = "NGGMRC02P03X999U,719204,Marco,Ingegneri,m.ingegneri@example.org,05731,Ingegneria informatica,ING,former"


def register(folder: Path, *rows: str, header: str = ",".join(COLUMNS), encoding: str = "utf-8") -> Register:
    path = folder / "students.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return read(path, KEY)


def problems(found: Register) -> list[str]:
    return [str(problem) for problem in found.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_register_is_read_with_or_without_a_byte_order_mark(tmp_path, encoding):
    found = register(tmp_path, LUCIA, MARCO, encoding=encoding)
    assert not found.problems
    assert [row.given_name for row in found.rows] == ["Lucia", "Marco"]
    assert found.rows[0].fiscal_hash == fiscal_hash(KEY, "STDLCU03D52X999N")


def test_semicolons_separate_as_well_as_commas(tmp_path):
    found = register(tmp_path, LUCIA.replace(",", ";"), header=";".join(COLUMNS))
    assert found.rows[0].degree_course_name == "Banca e finanza"


def test_the_demo_register_is_right():
    found = read(ROOT / "config" / "demo" / "students.csv", KEY)
    assert not found.problems and len(found.rows) > 200


def test_every_error_is_told_at_once_with_line_and_column(tmp_path):
    wrong = [
        LUCIA.replace("X999N", "X999M"),
        MARCO.replace("former", "gone").replace("Marco", ""),
        MARCO.replace("@", " at "),
        MARCO + ",more",
    ]
    assert problems(register(tmp_path, LUCIA, *wrong)) == [
        "students.csv:3: fiscal_code: not a valid fiscal code; compare it with the person's document",
        "students.csv:3: matricola: is on line 2 already; keep one row per student",
        "students.csv:4: given_name: is empty; give it a value",
        "students.csv:4: status: must be one of active, former, not_yet_active",
        "students.csv:5: institutional_email: not an e-mail address; write it as name@example.org",
        "students.csv:5: fiscal_code: is on line 4 already; keep one row per student",
        "students.csv:5: matricola: is on line 4 already; keep one row per student",
        "students.csv:6: row: 10 cells where the header has 9; check the separators",
    ]


def test_a_wrong_fiscal_code_is_never_repeated(tmp_path):
    found = register(tmp_path, LUCIA.replace("X999N", "X999M"))
    assert "STDLCU" not in "".join(problems(found)) + repr(found)


def test_lines_are_counted_through_quoted_line_breaks(tmp_path):
    broken = LUCIA.replace("Lucia", '"Lucia\nMaria"')
    assert problems(register(tmp_path, broken, MARCO.replace("former", "?"))) == [
        "students.csv:2: given_name: holds a control character; remove it",
        "students.csv:4: status: must be one of active, former, not_yet_active",
    ]


def test_a_line_that_is_not_utf_8_is_named_and_the_rest_is_read(tmp_path):
    path = tmp_path / "students.csv"
    path.write_bytes("\n".join([",".join(COLUMNS), LUCIA.replace("Lucia", "Niccolò"), MARCO]).encode("latin-1"))
    found = read(path, KEY)
    assert problems(found) == ["students.csv:2: byte 31: not UTF-8; save the file as UTF-8 and try again"]
    assert [row.given_name for row in found.rows] == ["Marco"]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "must be the line"),
        ("fiscal_code,matricola", "columns are missing"),
        (",".join([*COLUMNS, "area"]), "twice"),
    ],
)
def test_a_wrong_header_is_told_before_anything_else(tmp_path, header, told):
    found = register(tmp_path, LUCIA, header=header)
    assert not found.rows
    assert [problem.line for problem in found.problems] == [1] and told in problems(found)[0]


def test_only_an_active_student_needs_number_and_institutional_address(tmp_path):
    rows = [LUCIA.replace("l.studente@example.org", ""), MARCO.replace("m.ingegneri@example.org", "")]
    assert problems(register(tmp_path, *[row.replace("722431", "").replace("719204", "") for row in rows])) == [
        "students.csv:2: matricola: is empty; give it a value",
        "students.csv:2: institutional_email: is empty; give it a value",
    ]
