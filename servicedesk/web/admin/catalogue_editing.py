"""Changing a draft's categories one by one: what they say, their forms, their places; each checked as in a file."""

from dataclasses import replace
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.gateways.catalogue_entry import category_from
from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.catalogue_checks import Section
from servicedesk.rules.catalogue_consequences import problems_of
from servicedesk.rules.catalogue_edit import (
    added,
    mark,
    moved,
    shifted,
    subtree,
    with_category,
    with_retirement,
)
from servicedesk.rules.counters import key_from
from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.web.access import demands
from servicedesk.web.admin.catalogue import bp, preview_of
from servicedesk.web.admin.catalogue_forms import (
    CategoryForm,
    EntryForm,
    NewCategoryForm,
    RequestFormForm,
    category_data,
    form_data,
)
from servicedesk.web.admin.catalogue_keeping import (
    GONE,
    Page,
    demand_unchanged,
    facts_of_entry,
    kept,
    noted,
    opened,
    tree_of,
)
from servicedesk.web.admin.catalogue_tree import WHOLE
from servicedesk.web.clock import utc_now
from servicedesk.web.db import writing
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.forms import choices

PLACED = ("earlier", "later", "retire", "bring_back", "move")


def _category(tree: Catalogue, key: str) -> Category:
    if key not in tree.categories:
        raise NotFound(GONE, key=key)
    return tree.categories[key]


@bp.route("/drafts/<int:draft_id>/categories/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_category")
def edit_category(draft_id: int, key: str) -> Page:
    """Show and change a category of a draft, but for its form."""
    tree = tree_of(draft_id)
    category = _category(tree, key)
    form = opened(CategoryForm, category_data(category), category)
    form.offer(tree)
    return _edited(draft_id, category, form, tree, "admin/catalogue_category.html", ".edit_category")


