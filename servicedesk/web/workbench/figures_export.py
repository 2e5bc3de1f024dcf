"""The figures as files: the comparison as it is shown, and the requests behind it that the reader may open."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, g, request, send_file, stream_with_context
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from servicedesk.actions import audit, reading_log
from servicedesk.actions.figure_tables import Wanted
from servicedesk.gateways.sheets import XLSX, Cell, csv_lines, delimiter_for, write_xlsx
from servicedesk.rules.calendar import instant
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.rules.figures import Span
from servicedesk.rules.permissions import Permission
from servicedesk.rules.removed import told
from servicedesk.store import catalogue
from servicedesk.store.figure_tickets import Opened, tickets
from servicedesk.web import labels
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.labels import label, level
from servicedesk.web.language import locale_code
from servicedesk.web.workbench import figures_filters as filters
from servicedesk.web.workbench.choices import JOINT
from servicedesk.web.workbench.figures_filters import Offered
from servicedesk.web.workbench.figures_page import compared, rows_of_table
from servicedesk.web.workbench.figures_views import HEADINGS, bp, today

KINDS = ("csv", "xlsx")
SPOOLED = 5_000_000
Table = Iterable[Sequence[Cell]]


@bp.get("/table.<kind>")
@demands(Permission.FIGURES_READ)
def table(kind: str) -> Response:
    """Send the comparison as it is on the page, with plain numbers; times are in minutes."""
    if kind not in KINDS:
        raise NotFound()
    tree, known, wanted = wanted_in(request.args)
    rows = compared(reading(), wanted, tree, known, g.actor, today())
    return _file(rows_of_table(rows, gettext(HEADINGS[wanted.by])), kind, "figures", wanted.span)


@bp.post("/tickets.<any(csv, xlsx):kind>")
@demands(Permission.FIGURES_READ)
def raw(kind: str) -> Response:
    """Send the requests behind the figures; who took them out, and by which filters, is written down."""
    tree, _known, wanted = wanted_in(request.form)
    with writing() as session:
        taken = {"kind": kind, **wanted.arguments}
        reading_log.note_list(session, g.actor.person_id, utc_now())
        audit.record(session, f"person:{g.actor.person_id}", "figures.export", "tickets", utc_now(), after=taken)
    return _file(_raw(tree, wanted), kind, "requests", wanted.span)


def wanted_in(args: MultiDict[str, str]) -> tuple[Catalogue, Offered, Wanted]:
    """Return the catalogue, what the reader may choose from, and what these arguments ask for."""
    tree = catalogue.current(reading())
    known = filters.offered(reading(), tree, g.actor)
    return tree, known, filters.wanted_by(filters.filter_form(args, tree, known), today())


def _file(rows: Table, kind: str, name: str, span: Span) -> Response:
    called, rows = f"{name}-{span.first}-{span.last}.{kind}", _told(rows)
    if kind == "xlsx":
        file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 - closed when it has been sent
        write_xlsx(rows, file)
        file.seek(0)
        return send_file(file, XLSX, as_attachment=True, download_name=called)
    lines = stream_with_context(csv_lines(rows, delimiter_for(locale_code())))
    disposition = {"Content-Disposition": f"attachment; filename={called}"}
    return Response(lines, mimetype="text/csv", headers={**disposition, "Cache-Control": "no-store"})


def _told(rows: Table) -> Table:
    """Give the same with what was removed in the language of the reader."""
    for row in rows:
        yield [told(cell, gettext) if isinstance(cell, str) else cell for cell in row]


def _raw(tree: Catalogue, wanted: Wanted) -> Iterator[Sequence[Cell]]:
    zone = ZoneInfo(current_app.extensions["desk_settings"].site.zone)
    ground = wanted.ground(tree)
    keys = _field_heads(tree, ground.categories)
    yield [*_headings(), *keys.values(), gettext("Other fields")]
    for row in tickets(reading(), _opened(wanted.span, zone), ground, g.actor):
        answers = {key: _answer(kept) for key, kept in row.answers.items()}
        rest = "; ".join(f"{key}: {value}" for key, value in answers.items() if key not in keys)
        yield [*_plain(row, tree, zone), *(answers.get(key) for key in keys), rest]


def _opened(span: Span, zone: ZoneInfo) -> Opened:
    start, end = span.first, span.last + timedelta(days=1)
    return Opened(*(instant(datetime.combine(day, time()), zone) for day in (start, end)))


def _field_heads(tree: Catalogue, keys: Sequence[str] | None) -> dict[str, str]:
    """Return what the forms ask, by key, as the first of them calls it; with the key where several are called so."""
    known = tree.categories
    chosen = [known[key] for key in keys if key in known] if keys is not None else known.values()
    heads: dict[str, str] = {}
    for field in (field for category in chosen for field in category.fields):
        heads.setdefault(field.key, field.label.get(locale_code()))
    taken = Counter([*_headings(), *heads.values()])
    return {key: f"{head} ({key})" if taken[head] > 1 else head for key, head in heads.items()}


def _headings() -> list[str]:
    return [
        *(gettext("Number"), gettext("Request"), gettext("State"), gettext("Opened"), gettext("Solved")),
        *(gettext("Closed"), gettext("Outcome"), gettext("Service"), gettext("Category"), gettext("Group")),
        *(gettext("Technician"), gettext("Priority"), gettext("Urgency"), gettext("Impact"), gettext("Origin")),
        *(gettext("Owned too late"), gettext("Solved too late")),
    ]


def _plain(row: Any, tree: Catalogue, zone: ZoneInfo) -> list[Cell]:
    language = locale_code()
    service, group = tree.services.get(row.service_id), tree.groups.get(row.group_code)
    known = row.category_key in tree.categories
    # Who worked on what is a figure of a single technician: theirs, and their supervisors'.
    is_shown = row.group_code in g.actor.supervises or row.technician_id == g.actor.person_id
    return [
        *(row.number, row.title, _word(labels.STATES, row.state)),
        *(_wall(at, zone) for at in (row.opened_at, row.solved_at, row.closed_at)),
        _word(labels.OUTCOMES, row.outcome),
        service.name.get(language) if service else row.service_id,
        tree.path_name(row.category_key, language, JOINT) if known else row.category_key,
        group.name.get(language) if group else row.group_code,
        row.technician_code if is_shown else "",
        *(level(number) for number in (row.priority, row.urgency, row.impact)),
        _word(labels.ORIGINS, row.origin),
        *(_wall(at, zone) for at in (row.own_breached_at, row.resolve_breached_at)),
    ]


def _word(words: Mapping[str, str], code: str | None) -> str:
    return label(words, code) if code in words else code or ""


def _wall(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(zone).replace(tzinfo=None) if at else None


def _answer(kept: Any) -> str:
    shown = kept.get("shown") if isinstance(kept, dict) else None
    if shown:
        return str(shown.get("it" if locale_code().startswith("it") else "en") or kept.get("value", ""))
    return str(kept.get("value", "") if isinstance(kept, dict) else kept)
