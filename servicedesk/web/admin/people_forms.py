"""The forms about one person: a role to give, the reasons for what cannot be seen from outside, somebody new."""

import re
from collections.abc import Sequence
from secrets import token_urlsafe

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from servicedesk.actions.people import ADDRESS
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, Role
from servicedesk.rules.role_rights import groups_managed, runs_everything
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.forms import choices

WHOLE = re.compile(ADDRESS.pattern + r"\Z")
ROLE_NAMES = {
    Role.TECHNICIAN: _l("technician"),
    Role.SUPERVISOR: _l("supervisor"),
    Role.MAJOR_INCIDENTS: _l("may declare major incidents"),
    Role.ADMINISTRATOR: _l("administrator"),
}


class RoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A role and where it holds, as one choice: `technician:GROUP` or `administrator:SERVICE`."""

    role = SelectField(_l("Role"), validate_choice=False)
    group = SelectField(_l("Group"), validate_choice=False)
    service = SelectField(_l("Service, for administrators"), validate_choice=False)
    areas = StringField(
        _l("Areas"), description=_l("Separated by commas; only where the group chooses by the requester's area.")
    )
    code = StringField(_l("Code"), [Length(max=40)], description=_l("What requesters read instead of the name."))

    def areas_typed(self) -> Sequence[str]:
        """Return the areas, one by one."""
        return [area.strip() for area in (self.areas.data or "").split(",") if area.strip()]


class ReasonOnlyForm(FlaskForm):  # type: ignore[misc]
    """Why."""

    reason = TextAreaField(_l("Reason"), [InputRequired(_l("Give the reason.")), Length(max=500)])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The code of a technician."""

    new_code = StringField(_l("Code"), [InputRequired(_l("Write the code.")), Length(max=40)])


class TakeForm(FlaskForm):  # type: ignore[misc]
    """Where the open tickets of a group go that would have nobody."""

    group_after = SelectField(_l("Where open requests go if nobody else works in the group"), validate_choice=False)


class NewStaffForm(FlaskForm):  # type: ignore[misc]
    """A member of staff before their first sign-in."""

    idempotency_key = HiddenField(default=lambda: token_urlsafe(24))
    code = StringField(_l("Code"), [InputRequired(_l("Write the code.")), Length(max=40)])
    given_name = StringField(_l("Given name"), [InputRequired(_l("Write the given name.")), Length(max=120)])
    family_name = StringField(_l("Family name"), [InputRequired(_l("Write the family name.")), Length(max=120)])
    email = StringField(
        _l("E-mail"),
        [
            InputRequired(_l("Write the e-mail address.")),
            Regexp(WHOLE, message=_l("This is not an e-mail address such as anna@example.org.")),
        ],
    )
    fiscal_code = PasswordField(
        _l("Fiscal code"),
        [InputRequired(_l("Write the fiscal code: by it the person is known at the first sign-in."))],
        description=_l("Only a keyed hash of it is kept: nobody can read it here again."),
    )


def role_form(actor: Actor, tree: Catalogue, group: str = "") -> RoleForm:
    """Return the form with the roles, groups and services that this administrator may give."""
    form = RoleForm()
    language = locale_code()
    form.role.choices = choices(*((role.value, str(name)) for role, name in ROLE_NAMES.items()))
    managed = groups_managed(actor, tree)
    mine = [
        (each.code, f"{each.name.get(language)} ({each.code})") for each in tree.groups.values() if each.code in managed
    ]
    form.group.choices = choices(("", gettext("None")), *mine)
    every = [("", gettext("All services"))] if runs_everything(actor) else []
    own = [(each.id, each.name.get(language)) for each in tree.services.values() if actor.administers_service(each.id)]
    form.service.choices = choices(*every, *own)
    if not form.is_submitted():
        form.group.data = group
    return form


def take_form(tree: Catalogue, staffed: frozenset[str]) -> TakeForm:
    """Return the form with every group that somebody works in."""
    form = TakeForm()
    groups = [(each.code, each.name.get(locale_code())) for each in tree.groups.values() if each.code in staffed]
    form.group_after.choices = choices(("", gettext("Choose a group")), *groups)
    return form


def place_name(tree: Catalogue, group: str, service_id: str) -> str:
    """Return in words where a role holds."""
    language = locale_code()
    if group:
        found = tree.groups.get(group)
        return f"{found.name.get(language)} ({group})" if found else group
    if service_id == EVERY_SERVICE:
        return gettext("all services")
    service = tree.services.get(service_id)
    return service.name.get(language) if service else service_id
