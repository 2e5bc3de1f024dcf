"""Refreshes the vendored browser assets: packs each npm package, keeps the files we serve, rewrites the lock.

Run `python scripts/vendor.py` after changing a version below; it needs npm and the registry npm is set up for.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "servicedesk" / "static" / "vendor"
LOCK_NAME = "vendor.lock.json"
# The framework carries a video player's icon font as a data: address, which our content security policy forbids.
DROPPED = {"css/bootstrap-italia.min.css": re.compile(rb"@font-face\{font-family:VideoJS;[^}]*\}")}


@dataclass(frozen=True)
class Package:
    """One npm package: the folder it gets, its licence, and where each kept file comes from inside the package."""

    name: str
    version: str
    licence: str
    folder: str
    files: Mapping[str, str]


def fonts(family: str, stem: str, *cuts: str) -> dict[str, str]:
    """Return the woff2 files of one family, one per cut ("regular", "700"), as kept name to name in the package."""
    return {f"fonts/{stem}-{cut}.woff2": f"dist/fonts/{family}/{stem}-latin-ext_latin-{cut}.woff2" for cut in cuts}


PACKAGES = (
    Package(
        "bootstrap-italia",
        "2.18.3",
        "BSD-3-Clause; fonts: OFL-1.1 (Titillium Web), Apache-2.0 (Roboto Mono)",
        "bootstrap-italia",
        {
            "LICENSE": "LICENSE",
            "css/bootstrap-italia.min.css": "dist/css/bootstrap-italia.min.css",
            "svg/sprites.svg": "dist/svg/sprites.svg",
            "fonts/Titillium_Web-OFL.txt": "dist/fonts/Titillium_Web/OFL.txt",
            "fonts/Roboto_Mono-LICENSE.txt": "dist/fonts/Roboto_Mono/LICENSE.txt",
            **fonts("Titillium_Web", "titillium-web-v10", "regular", "italic", "600", "700"),
            **fonts("Roboto_Mono", "roboto-mono-v13", "regular"),
        },
    ),
    Package("htmx.org", "2.0.11", "0BSD", "htmx", {"LICENSE": "LICENSE", "htmx.min.js": "dist/htmx.min.js"}),
    Package(
        "trix",
        "2.1.19",
        "MIT",
        "trix",
        {"LICENSE": "LICENSE", "trix.css": "dist/trix.css", "trix.umd.min.js": "dist/trix.umd.min.js"},
    ),
)


def packed(package: Package, scratch: Path) -> Path:
    """Return the tarball npm makes of the published package, written into `scratch`."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{package.name}@{package.version}"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return scratch / run.stdout.strip().splitlines()[-1]


def without(pattern: re.Pattern[bytes] | None, content: bytes) -> bytes:
    """Return the content less what the pattern matches. Raises ValueError when it no longer matches anything."""
    if pattern is None:
        return content
    shorter, count = pattern.subn(b"", content)
    if not count:
        raise ValueError(f"nothing matches {pattern.pattern!r} any more: remove it from DROPPED")
    return shorter


def keep(package: Package, tarball: Path) -> Iterator[dict[str, str]]:
    """Write the kept files below the vendor folder and yield the lock entry of each."""
    with tarfile.open(tarball) as archive:
        for kept, source in sorted(package.files.items()):
            member = archive.extractfile(f"package/{source}")
            if member is None:
                raise FileNotFoundError(f"{package.name}@{package.version} has no file {source}")
            content = without(DROPPED.get(kept), member.read())
            target = VENDOR / package.folder / kept
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            yield {
                "package": package.name,
                "version": package.version,
                "licence": package.licence,
                "file": target.relative_to(VENDOR).as_posix(),
                "sha256": hashlib.sha256(content).hexdigest(),
            }


def refresh() -> int:
    """Replace the whole vendor folder and return the number of files kept."""
    with tempfile.TemporaryDirectory() as scratch:
        tarballs = [packed(package, Path(scratch)) for package in PACKAGES]
        shutil.rmtree(VENDOR, ignore_errors=True)
        entries = [
            entry for package, tarball in zip(PACKAGES, tarballs, strict=True) for entry in keep(package, tarball)
        ]
    (VENDOR / LOCK_NAME).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return len(entries)


if __name__ == "__main__":
    sys.stdout.write(f"{refresh()} files vendored below {VENDOR}\n")
