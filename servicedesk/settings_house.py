"""The settings of the house: its look, what it declares about accessibility and privacy, and its external manuals."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

UNFINISHED = "(to be completed)"
"""Stands where only the institution knows the words; production refuses it."""
Colour = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
OwnColour = Annotated[str, Field(pattern="^(#[0-9a-fA-F]{6})?$")]
"""A colour, or nothing: then it follows the others."""
Link = Annotated[str, Field(pattern=r"^(https://|/)\S+$")]
AUDIENCES = Literal["student", "former_student", "prospective", "staff", "external", "everyone"]


class Part(BaseModel):
    """A section of the settings: frozen, and nothing in it that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    """A text in Italian and English."""

    it: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def get(self, locale: str) -> str:
        """Return the text for this locale; languages other than Italian read English."""
        return self.it if locale.startswith("it") else self.en


class FooterLink(Words):
    """A link of the footer: its words and its address, on this site or with https://."""

    url: Link


class Theme(Part):
    """How the desk looks: logo, colours as `#rrggbb`, and what the footer says; pages take it up at the next start."""

    logo: Path | None = None
    """An SVG or PNG file for the dark header, shown beside the desk's name."""
    primary: Colour = "#0066cc"
    """Buttons and marks."""
    link: OwnColour = ""
    header: OwnColour = ""
    strip: OwnColour = ""
    """The line above the header."""
    footer: OwnColour = ""
    footer_text: Words | None = None
    footer_links: tuple[FooterLink, ...] = Field(default=(), max_length=12)


class Gap(Words):
    """Something that is not accessible: what it is and what to use instead, and why the law lets it be so."""

    reason: Literal["failure", "burden", "exempt"]


class Accessibility(Part):
    """The statement of accessibility on AgID's model (decision 2018/1523/EU)."""

    status: Literal["full", "partial", "none"] = "partial"
    gaps: tuple[Gap, ...] = ()
    """What keeps the desk from being fully conformant; there is none where `status` is full."""
    prepared_on: date = date(2026, 1, 1)
    reviewed_on: date | None = None
    method: Literal["self", "third_party"] = "self"
    email: str = UNFINISHED
    phone: str = ""
    published_on: date = date(2026, 1, 1)
    """When the desk went on line."""
    usability_tests: bool = False
    staff_with_disabilities: int | None = Field(default=None, ge=0)
    adapted_workplaces: int | None = Field(default=None, ge=0)
    registered_url: str = Field(default="", pattern=r"^(https://\S+)?$")
    """The same statement as filed with AgID."""


class PrivacyNotice(Part):
    """What the privacy page says that only the institution knows."""

    controller: str = UNFINISHED
    """Name and postal address of whoever decides about the data."""
    email: str = UNFINISHED
    officer: str = UNFINISHED
    """How the data protection officer is reached."""
    tickets_kept: Words = Words(it=UNFINISHED, en=UNFINISHED)
    """How long requests and their files are kept, as the institution's rules on records say."""


class Statements(Part):
    """What the institution declares."""

    accessibility: Accessibility = Accessibility()
    privacy: PrivacyNotice = PrivacyNotice()

    def unfinished(self) -> Iterator[str]:
        """Give the names of what is still to be completed."""
        if self.accessibility.status != "full" and not self.accessibility.gaps:
            yield "statements.accessibility.gaps"
        for section in ("accessibility", "privacy"):
            for name, value in getattr(self, section).model_dump().items():
                if UNFINISHED in (value.values() if isinstance(value, dict) else (value,)):
                    yield f"statements.{section}.{name}"


class Manual(Part):
    """A manual that lives elsewhere: its title and address, and for whom it is shown."""

    title: Words
    url: str = Field(pattern=r"^https://\S+$")
    audience: tuple[AUDIENCES, ...] = Field(default=("everyone",), min_length=1)
    service: str = ""
    """The key of a service: shown only to those who may ask something there."""
