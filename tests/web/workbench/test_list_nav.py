"""The way through a list from one ticket to the next, carried along in addresses."""

from flask.testing import FlaskClient
from lxml import html

from servicedesk.rules.lifecycle import State
from tests.web.conftest import SignIn, page
from tests.web.workbench.conftest import GROUP, TicketIn


def opened(client: FlaskClient, path: str, title: str) -> html.HtmlElement:
    """Open a ticket from the list at `path`."""
    [link] = page(client, path).xpath(f"//tbody//a[.='{title}']/@href")
    return page(client, link)


def test_next_and_previous_lead_through_the_list_one_came_from(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    for title in ("First", "Second", "Third"):
        ticket_in(title=title, state=State.WAITING)
        ticket_in(title=f"Not {title}")
    path = f"/queue/{GROUP}?state=waiting&sort=opened"
    shown = opened(signed_in, path, "Second")
    assert page(signed_in, shown.xpath("//a[@rel='prev']/@href")[0]).xpath("//h1")[0].text == "First"
    third = page(signed_in, shown.xpath("//a[@rel='next']/@href")[0])
    assert third.xpath("//h1")[0].text == "Third"
    assert not third.xpath("//a[@rel='next']")
    assert third.xpath("//a[.='Back to the list']/@href") == [path]


def test_the_list_is_kept_when_something_was_done_to_the_ticket(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    made = ticket_in()
    [link] = page(signed_in, "/queue?state=open").xpath("//tbody//th/a/@href")
    [form] = page(signed_in, link).xpath("//form[@action[contains(., '/take')]]")
    answer = signed_in.post(
        form.get("action"), data=dict(form.form_values()), headers={"Referer": f"http://localhost{link}"}
    )
    assert answer.location == link
    assert answer.location.startswith(f"/tickets/{made.number}?list=")


def test_from_the_bare_queue_the_list_of_what_is_to_do_is_kept(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in()
    [button] = page(signed_in, "/queue").xpath("//button[.='Next ticket']")
    fields = dict(button.xpath("ancestor::form")[0].form_values())
    answer = signed_in.post("/queue/next", data=fields, headers={"Referer": "http://localhost/queue"})
    shown = page(signed_in, answer.location)
    assert shown.xpath("//a[.='Back to the list']/@href") == ["/queue?state=todo&sort=priority"]


def test_a_list_that_is_not_the_readers_is_not_offered(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    made = ticket_in()
    for strange in ("ISCR?state=open", "x" * 2000):
        shown = page(signed_in, f"/tickets/{made.number}?list={strange}")
        assert not shown.xpath("//a[.='Back to the list']")


def test_requesters_never_see_the_technicians_lists(client: FlaskClient, ticket_in: TicketIn, sign_in: SignIn) -> None:
    made = ticket_in()
    sign_in(client, made.requester_id)
    assert "list-nav" not in client.get(f"/tickets/{made.number}?list={GROUP}").text


def test_what_is_damaged_in_a_carried_list_is_left_out(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    made = ticket_in()
    for damaged in ("after%3Dx", "q%3D%2500", "state%3Dgone", "sort%3Dx"):
        shown = page(signed_in, f"/tickets/{made.number}?list=%3F{damaged}")
        assert shown.xpath("//a[.='Back to the list']/@href")[0].startswith("/queue?state=")
