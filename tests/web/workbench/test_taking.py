"""The button "Next ticket": where it leads, and what it says when nothing is left."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import SignIn, page
from tests.web.workbench.conftest import GROUP, TicketIn

BUTTON = "//button[.='Next ticket']"


def press(client: FlaskClient, path: str = "/queue") -> str:
    [button] = page(client, path).xpath(BUTTON)
    [form] = button.xpath("ancestor::form")
    answer = client.post(form.get("action"), data=dict(form.form_values()))
    assert answer.status_code == 303
    return answer.location


def test_one_press_takes_the_next_ticket_and_shows_it(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, me: Person
) -> None:
    made = ticket_in()
    assert press(signed_in) == f"/tickets/{made.number}"
    desk.expire_all()
    assert desk.get_one(Ticket, made.id).technician_id == me.id
    assert "The request is yours." in page(signed_in, f"/tickets/{made.number}").text_content()


def test_nothing_left_is_said_in_the_queue_one_came_from(signed_in: FlaskClient) -> None:
    assert press(signed_in, f"/queue/{GROUP}") == f"/queue/{GROUP}"
    assert "Nothing is left to take" in page(signed_in, f"/queue/{GROUP}").text_content()


def test_who_leads_a_group_without_working_in_it_is_not_offered_the_next_ticket(
    client: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    leader = factories.supervisor(desk, GROUP)
    desk.commit()
    sign_in(client, leader.id)
    assert not page(client, "/queue").xpath(BUTTON)
