"""Editing one's own request: the form as it is, what staff see of it, and the text that is never lost."""

import pytest
from lxml import html

from servicedesk.rules.lifecycle import State
from tests import factories
from tests.web.conftest import page, post, send

KEY = "iscrizione-rinnovo-lettere"


@pytest.fixture
def ticket(desk, student, now):
    made = factories.ticket(desk, requester=student, key=KEY, title="Renewing late", body="How do I\nrenew?", now=now)
    desk.commit()
    return made


@pytest.fixture
def worker(desk, ticket):
    made = factories.technician(desk, ticket.group_code)
    desk.commit()
    return made


def path(ticket) -> str:
    return f"/tickets/{ticket.number}/edit"


def entries(document) -> list[str]:
    return [" ".join(each.text_content().split()) for each in document.xpath("//ol[@class='desk-timeline']/li")]


def form_of(client, ticket):
    return next(form for form in page(client, path(ticket)).forms if form.get("action") == path(ticket))


def test_the_form_shows_the_request_as_it_is(signed_in, ticket):
    fields = dict(form_of(signed_in, ticket).form_values())
    assert (fields["title"], fields["description"].strip()) == ("Renewing late", "How do I\nrenew?")
    assert fields["description_format"] == "text"


def test_the_requester_reads_the_new_text_and_staff_both(signed_in, client, sign_in, ticket, worker):
    answer = send(signed_in, path(ticket), title="Renewing very late", description="May I still renew?")
    assert (answer.status_code, answer.location) == (303, f"/tickets/{ticket.number}")
    shown = page(signed_in, f"/tickets/{ticket.number}")
    assert shown.xpath("//h1/text()") == ["Renewing very late"]
    told = " ".join(entries(shown))
    assert "May I still renew?" in told
    assert "edited the request: the title, the description" in told
    assert "How do I" not in told
    sign_in(client, worker.id)
    told = " ".join(entries(page(client, f"/tickets/{ticket.number}")))
    assert told.index("How do I") < told.index("Title before") < told.index("May I still renew?")


def test_mistakes_are_told_beside_what_was_typed(signed_in, ticket):
    answer = send(signed_in, path(ticket), title="", description="Kept words")
    assert answer.status_code == 422
    assert "Say in a few words what it is about." in answer.text
    assert "Kept words" in answer.text


def test_who_took_the_request_meanwhile_is_seen_first_and_the_text_stays(app, desk, signed_in, sign_in, ticket, worker):
    form = form_of(signed_in, ticket)
    colleague = app.test_client()
    sign_in(colleague, worker.id)
    send(colleague, f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/take")
    answer = post(signed_in, form, title="After", description="My words")
    assert answer.status_code == 409
    assert "Somebody else was faster" in answer.text
    again = next(each for each in page_of(answer).forms if each.get("action") == path(ticket))
    assert post(signed_in, again).location == f"/tickets/{ticket.number}"
    assert page(signed_in, f"/tickets/{ticket.number}").xpath("//h1/text()") == ["After"]


def test_once_somebody_works_on_it_the_text_is_there_to_be_copied(app, desk, signed_in, sign_in, ticket, worker):
    form = form_of(signed_in, ticket)
    colleague = app.test_client()
    sign_in(colleague, worker.id)
    for action in ("take", "start"):
        send(colleague, f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/{action}")
    answer = post(signed_in, form, title="After", description="My words")
    assert answer.status_code == 409
    assert "My words" in page_of(answer).xpath("//textarea[@readonly]/text()")[0]
    assert page(signed_in, f"/tickets/{ticket.number}").xpath("//h1/text()") == ["Renewing late"]


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.RESOLVED, State.CLOSED])
def test_there_is_no_way_to_the_form_when_it_is_too_late(desk, student, signed_in, now, state):
    late = factories.ticket(desk, requester=student, key=KEY, state=state, now=now)
    desk.commit()
    assert path(late) not in page(signed_in, f"/tickets/{late.number}").xpath("//main//a/@href")
    assert signed_in.get(path(late)).status_code == 409


def test_staff_do_not_edit_what_others_asked(client, sign_in, ticket, worker):
    sign_in(client, worker.id)
    assert client.get(path(ticket)).status_code == 403


def test_a_guest_edits_with_the_mailed_link_alone(app, desk, client, now):
    guest = factories.guest(desk)
    made = factories.ticket(desk, key="accesso-login", requester=guest, suffix="7KQF2M", now=now)
    desk.commit()
    with client.session_transaction() as cookie:
        cookie["guest"] = made.id
    assert path(made) in page(client, f"/tickets/{made.number}").xpath("//main//a/@href")
    assert send(client, path(made), title="After").status_code == 303
    assert page(client, f"/tickets/{made.number}").xpath("//h1/text()") == ["After"]


def page_of(answer):
    return html.fromstring(answer.text)
