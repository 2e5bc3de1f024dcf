"""The house's own words in mails: around what is fixed, instead of the subject's, in the reader's language."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from servicedesk.gateways.texts import Texts
from servicedesk.rules.house_texts import About, House
from servicedesk.rules.letters import DeskLetter
from servicedesk.settings import ROOT, load
from servicedesk.web.labels import MAILS
from tests.rules.test_letters import letter

NOW = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
ENGLISH = {"subject": "Good news, {recipient}", "before": "About {number}:\nuntil {expires}.", "after": "Room 1 < 2"}
ITALIAN = {"subject": "Buone notizie", "before": "Per {group}.", "after": ""}
HOUSE = House({"mail:solution": {"en": ENGLISH, "it": ITALIAN}, "look": {"name": "Help point", "primary": "#7a0019"}})


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(load(ROOT / "config" / "test.toml", {}))


def mail(texts: Texts, house: House = HOUSE, template: str = "solution", **values: object) -> tuple[str, str, str]:
    """Return subject, text and HTML of a mail."""
    found = email.message_from_bytes(
        texts.of(house).render(letter(template=template, **values), NOW), policy=email.policy.default
    )
    assert isinstance(found, EmailMessage)
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None
    assert html is not None
    return str(found["Subject"]), plain.get_content().replace("\r\n", "\n"), html.get_content()


def test_the_houses_words_stand_around_what_every_mail_says(texts: Texts) -> None:
    subject, plain, html = mail(texts)
    assert subject == "[2026004547] Good news, Anna Rossi: Renewing late"
    assert plain.startswith("Dear Anna Rossi,\n\nAbout 2026004547:\n\nThere is a solution for your request:\n")
    assert "\n\nRoom 1 < 2\n\nOpen the request: " in plain
    assert "<p>About 2026004547:</p>" in html
    assert "<p>Room 1 &lt; 2</p>" in html


def test_a_line_is_left_out_where_there_is_no_value_for_what_it_names(texts: Texts) -> None:
    assert "until" not in mail(texts)[1].partition("There is a solution")[0]
    closes = datetime(2026, 4, 4, 8, 15, tzinfo=UTC)
    assert "\nuntil 4 April 2026, 10:15.\n" in mail(texts, dates={"expires": closes})[1]


def test_a_reader_of_another_language_reads_english_words_under_a_subject_of_their_own(texts: Texts) -> None:
    subject, plain, html = mail(texts, locale="de")
    assert subject == "[2026004547] Lösung: Renewing late"
    assert "About 2026004547:" in plain
    assert '<div lang="en"><p>About' in html


def test_where_the_language_is_unknown_both_say_it(texts: Texts) -> None:
    subject, plain, _html = mail(texts, locale=None)
    assert subject == "[2026004547] Buone notizie / Good news, Anna Rossi: Renewing late"
    assert plain.index("Per Ufficio Tasse.") < plain.index("About 2026004547:")


def test_a_service_speaks_for_itself_and_its_other_languages_for_all(texts: Texts) -> None:
    own = House({**HOUSE.entries, "mail:solution:one": {"en": {"subject": "", "before": "From us.", "after": ""}}})
    assert "From us." in mail(texts, own, service_id="one")[1]
    assert "From us." not in mail(texts, own, service_id="two")[1]
    assert mail(texts, own, service_id="one")[0] == "[2026004547] Solution: Renewing late"
    assert "Per Ufficio Tasse." in mail(texts, own, service_id="one", locale="it")[1]


def test_a_question_and_a_pause_have_words_of_their_own(texts: Texts) -> None:
    house = House({"mail:question": {"en": {"subject": "Please answer", "before": "", "after": ""}}})
    assert "Please answer" in mail(texts, house, "waiting", waiting_for="requester")[0]
    assert "Please answer" not in mail(texts, house, "waiting", waiting_for="date")[0]


def test_name_and_colour_of_the_house_reach_mails_about_no_request(texts: Texts) -> None:
    given = DeskLetter("account_password", "x.1", "anna@example.org", "Anna", "en", {"path": "/x", "hours": "24"})
    words = texts.of(House({**HOUSE.entries, "mail:account_password": {"en": {**ENGLISH, "before": "From {desk}."}}}))
    shown = words.render(given, NOW).decode()
    assert "Subject: [Help point] Good news, Anna" in shown
    assert "From Help point." in shown
    assert "background: #7a0019" in shown.replace("=\r\n", "").replace("=3D", "=")


def test_every_mail_is_about_something_whose_words_can_be_named(texts: Texts) -> None:
    assert {texts.about(key) for key in MAILS} == {*About, None}
    assert (texts.about("question"), texts.about("line_absence")) == (About.TICKET, About.DESK)


def test_every_mail_the_desk_sends_has_a_place_for_the_houses_words() -> None:
    parts = {"layout", "section", "desk", "subject", "figures_columns", "_feedback"}
    sent = {file.stem for file in (Path(ROOT) / "templates" / "mail").glob("*.txt")}
    assert {name for name in sent - parts if not name.endswith("_subject")} <= set(MAILS)
