"""The look of an installation: taken from the settings, refused when nobody could read it, served for good."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from servicedesk.settings import ROOT, Settings, SettingsError, load
from servicedesk.settings_house import FooterLink, Theme, Words
from servicedesk.web.house.theme import BIGGEST_LOGO
from tests.web.conftest import browser, page

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z" fill="#fff"/></svg>'


def themed(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"theme": Theme.model_validate(values)})


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    logo = tmp_path / "logo.svg"
    logo.write_text(DRAWING, encoding="utf-8")
    return themed(
        settings,
        logo=logo,
        primary="#7a0019",
        footer_text=Words(it="Piazza 1, Bergamo", en="Square 1, Bergamo"),
        footer_links=[FooterLink(it="Ateneo", en="University", url="https://www.unidemo.example")],
    )


def test_every_page_wears_the_colours_and_the_logo_of_the_settings(client: FlaskClient) -> None:
    shown = page(client, "/login")
    assert shown.xpath("//meta[@name='theme-color']/@content") == ["#7a0019"]
    sheet = client.get(shown.xpath("//link[starts-with(@href, '/theme.css')]/@href")[0])
    assert "--desk-blue: #7a0019;" in sheet.text
    assert (sheet.mimetype, "immutable" in sheet.headers["Cache-Control"]) == ("text/css", True)
    logo = client.get(shown.xpath("//header//img/@src")[0])
    assert (logo.text, logo.mimetype) == (DRAWING, "image/svg+xml")
    assert "sandbox" in logo.headers["Content-Security-Policy"]


def test_sheet_and_logo_belong_to_nobody(client: FlaskClient) -> None:
    for path in ("/theme.css", "/logo"):
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers


def test_the_footer_speaks_the_language_of_the_page(app: Flask, client: FlaskClient) -> None:
    english, italian = page(client, "/login"), page(browser(app, "it"), "/login")
    assert "Square 1, Bergamo" in english.xpath("//footer")[0].text_content()
    assert "Piazza 1, Bergamo" in italian.xpath("//footer")[0].text_content()
    assert italian.xpath("//footer//a[@href='https://www.unidemo.example']//text()") == ["Ateneo"]


def test_a_theme_that_nobody_could_read_stops_the_start_and_says_which_colour(settings: Settings) -> None:
    from servicedesk.app import create_app

    with pytest.raises(SettingsError, match=r"theme\.header: #ffcc00 has a contrast of 1\.5"):
        create_app(themed(settings, header="#ffcc00"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html/>", "neither an SVG nor a PNG"),
        (b"GIF89a", "neither an SVG nor a PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * BIGGEST_LOGO, "at most 200000 are served"),
        (None, "cannot be read"),
    ],
    ids=["a page", "another drawing", "too large", "missing"],
)
def test_a_logo_that_cannot_be_shown_stops_the_start(
    settings: Settings, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    from servicedesk.app import create_app

    file = tmp_path / "other.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        create_app(themed(settings, logo=file))


def test_a_colour_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError, match=r"theme\.primary"):
        load(ROOT / "config" / "test.toml", {"SERVICEDESK_THEME__PRIMARY": "blue"})
