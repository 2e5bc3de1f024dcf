"""Reads the text of a PDF that the desk has written, through the tables by which a viewer copies it."""

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_MEANT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_text(content: bytes) -> str:
    """Return every text on its pages in reading order, one line of the page after the other."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    fonts = dict(_fonts(objects))
    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    return "\n".join(line for page in pages for line in _lines(_stream(objects[_reference(page, b"Contents")]), fonts))


def _lines(content: bytes, fonts: dict[bytes, dict[int, str]]) -> Iterator[str]:
    font: dict[int, str] = {}
    for name, shown in _SHOWN.findall(content):
        if name:
            font = fonts[name]
        else:
            raw = _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), shown)
            yield "".join(font[int.from_bytes(raw[at : at + 2], "big")] for at in range(0, len(raw), 2))


def _fonts(objects: dict[int, bytes]) -> Iterator[tuple[bytes, dict[int, str]]]:
    resources = next(body for body in objects.values() if body.startswith(b"<<\n/Font"))
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", resources):
        table = _stream(objects[_reference(objects[int(number)], b"ToUnicode")])
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", table)
        yield name, {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found
    return zlib.decompress(found[1]) if b"/FlateDecode" in body[: found.start()] else found[1]


def _reference(body: bytes, name: bytes) -> int:
    found = re.search(rb"/%s (\d+) 0 R" % name, body)
    assert found
    return int(found[1])
