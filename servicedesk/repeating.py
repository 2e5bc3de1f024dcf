"""Opens recurring requests, each with copies of its files: the work of a job.

The bytes are copied before the transaction that opens the request; copies that no request took are removed.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from servicedesk.actions import cleaning, recurring
from servicedesk.gateways.storage import Storage, new_upload_id
from servicedesk.rules.errors import NotFound, TooLarge
from servicedesk.rules.outcomes import Outcome, counted, failures
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
        copies = dict[str, str]()
        try:
            for file in own:
                _copy(context.storage, file, copies)
            with batch() as session:
                found = recurring.open_due(session, now, failed, copies)
        finally:
            _remove_unused(context, filter(None, copies.values()))
        if not found:
            break
        looked_at += found
    return counted(recurring=looked_at - len(failed)) + failures(len(failed))


def _copy(storage: Storage, file: Upload, copies: dict[str, str]) -> None:
    """Note the id of a copy; an empty one when there is nothing to copy, none when the storage fails for now."""
    upload_id = new_upload_id()
    try:
        with storage.open(file.id) as stream:
            storage.save(stream, upload_id, file.size)
    except (NotFound, TooLarge):
        log.warning("the bytes of upload %s are not there, or are others", file.id)
        copies[file.id] = ""
    except OSError:  # one that cannot be copied now waits for the next run, and holds up no other
        log.exception("upload %s could not be copied", file.id)
    else:
        copies[file.id] = upload_id


def _remove_unused(context: JobContext, upload_ids: Iterable[str]) -> None:
    with context.sessions() as session:
        unused = cleaning.unknown_files(session, upload_ids)
    for upload_id in unused:
        context.storage.remove(upload_id)
