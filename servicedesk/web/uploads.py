"""Attachments on their way in (kept as drafts of a form until it is sent) and on their way out (downloads only)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, current_app, g, request, send_file
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from servicedesk.actions import files
from servicedesk.gateways.file_kinds import SNIFFED_BYTES, safe_name, sniff
from servicedesk.gateways.storage import Storage, Stored, new_upload_id
from servicedesk.rules.catalogue import Field, FieldKind
from servicedesk.rules.errors import Invalid, NotFound, TooLarge
from servicedesk.rules.forms import check_file_name
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.settings import Settings
from servicedesk.store import rate_limits
from servicedesk.store.attachments import attached
from servicedesk.store.models.tickets import Upload
from servicedesk.web.access import demands, public, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.language import say
from servicedesk.web.limits import sender
from servicedesk.web.merged_files import is_readable_through_merge
from servicedesk.web.reading_log import opened

FIELD = "files"
KEPT = "files_kept"
MEGABYTE = 1_000_000
SHORTEST_KEY = 20
A_DAY = timedelta(days=1)
SANDBOX = "sandbox; default-src 'none'"
_INCOMPLETE = N_("This form is not complete. Open the page again and send it from there.")
_TOO_MANY = N_("Attach at most %(most)s files. Leave some out and send again.")
OWN_PREFIX = "field_"
"""Begins the name under which a form sends the file that one of the category's own fields asks for."""
bp = Blueprint("uploads", __name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What belongs to a form now: the ids of its files, and the name of the one that each of its own fields has.

    `refused` are the sentences about files that were not taken, by the name of the input they came from.
    """

    ids: tuple[str, ...]
    names: Mapping[str, str]
    refused: Mapping[str, Sentence]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A file of this request, and the category's own field that asked for it."""

    file: FileStorage
    field: Field | None = None

    @property
    def input_name(self) -> str:
        """Return the name of the input from which it came."""
        return OWN_PREFIX + self.field.key if self.field else FIELD


def receive(draft_key: str) -> tuple[str, ...]:
    """Keep the files of this request as drafts of its form and return the ids of all that belong to the form now.

    Files stored with the form before count while their box is ticked; the others are forgotten. Raises Invalid with a
    sentence that names the file; the good ones are kept for the form's next try.
    """
    received = receive_for(draft_key, ())
    if sentence := next(iter(received.refused.values()), None):
        raise Invalid(sentence.msgid, None, **sentence.params)
    return received.ids


def receive_for(draft_key: str, fields: Sequence[Field]) -> Received:
    """Do the same for a form that asks for certain files by fields of its own; nothing is raised for a refused one."""
    if len(draft_key) < SHORTEST_KEY:
        return Received((), {}, {FIELD: Sentence(_INCOMPLETE)})
    sent = _sent(fields)
    renewed = {each.field.key for each in sent if each.field}
    before, ticked = files.drafts_of(reading(), draft_key), set(request.form.getlist(KEPT))
    kept = [draft for draft in before if draft.id in ticked and draft.field not in renewed]
    _forget([draft.id for draft in before if draft not in kept], draft_key)
    if len(kept) + len(sent) > max_files():
        refused = {FIELD: Sentence(_TOO_MANY, {"most": max_files()})}
    else:
        refused = _keep_all(sent, draft_key)
    now = files.drafts_of(reading(), draft_key)
    return Received(tuple(each.id for each in now), {each.field: each.name for each in now if each.field}, refused)


def _sent(fields: Sequence[Field]) -> list[_Sent]:
    named = [
        _Sent(file, field)
        for field in fields
        if field.kind is FieldKind.FILE
        for file in request.files.getlist(OWN_PREFIX + field.key)[:1]
    ]
    others = [_Sent(file) for file in request.files.getlist(FIELD)]
    return [each for each in (*named, *others) if each.file.filename]


def drafts(draft_key: str) -> Sequence[Upload]:
    """Return the files stored with a form that was not sent yet, so that it can show them again."""
    return files.drafts_of(reading(), draft_key)


def max_files() -> int:
    """Return how many files one message may carry."""
    settings: Settings = current_app.extensions["desk_settings"]
    return settings.storage.max_files


def max_bytes() -> int:
    """Return how large one file may be."""
    settings: Settings = current_app.extensions["desk_settings"]
    return settings.storage.max_file_mb * MEGABYTE


bp.add_app_template_global(max_files)
bp.add_app_template_global(max_bytes)


@bp.post("/uploads")
@demands(Permission.PORTAL_USE)
def keep() -> tuple[dict[str, str], int]:
    """Keep one file of a form that is still being written; answers its id, or why it is not taken.

    Only for those signed in: files of all others come with their form, behind what keeps robots out.
    """
    key, file = request.form.get("idempotency_key", ""), request.files.get(FIELD)
    if len(key) < SHORTEST_KEY or file is None:
        return {"error": say(Sentence(_INCOMPLETE))}, 422
    if len(drafts(key)) >= max_files():
        return {"error": say(Sentence(_TOO_MANY, {"most": max_files()}))}, 422
    try:
        return {"id": _keep(file, key)}, 200
    except Invalid as error:
        return {"error": say(error.sentence)}, 422


@bp.post("/uploads/<upload_id>/remove")
@demands(Permission.PORTAL_USE)
def remove(upload_id: str) -> tuple[str, int]:
    """Forget a file of a form that is still being written."""
    _forget([upload_id], request.form.get("idempotency_key", ""))
    return "", 204


@bp.get("/attachments/<upload_id>")
@public
def download(upload_id: str) -> Response:
    """Send an attachment as a download to whoever may read its message; everybody else is told it is not there."""
    row = attached(reading(), upload_id)
    if row is None:
        raise NotFound()
    facts = None
    if not is_readable_through_merge(reading(), row):
        facts = ticket_facts(row.number)
        if not row.is_public and not may(g.actor, Permission.TICKET_READ_INTERNAL, facts):
            raise NotFound()
    opened(row.number, facts)
    return as_download(row.id, row.name, row.content_type, row.size)


def as_download(upload_id: str, name: str, content_type: str, size: int) -> Response:
    """Return a stored file as a download that no browser runs or keeps."""
    response = send_file(
        _storage().open(upload_id),
        mimetype=content_type,
        as_attachment=True,
        download_name=name,
        conditional=False,
        etag=False,
        max_age=0,
    )
    response.content_length = size
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _keep_all(sent: Sequence[_Sent], draft_key: str) -> dict[str, Sentence]:
    """Keep what can be taken, and return the sentences about the rest, by the name of the input."""
    refused: dict[str, list[tuple[str, Sentence]]] = {}
    for each in sent:
        try:
            _keep(each.file, draft_key, each.field)
        except Invalid as error:
            refused.setdefault(each.input_name, []).append((each.file.filename or "", error.sentence))
    return {name: _about(found) for name, found in refused.items()}


def _about(refused: Sequence[tuple[str, Sentence]]) -> Sentence:
    if len(refused) == 1:
        return refused[0][1]
    names = ", ".join(name for name, _sentence in refused)
    return Sentence(N_("These files cannot be taken: %(names)s. Attach them one by one to see why."), {"names": names})


def _keep(file: FileStorage, draft_key: str, field: Field | None = None) -> str:
    name = safe_name(file.filename or "")
    if field:
        check_file_name(field, name)
    content_type = sniff(file.stream.read(SNIFFED_BYTES), name)
    file.stream.seek(0)
    upload_id = new_upload_id()
    stored = _store(file, upload_id, name)
    try:
        with writing() as session:
            _count(session, stored.size)
            noted = name, content_type, stored.size, stored.sha256
            files.note_draft(session, upload_id, draft_key, *noted, utc_now(), field.key if field else None)
    except Invalid:
        _storage().remove(upload_id)
        raise
    return upload_id


def _count(session: Session, size: int) -> None:
    """Count towards the day's megabytes. Raises Invalid when they are used up."""
    settings: Settings = current_app.extensions["desk_settings"]
    most = settings.web.upload_mb_per_day
    kilobytes = size // 1000 + 1
    if rate_limits.count_up(session, f"uploads/{sender()}", A_DAY, kilobytes, utc_now()) > most * 1000:
        raise Invalid(
            N_("You have attached %(most)s MB within a day: that is the limit. Try again tomorrow."), most=most
        )


def _store(file: FileStorage, upload_id: str, name: str) -> Stored:
    try:
        return _storage().save(file.stream, upload_id, max_bytes())
    except TooLarge as error:
        most = max_bytes() // MEGABYTE
        raise Invalid(
            N_("%(name)s is too large: at most %(most)s MB. Make it smaller or send it in parts."), name=name, most=most
        ) from error


def _forget(upload_ids: Sequence[str], draft_key: str) -> None:
    if not upload_ids:
        return
    with writing() as session:
        dropped = [each for each in upload_ids if files.drop_draft(session, each, draft_key)]
    remove_bytes(dropped)


def remove_bytes(upload_ids: Sequence[str]) -> None:
    """Remove the bytes of files that are forgotten."""
    for upload_id in upload_ids:
        _storage().remove(upload_id)


def _storage() -> Storage:
    storage: Storage = current_app.extensions["desk_storage"]
    return storage
