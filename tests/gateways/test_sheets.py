"""Tables as files: CSV that runs no formula, and a workbook that a spreadsheet program reads back."""

import csv
import io
import zipfile
from datetime import datetime

import pytest
from lxml import etree

from servicedesk.gateways.sheets import BOM, csv_lines, delimiter_for, write_xlsx

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.mark.parametrize("text", ["=1+1", "+39 030", "-2", "@SUM(A1)", "\t=1", " =1+1", "\r=1"])
def test_a_text_that_would_run_as_a_formula_is_quoted(text):
    line = "".join(csv_lines([[text]]))
    assert next(csv.reader([line.removeprefix(BOM)]))[0].startswith("'")


def test_numbers_stay_numbers_and_the_file_begins_with_its_mark():
    text = "".join(
        csv_lines([["Group", "n"], ["Fees; and more", -3], ["È", 1.26], [None, datetime(2026, 3, 2, 9)]], ";")
    )
    assert text.startswith(BOM)
    read = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=";"))
    assert read == [["Group", "n"], ["Fees; and more", "-3"], ["È", "1,3"], ["", "2026-03-02 09:00:00"]]


def test_a_spreadsheet_of_an_italian_expects_semicolons():
    assert (delimiter_for("it"), delimiter_for("en-GB")) == (";", ",")


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers():
    file = io.BytesIO()
    write_xlsx([["Name", "n"], ["=1+1 <b>&\x00", 4], [None, 2.5]], file)
    with zipfile.ZipFile(file) as book:
        assert book.testzip() is None
        for name in book.namelist():
            etree.fromstring(book.read(name))
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{SHEET}row")]
    assert rows == [["Name", "n"], ["=1+1 <b>& ", "4"], ["", "2.5"]]
    assert not list(sheet.iter(f"{SHEET}f"))
