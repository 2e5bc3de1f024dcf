"""Where somebody goes on after an action on a ticket."""

from flask import flash, url_for
from flask_babel import gettext as _

from servicedesk.rules.errors import NotFound
from servicedesk.rules.lifecycle import Action
from servicedesk.web import tabs
from servicedesk.web.access import ticket_facts


def next_page(number: str, verb: Action) -> str:
    """Return the ticket's page, or one's lists when this person may no longer read it, saying so."""
    try:
        ticket_facts(number)
    except NotFound:
        if verb is Action.LEAVE:
            return url_for("portal.my_tickets")
        flash(_("%(number)s is no longer with your groups.", number=number), "info")
        return url_for("workbench.queue")
    return url_for("portal.ticket", number=number, tab=tabs.TAB_OF.get(verb))
