"""A request begun: kept as one types and by its button, offered again, discarded, gone once it is sent."""

import pytest
from lxml import html
from sqlalchemy import select, update

from servicedesk.store.models.drafts import RequestDraft
from servicedesk.store.models.people import LoginSession
from servicedesk.store.models.tickets import Ticket, Upload
from tests import factories
from tests.web.conftest import browser, page, post

KEY = "tasse-informazioni"
FORM = f"/tickets/new/{KEY}"
PDF = b"%PDF-1.4\n%%EOF\n"


def form_of(client, path=FORM):
    return next(form for form in page(client, path).forms if form.get("action") == path)


def save(client, how="draft", files=(), **fields):
    """Press the button that keeps the form, or let the page keep it by itself."""
    form = form_of(client)
    form.set("action", f"{FORM}/{how}")
    return post(client, form, files, **fields)


def test_what_is_typed_is_there_again_in_another_browser_of_the_same_person(app, student, signed_in, sign_in):
    answer = save(signed_in, "autosave", title="Second instalment", description="I paid <b>")
    assert (answer.status_code, answer.text.startswith("Kept at ")) == (200, True)
    other = browser(app)
    sign_in(other, student.id)
    form = form_of(other)
    assert (form.fields["title"], form.fields["description"].strip()) == ("Second instalment", "I paid <b>")
    assert "You began this request on" in page(other, FORM).xpath("string(//main)")


def test_it_is_nobody_elses(app, desk, signed_in, sign_in):
    save(signed_in, "autosave", title="Mine")
    stranger, other = browser(app), factories.student(desk)
    desk.commit()
    sign_in(stranger, other.id)
    assert form_of(stranger).fields["title"] == ""


def test_the_button_keeps_the_files_too_and_they_arrive_with_the_ticket(desk, signed_in):
    answer = save(signed_in, files=[("receipt.pdf", PDF)], title="Paid twice")
    assert (answer.status_code, answer.location) == (303, FORM)
    sent = post(signed_in, form_of(signed_in), description="See the receipt.")
    assert sent.status_code == 303
    ticket = desk.scalars(select(Ticket)).one()
    assert ticket.title == "Paid twice"
    assert desk.scalars(select(Upload.name).where(Upload.ticket_id == ticket.id)).all() == ["receipt.pdf"]


def test_a_request_that_was_sent_is_begun_no_more(desk, signed_in):
    save(signed_in, "autosave", title="Paid twice")
    post(signed_in, form_of(signed_in), description="Both were booked.")
    assert desk.scalars(select(RequestDraft)).all() == []
    assert form_of(signed_in).fields["title"] == ""


def test_discarding_shows_an_empty_form_and_lets_the_files_go(desk, signed_in):
    save(signed_in, files=[("receipt.pdf", PDF)], title="Paid twice")
    begun = next(form for form in page(signed_in, FORM).forms if form.get("action") == f"{FORM}/discard")
    assert post(signed_in, begun).location == FORM
    assert form_of(signed_in).fields["title"] == ""
    assert not html.fromstring(signed_in.get(FORM).text).xpath("//input[@name='files_kept']")


def test_home_lists_what_was_begun(signed_in):
    assert "begun and not sent" not in signed_in.get("/").text
    save(signed_in, "autosave", title="Second instalment")
    shown = page(signed_in, "/")
    assert "1 request begun and not sent" in shown.xpath("string(//main)")
    assert shown.xpath(f"//a[@href='{FORM}']/text()") == ["Second instalment"]


def test_among_ones_tickets_the_lists_come_first_and_a_line_above_leads_to_what_was_begun(signed_in):
    save(signed_in, "autosave", title="Second instalment")
    shown = page(signed_in, "/tickets")
    [line] = shown.xpath("//a[@href='#my-drafts']")
    assert line.text_content() == "1 request begun and not sent"
    [section] = shown.xpath("//*[@aria-labelledby='my-drafts']")
    assert section.xpath("preceding::nav[@aria-label='Which tickets']")
    assert not page(signed_in, "/tickets?list=closed").xpath("//*[@id='my-drafts'] | //a[@href='#my-drafts']")


@pytest.mark.parametrize("how", ["draft", "autosave", "discard"])
def test_a_stranger_keeps_nothing(desk, client, signed_in, student, how):
    form = form_of(signed_in)
    desk.execute(update(LoginSession).values(expires_at=LoginSession.started_at))
    desk.commit()
    form.set("action", f"{FORM}/{how}")
    answer = post(client, form, title="Lost?")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")
    assert desk.scalars(select(RequestDraft)).all() == []


def test_the_button_pressed_too_late_loses_nothing_over_the_sign_in(desk, client, signed_in, student, sign_in):
    form = form_of(signed_in)
    desk.execute(update(LoginSession).values(expires_at=LoginSession.started_at))
    desk.commit()
    form.set("action", f"{FORM}/draft")
    post(client, form, title="Still here")
    sign_in(client, student.id)
    with client.session_transaction() as cookie:
        token = cookie["parked"][-1]
    shown = page(client, f"{FORM}?kept={token}")
    assert next(f for f in shown.forms if f.get("action") == FORM).fields["title"] == "Still here"


def test_a_category_one_may_not_ask_under_keeps_nothing(desk, signed_in):
    form = form_of(signed_in)
    form.set("action", "/tickets/new/personale/autosave")
    assert post(signed_in, form, title="x").status_code == 404
    assert desk.scalars(select(RequestDraft)).all() == []
