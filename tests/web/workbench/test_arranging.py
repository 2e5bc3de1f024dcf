"""Arranging the queue: columns, keys, saved views and the one it opens with."""

from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import State
from servicedesk.store.models.people import Person
from servicedesk.store.models.queue import QueueView
from tests import factories
from tests.web.conftest import SignIn, page
from tests.web.workbench.conftest import GROUP, TicketIn
from tests.web.workbench.test_queue import titles

ARRANGE = "/workbench/queue"


def submit(client: FlaskClient, form: html.HtmlElement, **typed: str) -> str:
    answer = client.post(form.get("action"), data={**dict(form.form_values()), **typed})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def save(client: FlaskClient, path: str, **typed: str) -> str:
    """Save the list at `path` as a view and return the view's address."""
    [form] = page(client, path).xpath(f"//form[@action='{ARRANGE}/views']")
    return submit(client, form, **typed)


def headings(shown: html.HtmlElement) -> list[str]:
    return [th.text_content().strip(" ▲▼↕") for th in shown.xpath("//thead//th")[1:]]


def saved(shown: html.HtmlElement) -> dict[str, str]:
    return {a.text.strip(): "".join(a.xpath("span/text()")) for a in shown.xpath("//nav[@aria-label='Saved views']//a")}


def test_a_list_is_saved_under_a_name_counted_above_and_opened_again(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket_in(title="Asked", state=State.WAITING)
    ticket_in(title="New")
    url = save(signed_in, f"/queue/{GROUP}?state=waiting&state=resolved&sort=opened", name="At others")
    shown = page(signed_in, url)
    assert titles(shown) == ["Asked"]
    assert saved(shown) == {"At others": "1"}
    assert shown.xpath("//nav[@aria-label='Saved views']//a[@aria-current='page']")
    assert shown.xpath("//th[@aria-sort='ascending']/a")[0].text == "Opened"
    assert saved(page(signed_in, "/queue?state=any")) == {"At others": "1"}


def test_a_view_that_searches_for_words_is_not_counted(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Convention")
    shown = page(signed_in, save(signed_in, "/queue?q=convention", name="Conventions"))
    assert titles(shown) == ["Convention"]
    assert saved(shown) == {"Conventions": ""}


def test_the_queue_opens_with_the_view_chosen_for_it_and_all_open_ones_stay_one_press_away(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    ticket_in(title="Asked", state=State.WAITING)
    ticket_in(title="New")
    view = save(signed_in, "/queue?state=waiting", name="Asked")
    [form] = page(signed_in, ARRANGE).xpath("//form[contains(@action, '/first')]")
    submit(signed_in, form)
    answer = signed_in.get("/queue")
    assert (answer.status_code, answer.location) == (303, view)
    everything = page(signed_in, view).xpath("//nav[@aria-label='Quick views']//a/@href")[1]
    assert set(titles(page(signed_in, everything))) == {"Asked", "New"}


def test_the_queue_may_open_with_everything_that_is_open(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in(title="Asked", state=State.WAITING)
    assert not page(signed_in, "/queue").xpath(f"//form[@action='{ARRANGE}/views']")
    view = save(signed_in, "/queue?state=open", name="Everything")
    assert titles(page(signed_in, view)) == ["Asked"]
    [form] = page(signed_in, ARRANGE).xpath("//form[contains(@action, '/first')]")
    submit(signed_in, form)
    assert signed_in.get("/queue").location == view
    [form] = page(signed_in, ARRANGE).xpath("//form[contains(@action, '/usual')]")
    submit(signed_in, form)
    assert titles(page(signed_in, "/queue")) == []


def test_columns_are_chosen_once_and_a_view_keeps_its_own(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    ticket_in()
    [form] = page(signed_in, ARRANGE).xpath(f"//form[@action='{ARRANGE}']")
    signed_in.post(ARRANGE, data={"csrf_token": form.fields["csrf_token"], "column": ["state", "number"]})
    assert headings(page(signed_in, "/queue")) == ["Number", "Request", "State"]
    view = save(signed_in, "/queue?state=open&kind=request", name="Narrow")
    signed_in.post(ARRANGE, data={"csrf_token": form.fields["csrf_token"], "column": ["priority"]})
    assert headings(page(signed_in, "/queue?state=any")) == ["Priority", "Request"]
    assert headings(page(signed_in, view)) == ["Number", "Request", "State"]


def test_a_supervisor_shares_a_view_with_the_group_and_a_technician_uses_it(
    client: FlaskClient, signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, sign_in: SignIn, me: Person
) -> None:
    ticket_in(title="Asked", state=State.WAITING)
    leader = factories.supervisor(desk, GROUP)
    desk.commit()
    sign_in(client, leader.id)
    save(client, "/queue?state=waiting", name="Of all of us", group=GROUP)
    sign_in(client, me.id)
    shown = page(client, "/queue?state=any")
    assert saved(shown) == {"Of all of us": "1"}
    assert not page(client, ARRANGE).xpath("//form[contains(@action, '/remove')]")
    [view] = desk.query(QueueView).all()
    token = page(client, ARRANGE).xpath("//input[@name='csrf_token']/@value")[0]
    refused = client.post(f"{ARRANGE}/views/{view.id}/remove", data={"csrf_token": token})
    assert refused.status_code == 403
    assert "kept by its supervisors" in refused.text
    assert desk.query(QueueView).count() == 1


def test_a_view_without_a_name_is_refused_with_a_sentence(signed_in: FlaskClient) -> None:
    [form] = page(signed_in, "/queue?state=waiting").xpath(f"//form[@action='{ARRANGE}/views']")
    answer = signed_in.post(form.get("action"), data={**dict(form.form_values()), "name": " "})
    assert answer.status_code == 422
    assert "Give the view a name." in answer.text
