"""The demo's attachments: small real documents made on the spot, and their way through the real storage."""

import secrets
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from servicedesk.actions import files
from servicedesk.gateways.file_kinds import SNIFFED_BYTES, safe_name, sniff
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.store.base import writing

MOST = 1_000_000
WIDTH, HEIGHT = 480, 270
WHITE, GREY, BLUE, RED = (255, 255, 255), (214, 220, 227), (0, 102, 204), (204, 51, 77)
BAR, LINES, BOX = 34, range(70, 150, 20), (170, 232, 40, 440)


def attach(session: Session, storage: Storage, name: str, words: str, now: datetime) -> tuple[str, str]:
    """Keep a document called `name` as a draft, as an upload from a form would be; return its id and draft key."""
    content = MAKERS[PurePosixPath(name).suffix](words)
    content_type = sniff(content[:SNIFFED_BYTES], name)
    upload_id, draft_key = new_upload_id(), secrets.token_urlsafe(24)
    stored = storage.save(BytesIO(content), upload_id, MOST)
    with writing(session):
        files.note_draft(session, upload_id, draft_key, safe_name(name), content_type, stored.size, stored.sha256, now)
    return upload_id, draft_key


def pdf(words: str) -> bytes:
    """Return a PDF of one page that says `words` line by line."""
    lines = "".join(f"({_escaped(line)}) Tj T* " for line in words.splitlines())
    stream = f"BT /F1 14 Tf 20 TL 60 760 Td {lines}ET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n%s" % (len(objects) + 1, table) + trailer


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def png(_words: str) -> bytes:
    """Return the picture of a window with an error box in it."""
    return _picture()


@cache
def _picture() -> bytes:
    rows = b"".join(b"\0" + bytes(value for x in range(WIDTH) for value in _colour(x, y)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _colour(x: int, y: int) -> tuple[int, int, int]:
    top, bottom, left, right = BOX
    if y < BAR:
        return BLUE
    if top <= y < bottom and left <= x < right:
        return RED
    return GREY if 40 <= x < 300 and any(line <= y < line + 8 for line in LINES) else WHITE


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


MAKERS: Mapping[str, Callable[[str], bytes]] = {".pdf": pdf, ".png": png, ".txt": str.encode}