@bp.route("/drafts/<int:draft_id>/categories/<key>/form", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_form")
def edit_form(draft_id: int, key: str) -> Page:
    """Show and change what comes before a category's form, and the form's own fields, with the form as it will be."""
    tree = tree_of(draft_id)
    category = _category(tree, key)
    form = opened(RequestFormForm, form_data(category), category)
    if request.method == "GET" or "more" in request.form:
        form.add_rows()
    return _edited(draft_id, category, form, tree, "admin/catalogue_form.html", ".edit_form")


def _edited(
    draft_id: int,
    category: Category,
    form: CategoryForm | RequestFormForm,
    tree: Catalogue,
    template: str,
    endpoint: str,
) -> Page:
    def page(status: int = 200) -> Page:
        shown = render_template(template, form=form, **_around(draft_id, tree, category), **facts_of_entry(draft_id))
        return (shown, status) if status != 200 else shown

    if request.method == "GET":
        say_problems(form, tree, "categories", [*tree.categories].index(category.key))
        return page()
    if "more" in request.form or not form.validate():
        return page()
    read = category_from(category, form.stated())
    if read.found is None:
        noted(form, read)
        return page(422)
    changed, is_carried = read.found, bool(form.is_carried.data)

    def edit(now_so: Catalogue) -> Catalogue:
        demand_unchanged(now_so.categories.get(category.key), form.seen.data)
        return with_category(now_so, changed, is_carried=is_carried)

    if refused := kept(form, draft_id, edit):
        form.seen.data = mark(tree_of(draft_id).categories.get(category.key))
        return page(refused[1])
    return redirect(url_for(endpoint, draft_id=draft_id, key=category.key), 303)


def say_problems(form: EntryForm, tree: Catalogue, section: Section, index: int) -> None:
    """Put what the check finds in an entry beside the fields it is about."""
    for problem in problems_of(tree):
        if (problem.section, problem.index) == (section, index):
            form.note(problem.where, problem.sentence)


def _around(draft_id: int, tree: Catalogue, category: Category) -> dict[str, Any]:
    """Return what a category's page says of its place in the tree."""
    siblings = [each.key for each in tree.children(category.parent, category.service_id)]
    return {
        "category": category,
        "path": tree.path_name(category.parent, locale_code()) if category.parent else "",
        "service": tree.services[category.service_id],
        "children": tree.children(category.key, category.service_id),
        "is_first": siblings[0] == category.key,
        "is_last": siblings[-1] == category.key,
        "headings": _headings(tree, category),
        "preview_form": preview_of(category),
    }


def _headings(tree: Catalogue, category: Category) -> list[tuple[str, str]]:
    """Return where a category could be moved: (key, path), the tops of the services first as `/service`."""
    own = {step.key for step in subtree(tree, category)}
    tops = [(f"/{each.key}", f"{each.name.get(locale_code())}: {_('at the top')}") for each in tree.services.values()]
    near = (key for key in tree.categories if key not in own)
    if len(tree.categories) > WHOLE:  # a list that nobody reads: below headings only
        near = (key for key in near if tree.children(key, tree.categories[key].service_id))
    return [*tops, *((key, tree.path_name(key, locale_code())) for key in near)]


@bp.post("/drafts/<int:draft_id>/categories/<key>/place")
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_category")
def place(draft_id: int, key: str) -> Response:
    """Move a category among its siblings or below another heading, retire it or bring it back."""
    what, target = request.form.get("what", ""), request.form.get("to", "")
    if what not in PLACED:
        raise NotFound()
    with writing() as session:
        actions.change(session, g.actor, draft_id, lambda tree: _placed(tree, key, what, target), utc_now())
    flash(_("Kept in the draft."), "success")
    return redirect(url_for(".edit_category", draft_id=draft_id, key=key), 303)


def _placed(tree: Catalogue, key: str, what: str, target: str) -> Catalogue:
    category = _category(tree, key)
    if what in ("earlier", "later"):
        return shifted(tree, key, -1 if what == "earlier" else 1)
    if what in ("retire", "bring_back"):
        return with_retirement(tree, key, is_retired=what == "retire")
    service = tree.service_by_key(target.removeprefix("/")) if target.startswith("/") else None
    if service is None and target not in tree.categories:
        raise Invalid(N_("Choose a heading of the list."))
    return moved(tree, key, None if service else target, service.id if service else category.service_id)


@bp.route("/drafts/<int:draft_id>/categories", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.new_category")
def new_category(draft_id: int) -> Page:
    """Show the form of a new category below a heading or at the top of a service, and add it."""
    tree = tree_of(draft_id)
    above = _category(tree, request.args["parent"]) if request.args.get("parent") else None
    form = opened(NewCategoryForm, {}, None)
    named = ((each.id, each.name.get(locale_code())) for each in tree.services.values())
    form.service.choices = choices(*named)

    def page(status: int = 200) -> Page:
        shown = render_template(
            "admin/catalogue_new_category.html",
            form=form,
            above=above,
            path=tree.path_name(above.key, locale_code()) if above else "",
            **facts_of_entry(draft_id),
        )
        return (shown, status) if status != 200 else shown

    if request.method == "GET":
        return page()
    read = category_from(_begun(tree, above, form), form.stated())
    if not form.validate() or read.found is None:
        noted(form, read)
        return page(422)
    made = read.found
    if refused := kept(form, draft_id, lambda now_so: added(now_so, made)):
        return page(refused[1])
    return redirect(url_for(".edit_category", draft_id=draft_id, key=made.key), 303)


def _begun(tree: Catalogue, above: Category | None, form: NewCategoryForm) -> Category:
    """Return a category that says what the heading above says, or its service where it is at the top."""
    key = key_from(form.name_en.data or "new", tree.categories)
    if above is not None:
        fresh: dict[str, Any] = {"key": key, "parent": above.key, "synonyms": {}, "selectable": True, "retired": False}
        return replace(above, **fresh)
    service = tree.services.get(form.service.data or "") or next(iter(tree.services.values()))
    nothing = service.name
    return Category(key, service.id, None, nothing, nothing, service.fallback_group, service.audience, True)
