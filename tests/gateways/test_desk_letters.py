"""Mails about no ticket in words: both forms, the link, the reader's language, and nothing slipped in."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from lxml import html

from servicedesk.gateways.texts import Texts
from servicedesk.rules.letters import DeskLetter
from servicedesk.settings import ROOT, load
from servicedesk.web.labels import MAILS

NOW = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
CONTEXT = {
    "recipient": "Rita Ospiti",
    "path": "/account/x",
    "hours": "24",
    "days": "7",
    "numbers": "2026000001",
    "what": "password",
}
TEMPLATES = (
    "address_confirm",
    "account_confirm",
    "account_known",
    "account_password",
    "account_changed",
    "own_data_ready",
    "tickets_linked",
    "request_confirm",
)
LINK = "http://127.0.0.1:8000/account/x"


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(load(ROOT / "config" / "test.toml", {}))


def letter(template: str = "address_confirm", locale: str | None = "en", **context: str) -> DeskLetter:
    said = {**CONTEXT, **context}
    return DeskLetter(template, f"{template}.1", "rita@example.org", said["recipient"], locale, said)


def mail(texts: Texts, given: DeskLetter) -> Any:
    return email.message_from_bytes(texts.render(given, NOW), policy=email.policy.default)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_letter_greets_links_and_says_what_to_do_if_it_was_somebody_else(texts: Texts, template: str) -> None:
    message = mail(texts, letter(template))
    assert message["Subject"] == f"[Servizio Studenti] {MAILS[template]}"
    assert message["To"] == "Rita Ospiti <rita@example.org>"
    assert message["In-Reply-To"] is None
    page = html.fromstring(body(message, "html"))
    assert [a.get("href") for a in page.iter("a")] == [LINK]
    for shown in (body(message, "plain"), page.text_content()):
        assert "Dear Rita Ospiti," in shown
        assert "Do not answer it" in shown
        assert "None" not in shown
    plain = body(message, "plain")
    assert LINK in plain
    assert not [line for line in plain.splitlines() if line != line.rstrip()]
    assert "\n\n\n\n" not in plain


def test_where_the_language_is_unknown_it_says_everything_twice(texts: Texts) -> None:
    assert body(mail(texts, letter(locale=None)), "plain").count(LINK) == 2


def test_a_letter_to_somebody_without_a_name_greets_all_the_same(texts: Texts) -> None:
    message = mail(texts, letter("account_known", recipient=""))
    assert body(message, "plain").startswith("Good morning,")
    assert message["To"] == "rita@example.org"


def test_without_a_path_there_is_no_button(texts: Texts) -> None:
    assert "http" not in body(mail(texts, letter(path="")), "plain")


@pytest.mark.parametrize("what", ["password", "codes", "passkey", "removed", "recovery", "recovery_used"])
def test_every_change_of_the_way_in_has_its_words(texts: Texts, what: str) -> None:
    assert "account" in body(mail(texts, letter("account_changed", what=what)), "plain").split("\n\n")[1]


def test_a_name_that_was_typed_adds_neither_header_nor_markup(texts: Texts) -> None:
    message = mail(texts, letter("account_confirm", recipient='Eve\r\nBcc: spy@example.org <b>x</b> "'))
    assert message["Bcc"] is None
    assert "<b>" not in body(message, "html")


def test_the_button_has_the_colour_of_the_theme() -> None:
    themed = Texts(load(ROOT / "config" / "test.toml", {"SERVICEDESK_THEME__PRIMARY": "#7a0019"}))
    button = html.fromstring(body(mail(themed, letter()), "html")).find(".//a")
    assert button is not None
    assert "background: #7a0019" in button.get("style", "")
