"""Names and contents of uploaded files."""

import io
import zipfile

import pytest

from servicedesk.gateways.file_kinds import LONGEST_NAME, safe_name, sniff
from servicedesk.rules.errors import Invalid

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40)
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script>"
WINDOWS = b"MZ\x90\0\x03\0\0\0" + bytes(64)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # With a date of their own: as names of tests the bytes have to be the same in every process.
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
        archive.writestr(zipfile.ZipInfo("word/document.xml"), "<document/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("esito.pdf", PDF, "application/pdf"),
        ("ESITO.PDF", PDF, "application/pdf"),
        ("foto.jpg", JPEG, "image/jpeg"),
        ("foto.jpeg", JPEG, "image/jpeg"),
        ("schermo.png", PNG, "image/png"),
        ("iphone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        ("android.heic", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        ("domanda.docx", zipped(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("domanda.doc", OLE, "application/msword"),
        ("tasse.xls", OLE, "application/vnd.ms-excel"),
        ("domanda.odt", zipped(), "application/vnd.oasis.opendocument.text"),
        ("tutto.zip", zipped(), "application/zip"),
        ("note.txt", "età, perché".encode(), "text/plain"),
        ("note.txt", b"MZ is how this text begins", "text/plain"),
        ("note.txt", "nota".encode("utf-16"), "text/plain"),
        ("esami.csv", b"nome;voto\n", "text/csv"),
        ("firmato.pdf.p7m", b"\x30\x80\x06\x09", "application/pkcs7-mime"),
        ("pagina.html", HTML, "application/octet-stream"),
        ("disegno.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream"),
        ("dati.xyz", bytes(50), "application/octet-stream"),
        ("senza", b"nothing known", "application/octet-stream"),
    ],
)
def test_a_file_gets_the_type_that_name_and_content_agree_on(name: str, content: bytes, content_type: str) -> None:
    assert sniff(content, name) == content_type


@pytest.mark.parametrize(
    ("name", "content"),
    [("esito.pdf", HTML), ("esito.pdf", PNG), ("foto.jpg", PNG), ("foto.png", HTML), ("a.docx", PDF), ("a.txt", PNG)],
)
def test_a_file_that_is_not_what_its_name_says_is_refused_by_name(name: str, content: bytes) -> None:
    with pytest.raises(Invalid, match=f"{name} is not what its name says"):
        sniff(content, name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", WINDOWS),
        ("setup.EXE", b"anything"),
        ("fattura.pdf", WINDOWS),
        ("strumento", b"\x7fELF\x02\x01\x01\0"),
        ("pulisci.txt", b"#!/bin/sh\nrm -rf ~\n"),
        ("macro.vbs", b"MsgBox 1"),
        ("run.ps1", b"Write-Host 1"),
        ("a.jar", zipped()),
    ],
)
def test_programs_and_scripts_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(Invalid, match="program or script"):
        sniff(content, name)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid, match=r"vuoto\.pdf is empty"):
        sniff(b"", "vuoto.pdf")


@pytest.mark.parametrize("name", ["../x.pdf", "a/b.pdf", "C:\\x.pdf", "a\nb.pdf", "a\0.pdf", "", " .. "])
def test_a_name_with_a_path_or_something_invisible_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        safe_name(name)


def test_a_usual_name_is_kept_and_a_program_cannot_hide_behind_a_dot() -> None:
    assert safe_name(" Piano degli studi (però).pdf ") == "Piano degli studi (però).pdf"
    assert safe_name("setup.exe. ") == "setup.exe"


def test_marks_of_direction_neither_hide_a_suffix_nor_stop_a_phones_picture() -> None:
    assert safe_name("scan\u202efdp.exe") == "scanfdp.exe"
    assert safe_name("\u200eWhatsApp Image.jpg") == "WhatsApp Image.jpg"


def test_a_very_long_name_keeps_its_suffix() -> None:
    name = safe_name("x" * 300 + ".pdf")
    assert len(name) == LONGEST_NAME
    assert name.endswith("x.pdf")
