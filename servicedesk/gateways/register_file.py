"""The university's register of students as a CSV file: every row checked, every error with its line and column."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from servicedesk.rules.errors import Invalid
from servicedesk.rules.identity import fiscal_hash

COLUMNS = (
    "fiscal_code",
    "matricola",
    "given_name",
    "family_name",
    "institutional_email",
    "degree_course",
    "degree_course_name",
    "area",
    "status",
)
LONGEST: Mapping[str, int] = {
    "matricola": 20,
    "given_name": 120,
    "family_name": 120,
    "institutional_email": 254,
    "degree_course": 40,
    "degree_course_name": 200,
    "area": 40,
}
STATUSES = ("active", "former", "not_yet_active")
OF_THE_ACTIVE = ("matricola", "institutional_email")
"""What only an active student must have: it is given at enrolment, and the address is taken back at the end."""
DELIMITERS = (",", ";")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One student; the fiscal code only as its keyed hash."""

    fiscal_hash: str = field(repr=False)
    student_number: str
    given_name: str
    family_name: str
    institutional_email: str
    degree_course: str
    degree_course_name: str
    area: str
    status: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the file: where, what, and what to do."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: {self.what}"


@dataclass(frozen=True, slots=True)
class Register:
    """What a file holds: the rows that can be used, and every problem."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


def read(path: Path, identity_key: str, progress: Callable[[int], None] = lambda _bytes: None) -> Register:
    """Return the rows and problems of a register file: UTF-8 with or without BOM, comma or semicolon.

    `progress` is told how many more bytes were read. Problems never quote a fiscal code. Raises OSError.
    """
    return _Reading(path, identity_key).read(progress)


class _Reading:
    """One pass over one file, gathering rows and problems."""

    def __init__(self, path: Path, identity_key: str) -> None:
        self.path, self.key = path, identity_key
        self.problems: list[Problem] = []
        self.seen: dict[str, dict[str, int]] = {"fiscal_code": {}, "matricola": {}}

    def wrong(self, line: int, column: str, what: str) -> None:
        self.problems.append(Problem(self.path.name, line, column, what))

    def read(self, progress: Callable[[int], None]) -> Register:
        lines = self.lines(progress)
        header = next(lines, "")
        delimiter = max(DELIMITERS, key=header.count)
        names = [name.strip().strip('"').casefold() for name in header.split(delimiter)]
        self.check_header(names)
        if self.problems:
            return Register((), tuple(self.problems))
        found = (self.row(line, names, cells) for line, cells in self.cells(lines, delimiter))
        rows = tuple(row for row in found if row is not None)
        return Register(rows, tuple(sorted(self.problems, key=lambda problem: problem.line)))

    def check_header(self, names: list[str]) -> None:
        missing = [name for name in COLUMNS if name not in names]
        if missing == list(COLUMNS):
            self.wrong(1, "header", f"must be the line: {','.join(COLUMNS)}")
        elif missing:
            self.wrong(1, "header", f"columns are missing; add: {', '.join(missing)}")
        elif len(set(names)) < len(names):
            self.wrong(1, "header", "a column occurs twice; remove one")

    def lines(self, progress: Callable[[int], None]) -> Iterator[str]:
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                progress(len(raw))
                try:
                    yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    self.wrong(number, f"byte {error.start + 1}", "not UTF-8; save the file as UTF-8 and try again")
                    yield "\n"

    def cells(self, lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        line = 2
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                self.wrong(line, "row", f"{error}; check the quotation marks")
                return
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 2

    def row(self, line: int, names: list[str], cells: list[str]) -> Row | None:
        if len(cells) != len(names):
            self.wrong(line, "row", f"{len(cells)} cells where the header has {len(names)}; check the separators")
            return None
        before = len(self.problems)
        values = dict(zip(names, cells, strict=True))
        self.check_values(line, values)
        hashed = self.hashed(line, values["fiscal_code"])
        self.check_once(line, "matricola", values["matricola"])
        if len(self.problems) > before:
            return None
        return Row(hashed, values["matricola"], *(values[name] for name in COLUMNS[2:]))

    def check_values(self, line: int, values: Mapping[str, str]) -> None:
        for name, longest in LONGEST.items():
            self.check_text(line, name, values[name], longest, values["status"])
        if values["status"] not in STATUSES:
            self.wrong(line, "status", f"must be one of {', '.join(STATUSES)}")
        if values["institutional_email"] and not _EMAIL.fullmatch(values["institutional_email"]):
            self.wrong(line, "institutional_email", "not an e-mail address; write it as name@example.org")

    def check_text(self, line: int, name: str, value: str, longest: int, status: str) -> None:
        if not value and name in OF_THE_ACTIVE and status in STATUSES[1:]:
            return
        if not value:
            self.wrong(line, name, "is empty; give it a value")
        elif len(value) > longest:
            self.wrong(line, name, f"longer than {longest} characters; shorten it")
        elif not value.isprintable():
            self.wrong(line, name, "holds a control character; remove it")

    def hashed(self, line: int, code: str) -> str:
        try:
            found = fiscal_hash(self.key, code)
        except Invalid:
            self.wrong(line, "fiscal_code", "not a valid fiscal code; compare it with the person's document")
            return ""
        self.check_once(line, "fiscal_code", found)
        return found

    def check_once(self, line: int, name: str, value: str) -> None:
        first = self.seen[name].setdefault(value, line)
        if value and first != line:
            self.wrong(line, name, f"is on line {first} already; keep one row per student")
