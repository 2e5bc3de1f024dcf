"""Asking: the form of a category, what it knows already, its mistakes, and the ticket it makes."""

import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html
from sqlalchemy import func, select

from servicedesk.rules.lifecycle import State
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket, TicketLink
from tests import factories
from tests.web.conftest import browser, page, post, send

FORM = "/tickets/new/segreteria-economia"
PLAIN = "/tickets/new/tasse-informazioni"


def filed(desk, answer) -> Ticket:
    """Return the ticket whose confirmation the answer leads to."""
    assert answer.status_code == 303, answer.text
    number = answer.location.split("/")[2]
    desk.rollback()
    return desk.scalars(select(Ticket).where(Ticket.number == number)).one()


def form_of(text: str, action: str) -> html.FormElement:
    return next(form for form in html.fromstring(text).forms if form.get("action") == action)


def test_the_form_is_filled_in_from_the_student_record(student, signed_in):
    form = form_of(signed_in.get(FORM).text, FORM)
    assert form.fields["field_student_number"] == f"7{student.id:05d}"
    assert form.fields["field_degree_course"] == "Banca e finanza"


def test_the_form_says_where_the_answer_goes(student, signed_in):
    aside = page(signed_in, FORM).xpath("string(//aside)")
    assert f"s{student.id}@studenti.example.org" in aside
    assert "institutional" in aside


def test_a_request_becomes_a_routed_ticket_with_text_answers_and_a_mail(desk, student, signed_in):
    colleague = factories.technician(desk, "CARR-ECO")
    desk.commit()
    answer = send(
        signed_in, FORM, title="  Study   plan ", description="First line\n\nSecond <b>", field_context="exams"
    )
    ticket = filed(desk, answer)
    assert (ticket.title, ticket.requester_id, ticket.group_code) == ("Study plan", student.id, "CARR-ECO")
    assert (ticket.technician_id, ticket.state) == (colleague.id, State.ASSIGNED_TECHNICIAN)
    assert (ticket.origin, ticket.access_suffix) == ("person", None)
    assert ticket.answers["context"] == {
        "label": {"it": "Contesto del problema", "en": "Problem context"},
        "value": "exams",
        "kind": "choice",
        "shown": {"it": "Esami", "en": "Exams"},
    }
    body = desk.scalars(select(Message.body_html).where(Message.ticket_id == ticket.id)).one()
    assert body == "<p>First line</p><p>Second &lt;b&gt;</p>"
    mails = desk.execute(select(Notice.template, Notice.address).where(Notice.ticket_id == ticket.id)).all()
    assert ("opened", f"s{student.id}@studenti.example.org") in mails


def test_formatted_text_is_cleaned_on_the_way_in(desk, signed_in):
    markup = "<div>Bold <strong>text</strong><script>alert(1)</script><img src=x onerror=y></div>"
    answer = send(signed_in, PLAIN, title="Plan", description=markup, description_format="html")
    message = desk.scalars(select(Message).where(Message.ticket_id == filed(desk, answer).id)).one()
    assert message.body_html == "<div>Bold <strong>text</strong></div>"


@pytest.mark.parametrize(
    "typed",
    [
        {"field_student_number": "9999"},
        {"field_student_number": "99999"},
        {"field_student_number": "", "field_student_number_not_issued": "y"},
    ],
)
def test_a_student_number_not_yet_issued_is_understood_in_every_way(desk, signed_in, typed):
    form = form_of(signed_in.get(FORM).text, FORM)
    answer = post(signed_in, form, title="Plan", description="Text", field_context="exams", **typed)
    assert filed(desk, answer).answers["student_number"]["value"] == "99999"


def test_an_empty_form_comes_back_with_a_sentence_for_each_field(signed_in):
    answer = send(signed_in, FORM, field_student_number="", field_degree_course="")
    assert answer.status_code == 422
    summary = html.fromstring(answer.text).xpath("string(//div[@role='alert'])")
    for words in (
        "Say in a few words",
        "Describe what you need",
        "Type your student number",
        "This field is mandatory",
    ):
        assert words in summary


def test_what_was_typed_is_still_there_after_a_mistake(desk, signed_in):
    answer = send(signed_in, FORM, title="", description="My <text>", field_context="fees", field_degree_course="Law")
    form = form_of(answer.text, FORM)
    assert form.fields["description"].strip() == "My <text>"
    assert form.fields["field_context"] == "fees"
    assert form.fields["field_degree_course"] == "Law"
    assert desk.scalar(select(func.count()).select_from(Ticket)) == 0


def test_changing_the_language_of_a_form_with_mistakes_leads_to_the_form(signed_in):
    answer = send(signed_in, PLAIN, title="", description="Text")
    (link,) = html.fromstring(answer.text).xpath("//a[@hreflang='it']/@href")
    assert parse_qs(urlsplit(link).query)["next"] == [PLAIN]


