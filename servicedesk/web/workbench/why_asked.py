"""Why the desk itself told the supervisors of a ticket, where nobody has written a reason."""

from typing import Any

from flask_babel import gettext

from servicedesk.rules.states import Action
from servicedesk.web.context import exact


def why_asked(row: Any) -> str:
    """Return it in words for a matter of `store.lines`; empty where somebody asked, whose own words say it."""
    if row.cause == Action.LEVEL_BREACH:
        return gettext("Targets missed")
    if row.cause != Action.REMIND_APPROVERS:
        return ""
    if row.awaited_since is None:
        return gettext("Its approval came late; it is decided now.")
    return gettext("Approval overdue: asked for on %(at)s and not given yet", at=exact(row.awaited_since))
