"""Choosing what one is told: signed in, by the link of a mail, and by one press in a mail program."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.preferences import keep_habits
from servicedesk.gateways.texts import Texts
from servicedesk.rules.letters import DeskLetter
from servicedesk.rules.notices import Channel, Habits, Kind
from servicedesk.settings import Settings
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.outbox import claimed
from servicedesk.store.preferences import wishes_of
from tests import factories
from tests.web.conftest import SignIn, page, post, send

KEY = "iscrizione-rinnovo"


@pytest.fixture
def student(desk: Session) -> Person:
    made = factories.student(desk)
    desk.commit()
    return made


def refused(desk: Session, who: Person) -> frozenset[tuple[Kind, Channel]]:
    desk.rollback()
    return wishes_of(desk, [who.id])[who.id].refused


def mails(desk: Session, settings: Settings, ticket: Ticket) -> list[EmailMessage]:
    """The mails about a ticket as they would be sent."""
    ids = desk.query(Notice.id).filter(Notice.ticket_id == ticket.id).order_by(Notice.id)
    letters = [mail.letter for mail in claimed(desk, [row.id for row in ids], "code")]  # type: ignore[arg-type]
    written = [Texts(settings).render(letter, datetime.now(UTC)) for letter in letters]
    return [email.message_from_bytes(each, policy=email.policy.default) for each in written]  # type: ignore[misc]


def link(mail: EmailMessage) -> str:
    """The path of the link with which a mail lets one choose."""
    part = mail.get_body(("plain",))
    assert part is not None
    found = re.search(r"Choose which mails you get: http://127.0.0.1:8000(/preferences/\S+)", part.get_content())
    assert found
    return found[1]


def test_what_is_unticked_and_the_language_are_kept(
    client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    sign_in(client, student.id)
    shown = page(client, "/preferences")
    form = next(form for form in shown.forms if form.get("action") == "/preferences")
    form.xpath(".//input[@value='comment.mail']")[0].checked = False
    answer = post(client, form, locale="it")
    assert answer.status_code == 303
    assert refused(desk, student) == {(Kind.COMMENT, Channel.MAIL)}
    desk.refresh(student)
    assert student.locale == "it"
    again = page(client, "/preferences")
    assert again.get("lang") == "it"
    assert [box.get("value") for box in again.xpath("//input[@name='wanted'][not(@checked)]")] == ["comment.mail"]


def test_only_staff_choose_about_news_of_work(client: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    worker = factories.technician(desk, "STAGE")
    desk.commit()
    sign_in(client, worker.id)
    assert page(client, "/preferences").xpath("//input[@value='work.mail']")


def test_strangers_sign_in_first(client: FlaskClient) -> None:
    answer = client.get("/preferences")
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


def test_every_mail_has_a_link_that_shows_a_button_and_changes_nothing(
    client: FlaskClient, desk: Session, settings: Settings, student: Person
) -> None:
    student.locale = "en"
    ticket = factories.ticket(desk, key=KEY, requester=student)
    desk.commit()
    [mail] = mails(desk, settings, ticket)
    assert mail["List-Unsubscribe"].strip() == f"<http://127.0.0.1:8000{link(mail)}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page(client, link(mail))
    assert refused(desk, student) == frozenset()
    assert send(client, link(mail)).status_code == 303
    assert refused(desk, student) == {(Kind.OPENED, Channel.MAIL)}


def test_a_mail_program_stops_mails_with_one_request_and_no_token_of_ours(
    client: FlaskClient, desk: Session, settings: Settings, student: Person
) -> None:
    student.locale = "en"
    ticket = factories.ticket(desk, key=KEY, requester=student)
    desk.commit()
    [mail] = mails(desk, settings, ticket)
    answer = client.post(link(mail), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 303
    assert refused(desk, student) == {(Kind.OPENED, Channel.MAIL)}


def test_a_guest_chooses_for_one_ticket_and_keeps_the_mail_with_the_number(
    client: FlaskClient, desk: Session, settings: Settings
) -> None:
    guest = factories.guest(desk, locale="en")
    ticket = factories.ticket(desk, key="accesso-login", requester=guest, suffix="7KQF2M")
    desk.commit()
    [mail] = mails(desk, settings, ticket)
    assert mail["List-Unsubscribe"] is None
    shown = page(client, link(mail))
    values = [box.get("value") for box in shown.xpath("//input[@name='wanted']")]
    assert values == ["taken.mail", "comment.mail", "solution.mail", "closed.mail"]
    assert client.post(f"{link(mail)}/opened").status_code == 404
    assert client.post(f"{link(mail)}/comment").status_code == 303
    assert refused(desk, guest) == {(Kind.COMMENT, Channel.MAIL)}


def test_by_link_the_mails_alone_are_chosen(
    client: FlaskClient, desk: Session, settings: Settings, student: Person
) -> None:
    student.locale = "en"
    ticket = factories.ticket(desk, key=KEY, requester=student)
    desk.commit()
    base = link(mails(desk, settings, ticket)[0]).rpartition("/")[0]
    form = next(form for form in page(client, base).forms if form.get("action") == base)
    for box in form.xpath(".//input[@name='wanted']"):
        box.checked = False
    assert post(client, form).status_code == 303
    assert {channel for _kind, channel in refused(desk, student)} == {Channel.MAIL}


def test_a_link_that_was_changed_or_whose_address_is_old_opens_nothing(
    client: FlaskClient, desk: Session, settings: Settings, student: Person
) -> None:
    student.locale = "en"
    ticket = factories.ticket(desk, key=KEY, requester=student)
    desk.commit()
    path = link(mails(desk, settings, ticket)[0])
    forged = path[:20] + ("A" if path[20] != "A" else "B") + path[21:]
    assert client.get(forged).status_code == 404
    other = factories.person(desk, email="other@example.org", locale="en")
    theirs = factories.ticket(desk, key=KEY, requester=other)
    desk.commit()
    path = link(mails(desk, settings, theirs)[0])
    assert client.get(path).status_code == 200
    other.email = "moved@example.org"
    desk.commit()
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_one_mail_a_day_is_kept_and_quiet_hours_survive_a_page_without_them(
    client: FlaskClient, desk: Session, student: Person, sign_in: SignIn
) -> None:
    keep_habits(desk, student.id, Habits(quiet=(22, 7)), datetime.now(UTC))
    desk.commit()
    sign_in(client, student.id)
    assert send(client, "/preferences", is_daily="y").status_code == 303
    desk.rollback()
    assert wishes_of(desk, [student.id])[student.id].habits == Habits(is_daily=True, quiet=(22, 7))


def test_the_mail_of_the_day_lists_each_news_with_its_number(settings: Settings) -> None:
    news = "comment 2026000001|taken 2026000002"
    context = {"recipient": "Anna", "path": "/notices", "news": news}
    letter = DeskLetter("digest", "digest.1", "anna@example.org", "Anna", "en", context, person_id=1)
    mail = email.message_from_bytes(Texts(settings).render(letter, datetime.now(UTC)), policy=email.policy.default)
    assert mail["Subject"] == "[Servizio Studenti] What is new"
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    assert "- New message: 2026000001" in parts[0].splitlines()
    assert "- Taken in charge: 2026000002" in parts[0].splitlines()
    assert "<li>New message: 2026000001</li>" in parts[1]
    assert all("/preferences/" in part for part in parts)
