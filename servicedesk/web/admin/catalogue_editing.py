"""Changing a draft entry by entry: categories, their forms and places, groups, services; each checked as in a file."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.gateways.catalogue_entry import Entry, category_from, group_from, service_from
from servicedesk.rules.catalogue import Catalogue, Category, Group
from servicedesk.rules.catalogue_consequences import problems_of
from servicedesk.rules.catalogue_edit import (
    added,
    built,
    mark,
    moved,
    shifted,
    subtree,
    with_category,
    with_group,
    with_retirement,
    with_service,
)
from servicedesk.rules.catalogue_json import from_data
from servicedesk.rules.counters import key_from
from servicedesk.rules.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue_drafts as store
from servicedesk.web.access import demands
from servicedesk.web.admin.catalogue import bp, preview_of
from servicedesk.web.admin.catalogue_drafts import facts_of
from servicedesk.web.admin.catalogue_forms import (
    CategoryForm,
    EntryForm,
    GroupForm,
    NewCategoryForm,
    RequestFormForm,
    category_data,
    form_data,
    group_data,
    service_data,
    service_form,
)
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.forms import choices

Page = str | Response | tuple[str, int]
Edit = Callable[[Catalogue], Catalogue]
PLACED = ("earlier", "later", "retire", "bring_back", "move")
FASTER = N_("Somebody else changed this meanwhile. Compare, then save again to keep yours.")
GONE = N_("There is no '%(key)s' in this draft: somebody removed it.")


def tree_of(draft_id: int) -> Catalogue:
    """Return the tree of a draft as it stands."""
    return from_data(store.draft(reading(), draft_id).content)


def _category(tree: Catalogue, key: str) -> Category:
    if key not in tree.categories:
        raise NotFound(GONE, key=key)
    return tree.categories[key]


def _kept(form: EntryForm, draft_id: int, edit: Edit) -> tuple[str, int] | None:
    """Keep an edit; return what the page has to say instead, with its status, when it was refused."""
    try:
        with writing() as session:
            actions.change(session, g.actor, draft_id, edit, utc_now())
    except (Invalid, NotAllowed, Conflict) as error:
        return _refused(form, error)
    flash(_("Kept in the draft."), "success")
    return None


def _refused(form: EntryForm, error: DeskError) -> tuple[str, int]:
    if isinstance(error, Invalid) and error.fields:
        form.refuse(error)
    else:
        form.form_errors.append(say(error.sentence))
    return "", {Conflict: 409, NotAllowed: 403}.get(type(error), 422)


def _unchanged(found: object, seen: str | None) -> None:
    if mark(found) != seen:  # type: ignore[arg-type]  # an entry, or None for one that is not there
        raise Conflict(FASTER)


def _noted(form: EntryForm, read: Entry[Any]) -> None:
    for where, sentence in read.wrong:
        form.note(where, sentence)


@bp.route("/drafts/<int:draft_id>/categories/<key>", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_category")
def edit_category(draft_id: int, key: str) -> Page:
    """Show and change a category of a draft, but for its form."""
    tree = tree_of(draft_id)
    category = _category(tree, key)
    form = CategoryForm() if request.method == "POST" else CategoryForm(data=category_data(category))
    form.offer(tree)
    return _edited(draft_id, category, form, tree, "admin/catalogue_category.html", ".edit_category")


@bp.route("/drafts/<int:draft_id>/categories/<key>/form", methods=["GET", "POST"])
@demands(Permission.ADMINISTRATION, page="catalogue_desk.edit_form")
def edit_form(draft_id: int, key: str) -> Page:
    """Show and change what comes before a category's form, and the form's own fields, with the form as it will be."""
    tree = tree_of(draft_id)
    category = _category(tree, key)
    form = RequestFormForm() if request.method == "POST" else RequestFormForm(data=form_data(category))
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
        form.seen.data = mark(category)
        _say_problems(form, tree, category.key)
        return page()
    if "more" in request.form or not form.validate():
        return page()
    read = category_from(category, form.stated())
    if read.found is None:
        _noted(form, read)
        return page(422)
    changed, is_carried = read.found, bool(form.is_carried.data)

    def edit(now_so: Catalogue) -> Catalogue:
        _unchanged(now_so.categories.get(category.key), form.seen.data)
        return with_category(now_so, changed, is_carried=is_carried)

    if refused := _kept(form, draft_id, edit):
        form.seen.data = mark(tree_of(draft_id).categories.get(category.key))
        return page(refused[1])
    return redirect(url_for(endpoint, draft_id=draft_id, key=category.key), 303)


def _say_problems(form: EntryForm, tree: Catalogue, key: str) -> None:
    """Put what the check finds in a category beside the fields it is about."""
    listed = list(tree.categories)
    for problem in problems_of(tree):
        if problem.section == "categories" and listed[problem.index] == key:
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
    below = [(key, tree.path_name(key, locale_code())) for key in tree.categories if key not in own]
    return [*tops, *below]


def facts_of_entry(draft_id: int) -> dict[str, Any]:
    """Return what the page of an entry says of its draft."""
    found = facts_of(store.draft(reading(), draft_id))
    return {"draft": found["draft"], "draft_name": found["title"]}


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
    form = NewCategoryForm()
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
        _noted(form, read)
        return page(422)
    made = read.found
    if refused := _kept(form, draft_id, lambda now_so: added(now_so, made)):
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
    form = GroupForm()
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
    form = GroupForm() if request.method == "POST" else GroupForm(data=group_data(group))
    form.offer(tree)
    if request.method == "GET":
        form.seen.data = mark(group)
        _say_of(form, tree, "groups", [*tree.groups].index(code))
        return _group_page(draft_id, form, code)
    read = group_from(code, form.stated(code))

    def edit(now_so: Catalogue) -> Catalogue:
        _unchanged(now_so.groups.get(code), form.seen.data)
        return _with_group(now_so, read)

    return _group_kept(draft_id, form, code, read, edit)


def _with_group(tree: Catalogue, read: Entry[Group]) -> Catalogue:
    assert read.found is not None
    return with_group(tree, read.found)


def _group_kept(draft_id: int, form: GroupForm, code: str, read: Entry[Group], edit: Edit) -> Page:
    if not form.validate() or read.found is None:
        _noted(form, read)
        return _group_page(draft_id, form, code), 422
    if refused := _kept(form, draft_id, edit):
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
    form = service_form() if request.method == "POST" else service_form(data=service_data(service))
    form.offer(tree)

    def page(status: int = 200) -> Page:
        shown = render_template("admin/catalogue_service.html", form=form, service=service, **facts_of_entry(draft_id))
        return (shown, status) if status != 200 else shown

    if request.method == "GET":
        form.seen.data = mark(service)
        _say_of(form, tree, "services", [*tree.services].index(service.id))
        return page()
    read = service_from(key, form.stated(service))
    if not form.validate() or read.found is None:
        _noted(form, read)
        return page(422)
    changed = read.found

    def edit(now_so: Catalogue) -> Catalogue:
        _unchanged(now_so.service_by_key(key), form.seen.data)
        return with_service(now_so, changed)

    if refused := _kept(form, draft_id, edit):
        form.seen.data = mark(tree_of(draft_id).service_by_key(key))
        return page(refused[1])
    return redirect(url_for(".draft_groups", draft_id=draft_id), 303)


def _say_of(form: EntryForm, tree: Catalogue, section: str, index: int) -> None:
    mine: Iterable[Any] = (each for each in problems_of(tree) if each.section == section and each.index == index)
    for problem in mine:
        form.note(problem.where, problem.sentence)
