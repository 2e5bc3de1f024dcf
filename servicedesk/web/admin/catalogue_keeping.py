"""What the pages of a draft's entries share: the form as it stands, keeping an edit, saying why it was refused."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import flash, g, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.gateways.catalogue_entry import Entry
from servicedesk.rules.catalogue import Catalogue, Category, Group, Service
from servicedesk.rules.catalogue_edit import mark
from servicedesk.rules.catalogue_json import from_data
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue_drafts as store
from servicedesk.web import parked
from servicedesk.web.admin.catalogue_drafts import facts_of
from servicedesk.web.admin.catalogue_forms import EntryForm
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import say

Page = str | Response | tuple[str, int]
Edit = Callable[[Catalogue], Catalogue]
F = TypeVar("F", bound=EntryForm)
FASTER = N_("Somebody else changed this meanwhile. Compare, then save again to keep yours.")
GONE = N_("There is no '%(key)s' in this draft: somebody removed it.")


def tree_of(draft_id: int) -> Catalogue:
    """Return the tree of a draft as it stands."""
    return from_data(store.draft(reading(), draft_id).content)


def opened(kind: Callable[..., F], known: dict[str, Any], entry: Service | Group | Category | None) -> F:
    """Return a form as it was sent, as it was kept over a sign-in, or filled with what is known."""
    if request.method == "POST":
        return kind()
    return kind(formdata=parked.restored(), data={**known, "seen": mark(entry)})


def kept(form: EntryForm, draft_id: int, edit: Edit) -> tuple[str, int] | None:
    """Keep an edit; return what the page has to say instead, with its status, when it was refused."""
    try:
        with writing() as session:
            actions.change(session, g.actor, draft_id, edit, utc_now())
    except (Invalid, NotAllowed, Conflict) as error:
        return _refused(form, error)
    flash(_("Kept in the draft."), "success")
    return None


def _refused(form: EntryForm, error: DeskError) -> tuple[str, int]:
    if isinstance(error, Invalid) and error.fields:
        form.refuse(error)
    else:
        form.form_errors.append(say(error.sentence))
    return "", {Conflict: 409, NotAllowed: 403}.get(type(error), 422)


def demand_unchanged(found: Service | Group | Category | None, seen: str | None) -> None:
    """Refuse an edit of an entry that is not what the form was opened with. Raises Conflict."""
    if mark(found) != seen:
        raise Conflict(FASTER)


def noted(form: EntryForm, read: Entry[Any]) -> None:
    """Put what cannot be taken beside its fields."""
    for where, sentence in read.wrong:
        form.note(where, sentence)


def facts_of_entry(draft_id: int) -> dict[str, Any]:
    """Return what the page of an entry says of its draft."""
    found = facts_of(store.draft(reading(), draft_id))
    return {"draft": found["draft"], "draft_name": found["title"]}
