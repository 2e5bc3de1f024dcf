"""How long requests and accounts are kept by the terms in force: those of each service, and where there is none yet."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from servicedesk import retaining
from servicedesk.rules.catalogue import Service
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import EVERY_SERVICE
from servicedesk.rules.retention import Terms
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store import retention as store
from servicedesk.web.language import as_written, locale_code

Line = tuple[str, str]
"""From what, and how long."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Terms in words; `services` has names only where not all services have the same."""

    services: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """The terms in force: of requests, one for each group of services with the same, and of accounts."""

    requests: tuple[Spoken, ...]
    account: Line


def in_force(session: Session, settings: Settings) -> InForce:
    """Return the terms as they are now, in the language of the page; two statements, however many services."""
    services = _services(session)
    usual = retaining.usual(settings)
    kept = store.terms_of(session, [each.id for each in services], usual)
    groups: dict[Terms, list[str]] = {}
    for each in services:
        groups.setdefault(kept[each.id].terms, []).append(as_written(each.name))
    if not groups:
        groups[usual] = []
    named = len(groups) > 1
    requests = (Spoken(tuple(names) if named else (), _of_requests(terms, settings)) for terms, names in groups.items())
    account = _("An account without requests, from its last use"), _months(kept[EVERY_SERVICE].terms.accounts)
    return InForce(tuple(requests), account)


def _services(session: Session) -> tuple[Service, ...]:
    try:
        return tuple(catalogue.current(session).services.values())
    except NotFound:  # nothing was ever published, and the page is to be read all the same
        return ()


def _of_requests(terms: Terms, settings: Settings) -> tuple[Line, ...]:
    request = _("Requests, from their closing"), _months(terms.tickets)
    lines = [request]
    if terms.files:
        lines.insert(0, (_("Attachments, from the closing of the request"), _months(terms.files)))
    if terms.tickets and settings.retention.texts == "keep":
        lines.append((_("What was written in them"), _("Stays, without your name.")))
    if not terms.tickets:
        rule = settings.statements.privacy.tickets_kept.get(locale_code())
        lines.append((_("By the institution's own rules"), rule))
    return tuple(lines)


def _months(number: int) -> str:
    if not number:
        return _("No term is set yet: kept until one is.")
    return ngettext("%(num)s month.", "%(num)s months.", number)
