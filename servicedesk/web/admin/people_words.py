"""What administrators did to a person, in words: the record of administration as their page tells it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.sentences import N_
from servicedesk.store.models.system import AuditEvent
from servicedesk.web.admin.audit import ACTIONS
from servicedesk.web.admin.people_forms import ROLE_NAMES, place_name

DEEDS: Mapping[str, str] = {
    "role.grant": N_("gave a role"),
    "role.revoke": N_("took a role"),
    "code.give": N_("gave a code"),
    "staff.add": N_("made known as staff"),
    "account.close": N_("closed the account"),
    "account.open": N_("opened the account again"),
    "sessions.end": N_("ended the sessions"),
    "factor.reset": N_("removed the second factors"),
    "factor.reason": N_("gave the reason for removing the second factors"),
    "hold.place": N_("placed a legal hold"),
    "hold.end": N_("ended a legal hold"),
    "person.anonymise": N_("removed everything personal"),
    "absence.set": N_("noted an absence"),
    "absence.remove": N_("removed an absence"),
}
"""Those that the record of administration calls otherwise, seen from a person."""
UNSAID = frozenset({"open", "hold", "group", "service", "last_day", "with_notes"})
"""What the deed says already, or what is told together with something else."""


def told(event: AuditEvent, tree: Catalogue) -> tuple[datetime, str, str]:
    """Return when something was done, what it was, and what changed, from what to what."""
    deed = DEEDS.get(event.action) or ACTIONS.get(event.action)
    parts = (", ".join(_words(values or {}, tree)) for values in (event.before, event.after))
    return event.at, _(deed) if deed else event.action, " → ".join(part for part in parts if part)


def _words(values: Mapping[str, Any], tree: Catalogue) -> Iterator[str]:
    of: Mapping[str, Callable[[Any], str]] = {
        "role": lambda role: _role(values, tree),
        "areas": ", ".join,
        "first_day": lambda first: _days(first, values.get("last_day") or first),
        "sessions": lambda number: ngettext("%(num)s browser", "%(num)s browsers", number),
        "requests": lambda number: ngettext("%(num)s request", "%(num)s requests", number),
        "files": lambda number: ngettext("%(num)s file", "%(num)s files", number),
    }
    for name, value in values.items():
        if name not in UNSAID and value not in ("", None, []):
            yield of.get(name, str)(value)


def _role(values: Mapping[str, Any], tree: Catalogue) -> str:
    name = str(ROLE_NAMES.get(values["role"], values["role"]))
    return f"{name}: {place_name(tree, values.get('group', ''), values.get('service', ''))}"


def _days(first: str, last: str) -> str:
    days = [format_date(date.fromisoformat(day)) for day in dict.fromkeys((first, last))]
    return " - ".join(days)
