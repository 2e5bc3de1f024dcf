"""Rule 7 over every address of a ticket: who may not read it finds nothing there, whatever they send."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Rule

from servicedesk.rules.lifecycle import State
from servicedesk.store.models.people import Person
from tests import factories
from tests.web.conftest import SignIn, csrf
from tests.web.workbench.conftest import SAME_LINE, TicketIn, me, now, ticket_in

__all__ = ["me", "now", "ticket_in"]
Maker = Callable[[Session], Person]
STAFF_PAGE = "/tickets"
NOT_OF_TICKETS = {"appointments", "bell", "external"}
"""Numbers of other things, and of one's own notices."""


def another_technician(desk: Session) -> Person:
    return factories.technician(desk, SAME_LINE)


def another_supervisor(desk: Session) -> Person:
    return factories.supervisor(desk, SAME_LINE)


def administrator(desk: Session) -> Person:
    return factories.administrator(desk)


def student(desk: Session) -> Person:
    return factories.student(desk)


def addresses(app: Flask, number: str) -> Iterator[tuple[str, str]]:
    """Yield method and address of everything under a ticket, with something for the other parts."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "number" not in rule.arguments or rule.endpoint.split(".")[0] in NOT_OF_TICKETS:
                continue
            if isinstance(rule._converters["number"], IntegerConverter):
                continue
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield method, _built(rule, number)


def _built(rule: Rule, number: str) -> str:
    values = {}
    for name, converter in rule._converters.items():
        if name == "number":
            values[name] = number
        elif isinstance(converter, IntegerConverter):
            values[name] = 1
        else:
            values[name] = next(iter(sorted(getattr(converter, "items", {"note"}))))
    built = rule.build(values)
    assert built is not None
    return str(built[1])


@pytest.mark.parametrize("who", [another_technician, another_supervisor, administrator, student])
def test_nobody_else_finds_anything_under_a_ticket(
    app: Flask, client: FlaskClient, desk: Session, ticket_in: TicketIn, sign_in: SignIn, who: Maker
) -> None:
    number, person = ticket_in(state=State.IN_PROGRESS, title="Nobody elses business").number, who(desk)
    desk.commit()
    sign_in(client, person.id)
    token, found = csrf(client, STAFF_PAGE), {}
    for method, path in addresses(app, number):
        answer = client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
        if answer.status_code not in (403, 404, 405) or "Nobody elses business" in answer.text:
            found[f"{method} {path}"] = (answer.status_code, answer.headers.get("Location", ""))
        answer.close()
    assert found == {}
