"""Numbers that no row has and values nobody types, in addresses and in hidden fields: never a fault."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from servicedesk.rules.lifecycle import State
from servicedesk.rules.permissions import Role
from servicedesk.settings import ROOT
from servicedesk.store.models.people import Person, RoleGrant
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import SignIn, csrf

GROUP, KEY = "STAGE", "stage-curriculare"
HUGE = str(10**30)
ODD = (HUGE, "9" * 5000, "-1", "٣", "1.2.3", "2026-99-99", "0001-01-01", "9999-12-31", "%", "é\u202e'\"<")
READ = re.compile(r"""(?:\.args|\.values|\bargs)(?:\.get|\.getlist|,\s*|\[)\(?["']([a-z_]+)["']""")
FAULT = 500


@pytest.fixture
def everything(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    """The browser of somebody who may do all there is to do."""
    person = factories.technician(desk, GROUP)
    desk.add_all(
        [
            RoleGrant(person_id=person.id, role=Role.SUPERVISOR, group_code=GROUP, granted_at=factories.NOW),
            RoleGrant(person_id=person.id, role=Role.ADMINISTRATOR, granted_at=factories.NOW),
        ]
    )
    desk.commit()
    sign_in(client, person.id)
    return client


@pytest.fixture
def ticket(desk: Session, everything: FlaskClient) -> Ticket:
    person = desk.query(Person).filter(Person.code.is_not(None)).first()
    made = factories.ticket(desk, key=KEY, technician=person, state=State.IN_PROGRESS)
    desk.commit()
    return made


def parameters() -> list[str]:
    """Return every name that a view reads from its address."""
    sources = (ROOT / "servicedesk" / "web").rglob("*.py")
    found = {name for path in sources for name in READ.findall(path.read_text(encoding="utf-8"))}
    return sorted({*found, "after", "before", "from", "list", "q", "sort", "state", "view"} - {"format"})


def pages(app: Flask, number: str) -> Iterator[str]:
    """Return the addresses that show something, of one request or of all."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= {"number"} and _is_asked(rule):
            yield rule.rule.replace("<number>", number)


def _is_asked(rule: Rule) -> bool:
    return not rule.rule.startswith(("/static", "/saml", "/demo")) and "<int:" not in rule.rule


def test_no_odd_value_in_an_address_is_a_fault(app: Flask, everything: FlaskClient, ticket: Ticket) -> None:
    names = parameters()
    assert len(names) > 20
    for place, path in enumerate(sorted(pages(app, ticket.number))):
        odd = {name: ODD[(place + turn) % len(ODD)] for turn, name in enumerate(names)}
        with everything.get(path, query_string=odd) as answer:
            assert answer.status_code != FAULT, (path, odd)


def test_days_at_the_ends_of_time_are_left_out_of_the_queues_filters(everything: FlaskClient) -> None:
    for days in ({"from": "0001-01-01"}, {"to": "9999-12-31"}):
        answer = everything.get("/queue", query_string=days)
        assert (answer.status_code, "no longer exists, and was left out" in answer.text) == (200, True)


def test_a_hidden_number_that_no_row_has_is_refused(everything: FlaskClient, ticket: Ticket) -> None:
    token = csrf(everything, f"/tickets/{ticket.number}")
    forms = {
        f"/tickets/{ticket.number}/comment": (422, "seen_seq", "standard_answer"),
        f"/tickets/{ticket.number}/assign_technician": (
            422,
            "technician",
        ),
        f"/tickets/{ticket.number}/unshare": (
            422,
            "invitation",
        ),
        f"/workbench/tickets/{ticket.number}/merge": (
            400,
            "seen_seq",
        ),
        f"/tickets/{ticket.number}/standard": (
            400,
            "standard",
        ),
        f"/workbench/tickets/{ticket.number}/presence": (
            400,
            "seen",
        ),
        f"/workbench/tickets/{ticket.number}/autosave": (
            400,
            "standard_answer",
        ),
    }
    for path, (status, *names) in forms.items():
        for name in names:
            data = {"csrf_token": token, "note": "x", "idempotency_key": "k" * 32, "into": "2026000001", name: HUGE}
            assert everything.post(path, data=data).status_code == status, (path, name)
