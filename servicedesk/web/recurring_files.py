"""The files in the form of a recurring request: those it has already, and those chosen now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request

from servicedesk.actions.recurring_files import Files
from servicedesk.rules.catalogue import Category, FieldKind
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import recurring as store
from servicedesk.store.models.tickets import Upload
from servicedesk.web import uploads
from servicedesk.web.db import reading
from servicedesk.web.language import say
from servicedesk.web.recurring_form import RecurringForm

_TOO_MANY = N_("Attach at most %(most)s files. Leave some out and send again.")


@dataclass(frozen=True, slots=True)
class Held:
    """The files that a form has now; `names` are those that fields of the category ask for, by key."""

    shown: Sequence[Upload]
    files: Files = Files()
    names: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Sentence] = field(default_factory=dict)

    def refuse(self, form: RecurringForm) -> bool:
        """Put the sentences about files that were not taken beside their fields; return whether there are any."""
        for name, sentence in self.refused.items():
            form[name].errors = [say(sentence)]
        return bool(self.refused)


def held_files(form: RecurringForm, category: Category, recurring_id: int | None) -> Held:
    """Return the files of a form; those sent with it are kept as its drafts."""
    own, key = store.files_of(reading(), recurring_id) if recurring_id else (), form.idempotency_key.data or ""
    if request.method != "POST":
        return Held([*own, *uploads.drafts(key)])
    received = uploads.receive_for(key, category.fields)
    asked = {each.key for each in category.fields if each.kind is FieldKind.FILE} - received.names.keys()
    ticked = set(request.form.getlist(uploads.KEPT))
    kept = [each for each in own if each.id in ticked and (each.field is None or each.field in asked)]
    refused = dict(received.refused)
    if len(kept) + len(received.ids) > uploads.max_files():
        refused[uploads.FIELD] = Sentence(_TOO_MANY, {"most": uploads.max_files()})
    return Held(
        [*kept, *uploads.drafts(key)],
        Files(frozenset(each.id for each in kept), received.ids, key),
        {**received.names, **{each.field: each.name for each in kept if each.field}},
        refused,
    )
