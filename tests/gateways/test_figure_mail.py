"""The report of figures as a mail: numbers in the reader's language, the whole table as a file, a way to end it."""

import csv
import email
import email.policy
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from lxml import etree

from servicedesk.gateways.texts import Texts
from servicedesk.rules.letters import DeskLetter
from servicedesk.settings import ROOT, load

NOW = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
NUMBERS = [1200, 3, 4, 45.2, 200.0, 9000.0, 1, 0, 0, None]
CONTEXT = {
    "recipient": "Nora Guida",
    "path": "/figures?period=custom",
    "stop": "/figures/reports/stop/abc",
    "first": "2026-03-02",
    "last": "2026-03-08",
    "figures": json.dumps(
        {"by": "group", "now": NUMBERS, "before": NUMBERS, "rows": [["=Fees", *NUMBERS]] * 3, "shown": 2}
    ),
}


@pytest.fixture(scope="module")
def texts():
    return Texts(load(ROOT / "config" / "test.toml", {}))


def message(texts, locale="en"):
    letter = DeskLetter("figures_report", "figures.1", "nora@example.org", "Nora Guida", locale, CONTEXT)
    return email.message_from_bytes(texts.render(letter, NOW), policy=email.policy.default)


def test_the_mail_says_the_main_figures_and_where_to_end_it(texts):
    made = message(texts)
    assert made["Subject"] == "[Servizio Studenti] Figures"
    plain = made.get_body(("plain",)).get_content()
    assert "Dear Nora Guida," in plain and "2 March 2026 to 8 March 2026" in plain
    assert "- Arrived: 1,200 (1,200)" in plain
    assert "- First answer, half within: 45 min (45 min)" in plain
    assert "- Solution, half within: 3 h 20 min (3 h 20 min)" in plain
    assert "- Satisfaction (1 to 5): – (–)" in plain
    assert "The file has 1 rows more." in plain
    for body in (plain, made.get_body(("html",)).get_content()):
        assert "http://127.0.0.1:8000/figures/reports/stop/abc" in body
        assert body.count("=Fees") == 2


def test_the_file_holds_every_row_and_runs_no_formula(texts):
    attached = next(message(texts).iter_attachments())
    assert attached.get_filename() == "figures.csv"
    rows = list(csv.reader(io.StringIO(attached.get_content().removeprefix("\ufeff"))))
    assert len(rows) == 4 and rows[0][:2] == ["Group", "Arrived"]
    assert rows[1][:5] == ["'=Fees", "1200", "3", "4", "45.2"]


def test_the_workbook_opens_and_holds_every_row_as_texts_and_numbers(texts):
    _csv, attached = message(texts).iter_attachments()
    assert attached.get_filename() == "figures.xlsx"
    with zipfile.ZipFile(io.BytesIO(attached.get_content())) as book:
        assert book.testzip() is None
        parts = {name: etree.fromstring(book.read(name)) for name in book.namelist()}
    declared = {each.get("PartName").lstrip("/") for each in parts["[Content_Types].xml"] if each.get("PartName")}
    assert declared <= parts.keys()
    rows = [list(row) for row in parts["xl/worksheets/sheet1.xml"].iter("{*}row")]
    assert len(rows) == 4
    assert ["".join(cell.itertext()) for cell in rows[1][:4]] == ["=Fees", "1200", "3", "4"]
    assert [cell.get("t") for cell in rows[1][:2]] == ["inlineStr", None]


def test_an_italian_reads_numbers_and_a_file_as_in_italy(texts):
    made = message(texts, "it")
    assert "1.200" in made.get_body(("plain",)).get_content()
    assert ";1200;3;4;45,2;" in next(made.iter_attachments()).get_content()
