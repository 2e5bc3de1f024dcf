"""Administration of people: found by words, one person's page, roles, account, somebody new."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from servicedesk.actions import memberships, roles
from servicedesk.actions import people as persons
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.identity import FISCAL, LOCAL, fiscal_hash
from servicedesk.rules.languages import BY_CODE
from servicedesk.rules.permissions import Permission, Role
from servicedesk.rules.role_rights import may_change_role, runs_everything
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import accounts, catalogue, known_people
from servicedesk.store.known_people import MOST_FOUND
from servicedesk.store.own_data import guest_with
from servicedesk.store.people import staffed_groups, student_of
from servicedesk.web import parked
from servicedesk.web.access import demands
from servicedesk.web.admin.people_forms import (
    ROLE_NAMES,
    CodeForm,
    NewStaffForm,
    ReasonOnlyForm,
    place_name,
    role_form,
    take_form,
)
from servicedesk.web.admin.people_words import told
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import place
from servicedesk.web.language import say

bp = Blueprint("people_desk", __name__, url_prefix="/admin/people")
PAGE = "people_desk.person"


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role in words; `may_take` where this administrator may take it back."""

    id: int
    name: str
    place: str
    areas: str
    from_federation: bool
    may_take: bool
    is_technician: bool


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show who fits the words typed, or on request everybody with a role."""
    words, after = request.args.get("q", "").strip(), place("after")
    is_staff = request.args.get("show") == "staff"
    found = list(known_people.staff(reading(), after) if is_staff else known_people.find(reading(), words))
    has_more, shown = len(found) > MOST_FOUND, found[:MOST_FOUND]
    return render_template(
        "admin/people.html",
        words=words,
        is_staff=is_staff,
        people=shown,
        has_more=has_more,
        guest=guest_with(reading(), words) if runs_everything(g.actor) and "@" in words else None,
        next_url=url_for(".index", show="staff", after=shown[-1].id) if is_staff and has_more else None,
    )


@bp.get("/<int:person_id>")
@demands(Permission.ADMINISTRATION)
def person(person_id: int) -> str:
    """Show everything about a person that an administrator may know and change."""
    return _page(person_id)


def _page(person_id: int, **changed: Any) -> str:
    session, now = reading(), utc_now()
    found = known_people.person_with(session, person_id)
    tree = catalogue.current(session)
    forms: dict[str, Any] = {
        "role_form": role_form(g.actor, tree, request.args.get("group", "")),
        "code_form": CodeForm(formdata=None, new_code=found.code or ""),
        "reset_form": ReasonOnlyForm(formdata=None, prefix="reset-"),
        "close_form": ReasonOnlyForm(formdata=None, prefix="close-"),
    }
    return render_template(
        "admin/person.html",
        **{**forms, **changed},
        person=found,
        roles=[_role_line(each, tree) for each in known_people.roles_of(session, person_id)],
        take_form=take_form(tree, staffed_groups(session)),
        identities=[_identity(name) for name in known_people.namespaces_of(session, person_id)],
        student=student_of(session, person_id),
        factors=accounts.factors_of(session, person_id),
        sessions=known_people.running_sessions(session, person_id, now),
        changes=[told(each, tree) for each in known_people.changes_of(session, person_id, runs_everything(g.actor))],
        language=BY_CODE[found.locale].name if found.locale in BY_CODE else found.locale,
        runs_everything=runs_everything(g.actor),
        is_self=person_id == g.actor.person_id,
    )


def _role_line(held: known_people.HeldRole, tree: Any) -> RoleLine:
    return RoleLine(
        id=held.id,
        name=str(ROLE_NAMES[held.role]),
        place=place_name(tree, held.group, held.service_id),
        areas=", ".join(held.areas),
        from_federation=held.from_federation,
        may_take=not held.from_federation and may_change_role(g.actor, held.role, held.group, held.service_id, tree),
        is_technician=held.role is Role.TECHNICIAN,
    )


def _identity(namespace: str) -> str:
    fixed = {FISCAL: _("SPID, CIE or register (by fiscal code)"), LOCAL: _("e-mail and password of the desk")}
    return str(fixed.get(namespace, namespace))


@bp.post("/<int:person_id>/roles")
@demands(Permission.ADMINISTRATION, page=PAGE)
def give(person_id: int) -> Response | tuple[str, int]:
    """Give a role."""
    form = role_form(g.actor, catalogue.current(reading()))

    def change() -> str:
        with writing() as session:
            role = Role(form.role.data) if form.role.data in set(Role) else None
            if role is None:
                raise Invalid(N_("Choose a role."))
            is_admin = role is Role.ADMINISTRATOR
            wanted = roles.make_grant(
                session, role, "" if is_admin else form.group.data or "", form.service.data or "" if is_admin else ""
            )
            code = (form.code.data or "").strip()
            is_new = memberships.give(session, g.actor, person_id, wanted, form.areas_typed(), code, utc_now())
        return _("The role was given.") if is_new else _("The person had this role already.")

    return _change(person_id, change, role_form=form)


@bp.post("/<int:person_id>/roles/<int:role_id>/take")
@demands(Permission.ADMINISTRATION, page=PAGE)
def take(person_id: int, role_id: int) -> Response | tuple[str, int]:
    """Take a role back."""

    def change() -> str:
        with writing() as session:
            after = request.form.get("group_after", "")
            moved = memberships.take(session, g.actor, person_id, role_id, utc_now(), after)
        return _taken(moved)

    return _change(person_id, change)


def _taken(moved: int) -> str:
    if not moved:
        return _("The role was taken back.")
    return ngettext(
        "The role was taken back; %(num)s open request went to others.",
        "The role was taken back; %(num)s open requests went to others.",
        moved,
    )


@bp.post("/<int:person_id>/code")
@demands(Permission.ADMINISTRATION, page=PAGE)
def code(person_id: int) -> Response | tuple[str, int]:
    """Change the code that requesters read."""
    form = CodeForm()

    def change() -> str:
        with writing() as session:
            memberships.set_code(session, g.actor, person_id, form.new_code.data or "", utc_now())
        return _("The code was changed.")

    return _change(person_id, change, code_form=form)


@bp.post("/<int:person_id>/sessions/end")
@demands(Permission.ADMINISTRATION, page=PAGE)
def end_sessions(person_id: int) -> Response | tuple[str, int]:
    """Sign the person out everywhere."""

    def change() -> str:
        with writing() as session:
            ended = memberships.end_sessions(session, g.actor, person_id, utc_now())
        return ngettext("%(num)s session was ended.", "%(num)s sessions were ended.", ended)

    return _change(person_id, change)


@bp.post("/<int:person_id>/second-factor/reset")
@demands(Permission.ADMINISTRATION, page=PAGE)
def reset_factor(person_id: int) -> Response | tuple[str, int]:
    """Remove the second factors of somebody who lost theirs."""
    form = ReasonOnlyForm(prefix="reset-")

    def change() -> str:
        with writing() as session:
            memberships.reset_factor(session, g.actor, person_id, form.reason.data or "", utc_now())
        return _("The second factors were removed: the next sign-in sets up new ones.")

    return _change(person_id, change, reset_form=form)


@bp.post("/<int:person_id>/close")
@demands(Permission.ADMINISTRATION, page=PAGE)
def close(person_id: int) -> Response | tuple[str, int]:
    """Shut a person out."""
    form = ReasonOnlyForm(prefix="close-")

    def change() -> str:
        with writing() as session:
            moved = memberships.close_account(session, g.actor, person_id, form.reason.data or "", utc_now())
        return ngettext(
            "The account is closed; %(num)s open request went back to its group.",
            "The account is closed; %(num)s open requests went back to their groups.",
            moved,
        )

    return _change(person_id, change, close_form=form)


@bp.post("/<int:person_id>/open")
@demands(Permission.ADMINISTRATION, page=PAGE)
def reopen(person_id: int) -> Response | tuple[str, int]:
    """Let a person in again."""

    def change() -> str:
        with writing() as session:
            memberships.open_account(session, g.actor, person_id, utc_now())
        return _("The account is open again, with the roles it has.")

    return _change(person_id, change)


def _change(person_id: int, change: Callable[[], str], **forms: Any) -> Response | tuple[str, int]:
    """Do it and go back to the page, or show the page again with what stands in the way and what was typed."""
    invalid = [form for form in forms.values() if not form.validate()]
    try:
        if not invalid:
            flash(change(), "success")
            return redirect(url_for(".person", person_id=person_id), 303)
    except Invalid as error:
        return _page(person_id, problem=say(error.sentence), **forms), 422
    return _page(person_id, **forms), 422


@bp.route("/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="people_desk.new")
def new() -> str | Response | tuple[str, int]:
    """Make a member of staff known before the first sign-in."""
    if request.method == "GET":
        return render_template("admin/new_staff.html", form=NewStaffForm(parked.restored()))
    form = NewStaffForm()
    if form.validate() and (made := _made(form)):
        flash(_("The person is known: give the roles now."), "success")
        return redirect(url_for(".person", person_id=made), 303)
    return render_template("admin/new_staff.html", form=form), 422


def _made(form: NewStaffForm) -> int | None:
    settings: Settings = current_app.extensions["desk_settings"]
    data = form.data
    try:
        hashed = fiscal_hash(settings.identity_key, data["fiscal_code"])
        described = persons.Staff(data["code"], hashed, data["given_name"], data["family_name"], data["email"])
        with writing() as session:
            return memberships.add(session, g.actor, described, utc_now()).id
    except (Invalid, NotAllowed) as error:
        form.form_errors.append(say(error.sentence))
        return None
