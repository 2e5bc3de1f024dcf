"""The list of one's own tickets: tabs with bounded counts, search, pages that stay put, constant queries."""

from datetime import timedelta

import pytest

from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import Scope
from servicedesk.store import portal as store
from servicedesk.store.models.tickets import Participation, PublicTicket
from servicedesk.store.visible import FOLLOWER
from servicedesk.web.portal import lists
from tests import factories
from tests.web.conftest import page
from tests.web.queries import count_queries


def titles(document) -> list[str]:
    return document.xpath("//article//h3/a/text()")


def make(desk, student, now, count, state=State.ASSIGNED_GROUP, **values):
    made = [
        factories.ticket(
            desk,
            requester=student,
            key="tasse-informazioni",
            state=state,
            now=now - timedelta(hours=number),
            **{"title": f"Ticket {number}", **values},
        )
        for number in range(count)
    ]
    desk.commit()
    return made


def test_the_tabs_hold_open_and_closed_tickets_with_their_counts(desk, student, signed_in, now):
    make(desk, student, now, 2)
    make(desk, student, now, 1, State.CLOSED, title="Done")
    make(desk, student, now, 1, State.CANCELLED, title="Withdrawn")
    opened = page(signed_in, "/tickets")
    assert titles(opened) == ["Ticket 0", "Ticket 1"]
    assert opened.xpath("//nav[@class='desk-tabs']//span/text()") == ["2", "2", "0", "0", "0"]
    assert set(titles(page(signed_in, "/tickets?list=closed"))) == {"Done", "Withdrawn"}


def test_nobody_sees_the_tickets_of_another_not_even_staff_in_this_list(desk, student, signed_in, client, sign_in, now):
    make(desk, factories.student(desk), now, 1, title="Not mine")
    assert titles(page(signed_in, "/tickets")) == []
    colleague = factories.technician(desk, "TASSE")
    desk.commit()
    sign_in(client, colleague.id)
    assert titles(page(client, "/tickets")) == []


def test_the_list_is_for_those_who_are_signed_in(client):
    answer = client.get("/tickets?list=closed")
    assert (answer.status_code, answer.location) == (303, "/login?next=/tickets?list%3Dclosed")


@pytest.mark.both_databases
def test_pages_hold_every_ticket_once_in_both_directions(desk, student, signed_in, now):
    make(desk, student, now, 45)
    seen, path, last = [], "/tickets", ""
    while path:
        shown = page(signed_in, path)
        seen += titles(shown)
        path, last = next(iter(shown.xpath("//a[@rel='next']/@href")), ""), path
    assert seen == [f"Ticket {number}" for number in range(45)]
    back = page(signed_in, page(signed_in, last).xpath("//a[@rel='prev']/@href")[0])
    assert titles(back) == [f"Ticket {number}" for number in range(20, 40)]
    first = page(signed_in, back.xpath("//a[@rel='prev']/@href")[0])
    assert titles(first) == [f"Ticket {number}" for number in range(20)]
    assert not first.xpath("//a[@rel='prev']")


@pytest.mark.both_databases
def test_tickets_changed_at_the_same_instant_are_not_lost_between_pages(desk, student, signed_in, now):
    for number in range(25):
        factories.ticket(desk, requester=student, key="tasse-informazioni", now=now, title=f"Ticket {number}")
    desk.commit()
    first = page(signed_in, "/tickets")
    second = page(signed_in, first.xpath("//a[@rel='next']/@href")[0])
    assert len({*titles(first), *titles(second)}) == 25


@pytest.mark.parametrize("place", ["before=rubbish", "after=2026-01-01_1", "before=2026-01-01T00:00:00+00:00_x"])
def test_a_mistyped_page_is_not_there(signed_in, place):
    assert signed_in.get(f"/tickets?{place}").status_code == 404


@pytest.mark.both_databases
def test_words_and_numbers_find_tickets_in_both_tabs(desk, student, signed_in, now):
    (wanted,) = make(desk, student, now, 1, title="Second instalment")
    make(desk, student, now, 1, State.CLOSED, title="First instalment")
    make(desk, student, now, 1, title="Certificate")
    by_words = page(signed_in, "/tickets?q=instalment")
    assert titles(by_words) == ["Second instalment"]
    assert by_words.xpath("//nav[@class='desk-tabs']//span/text()") == ["1", "1", "0", "0", "0"]
    assert titles(page(signed_in, f"/tickets?q=%23{wanted.number}")) == ["Second instalment"]
    assert "Nothing found for “zzz”" in page(signed_in, "/tickets?q=zzz").text_content()


def test_the_tab_stays_when_one_searches(desk, student, signed_in, now):
    make(desk, student, now, 1, State.CLOSED, title="First instalment")
    form = page(signed_in, "/tickets?list=closed").xpath("//main//form[@role='search']")[0]
    assert dict(form.form_values())["list"] == "closed"


def test_counts_beyond_the_limit_are_not_counted_on(app, desk, student, signed_in, now, monkeypatch):
    monkeypatch.setattr(store, "COUNTED", 3)
    make(desk, student, now, 5)
    assert page(signed_in, "/tickets").xpath("//nav[@class='desk-tabs']//span/text()") == ["3+", "0", "0", "0", "0"]


def test_a_thousand_is_written_as_people_write_it(app):
    with app.test_request_context(headers={"Cookie": "servicedesk_language=en"}):
        assert lists.bounded(1001) == "1,000+"
        assert lists.bounded(999) == "999"


def test_the_list_asks_the_database_as_often_for_few_tickets_as_for_many(app, desk, student, signed_in, now):
    make(desk, student, now, 1)
    signed_in.get("/tickets")
    with count_queries(app) as few:
        signed_in.get("/tickets")
    make(desk, student, now, 19)
    with count_queries(app) as many:
        signed_in.get("/tickets")
    assert many.count == few.count <= 16


def test_what_others_share_is_followed_and_what_they_make_public_is_listed_apart(desk, student, signed_in, now):
    fellow = factories.student(desk, given_name="Ottavia", family_name="Ferri")
    shared, published, hidden = (
        factories.ticket(desk, requester=fellow, key="tasse-informazioni", now=now, title=title)
        for title in ("Shared", "Published by Ottavia Ferri", "Hidden")
    )
    desk.add(Participation(ticket_id=shared.id, person_id=student.id, role=FOLLOWER))
    desk.add(PublicTicket(ticket_id=published.id, scope=Scope.COURSE, scope_key="BANCA", published_at=now))
    desk.commit()
    assert titles(page(signed_in, "/tickets?list=followed")) == ["Shared"]
    assert titles(page(signed_in, "/tickets?list=public")) == ["Published by […]"]
    found = page(signed_in, "/tickets?list=public&q=published")
    assert titles(found) == ["Published by […]"]
    assert found.xpath("//article//h3/a/@href") == [f"/tickets/public/{published.number}"]
    assert titles(page(signed_in, f"/tickets?list=public&q={published.number}")) == ["Published by […]"]
    assert titles(page(signed_in, "/tickets?list=public&q=ottavia")) == []
    assert found.xpath("//nav[@class='desk-tabs']//span/text()") == ["0", "0", "0", "1", "0"]
    assert titles(page(signed_in, f"/tickets?list=public&q={hidden.number}")) == []
