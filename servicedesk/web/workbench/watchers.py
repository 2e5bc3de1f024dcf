"""Who watches a ticket, and whom one can name in a note or let watch it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms import Form, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from servicedesk.rules.lifecycle import Action
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.watching import Colleague
from servicedesk.store.colleagues import colleagues, groups_of
from servicedesk.web.workbench.work import Work


class WatcherForm(Form):
    """A colleague, and a word about why."""

    technician = SelectField(_("Colleague"), id="watch-technician")
    note = TextAreaField(_("Note for the colleague"), id="watch-note")


@dataclass(frozen=True, slots=True)
class Watchers:
    """Those who watch, the form that adds one, and all colleagues as a note can name them."""

    people: Sequence[Colleague]
    is_mine: bool
    """Whether the reader watches."""
    may_add: bool
    may_end: bool
    """Whether the reader may end the watching of others."""
    form: WatcherForm
    nameable: Sequence[Colleague]

    @property
    def summary(self) -> str:
        """How many watch."""
        return ngettext("%(num)s watches", "%(num)s watch", len(self.people)) if self.people else gettext("Watchers")


def watchers_panel(work: Work) -> Watchers:
    """Return what the panel shows; those who work for the service no longer are left out."""
    facts, tree = work.facts, work.names.tree
    everybody = colleagues(work.session, groups_of(tree, facts.service_id, facts.group_code))
    works = may(g.actor, Permission.TICKET_WORK, facts)
    form = WatcherForm(data=work.typed.to_dict() if work.typed.get("action") == Action.WATCH else {})
    others = [each for each in everybody if each.id not in facts.watchers | {g.actor.person_id}]
    form.technician.choices = [
        SelectChoice("", gettext("Choose a colleague")),
        *(SelectChoice(str(each.id), each.name) for each in others),
    ]
    return Watchers(
        people=[each for each in everybody if each.id in facts.watchers],
        is_mine=g.actor.person_id in facts.watchers,
        may_add=works,
        may_end=works,
        form=form,
        nameable=[each for each in everybody if each.code and each.id != g.actor.person_id] if works else (),
    )
