"""Attachments on their way in (kept as drafts of a form until it is sent) and on their way out (downloads only)."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, current_app, g, request, send_file
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from servicedesk.actions import files
from servicedesk.gateways.file_kinds import SNIFFED_BYTES, safe_name, sniff
from servicedesk.gateways.storage import Storage, Stored, new_upload_id
from servicedesk.rules.errors import Invalid, NotFound, TooLarge
from servicedesk.rules.permissions import Permission, may
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store import rate_limits
from servicedesk.store.attachments import attached
from servicedesk.store.models.tickets import Upload
from servicedesk.web.access import public, ticket_facts
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.limits import sender

FIELD = "files"
KEPT = "files_kept"
MEGABYTE = 1_000_000
SHORTEST_KEY = 20
A_DAY = timedelta(days=1)
SANDBOX = "sandbox; default-src 'none'"
bp = Blueprint("uploads", __name__)


def receive(draft_key: str) -> tuple[str, ...]:
    """Keep the files of this request as drafts of its form and return the ids of all that belong to the form now.

    Files stored with the form before count while their box is ticked; the others are forgotten. Raises Invalid with a
    sentence that names the file; the good ones are kept for the form's next try.
    """
    if len(draft_key) < SHORTEST_KEY:
        raise Invalid(N_("This form is not complete. Open the page again and send it from there."))
    ticked = set(request.form.getlist(KEPT))
    stored_before = files.drafts_of(reading(), draft_key)
    kept = [draft.id for draft in stored_before if draft.id in ticked]
    _forget([draft.id for draft in stored_before if draft.id not in ticked], draft_key)
    sent = [file for file in request.files.getlist(FIELD) if file.filename]
    if len(kept) + len(sent) > max_files():
        raise Invalid(N_("Attach at most %(most)s files. Leave some out and send again."), most=max_files())
    return (*kept, *_keep_all(sent, draft_key))


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


@bp.get("/attachments/<upload_id>")
@public
def download(upload_id: str) -> Response:
    """Send an attachment as a download to whoever may read its message; everybody else is told it is not there."""
    row = attached(reading(), upload_id)
    if row is None:
        raise NotFound()
    facts = ticket_facts(row.number)
    if not row.is_public and not may(g.actor, Permission.TICKET_READ_INTERNAL, facts):
        raise NotFound()
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


def _keep_all(sent: Sequence[FileStorage], draft_key: str) -> list[str]:
    taken: list[str] = []
    refused: list[tuple[str, Invalid]] = []
    for file in sent:
        try:
            taken.append(_keep(file, draft_key))
        except Invalid as error:
            refused.append((file.filename or "", error))
    if len(refused) == 1:
        raise refused[0][1]
    if refused:
        names = ", ".join(name for name, _error in refused)
        raise Invalid(N_("These files cannot be taken: %(names)s. Attach them one by one to see why."), names=names)
    return taken


def _keep(file: FileStorage, draft_key: str) -> str:
    name = safe_name(file.filename or "")
    content_type = sniff(file.stream.read(SNIFFED_BYTES), name)
    file.stream.seek(0)
    upload_id = new_upload_id()
    stored = _store(file, upload_id, name)
    try:
        with writing() as session:
            _count(session, stored.size)
            files.note_draft(session, upload_id, draft_key, name, content_type, stored.size, stored.sha256, utc_now())
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
    for upload_id in dropped:
        _storage().remove(upload_id)


def _storage() -> Storage:
    storage: Storage = current_app.extensions["desk_storage"]
    return storage
