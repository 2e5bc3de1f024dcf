"""Standard answers beside the composer: those that fit, the one begun with, and the wrong counter's (F3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, g
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from servicedesk.actions.standard_values import Subject, letter, subject_of
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.relations import CONVERTED
from servicedesk.rules.search import rank
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import PLACEHOLDERS, Filled, Sequel
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store import standard_answers as store
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.standard_answers import Offered, Place, Published
from servicedesk.web.clock import utc_now
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.choices import JOINT
from servicedesk.web.workbench.work import Work

LATELY = timedelta(days=365)
SEQUELS: Mapping[str, str] = {
    Sequel.NOTHING: N_("Nothing more"),
    Sequel.WAIT: N_("Ask and wait for the requester"),
    Sequel.PROPOSE: N_("Propose as solution"),
    Sequel.REPLY_CLOSE: N_("Reply and close"),
    Sequel.FORWARD: N_("Reply and forward"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A standard answer to choose; `sequel` is "" where nothing follows, `group` the name of the one forwarded to."""

    id: int
    shortcut: str
    name: str
    sequel: str
    then: str
    group: str


@dataclass(frozen=True, slots=True)
class Better:
    """The category in which a request would be at the right counter, and the group it would go to."""

    category_key: str
    path: str
    group: str


@dataclass(frozen=True, slots=True)
class WrongCounter:
    """For who came to the wrong counter: moving the request, or answering with the contacts of the right one."""

    better: Better | None
    answer: Choice | None
    body: Markup
    missing: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What the composer offers."""

    choices: Sequence[Choice]
    chosen: Choice | None
    counter: WrongCounter | None

    @property
    def sequel(self) -> str:
        """The action that the answer in the composer asks for."""
        return self.chosen.sequel if self.chosen else ""


def standard(work: Work) -> Panel | None:
    """Return what is offered for the ticket; None for those who may not answer it, and where nobody asked."""
    if Action.NOTE not in work.actions or work.row.kind not in CONVERTED:
        return None
    tree = work.names.tree
    fitting = offered(work.session, tree, work.row.group_code, work.row.category_key)
    choices = [_choice(each, tree) for each in fitting]
    begun = work.composed.get("standard_answer", type=int)
    may_answer = Action.COMMENT in work.actions
    return Panel(
        choices=choices if may_answer else (),
        chosen=next((each for each in choices if each.id == begun), None),
        counter=_wrong_counter(work, fitting) if Action.RECLASSIFY in work.actions else None,
    )


def offered(session: Session, tree: Catalogue, group: str, category_key: str) -> list[Offered]:
    """Return the standard answers for tickets of a group and category, the most used of the last year first."""
    return store.offered(session, tree, [Place(group, category_key)], month(utc_now() - LATELY))


def month(at: datetime) -> str:
    """Return the month under which uses of this instant are counted."""
    return f"{at:%Y-%m}"


def _choice(each: Offered, tree: Catalogue) -> Choice:
    group = tree.groups.get(each.forward_group)
    sequel = "" if each.sequel is Sequel.NOTHING else each.sequel.value
    name = group.name.get(locale_code()) if group else each.forward_group
    return Choice(each.id, each.shortcut, each.name, sequel, _(SEQUELS[each.sequel]), name)


def written_for(answer: Published, subject: Subject, now: datetime) -> Filled:
    """Return a standard answer as the person at work would send it for this ticket."""
    settings: Settings = current_app.extensions["desk_settings"]
    return letter(answer, subject, g.actor, settings.privacy.technician_name, now, placeholder_name)


def placeholder_name(name: str) -> str:
    """Return what a placeholder stands for, in words."""
    return _(PLACEHOLDERS[name]) if name in PLACEHOLDERS else name.partition(":")[2]


def _wrong_counter(work: Work, fitting: Sequence[Offered]) -> WrongCounter | None:
    ticket = work.session.get(Ticket, work.row.id)
    assert ticket is not None
    subject = subject_of(work.session, ticket)
    answer = store.counter_answer(work.session, fitting)
    better = _better(work.session, subject)
    if answer is None and better is None:
        return None
    filled = written_for(answer, subject, utc_now()) if answer else None
    return WrongCounter(
        better=better,
        answer=_choice(answer, subject.tree) if answer else None,
        body=Markup(filled.text.html if filled else ""),  # noqa: S704 - cleaned when it was written, values escaped
        missing=", ".join(map(placeholder_name, filled.missing)) if filled else "",
    )


def _better(session: Session, subject: Subject) -> Better | None:
    """Return where the counter of the degree course says the request belongs, else where its title points."""
    tree, ticket = subject.tree, subject.ticket
    open_ones = {key: each for key, each in tree.categories.items() if each.selectable and not each.retired}
    named = subject.contact.category_key if subject.contact else None
    others = [key for key, each in open_ones.items() if each.group != ticket.group_code]
    found = named or next(iter(rank(catalogue.search_index(session), ticket.title, others, locale_code())), None)
    if found is None or found not in open_ones or found == ticket.category_key:
        return None
    group = tree.groups[open_ones[found].group].name.get(locale_code())
    return Better(found, tree.path_name(found, locale_code(), JOINT), group)
