"""Files of requests that are one with another: who may download them besides those who read their own request (F7)."""

from flask import g
from sqlalchemy.orm import Session

from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission, is_requester, may
from servicedesk.store import relations
from servicedesk.store.attachments import Attached
from servicedesk.web.access import SignInNeeded, ticket_facts


def is_readable_through_merge(session: Session, file: Attached) -> bool:
    """Whether the reader sees the file on a request merged with its own: staff on the one that stays, and whoever
    asked what was merged, with a public answer.
    """
    ways = relations.ways_to_file(session, file.id)
    asked = Permission.TICKET_READ_INTERNAL
    return any(_reads(number, asked if is_heir else None) for number, is_heir in ways)


def _reads(number: str, permission: Permission | None) -> bool:
    try:
        facts = ticket_facts(number)
    except (NotFound, SignInNeeded):
        return False
    return may(g.actor, permission, facts) if permission else is_requester(g.actor, facts)
