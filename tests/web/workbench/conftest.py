"""A technician of the portal's help desk, signed in, and tickets in that group."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.settings import Workbench
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import SignIn

GROUP = "STAGE"
"""A group of the shipped catalogue whose technicians take requests by hand."""
SAME_LINE, OTHER_LINE = "TASSE", "INFO1"
KEY = "stage-curriculare"
TicketIn = Callable[..., Ticket]


@pytest.fixture
def now() -> datetime:
    """The instant at which the test's tickets were worked on: pages ask the real clock."""
    return datetime.now(UTC)


@pytest.fixture
def me(desk: Session) -> Person:
    """A technician of the group; the groups it hands over to have one as well."""
    made = factories.technician(desk, GROUP, given_name="Anna", family_name="Bianchi")
    for neighbour in (SAME_LINE, OTHER_LINE):
        factories.technician(desk, neighbour)
    desk.commit()
    return made


@pytest.fixture
def signed_in(client: FlaskClient, me: Person, sign_in: SignIn) -> FlaskClient:
    """The technician's browser."""
    sign_in(client, me.id)
    return client


@pytest.fixture
def ticket_in(desk: Session, me: Person, now: datetime) -> TicketIn:
    """Make a ticket of the group: `ticket_in(state=..., title=...)`; the technician is the one who works on it."""

    def make(**values: Any) -> Ticket:
        made = factories.ticket(desk, **{"key": KEY, "now": now, "technician": me, **values})
        desk.commit()
        return made

    return make


@pytest.fixture
def undo(app: Flask) -> int:
    """The desk holds what is sent for ten seconds."""
    settings = app.extensions["desk_settings"]
    app.extensions["desk_settings"] = settings.model_copy(update={"workbench": Workbench(undo_seconds=10)})
    return 10


def send(client: FlaskClient, page: html.HtmlElement, action: str, **typed: str) -> Any:
    """Fill the page's form for this action (the first whose form or button leads there) and send it."""
    path = next(path for path in addresses(page) if path.endswith(f"/{action}"))
    button = page.xpath(f"//button[@formaction='{path}']")
    form = button[0].xpath("ancestor::form")[0] if button else page.xpath(f"//form[@action='{path}']")[0]
    fields = dict(form.form_values())
    fields.update({button[0].get("name"): button[0].get("value")} if button and button[0].get("name") else {})
    return client.post(path, data={**fields, **typed})


def addresses(page: html.HtmlElement) -> set[str]:
    """Return every address that a button of the page sends to."""
    own = {
        form.get("action") for form in page.xpath("//form[@method='post']") if form.xpath(".//button[not(@formaction)]")
    }
    return own | set(page.xpath("//button/@formaction"))
