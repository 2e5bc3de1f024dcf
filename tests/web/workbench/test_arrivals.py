"""What the queue's page is told while somebody reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions.details import Details
from servicedesk.actions.tickets import act
from servicedesk.rules.lifecycle import Action, State
from servicedesk.rules.richtext import from_plain
from servicedesk.store.models.people import Person
from tests import factories
from tests.web.conftest import page
from tests.web.workbench.conftest import TicketIn


def address(client: FlaskClient, path: str = "/queue") -> str:
    return str(page(client, path).xpath("//*/@data-arrivals")[0])


def told(client: FlaskClient, url: str) -> Any:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.json


def shown(client: FlaskClient) -> list[str]:
    """Return the counts that the page itself shows."""
    return [str(count) for count in page(client, "/queue").xpath("//nav[@aria-label='Quick views']//a/span/text()")]


def test_what_came_and_what_changed_since_the_page_was_shown_is_told_and_counted(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    there = ticket_in(title="There", state=State.IN_PROGRESS)
    everything, waiting = address(signed_in), address(signed_in, "/queue?state=waiting")
    assert told(signed_in, everything) == {"words": "", "counts": shown(signed_in)}
    later = datetime.now(UTC) + timedelta(seconds=1)
    ticket_in(title="New", now=later)
    asker = factories.actor(desk, desk.get_one(Person, there.requester_id))
    act(desk, there, Action.COMMENT, asker, later, Details(note=from_plain("And now?")))
    desk.commit()
    assert told(signed_in, everything) == {"words": "1 new, 1 changed", "counts": shown(signed_in)}
    assert shown(signed_in)[:3] == ["2", "2", "1"]
    assert told(signed_in, waiting)["words"] == ""


def test_nothing_new_costs_no_more_than_a_line(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    url = address(signed_in)
    etag = signed_in.get(url).headers["ETag"]
    assert signed_in.get(url, headers={"If-None-Match": etag}).status_code == 304
    ticket_in(now=datetime.now(UTC) + timedelta(seconds=1))
    assert signed_in.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_a_damaged_instant_is_refused(signed_in: FlaskClient) -> None:
    for damaged in ("", "yesterday", "2026-01-01T00:00:00"):
        assert signed_in.get(f"/workbench/queue/arrivals?since={damaged}").status_code == 422
