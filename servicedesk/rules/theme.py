"""The colours of an installation: what is derived, which pairs must be told apart, and the sheet that carries them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

WHITE = "#ffffff"
SOFT = "#f2f6fa"
"""The light ground of panels, notices and hovered links, as desk.css has it."""
READABLE = 4.5
"""The least contrast of text; WCAG 2.1, 1.4.3."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Every colour that a theme decides, as `#rrggbb`."""

    primary: str
    link: str
    header: str
    strip: str
    footer: str

    @property
    def primary_dark(self) -> str:
        """The primary colour under the mouse."""
        return darker(self.primary, 0.75)

    @property
    def link_dark(self) -> str:
        """A link under the mouse."""
        return darker(self.link, 0.75)


def palette(primary: str, link: str = "", header: str = "", strip: str = "", footer: str = "") -> Palette:
    """Return the colours of a theme; what is left out follows the primary colour, the strip follows the header."""
    header = header or primary
    return Palette(primary, link or primary, header, strip or darker(header, 0.75), footer or darker(primary, 0.5))


def darker(colour: str, share: float) -> str:
    """Return `colour` with this share of its light."""
    return "#" + "".join(f"{int(value * share + 0.5):02x}" for value in _parts(colour))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21; WCAG 2.1, "contrast ratio"."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def unreadable(colours: Palette) -> list[str]:
    """Return a sentence for every pair of colours that cannot be read; none for a theme that can be used."""
    return [
        f"theme.{name}: {colour} has a contrast of {found:.2f} to {what}; {READABLE} is needed"
        for name, colour, what, found in too_faint(colours)
    ]


def too_faint(colours: Palette) -> Iterator[tuple[str, str, str, float]]:
    """Give name and colour of every one that cannot be read, what it is seen with, and its contrast to that."""
    pairs = (
        ("primary", colours.primary, "the white text of buttons", WHITE),
        ("primary", colours.primary, "the light panels it writes on", SOFT),
        ("link", colours.link, "the white page", WHITE),
        ("link", colours.link, "the light panels", SOFT),
        ("header", colours.header, "the white text on it", WHITE),
        ("strip", colours.strip, "the white text on it", WHITE),
        ("footer", colours.footer, "the white text on it", WHITE),
    )
    for name, colour, what, ground in pairs:
        if (found := contrast(colour, ground)) < READABLE:
            yield name, colour, what, found


def stylesheet(colours: Palette, within: str = ":root") -> str:
    """Return the sheet that gives these colours to desk.css and to the framework, everywhere or `within` a selector."""
    names: Mapping[str, str] = {
        "--desk-blue": colours.primary,
        "--desk-blue-dark": colours.primary_dark,
        "--desk-blue-night": colours.footer,
        "--desk-link": colours.link,
        "--desk-link-dark": colours.link_dark,
        "--desk-header": colours.header,
        "--desk-strip": colours.strip,
        "--bs-primary-rgb": ", ".join(map(str, _parts(colours.primary))),
    }
    return f"{within} {{\n" + "".join(f"  {name}: {value};\n" for name, value in names.items()) + "}\n"


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(value / 255) for value in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
