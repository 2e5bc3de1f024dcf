"""The icon in an installation's colour: the same drawing on another ground."""

import io

import pytest
from PIL import Image, ImageChops

from servicedesk.rules.icons import DELIVERED, drawing, recoloured, size_of
from servicedesk.settings import ROOT

FOLDER = ROOT / "servicedesk/static/img"
PICTURES = ("app-180.png", "app-192.png", "app-512.png", "app-maskable-512.png")


def test_the_drawing_in_the_delivered_colour_is_the_delivered_one():
    delivered = (FOLDER / "icon.svg").read_text().replace("#06c", DELIVERED)
    assert drawing(DELIVERED).strip() == delivered.strip()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_keeps_its_shape_and_changes_its_ground(name):
    before = (FOLDER / name).read_bytes()
    after = recoloured(before, "#7a0019")
    old, new = (Image.open(io.BytesIO(each)).convert("RGBA") for each in (before, after))
    assert size_of(after) == size_of(before) == new.size
    middle, edge = (new.width // 2, new.height * 3 // 8), (new.width // 2, new.height // 16)
    assert (old.getpixel(edge)[:3], new.getpixel(edge)[:3]) == ((0, 0x66, 0xCC), (0x7A, 0, 0x19))
    assert new.getchannel("A").tobytes() == old.getchannel("A").tobytes()
    assert min(new.getpixel(middle)[:3]) > 250


def test_a_picture_in_the_delivered_colour_is_drawn_as_it_was():
    before = (FOLDER / "app-512.png").read_bytes()
    old, new = (_on_white(each) for each in (before, recoloured(before, DELIVERED)))
    assert max(high for _low, high in ImageChops.difference(old, new).getextrema()) <= 2


def _on_white(picture):
    drawn = Image.open(io.BytesIO(picture)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def test_what_is_no_png_has_no_size():
    assert size_of(b"<svg/>") == size_of(b"\x89PNG\r\n\x1a\n") == (0, 0)
