"""Finding another category for a ticket by words."""

from dataclasses import dataclass
from secrets import token_urlsafe

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session
from wtforms import Form, RadioField, TextAreaField

from servicedesk.rules.permissions import TicketFacts
from servicedesk.rules.search import rank
from servicedesk.store import catalogue, timeline
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.choices import JOINT, category_options
from servicedesk.web.workbench.forms import choices

MOST_FOUND = 12


class FoundForm(Form):
    """The categories that fit, to choose one of."""

    category = RadioField(_("Category"))
    note = TextAreaField(_("Note"))


@dataclass(frozen=True, slots=True)
class FindingPage:
    """What the page shows: the ticket in short, the words searched for, and the form with what they found."""

    number: str
    title: str
    category: str
    last_seq: int
    words: str
    form: FoundForm
    key: str


def finding_page(session: Session, facts: TicketFacts, words: str) -> FindingPage:
    """Return the page for these words; the form has no options while nothing fits."""
    assert facts.id is not None
    row = timeline.ticket_row(session, facts.id)
    tree, language = catalogue.current(session), locale_code()
    offered = {key: path for _service, options in category_options(tree, row.category_key) for key, path in options}
    found = rank(catalogue.search_index(session), words, offered, language)[:MOST_FOUND]
    form = FoundForm()
    form.category.choices = choices(*((key, offered[key]) for key in found))
    known = row.category_key in tree.categories
    return FindingPage(
        number=row.number,
        title=row.title,
        category=tree.path_name(row.category_key, language, JOINT) if known else row.category_key,
        last_seq=row.last_seq,
        words=words,
        form=form,
        key=token_urlsafe(24),
    )
