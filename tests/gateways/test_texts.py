"""Mails in words: languages, headers, links, and nothing that a title could slip in."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from lxml import html

from servicedesk.gateways.texts import Texts
from servicedesk.rules.errors import Invalid
from servicedesk.rules.letters import LOST_NUMBER, SIGN_IN_LINK, Letter
from servicedesk.rules.lifecycle import TRANSITIONS
from servicedesk.rules.notices import TO_DECIDE
from servicedesk.settings import ROOT, Settings, load
from tests.rules.test_letters import letter

NOW = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
CLOSES = datetime(2026, 4, 4, 8, 15, 37, tzinfo=UTC)
DATES = {"expires": CLOSES, "resumes": CLOSES, "reopen_until": CLOSES}
TEMPLATES = sorted({tell.template for row in TRANSITIONS.values() for tell in row.tells} | {LOST_NUMBER, SIGN_IN_LINK})


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(ROOT / "config" / "test.toml", {})


@pytest.fixture(scope="module")
def texts(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """Writes with a translation file of three sentences, so that languages can be told apart."""
    folder = tmp_path_factory.mktemp("translations")
    catalog = Catalog(locale="it")
    catalog.add("Dear %(recipient)s,", "Gentile %(recipient)s,")
    catalog.add("New message", "Nuovo messaggio")
    catalog.add("There is a new message on your request:", "C'è un nuovo messaggio sulla tua richiesta:")
    target = folder / "it" / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalog)
    return Texts(settings, folder)


def mail(texts: Texts, given: Letter) -> EmailMessage:
    return email.message_from_bytes(texts.render(given, NOW), policy=email.policy.default)  # type: ignore[return-value]


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def plain(texts: Texts, **values: Any) -> str:
    return body(mail(texts, letter(dates=DATES, **values)), "plain")


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_of_the_life_cycle_has_both_forms_with_number_title_and_link(texts: Texts, template: str) -> None:
    message = mail(texts, letter(template=template, dates=DATES))
    assert re.fullmatch(r"\[2026004547\] [A-Z][a-z ]+: Renewing late", message["Subject"])
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    page = html.fromstring(body(message, "html"))
    [link] = [a.get("href") for a in page.iter("a")]
    shown_at = f"http://127.0.0.1:8000/{'approvals' if template in TO_DECIDE else 'tickets'}/2026004547"
    assert link.partition("#")[0] == shown_at
    for shown in (body(message, "plain"), page.text_content()):
        assert "2026004547" in shown
        assert "Renewing late" in shown
        assert "Your office" in shown
    assert shown_at in body(message, "plain")


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("waiting_for", [None, "requester", "date"])
def test_no_mail_depends_on_facts_that_may_be_missing(texts: Texts, template: str, waiting_for: str | None) -> None:
    bare = letter(template=template, technician="", waiting_for=waiting_for)
    words = body(mail(texts, bare), "plain")
    assert "None" not in words
    assert not [line for line in words.splitlines() if line != line.rstrip()]


def test_the_subject_says_what_the_mail_brings_in_the_readers_language(texts: Texts) -> None:
    assert mail(texts, letter(template="solution", dates=DATES))["Subject"] == "[2026004547] Solution: Renewing late"
    italian = mail(texts, letter(template="comment", locale="it"))["Subject"]
    assert italian == "[2026004547] Nuovo messaggio: Renewing late"
    both = mail(texts, letter(template="comment", locale=None))["Subject"]
    assert both == "[2026004547] Nuovo messaggio / New message: Renewing late"


def test_a_question_and_a_pause_have_different_subjects(texts: Texts) -> None:
    question = mail(texts, letter(template="waiting", waiting_for="requester"))["Subject"]
    pause = mail(texts, letter(template="waiting", waiting_for="date"))["Subject"]
    assert (question, pause) == (
        "[2026004547] We need your answer: Renewing late",
        "[2026004547] On hold: Renewing late",
    )


def test_headers_keep_a_ticket_together_and_ask_for_no_automatic_answer(texts: Texts) -> None:
    message = mail(texts, letter(message_id="2026004547.3.comment.17", template="comment"))
    assert message["Message-ID"] == "<2026004547.3.comment.17@127.0.0.1>"
    assert message["In-Reply-To"] == message["References"] == "<2026004547.request@127.0.0.1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["From"] == "Servizio Studenti <servicedesk@unidemo.example>"
    assert message["To"] == "Anna Rossi <anna@example.org>"
    assert parsedate_to_datetime(message["Date"]) == NOW


def test_a_title_or_name_with_line_breaks_adds_no_header(texts: Texts) -> None:
    given = letter(title="Late\r\nBcc: spy@example.org\r\n\r\nHidden", recipient="Anna\r\nCc: spy@example.org")
    message = mail(texts, given)
    assert message["Subject"] == "[2026004547] Request received: Late Bcc: spy@example.org Hidden"
    assert (message["Bcc"], message["Cc"]) == (None, None)


def test_a_title_is_text_in_the_html_and_the_answer_keeps_its_form(texts: Texts) -> None:
    given = letter(template="solution", title="<script>x</script>", body_html="<p>Pay <b>now</b></p>", dates=DATES)
    page = body(mail(texts, given), "html")
    assert "<script>" not in page
    assert "<p>Pay <b>now</b></p>" in page


def test_the_answer_is_quoted_whole(texts: Texts) -> None:
    text = "First line.\n\n" + "x" * 3000 + "\nLast line: perché no?"
    words = plain(texts, template="answered", body_text=text, body_html="<p>x</p>")
    assert "\n".join(f"> {line}".rstrip() for line in text.splitlines()) in words


def test_every_byte_of_a_mail_is_ascii_and_no_line_is_too_long(texts: Texts) -> None:
    content = texts.render(letter(title="Perché così? ✓", body_text="è" * 5000, body_html="<p>è</p>"), NOW)
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_the_language_is_the_readers(texts: Texts) -> None:
    italian = plain(texts, template="comment", locale="it")
    assert "Gentile Anna Rossi," in italian
    assert "Tasse - Esoneri" in italian
    assert "Dear" not in italian
    english = plain(texts, template="comment", locale="en")
    assert "Dear Anna Rossi," in english
    assert "Fees - Exemptions" in english


def test_for_an_unknown_language_italian_comes_first_and_english_below(texts: Texts) -> None:
    message = mail(texts, letter(template="comment", locale=None))
    words = body(message, "plain")
    assert 0 < words.index("C'è un nuovo messaggio") < words.index("There is a new message")
    assert words.index("Tasse - Esoneri") < words.index("Fees - Exemptions")
    page = html.fromstring(body(message, "html"))
    assert page.xpath("//div/@lang") == ["it", "en"]


def test_a_warning_names_the_exact_date_and_time_of_the_service(texts: Texts) -> None:
    assert "4 April 2026, 10:15" in plain(texts, template="expiring")
    assert "4 aprile 2026, 10:15" in plain(texts, template="expiring", locale="it")


def test_a_closed_request_says_how_it_ended_and_until_when_it_can_be_reopened(texts: Texts) -> None:
    accepted = plain(texts, template="closed", outcome="accepted")
    expired = plain(texts, template="closed", outcome="expired")
    assert "You have accepted the solution" in accepted
    assert "closed by itself" in expired
    assert all("reopen it until 4 April 2026, 10:15" in words for words in (accepted, expired))


def test_a_guest_gets_the_full_number_once_and_a_link_of_their_own(texts: Texts) -> None:
    opened = plain(texts, template="opened", suffix="7KQF2M")
    comment = plain(texts, template="comment", suffix="7KQF2M")
    assert "2026004547-7KQF2M" in opened
    assert "7KQF2M" not in comment
    assert "http://127.0.0.1:8000/status/" in comment


def test_the_technician_is_named_as_the_letter_says(texts: Texts) -> None:
    assert "067010 of Fees office has taken charge" in plain(texts, template="taken")
    assert "Fees office has taken charge" in plain(texts, template="taken", technician="")


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "x@y\r\nBcc: spy@example.org", "a@b, c@d"])
def test_what_is_no_address_is_refused(texts: Texts, address: str) -> None:
    with pytest.raises(Invalid, match="no e-mail address"):
        texts.render(letter(address=address), NOW)
