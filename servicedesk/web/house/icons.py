"""The icon of this installation: the house's own, or the delivered one in the theme's colour."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, url_for

from servicedesk.rules import icons
from servicedesk.store import house_texts
from servicedesk.web.context import static
from servicedesk.web.db import reading
from servicedesk.web.house.theme import look

SVG, PNG = "image/svg+xml", "image/png"
OWN = "own.png"
SMALL, APPLE = "icon.svg", "app-180.png"
PICTURES = {"app-192.png": (192, "any"), "app-512.png": (512, "any"), "app-maskable-512.png": (512, "maskable")}
"""The pictures of the app: their size in pixels, and what the browser may do with them."""
DELIVERED = (SMALL, APPLE, *PICTURES)


@dataclass(frozen=True, slots=True)
class Shown:
    """An icon as a page names it."""

    url: str
    mimetype: str


def icon(name: str = SMALL) -> Shown:
    """Return address and type of an icon: the delivered file, or where it is given in the look of the house."""
    found = look()
    if found.icon:
        return Shown(url_for("house.icon", name=OWN, v=found.icon[:10]), PNG)
    if found.colours.primary == icons.DELIVERED:
        return Shown(static(f"img/{name}"), _type(name))
    return Shown(url_for("house.icon", name=name, v=found.digest), _type(name))


def content(name: str) -> tuple[bytes, str] | None:
    """Return the bytes and the type of an icon of this name, None when there is none."""
    found = look()
    if name == OWN:
        return house_texts.logo(reading(), found.icon) if found.icon else None
    if name not in DELIVERED:
        return None
    return _coloured(str(current_app.static_folder), name, found.colours.primary), _type(name)


def of_the_app() -> list[dict[str, Any]]:
    """Return the icons as a web app manifest names them."""
    if own := content(OWN):
        width, _height = icons.size_of(own[0])
        return [_row(icon().url, width, "any")]
    return [_row(icon(name).url, size, purpose) for name, (size, purpose) in PICTURES.items()]


def _row(url: str, size: int, purpose: str) -> dict[str, Any]:
    return {"src": url, "sizes": f"{size}x{size}", "type": PNG, "purpose": purpose}


def _type(name: str) -> str:
    return SVG if name == SMALL else PNG


@lru_cache(maxsize=16)
def _coloured(folder: str, name: str, colour: str) -> bytes:
    if name == SMALL:
        return icons.drawing(colour).encode()
    return icons.recoloured((Path(folder) / "img" / name).read_bytes(), colour)
