"""The file in which a person gets everything the desk knows of them: a ZIP with pages to read, JSON and their files."""

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time

from servicedesk.gateways.texts import environment, sentences
from servicedesk.rules.languages import BY_CODE, spoken
from servicedesk.rules.removed import told_in_json
from servicedesk.settings import ROOT

CHUNK = 256 * 1024
LONGEST_NAME = 120
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a request; `html` was cleaned when it was stored. `role` is self, staff, desk or other."""

    at: datetime
    role: str
    author: str
    html: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One request as its page shows it."""

    number: str
    title: str
    state: str
    service: str
    category: str
    opened_at: datetime
    closed_at: datetime | None
    technician: str
    answers: Sequence[tuple[str, str]]
    said: Sequence[Said]
    files: Sequence[tuple[str, str]] = ()
    """Where in the ZIP each attachment is, and its name."""

    @property
    def page(self) -> str:
        """The name of its page."""
        return f"requests/{self.number}.html"


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands on the first page about the person and about the copy itself."""

    site: str
    owner: str
    made_at: datetime
    name: str
    facts: Mapping[str, str]
    """By the name of a fact: email, phone, language, student_number, degree_course."""
    appointments: Sequence[tuple[str, str, datetime]]
    """Number, topic and beginning of each."""
    with_notes: bool
    is_staff: bool


@dataclass
class OwnDataFile:
    """Writes the ZIP piece by piece, so that a large one needs no more memory than a small one."""

    stream: BinaryIO | IO[bytes]
    locale: str
    zone: ZoneInfo
    translations: Path = ROOT / "translations"
    _requests: list[tuple[str, str, str, str, datetime]] = field(default_factory=list, init=False)
    _files: list[tuple[str, str]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._zip = ZipFile(self.stream, "w", ZIP_DEFLATED)
        self._jinja = environment(self.translations, self.locale)
        self._gettext = sentences(self.translations, self.locale).gettext
        self._jinja.filters.update(exactly=self._exactly, day=self._day)
        self._jinja.globals["language"] = BY_CODE.get(self.locale, BY_CODE["en"])

    def table(self, name: str, rows: Iterable[Mapping[str, Any]], folder: str = "data") -> int:
        """Write rows as a JSON array, one a line, and return how many there were; none make no file."""
        count = 0
        with self._zip.open(f"{folder}/{name}.json", "w", force_zip64=True) as raw:
            text = TextIOWrapper(raw, encoding="utf-8", newline="\n")
            for row in rows:
                text.write("[\n" if count == 0 else ",\n")
                line = json.dumps(dict(row), ensure_ascii=False, default=_plain)
                text.write(told_in_json(line, self._gettext))
                count += 1
            text.write("\n]\n" if count else "[]\n")
            text.flush()
            text.detach()
        return count

    def request(self, request: Request) -> None:
        """Write the page of a request."""
        self._page(request.page, "own_data/request.html", request=request)
        self._requests.append((request.page, request.number, request.title, request.state, request.opened_at))

    def file(self, path: str, name: str, source: BinaryIO) -> None:
        """Copy an attachment to the place that `place_of` gives."""
        with self._zip.open(path, "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, CHUNK)
        self._files.append((path, name))

    def close(self, summary: Summary) -> None:
        """Write the first page, and end the file."""
        self._page(
            "index.html", "own_data/index.html", summary=summary, requests=reversed(self._requests), files=self._files
        )
        self._zip.close()

    def _page(self, path: str, template: str, **words: Any) -> None:
        with self._zip.open(path, "w") as raw:
            self._jinja.get_template(template).stream(**words).dump(raw, encoding="utf-8")

    def _exactly(self, at: datetime) -> str:
        there, local = _babel(self.locale), at.astimezone(self.zone)
        return f"{format_date(local.date(), 'long', there)}, {format_time(local, 'HH:mm', locale=there)}"

    def _day(self, at: datetime) -> str:
        return format_date(at.astimezone(self.zone).date(), "long", locale=_babel(self.locale))


def place_of(folder: str, upload_id: str, name: str) -> str:
    """Return where in the ZIP a file is: by request, or under `appointments`, and never twice the same."""
    return f"files/{folder}/{upload_id[:8]}-{_safe(name)}"


def _babel(locale: str) -> Locale:
    return Locale.parse(spoken(locale))


def _plain(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).strip(". ")[-LONGEST_NAME:] or "file"
