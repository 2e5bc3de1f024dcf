"""Opens recurring requests, each with copies of its files: the work of a job.

The bytes are copied before the transaction that opens the request; copies that no request took are removed.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from servicedesk.actions import cleaning, recurring
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules.errors import NotFound
from servicedesk.rules.outcomes import Outcome, counted
from servicedesk.store import recurring as store
from servicedesk.store.models.tickets import Upload
from servicedesk.turns import Batch, JobContext

log = logging.getLogger(__name__)


def open_due(context: JobContext, batch: Batch, now: datetime) -> Outcome:
    """Open what is due one by one; return how many there were and how many failed."""
    looked_at, failed = 0, set[int]()
    while not context.stopping.is_set():
        with context.sessions() as session:
            own = store.files_of_next(session, now, failed)
        copies = {file.id: _copied(context.storage, file) for file in own}
        try:
            with batch() as session:
                found = recurring.open_due(session, now, failed, copies)
        finally:
            _remove_unused(context, filter(None, copies.values()))
        if not found:
            break
        looked_at += found
    told = counted(recurring=looked_at - len(failed))
    return told + (counted(failed=len(failed)) if failed else Outcome())


def _copied(storage: Storage, file: Upload) -> str:
    """Return the id of a copy; empty when there is nothing to copy."""
    upload_id = new_upload_id()
    try:
        with storage.open(file.id) as stream:
            storage.save(stream, upload_id, file.size)
    except NotFound:
        log.warning("the bytes of upload %s are not there", file.id)
        return ""
    return upload_id


def _remove_unused(context: JobContext, upload_ids: Iterable[str]) -> None:
    with context.sessions() as session:
        unused = cleaning.unknown_files(session, upload_ids)
    for upload_id in unused:
        context.storage.remove(upload_id)
