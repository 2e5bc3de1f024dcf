"""The vendored browser assets are exactly what the lock says, and nothing is fetched from elsewhere."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "servicedesk" / "static"
VENDOR = STATIC / "vendor"
LOCK: list[dict[str, Any]] = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))
OWN_SHEETS = sorted([*(STATIC / "css").glob("*.css"), *(STATIC / "auth").glob("*.css")])
SHEETS = [*OWN_SHEETS, VENDOR / "bootstrap-italia/css/bootstrap-italia.min.css", VENDOR / "trix/trix.css"]


@pytest.mark.parametrize("entry", LOCK, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_the_one_that_was_locked(entry):
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_no_file_is_vendored_outside_the_lock():
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert present == {entry["file"] for entry in LOCK} | {"vendor.lock.json"}


@pytest.mark.parametrize("package", sorted({entry["package"] for entry in LOCK}))
def test_every_package_brings_its_licence(package):
    files = [entry["file"] for entry in LOCK if entry["package"] == package]
    assert any(file.endswith("/LICENSE") for file in files)


def test_fonts_bring_their_licences():
    fonts = [entry["file"] for entry in LOCK if "/fonts/" in entry["file"]]
    assert sum(file.endswith(".txt") for file in fonts) == 2
    assert all(file.endswith((".woff2", ".txt")) for file in fonts)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_style_sheet_loads_only_files_of_ours_and_embedded_images(sheet):
    for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text(encoding="utf-8")):
        assert address.startswith("data:image/") or (sheet.parent / address).resolve().is_file(), address[:80]


def test_what_is_served_stays_small():
    assert sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file()) < 1_500_000


def test_of_the_official_button_only_drawings_are_served():
    kinds = {Path(entry["file"]).suffix for entry in LOCK if entry["package"] == "spid-smart-button"}
    assert kinds == {"", ".svg"}


@pytest.mark.parametrize("drawing", sorted(VENDOR.rglob("*.svg")), ids=lambda path: path.name)
def test_a_drawing_holds_no_script_and_loads_nothing(drawing):
    text = drawing.read_text(encoding="utf-8")
    assert not re.search(r"<script|javascript:|<foreignObject|\son[a-z]+=|@import", text, re.IGNORECASE)
    assert not re.findall(r"""(?:href|src)=["'](?!#)[^"']+|url\((?!["']?#)[^)]+""", text)
