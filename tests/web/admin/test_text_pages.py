"""Texts of pages and the look, written by administrators: seen before they are kept, then on every page at once."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from servicedesk.rules import icons
from servicedesk.settings import ROOT
from servicedesk.store import house_texts as store
from servicedesk.store.models.house_texts import HouseLogo
from tests import factories
from tests.factories import NOW, SERVICE
from tests.web.conftest import SignIn, browser, page, post, send

PICTURE = (ROOT / "servicedesk/static/img/app-192.png").read_bytes()
ICON = (ROOT / "servicedesk/static/img/app-512.png").read_bytes()
LOOK = "/admin/look"


@pytest.fixture
def signed_in(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    made = factories.administrator(desk)
    desk.commit()
    sign_in(client, made.id)
    return client


def entries(desk: Session) -> dict[str, object]:
    desk.rollback()
    return dict(store.current(desk)[1].entries)


def upload(
    client: FlaskClient, content: bytes, file: str = "logo.png", *, field: str = "file", **typed: str
) -> TestResponse:
    form = next(form for form in page(client, LOOK).forms if form.get("action") == LOOK)
    data = {**dict(form.form_values()), field: (BytesIO(content), file), **typed}
    return client.post(LOOK, data=data, content_type="multipart/form-data")


def test_a_welcome_is_written_in_both_languages_and_greets_everybody(app: Flask, signed_in: FlaskClient) -> None:
    path = "/admin/texts/pages/welcome"
    missing = send(signed_in, path, text_en="Hello **you**")
    assert missing.status_code == 422
    assert "Write it in this language as well." in missing.text
    assert "Hello **you**</textarea>" in missing.text
    shown = send(signed_in, path, do="show", text_en="Hello **you**", text_it="Ciao")
    assert "Hello <strong>you</strong>" in shown.text
    assert "Ciao" not in page(browser(app, "it"), "/").text_content()
    send(signed_in, path, text_en="Hello **you** <script>", text_it="Ciao a tutti")
    assert "Ciao a tutti" in page(browser(app, "it"), "/").text_content()
    greeted = page(browser(app, "de"), "/").xpath("//div[contains(@class, 'desk-prose')][@lang='en']")[0]
    assert greeted.text_content() == "Hello you <script>\n"
    assert "Hello you" in page(signed_in, "/").text_content()


def test_a_text_is_written_in_further_languages_and_marked_as_what_it_is(app: Flask, signed_in: FlaskClient) -> None:
    path = "/admin/texts/pages/footer"
    assert f"{path}?more=de" in page(signed_in, path).xpath("//main//details//a/@href")
    send(signed_in, f"{path}?more=de", path, text_en="Square 9", text_it="Piazza 9", text_de="Platz 9")
    for code, words, mark in (("de", "Platz 9", []), ("fr", "Square 9", ["en"]), ("it", "Piazza 9", [])):
        [footer] = page(browser(app, code), "/login").xpath("//p[@class='desk-footer__text']/span")
        assert (footer.text_content(), footer.xpath("@lang")) == (words, mark)
    send(signed_in, path, text_de="")
    [footer] = page(browser(app, "de"), "/login").xpath("//p[@class='desk-footer__text']/span")
    assert footer.text_content() == "Square 9"
    assert not page(signed_in, "/admin/texts/pages/privacy_officer?more=de").xpath("//main//details")


def test_a_language_that_a_colleague_added_meanwhile_is_not_lost(signed_in: FlaskClient, desk: Session) -> None:
    path = "/admin/texts/pages/footer"
    mine = next(form for form in page(signed_in, path).forms if form.get("action") == path)
    send(signed_in, f"{path}?more=ar", path, text_en="Square 9", text_it="Piazza 9", text_ar="ساحة 9")
    late = post(signed_in, mine, text_en="Square 8", text_it="Piazza 8")
    assert late.status_code == 409
    again = next(form for form in html.fromstring(late.text).forms if form.get("action") == path)
    post(signed_in, again, do="save")
    assert entries(desk)["text:footer"] == {"it": "Piazza 8", "en": "Square 8", "ar": "ساحة 9"}
    [said] = page(signed_in, "/admin/texts/pages").xpath("//p[@lang='ar']")
    assert said.get("dir") == "rtl"


def test_footer_contacts_and_the_page_without_an_account_are_said_in_our_words(
    app: Flask, signed_in: FlaskClient
) -> None:
    pages = "/admin/texts/pages"
    send(signed_in, f"{pages}/footer", text_en="Square 9", text_it="Piazza 9")
    send(signed_in, f"{pages}/external", text_en="Only for those without an account.", text_it="Solo senza account.")
    send(signed_in, f"{pages}/privacy_officer", text_="The officer, room 7")
    assert send(signed_in, f"{pages}/accessibility_email", text_="nobody").status_code == 422
    send(signed_in, f"{pages}/accessibility_email", text_="access@uni.example")
    visitor = browser(app)
    assert "Square 9" in page(visitor, "/login").xpath("//footer")[0].text_content()
    assert "Only for those without an account." in page(visitor, f"/external/{SERVICE}").text_content()
    assert "The officer, room 7" in page(visitor, "/privacy").text_content()
    assert page(visitor, "/accessibility").xpath("//a[@href='mailto:access@uni.example']")
    send(signed_in, f"{pages}/privacy_officer", f"{pages}/privacy_officer/reset")
    assert "room 7" not in page(visitor, "/privacy").text_content()


def test_the_look_is_tried_on_a_sample_and_then_worn_by_every_page(
    app: Flask, signed_in: FlaskClient, desk: Session
) -> None:
    tried = upload(signed_in, PICTURE, do="show", name="Help point", primary="#7a0019")
    assert entries(desk) == {}
    [sheet] = re.findall(r'href="(/admin/look/colours.css[^"]+)"', tried.text)
    assert ".desk-sample {\n  --desk-blue: #7a0019;" in signed_in.get(sheet.replace("&amp;", "&")).text
    [logo] = re.findall(r'src="(/admin/look/logo/[0-9a-f]+)"', tried.text)
    assert signed_in.get(logo).data == PICTURE
    assert upload(signed_in, PICTURE, name="Help point", primary="#7A0019").location == LOOK
    visitor = browser(app)
    shown = page(visitor, "/login")
    assert "Help point" in shown.xpath("//header")[0].text_content()
    assert shown.xpath("//title/text()")[0].endswith("- Help point")
    assert "--desk-blue: #7a0019;" in visitor.get(shown.xpath("//link[starts-with(@href, '/theme.css')]/@href")[0]).text
    drawn = visitor.get(shown.xpath("//header//img/@src")[0])
    assert (drawn.data, drawn.mimetype) == (PICTURE, "image/png")
    assert "sandbox" in drawn.headers["Content-Security-Policy"]
    manifest = visitor.get("/manifest.webmanifest").get_json()
    assert (manifest["name"], manifest["theme_color"]) == ("Help point", "#0066cc")
    send(signed_in, LOOK, f"{LOOK}/reset")
    assert "Help point" not in page(visitor, "/login").text_content()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"header": "#ffcc00"}, "Too pale to be read: its contrast to white is 1.5, at least 4.5 is needed."),
        ({"primary": "blue"}, "Choose a colour, or write one such as #0066cc."),
        ({"name": "x" * 61}, "It is too long: at most 60 characters."),
    ],
)
def test_a_look_that_nobody_could_read_is_refused_beside_its_field(
    signed_in: FlaskClient, desk: Session, typed: dict[str, str], sentence: str
) -> None:
    answer = send(signed_in, LOOK, **typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert entries(desk) == {}


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<svg/>", "logo.svg", "Choose a PNG or JPEG picture."),
        (b"<svg/>", "logo.png", "logo.png is not what its name says"),
        (PICTURE + b"0" * 200_000, "logo.png", "The picture is too large: at most 200 kB."),
    ],
)
def test_a_logo_that_is_no_picture_is_refused(signed_in: FlaskClient, content: bytes, name: str, sentence: str) -> None:
    assert sentence in upload(signed_in, content, name).text


def test_a_logo_is_taken_off_again(signed_in: FlaskClient, desk: Session) -> None:
    upload(signed_in, PICTURE)
    assert list(entries(desk)) == ["look"]
    send(signed_in, LOOK, no_logo="y")
    assert entries(desk) == {}


def test_the_icon_takes_the_colour_of_the_desk_until_it_has_one_of_its_own(app: Flask, signed_in: FlaskClient) -> None:
    assert _icons(page(browser(app), "/login"))[0].startswith("/static/img/icon.svg")
    send(signed_in, LOOK, primary="#7a0019", do="save")
    visitor = browser(app)
    mark, apple = _icons(page(visitor, "/login"))
    drawn = visitor.get(mark)
    assert ('fill="#7a0019"' in drawn.text, drawn.mimetype) == (True, "image/svg+xml")
    assert "sandbox" in drawn.headers["Content-Security-Policy"]
    assert icons.size_of(visitor.get(apple).data) == (180, 180)
    assert _of_app(visitor) == ["192x192", "512x512", "512x512"]
    upload(signed_in, ICON, field="icon_file", primary="#7a0019")
    mark, apple = _icons(page(visitor, "/login"))
    assert (mark, visitor.get(mark).data, visitor.get(mark).mimetype) == (apple, ICON, "image/png")
    assert _of_app(visitor) == ["512x512"]
    send(signed_in, LOOK, primary="#7a0019", no_icon="y", do="save")
    assert _of_app(visitor) == ["192x192", "512x512", "512x512"]
    assert visitor.get("/icons/own.png").status_code == visitor.get("/icons/other.png").status_code == 404


def _icons(shown: html.HtmlElement) -> list[str]:
    return [str(shown.xpath(f"//link[@rel='{kind}']/@href")[0]) for kind in ("icon", "apple-touch-icon")]


def _of_app(visitor: FlaskClient) -> list[str]:
    named = visitor.get("/manifest.webmanifest").get_json()["icons"]
    for icon in named:
        width, height = icons.size_of(visitor.get(icon["src"]).data)
        assert icon["sizes"] == f"{width}x{height}"
    return [icon["sizes"] for icon in named]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (PICTURE, "icon.png", "Choose a square PNG picture of at least 512 and at most 1024 pixels a side."),
        (ICON[:16] + b"\0\0\3\0" + ICON[20:], "icon.png", "Choose a square PNG picture"),
        (b"<svg/>", "icon.svg", "Choose a square PNG picture"),
        (ICON + b"0" * 200_000, "icon.png", "The picture is too large: at most 200 kB."),
    ],
)
def test_an_icon_that_browsers_could_not_use_is_refused(
    signed_in: FlaskClient, desk: Session, content: bytes, name: str, sentence: str
) -> None:
    answer = upload(signed_in, content, name, field="icon_file", name="Kept")
    assert (answer.status_code, sentence in answer.text, 'value="Kept"' in answer.text) == (422, True, True)
    assert entries(desk) == {}


def test_a_logo_in_use_is_not_forgotten_when_an_icon_is_uploaded(signed_in: FlaskClient, desk: Session) -> None:
    upload(signed_in, PICTURE)
    desk.execute(sa.update(HouseLogo).values(kept_at=NOW - timedelta(days=9)))
    desk.commit()
    upload(signed_in, ICON, field="icon_file", logo=entries(desk)["look"]["logo"])
    desk.rollback()
    assert len(desk.scalars(sa.select(HouseLogo.digest)).all()) == 2


def test_colours_that_are_none_never_reach_the_sheet(signed_in: FlaskClient) -> None:
    answer = signed_in.get("/admin/look/colours.css?primary=%23zzzzzz&header=red;}body{display:none")
    assert "--desk-blue: #0066cc;" in answer.text
    assert "display" not in answer.text


def test_who_administers_one_service_changes_neither_pages_nor_look(
    client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    own = factories.administrator(desk, SERVICE)
    desk.commit()
    sign_in(client, own.id)
    assert send(client, "/admin/texts/pages/footer", text_en="a", text_it="b", do="save").status_code == 403
    assert send(client, LOOK, name="Mine", do="save").status_code == 403
    assert upload(client, PICTURE).status_code == 403
    assert entries(desk) == {}
