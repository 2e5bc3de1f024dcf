"""Groups and services of a draft: listed, added, changed and removed, each checked as in a file."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.gateways.catalogue_entry import Entry, group_from, service_from
from servicedesk.rules.catalogue import Catalogue, Group
from servicedesk.rules.catalogue_edit import built, mark, with_group, with_service
from servicedesk.rules.catalogue_json import from_data
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue_drafts as store
from servicedesk.web.access import demands
from servicedesk.web.admin.catalogue import bp as bp
from servicedesk.web.admin.catalogue_drafts import facts_of
from servicedesk.web.admin.catalogue_editing import say_problems
from servicedesk.web.admin.catalogue_forms import GroupForm, group_data, service_data, service_form
from servicedesk.web.admin.catalogue_keeping import (
    GONE,
    Edit,
    Page,
    demand_unchanged,
    facts_of_entry,
    kept,
    noted,
    opened,
    tree_of,
)
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing


@bp.get("/drafts/<int:draft_id>/groups")
@demands(Permission.ADMINISTRATION)
def draft_groups(draft_id: int) -> str:
    """Show the groups and services of a draft, each leading to where it is changed."""
    found = store.draft(reading(), draft_id)
    tree = from_data(found.content)
    return render_template("admin/catalogue_groups.html", tree=tree, **facts_of(found))


@bp.route("/drafts/<int:draft_id>/groups/new", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.new_group")
def new_group(draft_id: int) -> Page:
    """Show the form of a new group, and add it."""
    tree = tree_of(draft_id)
    form = opened(GroupForm, {}, None)
    form.offer(tree)
    code = (form.code.data or "").upper()

    def edit(now_so: Catalogue) -> Catalogue:
        if code in now_so.groups:
            raise Invalid(N_("This code is used already. Choose another."))
        return _with_group(now_so, read)

    if request.method == "GET":
        return _group_page(draft_id, form, "")
    read = group_from(code, form.stated(code))
    return _group_kept(draft_id, form, "", read, edit)


@bp.route("/drafts/<int:draft_id>/groups/<code>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_group")
def edit_group(draft_id: int, code: str) -> Page:
    """Show and change a group of a draft."""
    tree = tree_of(draft_id)
    if code not in tree.groups:
        raise NotFound(GONE, key=code)
    group = tree.groups[code]
    form = opened(GroupForm, group_data(group), group)
    form.offer(tree)
    if request.method == "GET":
        say_problems(form, tree, "groups", [*tree.groups].index(code))
        return _group_page(draft_id, form, code)
    read = group_from(code, form.stated(code))

    def edit(now_so: Catalogue) -> Catalogue:
        demand_unchanged(now_so.groups.get(code), form.seen.data)
        return _with_group(now_so, read)

    return _group_kept(draft_id, form, code, read, edit)


def _with_group(tree: Catalogue, read: Entry[Group]) -> Catalogue:
    assert read.found is not None
    return with_group(tree, read.found)


def _group_kept(draft_id: int, form: GroupForm, code: str, read: Entry[Group], edit: Edit) -> Page:
    if not form.validate() or read.found is None:
        noted(form, read)
        return _group_page(draft_id, form, code), 422
    if refused := kept(form, draft_id, edit):
        form.seen.data = mark(tree_of(draft_id).groups.get(code)) if code else ""
        return _group_page(draft_id, form, code), refused[1]
    return redirect(url_for(".draft_groups", draft_id=draft_id), 303)


def _group_page(draft_id: int, form: GroupForm, code: str) -> str:
    return render_template("admin/catalogue_group.html", form=form, code=code, **facts_of_entry(draft_id))


@bp.post("/drafts/<int:draft_id>/groups/<code>/remove")
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_group")
def remove_group(draft_id: int, code: str) -> Response:
    """Take a group out of a draft; what still names it is then an error of the draft."""

    def edit(tree: Catalogue) -> Catalogue:
        return built(tree, groups={name: group for name, group in tree.groups.items() if name != code})

    with writing() as session:
        actions.change(session, g.actor, draft_id, edit, utc_now())
    flash(_("Kept in the draft."), "success")
    return redirect(url_for(".draft_groups", draft_id=draft_id), 303)


@bp.route("/drafts/<int:draft_id>/services/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_service")
def edit_service(draft_id: int, key: str) -> Page:
    """Show and change a service of a draft."""
    tree = tree_of(draft_id)
    service = tree.service_by_key(key)
    if service is None:
        raise NotFound(GONE, key=key)
    form = opened(service_form, service_data(service), service)
    form.offer(tree)

    def page(status: int = 200) -> Page:
        shown = render_template("admin/catalogue_service.html", form=form, service=service, **facts_of_entry(draft_id))
        return (shown, status) if status != 200 else shown

    if request.method == "GET":
        say_problems(form, tree, "services", [*tree.services].index(service.id))
        return page()
    read = service_from(key, form.stated(service))
    if not form.validate() or read.found is None:
        noted(form, read)
        return page(422)
    changed = read.found

    def edit(now_so: Catalogue) -> Catalogue:
        demand_unchanged(now_so.service_by_key(key), form.seen.data)
        return with_service(now_so, changed)

    if refused := kept(form, draft_id, edit):
        form.seen.data = mark(tree_of(draft_id).service_by_key(key))
        return page(refused[1])
    return redirect(url_for(".draft_groups", draft_id=draft_id), 303)
