"""The status check (A7, rule 3): what opens a ticket, what only brings a mail, and what nobody can find out."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from lxml import html
from sqlalchemy import func, select

from servicedesk.rules.addresses import status_token
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.tickets import Upload
from tests import factories
from tests.web.conftest import browser, page, send
from tests.web.external.conftest import EMAIL
from tests.web.queries import Seen, count_queries


def mails(desk) -> list[tuple[str, str]]:
    """Return template and address of the mails that no event has brought."""
    desk.rollback()
    return [
        tuple(row) for row in desk.execute(select(Notice.template, Notice.address).where(Notice.event_id.is_(None)))
    ]


def check(client, email: str, number: str):
    return send(client, "/status", email=email, number=number)


@pytest.mark.parametrize("number", ["{}-7KQF2M", "{}-7kqf2m", " #{} 7KQF2M "])
def test_e_mail_and_full_number_open_the_ticket(client, guest_ticket, number):
    answer = check(client, f" {EMAIL.upper()} ", number.format(guest_ticket.number))
    assert (answer.status_code, answer.location) == (303, f"/tickets/{guest_ticket.number}")
    assert "Locked out" in page(client, answer.location).text_content()


def test_the_access_is_to_this_one_ticket(desk, client, guest_ticket):
    guest = factories.guest(desk, email=EMAIL)
    other = factories.ticket(desk, requester=guest, key="accesso-login", suffix="ABCDEF", now=datetime.now(UTC))
    desk.commit()
    check(client, EMAIL, f"{guest_ticket.number}-7KQF2M")
    assert client.get(f"/tickets/{guest_ticket.number}").status_code == 200
    assert client.get(f"/tickets/{other.number}").status_code == 404
    assert client.get("/tickets").status_code == 303


def test_a_guest_comments_with_a_file_like_everyone_else(desk, client, guest_ticket):
    path = f"/tickets/{guest_ticket.number}"
    check(client, EMAIL, f"{guest_ticket.number}-7KQF2M")
    answer = send(client, path, f"{path}/comment", files=[("screen.txt", b"error 42")], note="See this.")
    assert answer.status_code == 303
    assert desk.scalars(select(Upload.ticket_id)).all() == [guest_ticket.id]
    link = page(client, path).xpath("//a[contains(., 'screen.txt')]/@href")[0]
    with client.get(link) as file:
        assert file.data == b"error 42"


def test_the_same_page_answers_a_match_a_miss_a_wrong_suffix_and_an_account_holder(app, desk, guest_ticket):
    student = factories.student(desk, email="giulia@example.org")
    owned = factories.ticket(desk, requester=student, key="tasse-informazioni", now=datetime.now(UTC))
    desk.commit()
    number = guest_ticket.number
    typed = [(EMAIL, number), ("nobody@example.org", number), (EMAIL, "2020000001"), (EMAIL, f"{number}-222222")]
    typed += [("giulia@example.org", owned.number), ("giulia@example.org", f"{owned.number}-222222")]
    typed += [(EMAIL, ""), ("nobody@example.org", "")]
    seen = set()
    for email, tried in typed:
        client = browser(app)
        answer = check(client, email, tried)
        shown = client.get(answer.location)
        words = page_words(shown.text)
        seen.add((answer.status_code, answer.location, shown.status_code, words))
    assert len(seen) == 1
    sent = Counter(template for template, _address in mails(desk))
    assert sent == Counter({"lost_number": 2, "sign_in_link": 2})


def page_words(text: str) -> str:
    return " ".join(html.fromstring(text).xpath("//main")[0].text_content().split())


def test_a_match_writes_one_row_more_than_a_miss_and_nothing_else(app, client, guest_ticket):
    check(client, EMAIL, "2020000001")
    with count_queries(app) as miss:
        check(client, "nobody@example.org", guest_ticket.number)
    with count_queries(app) as match:
        check(client, EMAIL, guest_ticket.number)
    assert written(match) - written(miss) == Counter({"notice": 1})
    assert written(miss) - written(match) == Counter()


def written(seen: Seen) -> Counter[str]:
    words = (statement.split() for statement in seen.statements if statement.startswith(("INSERT", "UPDATE")))
    return Counter(each[2] if each[0] == "INSERT" else each[1] for each in words)


def test_an_account_holder_gets_a_link_that_needs_a_sign_in(desk, client):
    student = factories.student(desk, email="giulia@example.org")
    ticket = factories.ticket(desk, requester=student, key="tasse-informazioni", now=datetime.now(UTC))
    desk.commit()
    institutional = f"s{student.id}@studenti.example.org"
    for email in ("giulia@example.org", institutional):
        check(client, email, ticket.number)
    assert mails(desk) == [("sign_in_link", institutional)] * 2
    assert client.get(f"/tickets/{ticket.number}").status_code == 303


def test_a_lost_number_is_mailed_for_the_open_tickets_of_the_address(desk, client, guest_ticket):
    closed = factories.guest(desk, email=EMAIL)
    factories.ticket(desk, requester=closed, key="accesso-login", suffix="ABCDEF", state=State.CANCELLED)
    desk.commit()
    check(client, EMAIL.upper(), "")
    assert mails(desk) == [("lost_number", EMAIL)]


def test_nobody_can_flood_an_inbox_with_status_checks(desk, client, guest_ticket):
    for _time in range(5):
        assert check(client, EMAIL, guest_ticket.number).status_code == 303
    assert len(mails(desk)) == 3


def test_guessing_is_slowed_down(app, client, guest_ticket, monkeypatch):
    monkeypatch.setitem(app.config, "LIMIT_GUESSES", "2 per minute")
    tried = [check(client, EMAIL, f"{guest_ticket.number}-22222{digit}").status_code for digit in "234"]
    assert tried == [303, 303, 429]


@pytest.mark.parametrize("number", ["rubbish", "12", "2026000001-7KQ"])
def test_what_is_no_number_is_said_at_once(client, number):
    answer = check(client, EMAIL, number)
    assert answer.status_code == 422
    assert "Type the number as it stands in the mail" in answer.text


def test_the_mailed_link_opens_the_ticket_and_changes_nothing(app, desk, client, guest_ticket):
    before = desk.scalar(select(func.count()).select_from(Notice))
    answer = client.get(f"/status/{token(app, guest_ticket)}")
    assert (answer.status_code, answer.location) == (303, f"/tickets/{guest_ticket.number}")
    assert client.get(answer.location).status_code == 200
    desk.rollback()
    assert desk.scalar(select(func.count()).select_from(Notice)) == before


def test_a_changed_link_opens_nothing(app, client, guest_ticket):
    good = token(app, guest_ticket)
    for wrong in (good[:-1] + ("A" if good[-1] != "A" else "B"), "x", good + "A", "A" * 32):
        assert "This link opens nothing." in page(client, f"/status/{wrong}", 404).text_content()


def test_the_link_of_an_account_holders_ticket_opens_nothing(app, desk, client):
    ticket = factories.ticket(desk, key="tasse-informazioni", now=datetime.now(UTC))
    desk.commit()
    assert client.get(f"/status/{status_token(app.config['SECRET_KEY'], ticket.id, '')}").status_code == 404


def test_disconnecting_ends_the_access_in_this_browser(app, client, guest_ticket):
    path = f"/tickets/{guest_ticket.number}"
    client.get(f"/status/{token(app, guest_ticket)}")
    answer = send(client, path, "/status/leave")
    assert (answer.status_code, answer.location) == (303, "/status")
    assert "You are disconnected" in page(client, "/status").text_content()
    assert client.get(path).status_code == 303


def test_the_home_page_leads_back_to_the_ticket_that_is_open(app, client, guest_ticket):
    client.get(f"/status/{token(app, guest_ticket)}")
    assert f"/tickets/{guest_ticket.number}" in page(client, "/").xpath("//main//a/@href")


def token(app, ticket) -> str:
    return status_token(app.config["SECRET_KEY"], ticket.id, ticket.access_suffix)
