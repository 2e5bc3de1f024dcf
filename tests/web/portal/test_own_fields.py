"""The fields of a category's own, of every kind: drawn, checked, kept and read on the ticket's page."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from lxml import html
from sqlalchemy import select

from servicedesk.rules.catalogue import Audience
from servicedesk.store.models.tickets import Ticket, Upload
from tests import factories
from tests.proofs import solve
from tests.web.conftest import browser, page, post, publish, send, shipped_catalogue

FORM = "/tickets/new/mobilita-doppio-titolo"
CONSENT = "/tickets/new/inclusione-dsa"
PDF = b"%PDF-1.4\n%%EOF\n"
DAY = (datetime.now(UTC) - timedelta(days=30)).date()
GOOD = {
    "title": "Double degree",
    "description": "I apply.",
    "field_degree_course": "banca e finanza",
    "field_credits": "120",
    "field_certificate_date": DAY.isoformat(),
}


def form_of(text, action=FORM):
    return next(form for form in html.fromstring(text).forms if form.get("action") == action)


def sent(client, form, *, certificate=None, **fields):
    """Send the form as a browser does; `certificate` is name and content of the file that it asks for."""
    if certificate is None:
        return post(client, form, **fields)
    data = dict(form.form_values()) | fields | {"field_certificate": certificate}
    if "started" in data:
        data["proof"] = solve(data["started"])
    return client.post(form.get("action"), data=data, content_type="multipart/form-data")


def ticket_of(desk, answer) -> Ticket:
    assert answer.status_code == 303, html.fromstring(answer.text).xpath("string(//*[@role='alert'])")
    return desk.scalars(select(Ticket).where(Ticket.number == answer.location.split("/")[2])).one()


def as_file(name="certificate.pdf", content=PDF):
    return BytesIO(content), name


def test_each_kind_has_the_control_that_browsers_know_for_it(signed_in):
    form = form_of(signed_in.get(FORM).text)
    day = form.xpath(".//*[@name='field_certificate_date']")[0]
    assert day.get("type") == "date"
    assert date.fromisoformat(day.get("max")) - date.fromisoformat(day.get("min")) == timedelta(days=730)
    assert form.xpath(".//*[@name='field_credits']/@inputmode") == ["numeric"]
    assert form.xpath(".//*[@name='field_certificate']/@accept") == [".pdf,.jpg,.jpeg,.png"]
    (course,) = form.xpath(".//*[@name='field_degree_course']")
    assert form.xpath(f".//datalist[@id='{course.get('list')}']/option/@value") == ["Banca e finanza"]


def test_the_answers_are_kept_and_read_in_the_language_of_the_page(app, desk, student, signed_in, sign_in):
    answer = sent(signed_in, form_of(signed_in.get(FORM).text), certificate=as_file(), **GOOD)
    ticket = ticket_of(desk, answer)
    assert {key: kept["value"] for key, kept in ticket.answers.items()} == {
        "degree_course": "Banca e finanza",
        "credits": "120",
        "certificate_date": DAY.isoformat(),
        "certificate": "certificate.pdf",
    }
    upload = desk.scalars(select(Upload).where(Upload.ticket_id == ticket.id)).one()
    assert (upload.field, upload.name) == ("certificate", "certificate.pdf")
    italian = browser(app, "it")
    sign_in(italian, student.id)
    shown = page(italian, f"/tickets/{ticket.number}").xpath("string(//main)")
    assert "Certificato linguistico" in shown
    assert f"{DAY.day} " in shown
    assert str(DAY.year) in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"field_credits": "many"}, "Credits obtained: Type a number in digits"),
        ({"field_credits": "301"}, "Credits obtained: This number is too large: type at most 300."),
        ({"field_certificate_date": "2000-01-01"}, "This date is too early: the first one possible is"),
        ({"field_degree_course": "Sorcery"}, "Degree course: Choose a degree course of the list"),
    ],
)
def test_a_wrong_answer_is_told_at_the_top_and_nothing_is_filed(desk, signed_in, wrong, words):
    answer = sent(signed_in, form_of(signed_in.get(FORM).text), certificate=as_file(), **{**GOOD, **wrong})
    assert answer.status_code == 422
    assert words in html.fromstring(answer.text).xpath("string(//*[@role='alert'])")
    assert desk.scalars(select(Ticket)).all() == []


def test_a_mandatory_file_is_asked_for_and_one_of_another_kind_is_refused(signed_in):
    missing = sent(signed_in, form_of(signed_in.get(FORM).text), **GOOD)
    assert "Attach this file" in missing.text
    wrong = sent(signed_in, form_of(missing.text), certificate=as_file("certificate.txt", b"text"))
    assert "certificate.txt cannot be taken here. Choose a file of these kinds: pdf, jpg, jpeg, png." in wrong.text


def test_the_file_of_a_field_stays_over_a_mistake_and_a_new_one_takes_its_place(desk, signed_in):
    refused = sent(signed_in, form_of(signed_in.get(FORM).text), certificate=as_file(), **{**GOOD, "title": ""})
    assert "Already uploaded: certificate.pdf" in refused.text
    answer = sent(signed_in, form_of(refused.text), certificate=as_file("better.pdf"), title="Double degree")
    ticket = ticket_of(desk, answer)
    assert ticket.answers["certificate"]["value"] == "better.pdf"
    assert desk.scalars(select(Upload.name)).all() == ["better.pdf"]


def test_a_consent_must_be_ticked_and_is_kept_with_its_wording(desk, signed_in):
    typed = {"title": "Extra time", "description": "I need it."}
    refused = send(signed_in, CONSENT, **typed)
    assert (refused.status_code, "Tick this box to go on" in refused.text) == (422, True)
    ticket = ticket_of(desk, send(signed_in, CONSENT, **typed, field_health_data="y"))
    kept = ticket.answers["health_data"]
    assert (kept["value"], kept["label"]["en"].split(" that")[0]) == ("2026-1", "I agree")
    assert "Given (wording 2026-1)" in page(signed_in, f"/tickets/{ticket.number}").xpath("string(//main)")


def test_the_form_without_an_account_knows_the_same_kinds(desk, client):
    factories.student(desk)
    tree = shipped_catalogue()
    field = tree.categories["mobilita-doppio-titolo"].fields
    open_one = tree.categories["accesso-login"]
    assert Audience.EVERYONE in open_one.audience
    publish(desk, 2, replace(tree, categories={**tree.categories, open_one.key: replace(open_one, fields=field)}))
    desk.commit()
    path = f"/external/{open_one.service_id}/new/{open_one.key}"
    who = {"given_name": "Ada", "family_name": "Neri", "email": "ada@example.org"}
    answer = sent(client, form_of(client.get(path).text, path), certificate=as_file(), **GOOD, **who)
    assert answer.status_code == 303, answer.text
    ticket = desk.scalars(select(Ticket)).one()
    assert ticket.answers["certificate"]["value"] == "certificate.pdf"
