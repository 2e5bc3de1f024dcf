"""Requesters' pages: home, choosing a category, asking, the confirmation, their tickets and one of them."""

from operator import attrgetter

from flask import Blueprint, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions.guests import remember_language
from servicedesk.rules.permissions import Actor, ActorKind, Permission
from servicedesk.store import catalogue as tree_store
from servicedesk.store import people, timeline
from servicedesk.store import portal as store
from servicedesk.store.drafts import Begun
from servicedesk.store.portal import Predecessor
from servicedesk.web import ticket_page, uploads
from servicedesk.web.access import demands, guest_actor, public
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code
from servicedesk.web.portal import choosing, drafts, home_services, lists
from servicedesk.web.portal import home as home_page
from servicedesk.web.portal.asking import Request, file_request
from servicedesk.web.portal.forms import (
    LONGEST_TITLE,
    RequestForm,
    check,
    courses,
    form_for,
    note_form,
    prefilled,
    typed_text,
)

ORIGIN = "person"
bp = Blueprint("portal", __name__)
bp.add_app_template_global(note_form)
bp.add_app_template_global(home_services.switch, "service_switch")
bp.add_app_template_global(home_services.chosen_key, "service_key")
bp.add_app_template_global(typed_text)
bp.add_app_template_global(courses, "degree_courses")
bp.add_app_template_global(choosing.notices_of)


@bp.get("/")
@public
def home() -> str:
    """Show the two ways in, or to those signed in their open tickets and the catalogue."""
    if g.actor.kind is not ActorKind.PERSON:
        return render_template("portal/welcome.html", guest_ticket=_guest_ticket())
    return render_template("portal/home.html", **home_page.page())


@bp.get("/catalogue")
@demands(Permission.CATALOGUE_READ)
def catalogue() -> str:
    """Show the first level of one service's tree, and the categories that fit the words typed."""
    service = choosing.service_chosen(request.args.get("service") or home_services.chosen_key())
    words = request.args.get("q", "").strip()
    return render_template(
        "portal/catalogue.html",
        services=choosing.services(),
        service=service,
        words=words,
        found=_fitting(words) if words else (),
        roots=choosing.roots(service) if service else (),
    )


@bp.get("/catalogue/<key>")
@demands(Permission.CATALOGUE_READ)
def category(key: str) -> str:
    """Show a heading with what is under it, or what to know before asking (B1, B3)."""
    subject = choosing.subject(key)
    above = choosing.crumbs(subject.tree, subject.category)
    return render_template("portal/category.html", subject=subject, above=above)


@bp.route("/tickets/new/<key>", methods=["GET", "POST"])
@demands(Permission.PORTAL_USE, page="portal.new_ticket")
def new_ticket(key: str) -> str | Response | tuple[str, int]:
    """Show the form of a category and file what it brings (B5, B6)."""
    subject = choosing.open_subject(key)
    student = people.student_of(reading(), g.actor.person_id)
    begun = drafts.begun(key)
    follows = _followed(begun)
    known = {**prefilled(subject.category, student), **_carried_on(follows)}
    form = form_for(RequestForm, subject.category, known, drafts.as_form(begun))
    if request.method == "POST" and (filled := check(form, subject.category)):
        asked = Request(subject.service, key, form, filled, ORIGIN, follows=follows.id if follows else None)
        return redirect(url_for("portal.filed", number=file_request(asked, _myself)), 303)
    shown = render_template(
        "portal/new_ticket.html",
        subject=subject,
        form=form,
        begun=begun,
        follows=follows,
        student=student,
        address=people.mail_address(reading(), g.actor.person_id),
        kept=uploads.drafts(form.idempotency_key.data or ""),
    )
    return shown, 422 if request.method == "POST" else 200


@bp.get("/tickets/<number>/filed")
@demands(Permission.TICKET_JUDGE)  # it names the requester's own address
def filed(number: str) -> str:
    """Confirm a request: its number, where it is, and what happens next (B8)."""
    row = timeline.ticket_row(reading(), g.facts.id)
    group = tree_store.current(reading()).groups[row.group_code]
    return render_template(
        "portal/filed.html",
        number=row.number,
        ticket_title=row.title,
        group=group.name.get(locale_code()),
        address=people.mail_address(reading(), row.requester_id),
    )


@bp.get("/tickets")
@demands(Permission.PORTAL_USE)
def my_tickets() -> str:
    """List the person's own tickets: open or closed, searched by words or number (C1)."""
    return render_template("portal/my_tickets.html", page=lists.my_list())


@bp.get("/tickets/<number>")
@demands(Permission.TICKET_READ)
def ticket(number: str) -> tuple[str, int]:
    """Show one ticket, to requester, guest and staff alike."""
    return ticket_page.show(number)


def _fitting(words: str) -> list[choosing.Card]:
    return home_services.first_of_chosen(choosing.found(words, request.args.get("below")), attrgetter("key"))


def _myself(session: Session) -> Actor:
    actor: Actor = g.actor
    assert actor.person_id is not None
    remember_language(session, actor.person_id, locale_code())
    return actor


def _followed(begun: Begun | None) -> Predecessor | None:
    """Return the person's own ended ticket that this request carries on, as form, address or draft name it."""
    number = request.values.get("follows") or "".join(begun.fields.get("follows", ()) if begun else ())
    return store.predecessor(reading(), number, g.actor) if number else None


def _carried_on(follows: Predecessor | None) -> dict[str, str]:
    if follows:
        return {"title": follows.title, "follows": follows.number}
    return {"title": request.args.get("title", "")[:LONGEST_TITLE]}


def _guest_ticket() -> str | None:
    """Return the number of the ticket that is open in this browser without an account."""
    guest = guest_actor()
    return timeline.ticket_row(reading(), guest.ticket_id).number if guest and guest.ticket_id else None
