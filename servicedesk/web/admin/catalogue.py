"""The catalogue for administrators: the running tree, one category, published versions, the file to take away."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from servicedesk.actions import catalogue_drafts as actions
from servicedesk.gateways.catalogue_yaml import written
from servicedesk.rules.catalogue import Catalogue, Category
from servicedesk.rules.catalogue_changes import EMPTY
from servicedesk.rules.catalogue_consequences import problems_of
from servicedesk.rules.catalogue_edit import living
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import N_
from servicedesk.store import administration, catalogue
from servicedesk.store import catalogue_drafts as store
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.admin.catalogue_tree import Forest
from servicedesk.web.admin.catalogue_words import PROPERTIES, Told, shown, told
from servicedesk.web.admin.groups import warnings_of
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.inputs import whole
from servicedesk.web.language import locale_code
from servicedesk.web.portal.forms import RequestForm, form_for

bp = Blueprint("catalogue_desk", __name__, url_prefix="/admin/catalogue")
FILE = "categories.yaml"
DIFFERENCES = 300
"""Entries of a difference that are told one by one."""


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show the running tree with what the check finds, and the drafts under way."""
    session = reading()
    number, tree = catalogue.current_version(session)
    forest = Forest(tree, store.open_counts(session), problems_of(tree), lambda key: url_for(".node", key=key))
    return render_template(
        "admin/catalogue.html",
        number=number,
        warnings=warnings_of(session, tree),
        drafts=drafts_of(),
        **looked_at(forest, url_for(".index")),
    )


def looked_at(forest: Forest, url: str, service_url: Callable[[str], str] = lambda _key: "") -> dict[str, Any]:
    """Return what a page shows of a tree: all of it, one branch, or what fits the words in the address."""
    words, below = request.args.get("q", "").strip()[:200], request.args.get("below", "")
    found: dict[str, Any] = {"words": words, "below": below, "tree_url": url, "branches": [], "found": []}
    if words:
        return {**found, "found": forest.found(words)}
    if below:
        if below not in forest.tree.categories:
            raise NotFound(N_("There is no category '%(key)s' in this tree."), key=below)
        return {**found, "found": [forest.below(below)]}
    return {**found, "branches": forest.branches(service_url)}


def drafts_of() -> Sequence[Mapping[str, Any]]:
    """Return the drafts under way, with the names of whoever began and changed them."""
    rows = store.drafts(reading())
    names = store.names_of(reading(), [each for row in rows for each in (row.created_by, row.changed_by)])
    return [
        {**row._mapping, "begun_by": who(names, row.created_by), "last_by": who(names, row.changed_by)} for row in rows
    ]


def who(names: Mapping[str, str], actor: str) -> str:
    """Return how a page calls whoever did something."""
    return names.get(actor, actor)


@bp.get("/categories/<key>")
@demands(Permission.ADMINISTRATION)
def node(key: str) -> str:
    """Show everything one category of the running tree says, and its form as requesters see it."""
    tree = catalogue.current(reading())
    category = _category(tree, key)
    return render_template(
        "admin/catalogue_node.html",
        category=category,
        path=tree.path_name(key, locale_code()),
        properties=properties_of(tree, category),
        preview_form=preview_of(category),
        children=[(child.name.get(locale_code()), url_for(".node", key=child.key)) for child in _children(tree, key)],
    )


def _category(tree: Catalogue, key: str) -> Category:
    if key not in tree.categories:
        raise NotFound(N_("There is no category '%(key)s' in this tree."), key=key)
    return tree.categories[key]


def _children(tree: Catalogue, key: str) -> Sequence[Category]:
    return tree.children(key, tree.categories[key].service_id)


PLAIN = (
    "group",
    "routing",
    "approvals",
    "audience",
    "kind",
    "urgency",
    "impact",
    "selectable",
    "active_from",
    "active_to",
)


def properties_of(tree: Catalogue, category: Category) -> list[tuple[str, str]]:
    """Return the properties of a category in words, apart from its texts."""
    found = {name: shown(tree, name, getattr(category, name)) for name in PLAIN}
    words = {**found, "urgency": labels.level(category.urgency), "impact": labels.impact(category.impact)}
    return [(_(PROPERTIES[name]), value) for name, value in words.items()]


def preview_of(category: Category) -> RequestForm:
    """Return the form of a category as requesters get it, empty."""
    return form_for(RequestForm, category, {}, MultiDict())


@bp.get("/versions/<int:number>")
@demands(Permission.ADMINISTRATION)
def version(number: int) -> str:
    """Show what a version changed, before and after."""
    session = reading()
    found = administration.version(session, number)
    new = catalogue.numbered(session, number)
    old = catalogue.numbered(session, number - 1) if number > 1 else EMPTY
    changes = told(old, new)
    return render_template(
        "admin/catalogue_version.html",
        version=found,
        applied_by=who(store.names_of(session, [found.applied_by]), found.applied_by),
        is_running=number == catalogue.current_version(session)[0],
        **cut(changes),
    )


def cut(changes: Sequence[Told]) -> dict[str, Any]:
    """Return the differences that a page tells one by one, and how many there are in all."""
    return {"changes": changes[:DIFFERENCES], "count": len(changes)}


@bp.get(f"/versions/<int:number>/{FILE}")
@demands(Permission.ADMINISTRATION)
def download(number: int) -> Response:
    """Give a version as the file it could have been published from."""
    return as_file(catalogue.numbered(reading(), number), f"categories-{number}.yaml")


def as_file(tree: Catalogue, name: str) -> Response:
    """Answer with a tree as a file to keep."""
    return send_file(BytesIO(written(tree)), "application/yaml", as_attachment=True, download_name=name, max_age=0)


@bp.post("/drafts")
@demands(Permission.ADMINISTRATION, page="catalogue_desk.index")
def begin() -> Response:
    """Begin a draft from the running catalogue, or from an earlier version to go back to."""
    number = whole(request.form, "version", 0)
    session = reading()
    running, tree = catalogue.current_version(session)
    if number and number != running:
        origin, title, tree = "version", str(number), catalogue.numbered(session, number)
    else:
        origin, title = "running", request.form.get("title", "").strip() or _("Changes in the browser")
    with writing() as session:
        made = actions.begin(session, g.actor, origin, title, living(tree), utc_now())
        draft_id = made.id
    flash(_("The draft is there. What runs stays as it is until you publish."), "success")
    where = ".draft_tree" if origin == "running" else ".draft"
    return redirect(url_for(where, draft_id=draft_id), 303)
