"""A ticket on paper: the print view and the PDF say the same, and to each reader no more than the ticket's page."""

import pytest

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_html, from_plain
from tests import factories
from tests.pdf_text import pdf_text
from tests.web.conftest import page

KEY = "iscrizione-rinnovo-lettere"
BODY = "<p>Perché non posso <strong>rinnovare</strong>?</p><ul><li>primo</li><li>secondo</li></ul>"


@pytest.fixture
def ticket(desk, student, now):
    made = factories.ticket(desk, requester=student, key=KEY, title="Rinnovo — in ritardo", body="Buongiorno", now=now)
    worker = factories.technician(desk, made.group_code)
    asker, by = factories.actor(desk, student), factories.actor(desk, worker)
    act(desk, made, Action.TAKE, by, now)
    act(desk, made, Action.COMMENT, asker, now, Details(note=from_html(BODY)))
    act(desk, made, Action.NOTE, by, now, Details(note=from_plain("Between us.")))
    act(desk, made, Action.PROPOSE, by, now, Details(note=from_plain("Entro il 31 marzo.")))
    desk.commit()
    made.worker_id = worker.id
    return made


def words_of(text: str) -> list[str]:
    return [word for word in text.replace(":", " ").split() if word != "-"]


def printed(client, path) -> list[str]:
    paper = page(client, path).xpath("//article[@class='desk-paper']")[0]
    for cell in paper.iter("dt", "dd", "p", "li", "h2", "br", "div"):
        cell.tail = f" {cell.tail or ''}"
        cell.text = f" {cell.text or ''}"
    return words_of(paper.text_content())


def drawn(client, path) -> list[str]:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    return words_of(pdf_text(answer.data))


def test_print_view_and_pdf_say_the_same(signed_in, ticket):
    paper, file = (
        printed(signed_in, f"/tickets/{ticket.number}/print"),
        drawn(signed_in, f"/tickets/{ticket.number}/pdf"),
    )
    assert {"Perché", "rinnovare?", "secondo", "marzo.", "Bianchi", "giulia@example.org"} <= set(file)
    above = words_of(f"{ticket.number} Rinnovo — in ritardo")
    assert set(paper) | set(above) <= set(file)
    assert [word for word in file if word in set(paper)][-20:] == paper[-20:]


def test_the_requester_gets_no_internal_note_whatever_the_address_asks_for(signed_in, ticket):
    for path in (f"/tickets/{ticket.number}/print", f"/tickets/{ticket.number}/print?notes=1"):
        assert "Between us." not in signed_in.get(path).text
    assert "Between" not in drawn(signed_in, f"/tickets/{ticket.number}/pdf?notes=1")


def test_staff_print_without_internal_notes_unless_they_ask_for_them(client, sign_in, ticket):
    sign_in(client, ticket.worker_id)
    path = f"/tickets/{ticket.number}/print"
    shown = page(client, path)
    assert "Between us." not in shown.text_content()
    (asks,) = shown.xpath("//a[text()='With internal notes']/@href")
    assert "Between us." in page(client, asks).text_content()
    assert "Between" in drawn(client, f"/tickets/{ticket.number}/pdf?notes=1")
    assert "giulia@example.org" in shown.text_content()


def test_a_guest_prints_the_own_ticket_and_a_stranger_none(desk, client, app, sign_in, now, ticket):
    guest = factories.guest(desk, given_name="Rita")
    made = factories.ticket(desk, key="accesso-login", requester=guest, suffix="7KQF2M", now=now)
    stranger = factories.student(desk)
    desk.commit()
    with client.session_transaction() as cookie:
        cookie["guest"] = made.id
    assert "Rita" in drawn(client, f"/tickets/{made.number}/pdf")
    other = app.test_client()
    sign_in(other, stranger.id)
    for way in ("print", "pdf"):
        assert other.get(f"/tickets/{ticket.number}/{way}").status_code == 404


def test_the_file_is_named_after_the_ticket_and_kept_by_nobody_on_the_way(signed_in, ticket):
    answer = signed_in.get(f"/tickets/{ticket.number}/pdf")
    assert f"{ticket.number}.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("state", [State.ASSIGNED_GROUP, State.CANCELLED])
def test_the_ticket_leads_to_its_print_view(desk, student, signed_in, now, state):
    made = factories.ticket(desk, requester=student, key=KEY, state=state, now=now)
    desk.commit()
    assert f"/tickets/{made.number}/print" in page(signed_in, f"/tickets/{made.number}").xpath("//main//a/@href")
