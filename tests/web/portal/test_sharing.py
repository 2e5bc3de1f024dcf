"""Who can see a ticket, over HTTP: tabs, followers, what is public and what it leaves out."""

import pytest
from lxml import html

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_html, from_plain
from tests import factories
from tests.web.conftest import browser, page, send

KEY, GROUP = "segreteria-lettere", "CARR-LET"


@pytest.fixture
def ticket(desk, student, now):
    """A solved ticket whose texts name people."""
    worker = factories.technician(desk, GROUP, given_name="Nome", family_name="Riservato", code="067010")
    made = factories.ticket(
        desk,
        requester=student,
        key=KEY,
        state=State.IN_PROGRESS,
        technician=worker,
        now=now,
        title="Certificate for Giulia",
        body="I am Giulia Bianchi, number 1045321, giulia@example.org.",
    )
    solution = from_html('<p>Dear Giulia, see <a href="https://example.org/giulia">here</a>. 067010</p>')
    comment = Details(note=from_plain("A hidden comment"))
    act(desk, made, Action.COMMENT, factories.actor(desk, student), now, comment)
    act(desk, made, Action.PROPOSE, factories.actor(desk, worker), now, Details(note=solution))
    desk.commit()
    return made


@pytest.fixture
def fellow(app, desk, sign_in):
    """A student of the same course, with a browser."""
    person = factories.student(desk, given_name="Marta", family_name="Rossi")
    desk.commit()
    client = browser(app)
    sign_in(client, person.id)
    return person, client


def do(desk, ticket, by, action, now, **details):
    act(desk, ticket, action, factories.actor(desk, by), now, Details(**details))
    desk.commit()


def test_the_tabs_are_links_with_counts_and_say_which_one_is_open(signed_in, desk, student, ticket):
    here = f"/tickets/{ticket.number}"
    send(signed_in, here, f"{here}/comment", note="With a file", files=[("receipt.pdf", b"%PDF-1.7 x")])
    shown = page(signed_in, f"{here}?tab=attachments")
    tabs = shown.xpath("//nav[@aria-label='Parts of the request']//a")
    assert [" ".join(tab.text_content().split()) for tab in tabs] == [
        "Conversation 4",
        "Attachments 1",
        "Who can see it 0",
    ]
    assert [tab.get("aria-current") for tab in tabs] == [None, "page", None]
    files = shown.xpath("//ul[@class='desk-attachments']/li")
    assert "receipt.pdf" in files[0].text_content()
    assert "Giulia Bianchi" in files[0].text_content()


def test_a_tab_that_does_not_exist_shows_the_conversation(signed_in, ticket):
    assert page(signed_in, f"/tickets/{ticket.number}?tab=secrets").xpath("//*[@id='conversation']")


def test_the_page_answers_alike_whether_an_address_belongs_to_somebody_or_not(signed_in, desk, ticket, fellow):
    here, said = f"/tickets/{ticket.number}?tab=visibility", []
    known = factories.institutional_address(desk, fellow[0])
    for address in (known, "s99999@studenti.example.org"):
        answer = send(signed_in, here, f"/tickets/{ticket.number}/share", address=address)
        text = " ".join(html.fromstring(signed_in.get(answer.location).text).text_content().split())
        shown = text.split("People you share it with")[1].split("Made public")[0]
        said.append((answer.status_code, text.count("If the address belongs to somebody"), shown.count(address)))
    assert said[0] == said[1] == (303, 1, 2)


def test_a_follower_reads_and_comments_and_sees_no_contact_data(desk, student, now, ticket, fellow, signed_in):
    person, client = fellow
    do(desk, ticket, student, Action.SHARE, now, address=factories.institutional_address(desk, person))
    here = f"/tickets/{ticket.number}"
    shown = page(client, here)
    text = shown.text_content()
    assert "A hidden comment" in text
    assert "Giulia Bianchi shares this request with you" in text
    facts = shown.xpath("string(//aside)")
    for hidden in ("giulia@example.org", "Student number", "Banca e finanza"):
        assert hidden not in facts
    assert not shown.xpath("//form[contains(@action, '/accept') or contains(@action, '/thank')]")
    send(client, here, f"{here}/comment", note="Same with me")
    mine = page(signed_in, here).xpath("//li[contains(@class, 'desk-entry--follower')]")
    assert "Marta Rossi" in mine[0].text_content()
    assert "Follower" in mine[0].text_content()


