"""Problems on their pages: opened over requests, known errors beside others, suggestions dismissed with a reason."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from servicedesk.store.models.problems import ProblemSuggestion
from servicedesk.store.models.tickets import Ticket
from tests.web.conftest import csrf, page, send
from tests.web.workbench.conftest import GROUP, KEY, TicketIn


def words(client: FlaskClient, path: str) -> str:
    return " ".join(page(client, path).text_content().split())


def open_over(client: FlaskClient, *tickets: Ticket, **typed: str) -> str:
    """Open a problem over these requests, and return its page."""
    path = f"/problems/new?tickets={','.join(each.number for each in tickets)}"
    form = page(client, path).forms[-1]
    fields = {"title": "Payments fail", "category": KEY, "description": "Since this morning.", **typed}
    for name, value in fields.items():
        form.fields[name] = value
    answer = client.post("/problems/new", data=MultiDict(form.form_values()))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_problem_is_opened_over_requests_and_listed_with_them(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session
) -> None:
    assert "No problem here" in words(signed_in, "/problems")
    one, two = ticket_in(title="First"), ticket_in(title="Second")
    picked = {
        "ticket": [f"{each.number}:{each.last_seq}" for each in (one, two)],
        "csrf_token": csrf(signed_in, "/queue"),
    }
    led = signed_in.post("/problems/over", data=picked)
    assert led.location.endswith(f"/problems/new?tickets={one.number},{two.number}")
    path = open_over(signed_in, one, two)
    shown = words(signed_in, path)
    assert f"Causes {one.number} First" in shown
    assert f"Causes {two.number} Second" in shown
    assert "Answer the 2 under this together" in shown
    assert "Payments fail" in words(signed_in, "/problems?phase=investigated")
    assert "Payments fail" not in words(signed_in, "/problems?phase=closed")
    assert "Payments fail" not in words(signed_in, "/tickets")


def test_what_becomes_known_is_written_down_and_the_workaround_shows_on_other_requests(
    signed_in: FlaskClient, ticket_in: TicketIn
) -> None:
    path = open_over(signed_in, ticket_in())
    number = path.rsplit("/", 1)[1].split("?")[0]
    base = f"/workbench/problems/{number}"
    refused = send(signed_in, path, f"{base}/diagnose", note=" ")
    assert refused.status_code == 422
    assert send(signed_in, path, f"{base}/diagnose", note="A wrong clock.").status_code == 303
    assert send(signed_in, path, f"{base}/work_around", text_en="Try after 18.").status_code == 303
    assert "Workaround found" in words(signed_in, path)
    other = f"/tickets/{ticket_in().number}"
    assert "Try after 18." not in words(signed_in, other)
    assert send(signed_in, path, f"{base}/know_error").status_code == 303
    assert "Try after 18." in words(signed_in, other)
    assert send(signed_in, path, f"{base}/fix", note="Clock set.").status_code == 303
    assert "Problem resolved" in words(signed_in, path)
    assert "Try after 18." not in words(signed_in, other)


def test_a_problem_without_a_title_keeps_what_was_typed(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    path = f"/problems/new?tickets={ticket_in().number}"
    answer = send(signed_in, path, "/problems/new", title=" ", category=KEY, description="Since this morning.")
    assert answer.status_code == 422
    assert "Since this morning." in answer.text


def test_a_suggestion_shows_on_queue_and_list_and_is_dismissed_with_a_reason(
    signed_in: FlaskClient, ticket_in: TicketIn, desk: Session, now: datetime
) -> None:
    made = ticket_in()
    values = {"category_key": KEY, "group_code": GROUP, "count": 12, "usual": 1.5, "state": "open", "reason": ""}
    desk.add(ProblemSuggestion(since=now - timedelta(hours=4), found_at=now + timedelta(hours=1), **values))
    desk.commit()
    assert "1 suggestion to look for one cause" in words(signed_in, "/queue")
    assert "12 requests since" in words(signed_in, "/problems")
    found = desk.scalars(sa.select(ProblemSuggestion.id)).one()
    assert made.number in words(signed_in, f"/problems/new?suggestion={found}")
    path = f"/problems/suggestions/{found}/dismiss"
    refused = send(signed_in, "/problems", path, reason=" ")
    assert refused.status_code == 422
    assert send(signed_in, "/problems", path, reason="An exam session began.").status_code == 303
    assert "12 requests since" not in words(signed_in, "/problems")


def test_a_problem_shows_nothing_that_is_only_for_requests(signed_in: FlaskClient, ticket_in: TicketIn) -> None:
    request = ticket_in(title="Payment fails")
    asked = words(signed_in, f"/tickets/{request.number}")
    shown = words(signed_in, open_over(signed_in, request))
    for words_of_requests in ("Requester Name", "What the requester is told"):
        assert words_of_requests in asked
        assert words_of_requests not in shown
    assert "Wrong counter?" not in shown
    assert "Standard answer" not in shown.replace("Standard answers", "")
    assert "Opened byAnna Bianchi" in shown


def test_what_is_usual_is_written_as_the_readers_language_does(
    signed_in: FlaskClient, desk: Session, now: datetime
) -> None:
    values = {"category_key": KEY, "group_code": GROUP, "count": 7, "usual": 1.5, "state": "open", "reason": ""}
    desk.add(ProblemSuggestion(since=now - timedelta(hours=4), found_at=now, **values))
    desk.commit()
    assert "Usually there are 1.5 in that time" in words(signed_in, "/problems")
    signed_in.get("/language/it")
    assert "1,5" in words(signed_in, "/problems")