@pytest.mark.parametrize("empty", ["   ", "<div><br></div>"])
def test_an_empty_paragraph_is_no_description(signed_in, empty):
    answer = send(signed_in, PLAIN, title="Plan", description=empty, description_format="html")
    assert answer.status_code == 422
    assert "Describe what you need." in answer.text


def test_a_title_too_long_is_refused_and_kept(signed_in):
    answer = send(signed_in, PLAIN, title="x" * 201, description="Text")
    assert answer.status_code == 422
    assert "at most 200 characters" in answer.text
    assert "x" * 201 in answer.text


def test_a_form_sent_twice_makes_one_ticket_and_shows_it_twice(desk, signed_in):
    form = form_of(signed_in.get(PLAIN).text, PLAIN)
    first, second = (post(signed_in, form, title="Plan", description="Text") for _time in range(2))
    assert first.location == second.location
    assert desk.scalar(select(func.count()).select_from(Ticket)) == 1


def test_another_text_sent_from_the_same_form_is_another_ticket(desk, signed_in):
    form = form_of(signed_in.get(PLAIN).text, PLAIN)
    first, second = (post(signed_in, form, title=title, description="Text") for title in ("Plan", "Exam"))
    assert first.location != second.location
    assert sorted(desk.scalars(select(Ticket.title))) == ["Exam", "Plan"]


@pytest.mark.both_databases
def test_two_clicks_at_once_make_one_ticket(app, desk, student, sign_in):
    client = browser(app)
    sign_in(client, student.id)
    form = form_of(client.get(PLAIN).text, PLAIN)
    session = client.get_cookie("servicedesk_session").value
    csrf = client.get_cookie("servicedesk_session_form").value
    locations: list[str] = []

    def click() -> None:
        other = browser(app)
        other.set_cookie("servicedesk_session", session)
        other.set_cookie("servicedesk_session_form", csrf)
        locations.append(post(other, form, title="Plan", description="Text").location)

    clicks = [threading.Thread(target=click) for _count in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert len(set(locations)) == 1
    assert desk.scalar(select(func.count()).select_from(Ticket)) == 1


def test_the_confirmation_names_the_number_the_group_and_the_address(desk, student, signed_in):
    answer = send(signed_in, PLAIN, title="Plan", description="Text")
    shown = page(signed_in, answer.location).text_content()
    ticket = filed(desk, answer)
    assert f"Ticket number {ticket.number}" in shown
    assert f"s{student.id}@studenti.example.org" in shown


def test_the_confirmation_of_somebody_else_is_not_there(app, desk, signed_in, sign_in):
    answer = send(signed_in, PLAIN, title="Plan", description="Text")
    other, stranger = factories.student(desk), browser(app)
    desk.commit()
    sign_in(stranger, other.id)
    assert stranger.get(answer.location).status_code == 404


def test_the_language_of_the_page_becomes_the_language_of_the_mails(app, desk, student, sign_in):
    italian = browser(app, "it")
    sign_in(italian, student.id)
    send(italian, PLAIN, title="Piano", description="Testo")
    desk.expire_all()
    assert desk.get_one(Person, student.id).locale == "it"


def test_what_was_typed_survives_a_session_that_ended(app, desk, student, signed_in, sign_in):
    form = form_of(signed_in.get(PLAIN).text, PLAIN)
    signed_in.delete_cookie("servicedesk_session")
    away = post(signed_in, form, title="Plan", description="A long text")
    assert away.status_code == 303
    sign_in(signed_in, student.id)
    back = parse_qs(urlsplit(away.location).query)["next"][0]
    again = form_of(signed_in.get(back).text, PLAIN)
    assert (again.fields["title"], again.fields["description"].strip()) == ("Plan", "A long text")
    assert filed(desk, post(signed_in, again)).title == "Plan"


def test_a_follow_up_is_linked_to_the_ticket_that_ended(desk, student, signed_in, now):
    ended = factories.ticket(desk, requester=student, key="tasse-informazioni", state=State.CLOSED, now=now)
    desk.commit()
    path = f"{PLAIN}?follows={ended.number}"
    assert ended.number in page(signed_in, path).xpath("string(//main)")
    ticket = filed(desk, send(signed_in, path, title="Once more", description="Text"))
    links = desk.execute(select(TicketLink.ticket_id, TicketLink.other_id, TicketLink.kind)).all()
    assert links == [(ticket.id, ended.id, "follows")]


def test_nobody_carries_on_an_open_ticket_or_that_of_another(desk, student, signed_in, now):
    still_open = factories.ticket(desk, requester=student, key="tasse-informazioni", now=now)
    anothers = factories.ticket(desk, key="tasse-informazioni", state=State.CLOSED, now=now)
    desk.commit()
    for number in (still_open.number, anothers.number):
        filed(desk, send(signed_in, PLAIN, title="Plan", description="Text", follows=number))
    assert desk.scalars(select(TicketLink)).all() == []
