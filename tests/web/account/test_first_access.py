"""First access (A4): data confirmed, an address verified by mail, and tickets filed earlier linked to the account."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.people import Arrival, sign_in
from servicedesk.rules.identity import Proof
from servicedesk.rules.lifecycle import Action
from servicedesk.store import people
from servicedesk.store.models.accounts import Contact, MailedLink
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket, TicketEvent
from servicedesk.web.auth.first_access import detour
from tests import factories
from tests.web.conftest import SignIn, browser, csrf, page, post, send

PAGE = "/account/first-access"
SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"


def newcomer(desk: Session, email: str = "vouched@example.org") -> Person:
    """Somebody who has just signed in through a provider for the first time."""
    attributes = {"given_name": ("Nuovo",), "family_name": ("Arrivato",), "email": (email,) if email else ()}
    person = sign_in(desk, Arrival(Proof("https://provider.test/", "new"), attributes, "en"), (), datetime.now(UTC))
    desk.commit()
    return person


def guest_ticket(desk: Session, email: str, title: str = "Cannot sign in") -> Ticket:
    guest = factories.guest(desk, email=email, phone="+39 030 1")
    ticket = factories.ticket(desk, requester=guest, key="accesso-login", suffix="7KQF2M", title=title)
    desk.commit()
    return ticket


def mailed(desk: Session, template: str) -> list[Notice]:
    desk.rollback()
    return list(desk.scalars(sa.select(Notice).where(Notice.template == template).order_by(Notice.id)))


def link_in(notice: Notice) -> str:
    assert notice.context
    return str(notice.context["path"])


@pytest.fixture
def person(desk: Session) -> Person:
    return newcomer(desk)


@pytest.fixture
def mine(client: FlaskClient, person: Person, sign_in: SignIn) -> FlaskClient:
    sign_in(client, person.id)
    return client


def chosen(mine: FlaskClient, desk: Session, address: str) -> str:
    """Choose an address and return the link in the mail that goes there."""
    assert send(mine, PAGE, email=address).status_code == 303
    notice = mailed(desk, "address_confirm")[-1]
    assert notice.address == address
    return link_in(notice)


def confirm(client: FlaskClient, link: str) -> None:
    assert send(client, link).status_code == 303


def test_a_sign_in_leads_to_the_first_access_and_keeps_where_one_was_going(
    app: Flask, desk: Session, person: Person
) -> None:
    with app.test_request_context():
        assert detour(person.id, "/tickets?list=closed") == f"{PAGE}?next=/tickets?list%3Dclosed"


def test_a_student_active_in_the_register_goes_straight_on_and_a_former_one_does_not(app: Flask, desk: Session) -> None:
    active, former = factories.student(desk), factories.student(desk, status="former")
    desk.commit()
    with app.test_request_context():
        assert detour(active.id, "/tickets") == "/tickets"
        assert detour(former.id, "/tickets").startswith(PAGE)


def test_staff_go_straight_on(app: Flask, desk: Session) -> None:
    worker = factories.technician(desk, "HD1")
    desk.commit()
    with app.test_request_context():
        assert detour(worker.id, "/queue") == "/queue"


def test_later_leads_on_writes_nothing_and_is_asked_again(app: Flask, mine: FlaskClient, desk: Session, person) -> None:
    answer = send(mine, f"{PAGE}?next=/tickets", f"{PAGE}?next=/tickets", later="1")
    assert answer.location == "/tickets"
    assert desk.scalars(sa.select(Contact)).all() == []
    with app.test_request_context():
        assert detour(person.id, "/tickets").startswith(PAGE)


def test_the_address_the_provider_vouched_for_ends_the_procedure_and_is_mailed_a_link(
    app: Flask, mine: FlaskClient, desk: Session, person: Person
) -> None:
    shown = page(mine, PAGE)
    assert shown.get_element_by_id("email").value == "vouched@example.org"
    assert shown.xpath("//input[@name='given_name']") == []
    answer = send(mine, f"{PAGE}?next=/tickets", f"{PAGE}?next=/tickets", locale="it")
    assert answer.location == "/tickets"
    assert [notice.address for notice in mailed(desk, "address_confirm")] == ["vouched@example.org"]
    desk.rollback()
    assert desk.scalars(sa.select(Person.locale).where(Person.id == person.id)).one() == "it"
    with app.test_request_context():
        assert detour(person.id, "/tickets") == "/tickets"


def test_another_address_counts_only_once_its_link_was_confirmed(mine: FlaskClient, desk: Session, person) -> None:
    link = chosen(mine, desk, "mine@example.net")
    assert "Until then we write to vouched@example.org" in mine.get("/").text
    assert people.mail_address(desk, person.id) == "vouched@example.org"
    assert mine.get(link).status_code == 200
    desk.rollback()
    assert people.mail_address(desk, person.id) == "vouched@example.org"
    confirm(mine, link)
    desk.rollback()
    assert people.mail_address(desk, person.id) == "mine@example.net"


def test_a_link_is_good_once_for_a_day_and_only_the_newest(mine: FlaskClient, desk: Session, app: Flask) -> None:
    first = chosen(mine, desk, "one@example.net")
    second = chosen(mine, desk, "two@example.net")
    assert mine.get(first).status_code == 410
    confirm(mine, second)
    assert mine.get(second).status_code == 410
    third = chosen(mine, desk, "three@example.net")
    desk.execute(sa.update(MailedLink).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    desk.commit()
    assert mine.get(third).status_code == 410


def test_only_the_account_that_asked_has_an_address_confirmed(
    mine: FlaskClient, desk: Session, app: Flask, person, sign_in: SignIn
) -> None:
    link, nobody, owner = chosen(mine, desk, "victim@example.net"), browser(app), browser(app)
    assert nobody.get(link).location == f"/login?next={link}"
    student = factories.student(desk)
    desk.commit()
    sign_in(owner, student.id)
    refused = owner.get(link)
    assert refused.status_code == 403 and "another account" in refused.text
    posted = owner.post(link, data={"csrf_token": csrf(owner, "/")})
    assert posted.status_code == 403
    desk.rollback()
    assert people.mail_address(desk, person.id) == "vouched@example.org"
    assert detour(person.id, link) == link
    confirm(mine, link)


def test_the_token_of_a_link_stands_nowhere_in_clear_but_in_the_mail(mine: FlaskClient, desk: Session) -> None:
    token = chosen(mine, desk, "one@example.net").rsplit("/", 1)[1]
    assert len(token) >= 43
    assert token not in str(desk.execute(sa.select(MailedLink.__table__)).all())


def test_somebody_without_an_address_is_told_and_asked_again_and_can_file(
    app: Flask, client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    person = newcomer(desk, email="")
    sign_in(client, person.id)
    assert "nowhere yet" in client.get(PAGE).text
    assert send(client, PAGE, email="").location == "/"
    assert "Without an e-mail address we cannot write to you" in client.get("/").text
    with app.test_request_context():
        assert detour(person.id, "/").startswith(PAGE)
    ticket = factories.ticket(desk, requester=desk.get_one(Person, person.id), key="accesso-login")
    desk.commit()
    assert desk.scalars(sa.select(Notice).where(Notice.ticket_id == ticket.id)).all() == []


def test_what_was_typed_stays_when_it_is_no_address(mine: FlaskClient) -> None:
    answer = send(mine, PAGE, email="nobody@")
    assert answer.status_code == 422
    assert 'value="nobody@"' in answer.text
    assert "Type an e-mail address such as name@example.org." in answer.text


def test_only_so_many_mails_go_to_one_address(mine: FlaskClient, desk: Session) -> None:
    for _ in range(3):
        assert send(mine, PAGE, email="flooded@example.net").status_code == 303
    assert send(mine, PAGE, email="flooded@example.net").status_code == 429
    assert len(mailed(desk, "address_confirm")) == 3


def test_the_mail_to_a_new_address_says_nothing_that_its_sender_has_typed(mine: FlaskClient, desk: Session) -> None:
    send(mine, PAGE, email="stranger@example.net")
    desk.rollback()
    context = desk.scalars(sa.select(Notice.context).where(Notice.address == "stranger@example.net")).one()
    assert context is not None and set(context) == {"path", "hours"}


def test_earlier_tickets_are_offered_after_the_address_is_verified_and_not_before(
    mine: FlaskClient, desk: Session
) -> None:
    ticket = guest_ticket(desk, "mine@example.net")
    guest_ticket(desk, "other@example.net", "Somebody else's")
    link = chosen(mine, desk, "Mine@Example.net")
    assert ticket.number not in mine.get("/account/earlier-tickets").text
    assert send(mine, link).location == "/account/earlier-tickets"
    shown = mine.get("/account/earlier-tickets").text
    assert ticket.number in shown and ticket.title in shown and "Somebody else" not in shown


def test_a_linked_ticket_is_the_accounts_own_and_the_guests_link_ends(
    app: Flask, mine: FlaskClient, desk: Session, person: Person
) -> None:
    ticket = guest_ticket(desk, "mine@example.net")
    guest_id = ticket.requester_id
    guest = browser(app)
    with guest.session_transaction() as cookie:
        cookie["guest"] = ticket.id
    assert guest.get(f"/tickets/{ticket.number}").status_code == 200
    confirm(mine, chosen(mine, desk, "mine@example.net"))
    assert send(mine, "/account/earlier-tickets").location == "/tickets"
    desk.rollback()
    desk.expire_all()
    assert (ticket.requester_id, ticket.access_suffix) == (person.id, None)
    assert desk.get(Person, guest_id) is None
    assert ticket.number in mine.get("/tickets").text
    shown = mine.get(f"/tickets/{ticket.number}").text
    assert "The request was linked to the account of its requester." in shown
    assert re.search(r"Nuovo Arrivato", shown)
    assert guest.get(f"/tickets/{ticket.number}").status_code == 303
    events = desk.scalars(sa.select(TicketEvent).where(TicketEvent.action == Action.LINK_ACCOUNT)).all()
    assert [event.changes for event in events] == [{"requester": [guest_id, person.id]}]
    told = mailed(desk, "tickets_linked")
    assert [(notice.address, notice.context["numbers"]) for notice in told] == [("mine@example.net", ticket.number)]


def test_a_ticket_of_another_address_or_of_an_account_cannot_be_linked_by_its_number(
    mine: FlaskClient, desk: Session
) -> None:
    own = guest_ticket(desk, "mine@example.net")
    strange = guest_ticket(desk, "other@example.net")
    student = factories.ticket(desk, requester=factories.student(desk, email="mine@example.net"), key="accesso-login")
    desk.commit()
    before = [(each.id, each.requester_id) for each in (strange, student)]
    confirm(mine, chosen(mine, desk, "mine@example.net"))
    form = page(mine, "/account/earlier-tickets").xpath("//main//form")[0]
    for box in form.xpath(".//input[@name='number']"):
        box.attrib["value"] = strange.number
    post(mine, form)
    for box in form.xpath(".//input[@name='number']"):
        box.attrib["value"] = student.number
    post(mine, form)
    desk.rollback()
    desk.expire_all()
    assert [(each.id, each.requester_id) for each in (strange, student)] == before
    assert own.access_suffix == "7KQF2M"
