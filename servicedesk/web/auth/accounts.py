"""Everybody's own data in one place: name, addresses, the browsers signed in, and the ways from here."""

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions.accounts import sign_out_elsewhere
from servicedesk.rules.permissions import Permission
from servicedesk.store import accounts, people
from servicedesk.store.models.people import Person
from servicedesk.web.access import demands
from servicedesk.web.auth import first_access, local_sign_in, registering, second_factor
from servicedesk.web.auth.account_pages import bp, myself
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

# The whole blueprint: importing the modules gives it their views.
__all__ = ["bp", "first_access", "local_sign_in", "registering", "second_factor"]


@bp.get("")
@demands(Permission.PORTAL_USE)
def overview() -> str:
    """Show what the desk knows of the person, and the ways to change it."""
    session, now = reading(), utc_now()
    return render_template(
        "auth/account/overview.html",
        person=session.get_one(Person, myself()),
        reached=people.mail_address(session, myself()),
        waiting=accounts.waiting_address(session, myself(), now),
        student=people.student_of(session, myself()),
        earlier=len(accounts.earlier_tickets(session, myself())),
        local=accounts.local_account(session, myself()),
        browsers=accounts.browsers_of(session, myself(), now),
        here=g.running.id,
    )


@bp.post("/sign-out-elsewhere")
@demands(Permission.PORTAL_USE, page="account.overview")
def leave_elsewhere() -> Response:
    """End every session of the person but this one."""
    with writing() as session:
        sign_out_elsewhere(session, myself(), g.running.id, utc_now())
    flash(_("You are signed out everywhere else."), "success")
    return redirect(url_for("account.overview"), 303)
