"""The board: how one's groups stand now, and who is there."""

from datetime import UTC, datetime, timedelta

from servicedesk.rules.lifecycle import State
from tests import factories
from tests.web.conftest import page
from tests.web.workbench.conftest import GROUP


def cards(found):
    return {card.xpath("string(h2)"): " ".join(card.text_content().split()) for card in found.xpath("//ul/li[h2]")}


def test_the_board_tells_what_is_open_untaken_and_old_in_ones_groups(signed_in, ticket_in, desk, me, now):
    oldest = ticket_in()
    oldest.opened_at = now - timedelta(days=9)
    ticket_in(state=State.IN_PROGRESS)
    factories.ticket(desk, key="tasse-pagamenti", now=now)
    away = factories.technician(desk, GROUP, given_name="Ugo", family_name="Assente")
    today = datetime.now(UTC).date()
    factories.absence(desk, away, today - timedelta(days=1), today + timedelta(days=1))
    desk.commit()
    found = cards(page(signed_in, "/figures/now"))
    assert len(found) == 1
    words = next(iter(found.values()))
    assert "Open2 Nobody has it1" in words and "1 week ago" in words
    assert "1 of 2Away: Ugo Assente" in words


def test_the_board_alone_is_what_the_page_renews_itself_with(signed_in, ticket_in):
    ticket_in()
    part = signed_in.get("/figures/now/board").text
    assert part.lstrip().startswith("<p") and "<html" not in part and "As of" in part


def test_requests_that_wait_where_nobody_is_are_told_first(signed_in, ticket_in, desk, me):
    today = datetime.now(UTC).date()
    ticket_in()
    factories.absence(desk, me, today - timedelta(days=1), today + timedelta(days=1))
    desk.commit()
    assert "Requests wait and nobody is there" in page(signed_in, "/figures/now").text_content()


def test_an_administrator_sees_the_requests_of_the_own_services_in_every_group(ticket_in, desk, client, sign_in):
    ticket_in()
    chief, stranger = factories.administrator(desk), factories.administrator(desk, "another-service")
    desk.commit()
    for who, count in ((chief, "1"), (stranger, "0")):
        sign_in(client, who.id)
        assert page(client, "/figures/now").xpath('string(//dd[@class="desk-tile__value"])') == count
