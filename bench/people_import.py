"""Measures `flask people import`: makes a register of 100,000 students and times a first and a second import."""

import argparse
import csv
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from servicedesk.actions.register import Counts, batches, import_batch
from servicedesk.gateways.register_file import COLUMNS, read
from servicedesk.rules.identity import check_letter
from servicedesk.store import migrate
from servicedesk.store.base import make_engine, writing

KEY = "bench-identity-key-0123456789-0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def make_register(path: Path, count: int) -> None:
    """Write a register of `count` students who do not exist."""
    chance = random.Random(1)
    codes: set[str] = set()
    while len(codes) < count:
        start = "".join(chance.choices(LETTERS, k=6)) + f"{chance.randrange(100):02}A{chance.randrange(1, 29):02}X999"
        codes.add(start + check_letter(start))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, code in enumerate(sorted(codes), 1):
            email = f"s{number}@studenti.example.org"
            writer.writerow([code, number, "Nome", "Cognome", email, "06110", "Banca e finanza", "ECO", "active"])


def timed_import(url: str, path: Path) -> tuple[float, Counts]:
    """Return the seconds one import takes, and what it did."""
    engine = make_engine(url)
    begun = time.perf_counter()
    found = read(path, KEY)
    assert not found.problems, found.problems[:3]
    counts = Counts()
    with Session(engine) as session:
        for batch in batches(found.rows):
            with writing(session):
                counts += import_batch(session, batch, datetime.now(UTC))
    engine.dispose()
    return time.perf_counter() - begun, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--database", default="", help="an empty database; a SQLite file by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "students.csv"
        make_register(path, options.students)
        url = options.database or f"sqlite:///{folder}/bench.sqlite3"
        migrate.upgrade(url)
        for run in ("first", "second"):
            seconds, counts = timed_import(url, path)
            print(f"{run} import of {options.students} students: {seconds:.1f} s, {counts}")


if __name__ == "__main__":
    main()
