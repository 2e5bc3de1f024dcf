"""The icon of the desk in an installation's colour: its drawing, and its pictures with their palettes changed."""

import struct
import zlib
from collections.abc import Iterator

DELIVERED = "#0066cc"
"""The ground of the icons as they are delivered; on it stands white."""
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="5" fill="{colour}"/>'
    '<path d="M16 5 4 11v2h24v-2zM6 15v8h3v-8zm8.500 0v8h3v-8zM23 15v8h3v-8zM4 25v2h24v-2z" fill="#fff"/></svg>\n'
)
PNG = b"\x89PNG\r\n\x1a\n"
PALETTE = b"PLTE"


def drawing(colour: str) -> str:
    """Return the icon as SVG on a ground of this colour."""
    return DRAWING.format(colour=colour)


def recoloured(picture: bytes, colour: str) -> bytes:
    """Return a delivered picture, a PNG with a palette, on a ground of this colour. Source: PNG 1.2, 4.1.2."""
    ground = bytes.fromhex(colour[1:])
    found = [PNG]
    for kind, data in _chunks(picture):
        found.append(_chunk(kind, _palette(data, ground) if kind == PALETTE else data))
    return b"".join(found)


def size_of(picture: bytes) -> tuple[int, int]:
    """Return width and height of a PNG in pixels; 0 of what is none."""
    if not picture.startswith(PNG) or len(picture) < 24:
        return 0, 0
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG)
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        yield picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        place += length + 12


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _palette(before: bytes, ground: bytes) -> bytes:
    # The delivered ground has no red, so the red of an entry is the share of white in it.
    return b"".join(_mixed(before[place], ground) for place in range(0, len(before), 3))


def _mixed(white: int, ground: bytes) -> bytes:
    return bytes((part * (255 - white) + 255 * white) // 255 for part in ground)
