"""Filing a request from a checked form: number, ticket, routing and notices, once per form."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from wtforms import FileField

from servicedesk.actions.drafts import forget_draft
from servicedesk.actions.tickets import NewTicket, open_ticket
from servicedesk.rules.catalogue import Service
from servicedesk.rules.errors import AlreadyDone
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.store.tickets import next_number
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.inputs import fingerprint
from servicedesk.web.portal.forms import Filled, RequestForm

_NOT_SAID = {"csrf_token"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is filed: the form with its checked contents, and where it came from."""

    service: Service
    category_key: str
    form: RequestForm
    filled: Filled
    origin: str
    access_suffix: str | None = None
    follows: int | None = None


def file_request(asked: Request, requester: Callable[[Session], Actor]) -> str:
    """File a request and return its number; sent twice, the number it got the first time.

    `requester` gives the one who asks, inside the ticket's own transaction.
    """
    now = utc_now()
    with writing() as session:
        number = next_number(session, now, ZoneInfo(asked.service.zone))
    try:
        with writing() as session:
            actor = requester(session)
            assert actor.person_id is not None
            open_ticket(session, as_ticket(asked, number), actor.person_id, actor, now)
            if actor.kind is ActorKind.PERSON:
                forget_draft(session, actor.person_id, asked.category_key, now)
    except AlreadyDone as error:
        return error.made.split("#")[0]
    return number


def as_ticket(asked: Request, number: str) -> NewTicket:
    """Return what is filed under a number."""
    key = asked.form.idempotency_key.data or ""
    return NewTicket(
        number=number,
        category_key=asked.category_key,
        title=asked.form.title.data or "",
        body=asked.filled.body,
        origin=asked.origin,
        answers=asked.filled.answers,
        access_suffix=asked.access_suffix,
        follows=asked.follows,
        files=asked.filled.files,
        draft_key=key,
        form_key=form_key(asked.form),
    )


def form_key(form: RequestForm) -> str:
    """Return the key under which a form with these contents makes one ticket."""
    # Its own key is among the data: whoever goes back and corrects an address files another request.
    said = {name: field.data for name, field in form._fields.items() if not isinstance(field, FileField)}
    return fingerprint({name: value for name, value in said.items() if name not in _NOT_SAID})
