"""Attachments on disk: whole or not at all, never outside their folder."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicedesk.gateways.storage import CHUNK, Storage, new_upload_id
from servicedesk.rules.errors import NotFound, TooLarge

NOW = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "attachments")


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_saved_can_be_read_again_with_its_size_and_digest(storage: Storage) -> None:
    content, upload_id = os.urandom(CHUNK * 2 + 17), new_upload_id()
    stored = storage.save(io.BytesIO(content), upload_id, len(content))
    assert (stored.size, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with storage.open(upload_id) as file:
        assert file.read() == content


def test_a_file_lies_two_folders_deep(storage: Storage) -> None:
    upload_id = new_upload_id()
    storage.save(io.BytesIO(b"x"), upload_id, 10)
    assert files_under(storage.folder) == [storage.folder / upload_id[:2] / upload_id[2:4] / upload_id]


def test_one_byte_too_many_leaves_nothing_behind(storage: Storage) -> None:
    with pytest.raises(TooLarge, match="at most 1 MB"):
        storage.save(io.BytesIO(b"x" * (2**20 + 1)), new_upload_id(), 2**20)
    assert files_under(storage.folder) == []


def test_reading_stops_as_soon_as_the_limit_is_passed(storage: Storage) -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(TooLarge):
        storage.save(stream, new_upload_id(), CHUNK)
    assert stream.given == 2 * CHUNK


def test_a_stream_that_breaks_leaves_nothing_behind(storage: Storage) -> None:
    class Broken:
        def read(self, size: int, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.save(Broken(), new_upload_id(), 10)
    assert files_under(storage.folder) == []


def test_removing_twice_is_as_good_as_once(storage: Storage) -> None:
    upload_id = new_upload_id()
    storage.save(io.BytesIO(b"x"), upload_id, 10)
    storage.remove(upload_id)
    storage.remove(upload_id)
    with pytest.raises(NotFound):
        storage.open(upload_id)


@pytest.mark.parametrize("upload_id", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "\n", "a" * 30 + "/a"])
def test_an_id_that_was_not_made_here_is_never_a_path(storage: Storage, upload_id: str) -> None:
    for use in (storage.open, storage.remove, lambda given: storage.save(io.BytesIO(b"x"), given, 10)):
        with pytest.raises(NotFound):
            use(upload_id)


def test_uploads_that_broke_off_are_swept_and_those_under_way_are_spared(storage: Storage) -> None:
    arriving = storage.folder / "arriving"
    arriving.mkdir(parents=True)
    for name, at in (("old", NOW - timedelta(days=2)), ("new", NOW)):
        (arriving / name).write_bytes(b"x")
        os.utime(arriving / name, (at.timestamp(), at.timestamp()))
    assert storage.remove_unfinished(NOW - timedelta(days=1)) == 1
    assert [path.name for path in arriving.iterdir()] == ["new"]
