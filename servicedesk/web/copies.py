"""Finished copies of somebody's data, as the person and an administrator get them alike."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from servicedesk.actions import own_data
from servicedesk.store.models.reading import OwnData
from servicedesk.web.uploads import as_download

ZIP = "application/zip"


def is_waiting(copies: Sequence[OwnData]) -> bool:
    """Whether one of these is still being made."""
    return any(copy.state == own_data.WAITING for copy in copies)


def sent(copy: OwnData) -> Response:
    """Return a finished copy as a download."""
    assert copy.file_id is not None and copy.ready_at is not None
    return as_download(copy.file_id, f"data-{copy.ready_at:%Y-%m-%d}.zip", ZIP, copy.size)
