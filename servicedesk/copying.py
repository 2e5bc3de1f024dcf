"""Makes the copies of people's data that were asked for: a job, which holds no transaction while it writes."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from servicedesk.actions import own_data
from servicedesk.actions.own_data import Order
from servicedesk.gateways.own_data_file import OwnDataFile, Request, Said, Summary, place_of
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.rules.languages import BY_CODE
from servicedesk.rules.names import technician_shown
from servicedesk.rules.outcomes import Outcome, counted
from servicedesk.rules.permissions import ActorKind
from servicedesk.settings import Settings
from servicedesk.store import catalogue
from servicedesk.store import own_data as store
from servicedesk.store.models.people import Person
from servicedesk.store.people import student_of
from servicedesk.turns import Batch, JobContext

NO_LIMIT = 2**50
SIGN_OF_LIFE = timedelta(minutes=1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Copy:
    """One copy under way: what it reads, writes and needs to know."""

    session: Session
    file: OwnDataFile
    order: Order
    people: Sequence[int]
    staff: Mapping[int, str]
    settings: Settings
    storage: Storage
    still_here: Callable[[], None]


def make_due(context: JobContext, batch: Batch, clock: Callable[[], datetime]) -> Outcome:
    """Make every copy that is asked for, then remove those whose time is over; say how many there were."""
    made = 0
    while not context.stopping.is_set():
        with batch() as session:
            order = own_data.claim(session, clock())
        if order is None:
            break
        made += _make(context, batch, order, clock)
    removed = _remove_old(context, batch, clock())
    return counted(made=made, removed=removed)


def _make(context: JobContext, batch: Batch, order: Order, clock: Callable[[], datetime]) -> bool:
    told = [clock()]

    def still_here() -> None:
        if clock() - told[-1] > SIGN_OF_LIFE:
            with batch() as session:
                own_data.hold_on(session, order, clock())
            told[:] = [clock()]

    upload_id = new_upload_id()
    # Nothing of a copy may stay behind in a shared folder when a process is killed: the file has no name there.
    with tempfile.TemporaryFile() as file:
        with context.sessions() as session:
            _write(session, context, order, file, clock(), still_here)
        file.seek(0)
        stored = context.storage.save(file, upload_id, NO_LIMIT)
    with batch() as session:
        is_wanted = own_data.finish(session, order, upload_id, stored.size, clock())
    if not is_wanted:
        context.storage.remove(upload_id)
    return is_wanted


def _remove_old(context: JobContext, batch: Batch, now: datetime) -> int:
    removed = 0
    while not context.stopping.is_set():
        with batch() as session:
            old = own_data.forget_due(session, now, store.AT_ONCE)
        if not old:
            break
        for file_id in old:
            context.storage.remove(file_id)
        removed += len(old)
    return removed


def _write(
    session: Session,
    context: JobContext,
    order: Order,
    stream: IO[bytes],
    now: datetime,
    still_here: Callable[[], None],
) -> None:
    settings = context.settings
    people = store.same_person(session, order.person_id)
    staff = {row.id: _staff_name(row, settings) for row in store.names_of_staff(session)}
    file = OwnDataFile(stream, order.locale, ZoneInfo(settings.site.zone))
    copy = _Copy(session, file, order, people, staff, settings, context.storage, still_here)
    is_staff = store.worked_here(session, people)
    _write_data(copy, is_staff)
    _write_requests(copy)
    _write_files(copy)
    file.close(_summary(copy, now, is_staff))


def _write_data(copy: _Copy, is_staff: bool) -> None:
    for name in store.with_data():
        copy.file.table(name, _rows(copy, name))
        copy.still_here()
    copy.file.table("said_to_others", store.own_words(copy.session, copy.people))
    if not is_staff:
        return
    for name in store.with_work():
        copy.file.table(name, store.work_rows(copy.session, name, copy.people), "at-work")
        copy.still_here()


def _rows(copy: _Copy, name: str) -> Iterator[store.Row]:
    return store.rows(copy.session, name, copy.people, copy.staff, copy.order.with_notes)


def _appointment(copy: _Copy, row: store.Row) -> tuple[str, str, datetime]:
    topic = row["topic_name"].get(copy.order.locale) or row["topic_name"].get("en") or row["topic"]
    return row["number"], topic, row["starts_at"]


def _write_requests(copy: _Copy) -> None:
    tree = catalogue.current(copy.session)
    for tickets in store.tickets(copy.session, copy.people):
        ids = [ticket.id for ticket in tickets]
        said = store.conversation(copy.session, ids, copy.order.with_notes)
        files = store.files_of(copy.session, ids, copy.order.with_notes)
        for ticket in tickets:
            attached = [(place_of(ticket.number, *each), each[1]) for each in files.get(ticket.id, ())]
            copy.file.request(_request(copy, tree, ticket, said.get(ticket.id, ()), attached))
        copy.still_here()


def _write_files(copy: _Copy) -> None:
    for found in store.files(copy.session, copy.people, copy.order.with_notes):
        place = place_of(found["request"] or "appointments", found["id"], found["name"])
        try:
            with copy.storage.open(found["id"]) as source:
                copy.file.file(place, found["name"], source)
        except NotFound:
            log.warning("the bytes of upload %s are not there", found["id"])
        copy.still_here()


def _request(
    copy: _Copy, tree: Catalogue, ticket: Any, said: Sequence[Any], attached: Sequence[tuple[str, str]]
) -> Request:
    locale, service = copy.order.locale, tree.services.get(ticket.service_id)
    return Request(
        number=ticket.number,
        title=ticket.title,
        state=ticket.state,
        service=service.name.get(locale) if service else "",
        category=_category(copy, tree, ticket),
        opened_at=ticket.opened_at,
        closed_at=ticket.closed_at,
        technician=copy.staff.get(ticket.technician_id, ""),
        answers=[_answer(kept, locale) for kept in ticket.answers.values()],
        said=[_said(copy, each) for each in said],
        files=attached,
    )


def _category(copy: _Copy, tree: Catalogue, ticket: Any) -> str:
    key = ticket.category_key
    known = tree if key in tree.categories else catalogue.numbered(copy.session, ticket.catalogue_version)
    return known.path_name(key, copy.order.locale) if key in known.categories else key


def _answer(kept: Mapping[str, Any], locale: str) -> tuple[str, str]:
    shown = kept["shown"] or {}
    value = shown.get(locale) or shown.get("en") or kept["value"]
    return kept["label"].get(locale) or kept["label"]["en"], str(value)


def _said(copy: _Copy, each: Any) -> Said:
    if each.actor_kind == ActorKind.SYSTEM:
        role, author = "desk", copy.settings.site.name
    elif each.actor_id in copy.people:
        role, author = "self", copy.session.get_one(Person, each.actor_id).display_name
    else:
        author = copy.staff.get(each.actor_id, "")
        role = "staff" if author else "other"
    return Said(each.at, role, author, each.body_html, not each.is_public)


def _summary(copy: _Copy, now: datetime, is_staff: bool) -> Summary:
    person = copy.session.get_one(Person, copy.order.person_id)
    student = student_of(copy.session, person.id)
    language = BY_CODE.get(person.locale or "")
    return Summary(
        site=copy.settings.site.name,
        owner=copy.settings.site.owner,
        made_at=now,
        name=person.display_name,
        facts={
            "email": person.email,
            "phone": person.phone,
            "language": language.name if language else "",
            "student_number": student.student_number if student else "",
            "degree_course": student.degree_course_name if student else "",
        },
        appointments=[_appointment(copy, row) for row in _rows(copy, "appointment")],
        with_notes=copy.order.with_notes,
        is_staff=is_staff,
    )


def _staff_name(row: Any, settings: Settings) -> str:
    name = f"{row.given_name} {row.family_name}".strip()
    return technician_shown(row.code, name, settings.privacy.technician_name)
