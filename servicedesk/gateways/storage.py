"""Attachments on disk: bytes under a random id, two folders deep; names and types are checked in `file_kinds`."""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from servicedesk.rules.errors import NotFound, TooLarge
from servicedesk.rules.sentences import N_

CHUNK = 256 * 1024
_ID = re.compile(r"[0-9a-f]{32}")
_ARRIVING = "arriving"


class Readable(Protocol):
    """Anything bytes can be read from, a request's file among others."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """How many bytes were kept, and their SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


def new_upload_id() -> str:
    """Return a random id of 128 bits, the only name a stored file has."""
    return secrets.token_hex(16)


class Storage:
    """A folder of attachments. Ids come from `new_upload_id`; anything else raises NotFound."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, stream: Readable, upload_id: str, limit_bytes: int) -> Stored:
        """Keep everything that `stream` gives. It is on the disk, whole, when this returns.

        Raises TooLarge as soon as more than `limit_bytes` have come; nothing is left behind then.
        """
        target, arriving = self._place(upload_id), self._arriving(upload_id)
        try:
            stored = _copy(stream, arriving, limit_bytes)
            target.parent.mkdir(parents=True, exist_ok=True)
            arriving.replace(target)
        finally:
            arriving.unlink(missing_ok=True)
        return stored

    def open(self, upload_id: str) -> BinaryIO:
        """Return the stored bytes as an open file. Raises NotFound when there are none."""
        try:
            return self._place(upload_id).open("rb")
        except FileNotFoundError as error:
            raise NotFound(N_("This file is not there any more.")) from error

    def remove(self, upload_id: str) -> None:
        """Forget the bytes; does nothing when they are gone already."""
        self._place(upload_id).unlink(missing_ok=True)

    def remove_unfinished(self, before: datetime) -> int:
        """Remove what uploads that broke off before that instant left behind, and return how many there were."""
        removed = 0
        for path in (self.folder / _ARRIVING).glob("*"):
            if _is_older(path, before):
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def ids_on_shelves(self, part: int, parts: int, before: datetime) -> list[str]:
        """Return the ids stored before that instant in one of `parts` equal parts of the folders, `part` from 0."""
        shelves = (self.folder / f"{shelf:02x}" for shelf in range(part, 256, parts))
        files = (path for shelf in shelves for path in shelf.glob("*/*"))
        return [path.name for path in files if _ID.fullmatch(path.name) and _is_older(path, before)]

    def _place(self, upload_id: str) -> Path:
        if not _ID.fullmatch(upload_id):
            raise NotFound(N_("This file is not there any more."))
        return self.folder / upload_id[:2] / upload_id[2:4] / upload_id

    def _arriving(self, upload_id: str) -> Path:
        folder = self.folder / _ARRIVING
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{upload_id}.{secrets.token_hex(4)}"


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:  # another process may sweep at the same time
        return False


def _copy(stream: Readable, target: Path, limit_bytes: int) -> Stored:
    size, digest = 0, hashlib.sha256()
    with target.open("xb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit_bytes:
                raise TooLarge(
                    N_("The file is too large: at most %(most)s MB. Make it smaller or send it in parts."),
                    most=limit_bytes // 1_000_000,
                )
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Stored(size, digest.hexdigest())