def test_a_follower_who_leaves_is_led_to_the_own_lists(desk, student, now, ticket, fellow):
    person, client = fellow
    do(desk, ticket, student, Action.SHARE, now, address=factories.institutional_address(desk, person))
    here = f"/tickets/{ticket.number}"
    answer = send(client, f"{here}?tab=visibility", f"{here}/leave")
    assert (answer.status_code, answer.location) == (303, "/tickets")
    assert client.get(here).status_code == 404


def test_others_read_of_a_public_ticket_three_texts_without_names_and_nothing_else(desk, student, now, ticket, fellow):
    _, client = fellow
    public = f"/tickets/public/{ticket.number}"
    assert client.get(public).status_code == 404
    do(desk, ticket, student, Action.PUBLISH, now, scope="course", is_confirmed=True)
    text = page(client, public).xpath("string(//main)")
    assert "I am […], number […], […]" in text
    assert "Dear […], see here. […]" in text
    for hidden in ("Giulia", "Bianchi", "hidden comment", "067010", "1045321", "Certificate for Giulia", "Riservato"):
        assert hidden not in client.get(public).text, hidden
    assert client.get(f"/tickets/{ticket.number}").status_code == 404
    do(desk, ticket, student, Action.UNPUBLISH, now)
    assert client.get(public).status_code == 404


def test_a_solution_that_was_refused_is_no_longer_public(desk, student, now, ticket, fellow):
    _, client = fellow
    do(desk, ticket, student, Action.PUBLISH, now, scope="course", is_confirmed=True)
    do(desk, ticket, student, Action.REFUSE, now, note=from_plain("No."))
    shown = page(client, f"/tickets/public/{ticket.number}").xpath("string(//main)")
    assert "Dear" not in shown
    assert "There is no solution yet." in shown


def test_whoever_is_not_signed_in_is_asked_to_before_reading_what_is_public(desk, client, student, now, ticket):
    do(desk, ticket, student, Action.PUBLISH, now, scope="service", is_confirmed=True)
    answer = client.get(f"/tickets/public/{ticket.number}")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")


def test_the_preview_is_what_others_see(signed_in, ticket):
    shown = page(signed_in, f"/tickets/{ticket.number}?tab=visibility")
    preview = shown.xpath("string(//section[@class='desk-preview'])")
    assert "I am […], number […], […]" in preview
    assert "Dear […], see here. […]" in preview


def test_a_forgotten_box_brings_the_tab_back_with_its_part_open(signed_in, ticket):
    here = f"/tickets/{ticket.number}"
    answer = send(signed_in, f"{here}?tab=visibility", f"{here}/publish", scope="course")
    assert answer.status_code == 422
    shown = html.fromstring(answer.text)
    assert "tick the box" in shown.xpath("string(//div[@role='alert'])")
    assert shown.xpath("//details[@open]//form[contains(@action, '/publish')]")


def test_staff_see_who_else_reads_and_take_it_back(app, desk, student, now, ticket, sign_in):
    do(desk, ticket, student, Action.SHARE, now, address="friend@studenti.example.org")
    do(desk, ticket, student, Action.PUBLISH, now, scope="course", is_confirmed=True)
    client, here = browser(app), f"/tickets/{ticket.number}"
    sign_in(client, ticket.technician_id)
    assert "friend@studenti.example.org" in page(client, here).text_content()
    send(client, here, f"{here}/unpublish")
    send(client, here, f"{here}/unshare")
    assert not page(client, here).xpath("//form[contains(@action, '/unpublish') or contains(@action, '/unshare')]")


def test_a_thank_you_shows_once_and_offers_itself_no_more(signed_in, ticket):
    here = f"/tickets/{ticket.number}"
    send(signed_in, here, f"{here}/thank", note="You saved my term")
    shown = page(signed_in, here)
    assert "said thank you" in shown.text_content()
    assert "You saved my term" in shown.text_content()
    assert not shown.xpath("//form[contains(@action, '/thank')]")
    assert shown.xpath("//form[contains(@action, '/accept')]")


def test_the_page_says_who_created_and_who_closed_it_and_when_exactly(signed_in, ticket):
    here = f"/tickets/{ticket.number}"
    send(signed_in, here, f"{here}/accept")
    line = page(signed_in, here).xpath("//p[@class='desk-byline']")[0]
    text = " ".join(line.text_content().split())
    assert "Created by Giulia Bianchi" in text
    assert "Closed by Giulia Bianchi with the state Closed - accepted" in text
    for time in line.xpath(".//time"):
        assert time.get("title") in time.text_content()
