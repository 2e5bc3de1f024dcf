"""What has come into a list, or changed in it, since its page was shown: told, never moved under the reader's eyes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import queue as store
from servicedesk.web.access import demands
from servicedesk.web.db import reading
from servicedesk.web.workbench.listing import WHOLE, Listing, carried
from servicedesk.web.workbench.queue_tabs import bounded, quick_counts

bp = Blueprint("arrivals", __name__)


@bp.get("/workbench/queue/arrivals")
@demands(Permission.QUEUE_READ)
def show() -> Response:
    """Return how many tickets of a list are new or changed, in words and as JSON, and the counts of the quick views."""
    since = _since()
    asked = carried(reading(), request.args.get("list") or WHOLE)
    found: dict[str, Any] = {"words": "", "counts": []}
    if asked is not None:
        found = {"words": _words(*_since_then(asked, since)), "counts": list(map(bounded, quick_counts(asked)))}
    answer = jsonify(found)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def _since() -> datetime:
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
    except ValueError as error:
        raise Invalid(N_("This address of a page in the queue is damaged. Open the queue again.")) from error
    if since.tzinfo is None:
        raise Invalid(N_("This address of a page in the queue is damaged. Open the queue again."))
    return since


def _since_then(asked: Listing, since: datetime) -> tuple[int, int]:
    """Return how many tickets came into the list, and how many of those that were there have changed."""
    # Each by one bound, so that an index can be entered by it: whatever is new has also changed.
    new = replace(asked.wanted, opened_from=max(filter(None, (since, asked.wanted.opened_from))))
    both = replace(asked.wanted, changed_after=since)
    came, moved = store.counts(asked.session, [new, both], g.actor)
    return came, max(0, moved - came)


def _words(new: int, changed: int) -> str:
    parts = [
        _("%(count)s new", count=bounded(new)) if new else "",
        _("%(count)s changed", count=bounded(changed)) if changed else "",
    ]
    return ", ".join(filter(None, parts))
