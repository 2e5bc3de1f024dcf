"""Service levels in the administration: what is promised, how long groups may hold a request, a try-out (F9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, request

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.level_book import Book, Subject, Target
from servicedesk.rules.opening_hours import add_open_time
from servicedesk.rules.permissions import Permission
from servicedesk.rules.priority import priority
from servicedesk.store import catalogue
from servicedesk.store import service_levels as store
from servicedesk.web.access import demands
from servicedesk.web.admin.level_forms import category_choices, priority_choices, shown_time
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.inputs import whole
from servicedesk.web.labels import KINDS, label, level
from servicedesk.web.language import locale_code

bp = Blueprint("service_levels", __name__, url_prefix="/admin/levels")
VERSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target in words; empty where it takes all."""

    key: str
    service: str
    category: str
    kind: str
    priority: str
    own: str
    resolve: str
    calendar: str
    is_known: bool
    """Whether the running catalogue still has its category and service."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Which target a request would get that was made now, and when it would be due."""

    line: TargetLine | None
    own_due: datetime | None = None
    resolve_due: datetime | None = None


@bp.get("")
@demands(Permission.ADMINISTRATION)
def index() -> str:
    """Show every target and operational level, what changed last, and the try-out."""
    session = reading()
    tree, language = catalogue.current(session), locale_code()
    number, book = store.current(session)
    return render_template(
        "admin/levels.html",
        number=number,
        calendars=book.calendars,
        targets=sorted((line_of(each, book, tree) for each in book.targets), key=_order),
        operational=book.operational,
        group_name=lambda code: tree.groups[code].name.get(language) if code in tree.groups else code,
        shown_time=shown_time,
        categories=category_choices(tree, language),
        priorities=priority_choices(),
        answer=_answer(book, tree),
        versions=store.versions(session, VERSIONS_SHOWN),
    )


def _order(line: TargetLine) -> tuple[str, ...]:
    return line.service, line.category, line.kind, line.priority


def line_of(target: Target, book: Book, tree: Catalogue) -> TargetLine:
    """Return a target in words."""
    language = locale_code()
    service = tree.services.get(target.service_id or "")
    is_category_known = target.category is None or target.category in tree.categories
    category = tree.path_name(target.category, language) if target.category and is_category_known else target.category
    return TargetLine(
        key=target.key,
        service=service.name.get(language) if service else target.service_id or "",
        category=category or "",
        kind=label(KINDS, target.kind),
        priority=level(target.priority) if target.priority else "",
        own=shown_time(target.own_minutes),
        resolve=shown_time(target.resolve_minutes),
        calendar=book.calendars[target.calendar].name.get(language),
        is_known=is_category_known and (target.service_id is None or service is not None),
    )


def _answer(book: Book, tree: Catalogue) -> Answer | None:
    """Return what the try-out says; None where nothing was asked."""
    category = tree.categories.get(request.args.get("category", ""))
    if category is None:
        return None
    matrix = tree.services[category.service_id].priority_matrix
    asked = whole(request.args, "priority", 0) or priority(category.urgency, category.impact, matrix)
    subject = Subject(category.service_id, category.kind, asked, category.group)
    target = book.target_for(subject, [each.key for each in tree.path(category.key)])
    if target is None:
        return Answer(None)
    own, resolve = (_due(target, minutes, book) for minutes in (target.own_minutes, target.resolve_minutes))
    return Answer(line_of(target, book, tree), own, resolve)


def _due(target: Target, minutes: int | None, book: Book) -> datetime | None:
    hours = book.hours(target.calendar)
    return add_open_time(utc_now(), timedelta(minutes=minutes), hours) if minutes and hours else None
