"""Tables as files that spreadsheet programs open: CSV line by line, XLSX as the smallest valid workbook."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO
from xml.sax.saxutils import escape

Cell = str | int | float | datetime | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
"""Tells spreadsheet programs that the file is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST_CELL = 32_767
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATION = (
    '<Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews><sheetData>'
)


def delimiter_for(locale: str) -> str:
    """Return what spreadsheet programs of a language expect between cells: where the comma is decimal, a semicolon."""
    return "," if locale.startswith("en") else ";"


def csv_lines(rows: Iterable[Sequence[Cell]], delimiter: str = ",") -> Iterator[str]:
    """Yield the lines of a CSV file, the mark of UTF-8 first; a text that would be run as a formula is quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    buffer.write(BOM)
    for row in rows:
        writer.writerow([_harmless(cell, delimiter) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _harmless(cell: Cell, delimiter: str) -> str | int | None:
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, float):
        return f"{cell:.1f}".replace(".", "," if delimiter == ";" else ".")
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def write_xlsx(rows: Iterable[Sequence[Cell]], file: IO[bytes]) -> None:
    """Write a workbook with one sheet, row by row; the first row stays in sight."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", _HEAD + _TYPES)
        book.writestr("_rels/.rels", _HEAD + _RELATIONS.format(_RELATION.format("officeDocument", "xl/workbook.xml")))
        book.writestr("xl/workbook.xml", _HEAD + _WORKBOOK)
        relation = _RELATION.format("worksheet", "worksheets/sheet1.xml")
        book.writestr("xl/_rels/workbook.xml.rels", _HEAD + _RELATIONS.format(relation))
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_SHEET.encode())
            for row in rows:
                sheet.write(f"<row>{''.join(_xml(cell) for cell in row)}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


def _xml(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, int | float):
        return f"<c><v>{cell}</v></c>"
    text = cell.isoformat(" ", "seconds") if isinstance(cell, datetime) else cell
    clean = "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)[:_LONGEST_CELL]
    # Always a text, never a formula.
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'
