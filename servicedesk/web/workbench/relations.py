"""What ties a ticket to others, on its page: the links with their state, and the forms to make and remove them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.relations import BY_HAND, CONVERTED, LEADING, is_offered
from servicedesk.rules.states import State
from servicedesk.store import relations as store
from servicedesk.web import labels
from servicedesk.web.labels import label
from servicedesk.web.relation_words import KINDS, LINKS, RELATIONS
from servicedesk.web.workbench.choices import staff_name
from servicedesk.web.workbench.work import Work

ENDED = frozenset({State.RESOLVED, State.CLOSED, State.CANCELLED})


class LinkForm(Form):
    """Another ticket, and what it is to this one."""

    link_kind = SelectField(_("This request is"), [InputRequired()], id="link-kind")
    other = StringField(_("Number of the other request"), [InputRequired()], id="link-other")


@dataclass(frozen=True, slots=True)
class Line:
    """A linked ticket in words; `url` is None where the reader may not open it."""

    id: int
    words: str
    number: str
    title: str
    state: str
    state_label: str
    url: str | None
    made_by: str
    made_at: datetime | None
    is_by_hand: bool
    is_led: bool
    """Whether it hangs on this ticket and is not solved yet."""


@dataclass(frozen=True, slots=True)
class Relations:
    """The panel."""

    lines: Sequence[Line]
    led: int
    """How many unsolved tickets can be answered together with this one."""
    is_over: bool
    """Whether this one itself is solved or closed, so that the others are due."""
    other_kind: str
    """The type that the ticket can be given, in words; empty where it has none other."""
    form: LinkForm


def relations_panel(work: Work) -> Relations:
    """Return what ties the ticket to others; two statements at most."""
    assert work.facts.id is not None
    lines = [_line(row) for row in store.links_of(work.session, work.facts.id, g.actor)]
    is_typed = work.typed.get("action") == Action.LINK
    form = LinkForm(data=work.typed.to_dict() if is_typed else {})
    offered = {name: words for name, words in RELATIONS.items() if is_offered(name, work.row.kind)}
    form.link_kind.choices = [SelectChoice(name, gettext(words)) for name, words in offered.items()]
    return Relations(
        lines=lines,
        led=sum(line.is_led for line in lines),
        is_over=work.facts.state in ENDED,
        other_kind=label(KINDS, CONVERTED.get(work.row.kind)),
        form=form,
    )


def _line(row: Any) -> Line:
    return Line(
        id=row.id,
        words=gettext(LINKS[row.kind, bool(row.is_outward)]),
        number=row.number,
        title=row.title if row.is_readable else "",
        state=row.state,
        state_label=label(labels.STATES, row.state),
        url=url_for("portal.ticket", number=row.number) if row.is_readable else None,
        made_by=staff_name(row) if row.given_name is not None else "",
        made_at=row.linked_at,
        is_by_hand=row.kind in BY_HAND,
        is_led=row.kind in LEADING and not row.is_outward and row.state not in ENDED,
    )
