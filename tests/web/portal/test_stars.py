"""The star on a ticket's page, in the lists and on the home page."""

from servicedesk.actions.stars import star
from servicedesk.store import catalogue
from servicedesk.store.tickets import facts_of
from tests import factories
from tests.web.conftest import page, post, send
from tests.web.portal.test_my_tickets import make, titles


def stars(document) -> list[str]:
    return document.xpath("//form[starts-with(@id, 'star-')]/button/@aria-pressed")


def test_a_ticket_is_starred_on_its_page_and_listed_among_the_favourites(desk, student, signed_in, now):
    ticket, _other = make(desk, student, now, 2)
    path = f"/tickets/{ticket.number}"
    answer = send(signed_in, path, f"{path}/star", on="1")
    assert (answer.status_code, answer.location) == (303, path)
    assert stars(page(signed_in, path)) == ["true"]
    listed = page(signed_in, "/tickets?list=starred")
    assert (titles(listed), stars(listed)) == ([ticket.title], ["true"])
    assert listed.xpath("//nav[@class='desk-tabs']//span/text()") == ["2", "0", "0", "0", "1"]


def test_a_star_is_taken_away_in_the_list_which_keeps_its_place(desk, student, signed_in, now):
    (ticket,) = make(desk, student, now, 1)
    send(signed_in, f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/star", on="1")
    answer = send(signed_in, "/tickets?list=starred", f"/tickets/{ticket.number}/star", on="")
    assert (answer.status_code, answer.location) == (303, "/tickets?list=starred")
    assert titles(page(signed_in, "/tickets?list=starred")) == []


def test_with_javascript_only_the_star_itself_comes_back(desk, student, signed_in, now):
    (ticket,) = make(desk, student, now, 1)
    form = page(signed_in, "/tickets").xpath("//form[starts-with(@id, 'star-')]")[0]
    sent = {**dict(form.form_values()), "on": "1"}
    answer = signed_in.post(form.get("action"), data=sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.count("<form") == 1
    assert 'aria-pressed="true"' in answer.text
    assert ticket.number in answer.text


def test_the_way_back_never_leads_to_another_site(desk, student, signed_in, now):
    (ticket,) = make(desk, student, now, 1)
    form = page(signed_in, f"/tickets/{ticket.number}").xpath("//form[starts-with(@id, 'star-')]")[0]
    assert post(signed_in, form, on="1", next="//evil.example").location == "/"


def test_nobody_learns_by_a_star_that_a_ticket_exists(desk, student, signed_in, now):
    hers, (theirs,) = make(desk, student, now, 1)[0], make(desk, factories.student(desk), now, 1)
    form = page(signed_in, f"/tickets/{hers.number}").xpath("//form[starts-with(@id, 'star-')]")[0]
    form.set("action", f"/tickets/{theirs.number}/star")
    assert post(signed_in, form, on="1").status_code == 404


def test_staff_star_the_tickets_of_their_queue(desk, client, sign_in, now):
    worker, ticket = factories.technician(desk, "TASSE"), make(desk, factories.student(desk), now, 1)[0]
    sign_in(client, worker.id)
    send(client, f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/star", on="1")
    assert titles(page(client, "/tickets?list=starred")) == [ticket.title]


def test_the_search_looks_through_favourites_too(desk, client, sign_in, now):
    worker, ticket = factories.technician(desk, "TASSE"), make(desk, factories.student(desk), now, 1, title="Second")[0]
    service = catalogue.current(desk).services[ticket.service_id]
    star(desk, facts_of(desk, ticket, service), factories.actor(desk, worker), now)
    desk.commit()
    sign_in(client, worker.id)
    assert titles(page(client, "/tickets?list=starred&q=second")) == ["Second"]
    assert titles(page(client, "/tickets?list=open&q=second")) == []


def test_what_the_desk_does_not_know_as_a_list_is_not_there(signed_in):
    assert signed_in.get("/tickets?list=rubbish").status_code == 404
