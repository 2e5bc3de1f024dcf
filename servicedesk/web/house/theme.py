"""The look of this installation: colours that can be read, the logo, and what pages need to show both."""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app
from lxml import etree

from servicedesk.rules import theme
from servicedesk.rules.house_texts import Entry, own_palette
from servicedesk.settings import Settings, SettingsError
from servicedesk.settings_house import FooterLink, Theme, Words
from servicedesk.web.house_texts import house

BIGGEST_LOGO = 200_000
"""Bytes: every first visit loads it."""
PNG = b"\x89PNG\r\n\x1a\n"
KEY = "desk_look"


@dataclass(frozen=True, slots=True)
class Logo:
    """The drawing beside the desk's name; one that was uploaded has its bytes in the database."""

    content: bytes | None
    mimetype: str
    digest: str


@dataclass(frozen=True, slots=True)
class Look:
    """What the settings or the house say about the look, ready to be served."""

    colours: theme.Palette
    stylesheet: str
    digest: str
    logo: Logo | None
    icon: str
    """By which the uploaded icon is known; empty for the delivered one in the theme's colour."""
    footer_text: Words | None
    footer_links: tuple[FooterLink, ...]


def init_app(app: Flask, settings: Settings) -> None:
    """Take up the theme. Raises SettingsError for colours that cannot be read and for a logo that cannot be shown."""
    app.extensions[KEY] = look_of(settings.theme)
    app.context_processor(lambda: {"look": look()})


def look() -> Look:
    """Return the look of the desk now: that of the settings, with what the house has chosen instead."""
    said = house()
    return own_look(delivered(), said.look) if said.look else delivered()


def delivered() -> Look:
    """Return the look of the settings."""
    found: Look = current_app.extensions[KEY]
    return found


def own_look(before: Look, chosen: Entry) -> Look:
    """Return a look with the colours, the logo and the icon of the house."""
    colours, sheet, digest = _own_colours(before.colours, chosen.get("primary", ""), chosen.get("header", ""))
    logo = chosen.get("logo", "")
    shown = Logo(None, "", logo) if logo else before.logo
    icon = chosen.get("icon", "")
    return replace(before, colours=colours, stylesheet=sheet, digest=digest, logo=shown, icon=icon)


@lru_cache(maxsize=8)
def _own_colours(before: theme.Palette, primary: str, header: str) -> tuple[theme.Palette, str, str]:
    colours = own_palette({"primary": primary, "header": header}, before)
    sheet = theme.stylesheet(colours)
    return colours, sheet, _digest(sheet.encode())


def look_of(chosen: Theme) -> Look:
    """Return a theme ready to be served. Raises like `init_app`."""
    colours = theme.palette(chosen.primary, chosen.link, chosen.header, chosen.strip, chosen.footer)
    if faint := theme.unreadable(colours):
        raise SettingsError("\n  ".join(["The theme's colours cannot be read:", *faint]))
    sheet = theme.stylesheet(colours)
    logo = _read_logo(chosen.logo) if chosen.logo else None
    return Look(colours, sheet, _digest(sheet.encode()), logo, "", chosen.footer_text, chosen.footer_links)


def _read_logo(path: Path) -> Logo:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"theme.logo: {path} cannot be read: {error.strerror}") from error
    if len(content) > BIGGEST_LOGO:
        raise SettingsError(f"theme.logo: {path} has {len(content)} bytes; at most {BIGGEST_LOGO} are served")
    if content.startswith(PNG):
        return Logo(content, "image/png", _digest(content))
    if _is_drawing(content):
        return Logo(content, "image/svg+xml", _digest(content))
    raise SettingsError(f"theme.logo: {path} is neither an SVG nor a PNG file")


def _is_drawing(content: bytes) -> bool:
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return str(root.tag) == "{http://www.w3.org/2000/svg}svg"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]
