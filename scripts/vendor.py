"""Refreshes the vendored browser assets and fonts: packs each npm package, keeps what we use, rewrites the locks.

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "servicedesk" / "static" / "vendor"
FONTS = ROOT / "fonts"
LOCK_NAME = "vendor.lock.json"
# The framework carries a video player's icon font as a data: address, which our content security policy forbids.
VIDEO_FONT = re.compile(rb"@font-face\{font-family:VideoJS;[^}]*\}")
# The mark of the electronic identity card is published as a React component; its outlines make an ordinary drawing.
OUTLINE = re.compile(rb'd:"([MmLlHhVvCcSsAaZz0-9., -]+)"')


@dataclass(frozen=True)
class Package:
    """One npm package: the folder it gets, its licence, and where each kept file comes from inside the package."""

    name: str
    version: str
    licence: str
    folder: str
    files: Mapping[str, str]


def logos(*providers: str) -> dict[str, str]:
    """Return the logos of SPID providers."""
    return {f"logos/{each}.svg": f"dist/img/idp-logos/spid-idp-{each}.svg" for each in providers}


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
    Package(
        "spid-smart-button",
        "1.1.5",
        "EUPL-1.2",
        "spid-smart-button",
        {
            "LICENSE": "LICENSE.md",
            "mark.svg": "dist/img/spid-ico-circle-bb.svg",
            "spid.svg": "dist/img/spid-logo.svg",
            **logos("arubaid", "infocertid", "intesaid", "lepidaid", "namirialid"),
            **logos("posteid", "sielteid", "spiditalia", "timid"),
        },
    ),
    Package(
        "@pagopa/mui-italia",
        "2.7.0",
        "MIT",
        "mui-italia",
        {"LICENSE": "LICENSE", "cie.svg": "icons/CieIcon/CieIcon.js"},
    ),
)
# For documents the desk writes itself; browsers get none of them.
FOR_DOCUMENTS = (
    Package(
        "dejavu-fonts-ttf",
        "2.37.3",
        "Bitstream Vera licence",
        "dejavu",
        {
            "LICENSE": "LICENSE",
            "DejaVuSans.ttf": "ttf/DejaVuSans.ttf",
            "DejaVuSans-Bold.ttf": "ttf/DejaVuSans-Bold.ttf",
        },
    ),
)


def packed(package: Package, scratch: Path) -> Path:
    """Return the tarball npm makes of the published package, written into `scratch`."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{package.name}@{package.version}"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return scratch / run.stdout.strip().splitlines()[-1]


def without_video_font(content: bytes) -> bytes:
    """Return the style sheet less the font our policy forbids. Raises ValueError when that font is gone."""
    shorter, count = VIDEO_FONT.subn(b"", content)
    if not count:
        raise ValueError("the style sheet has no video font any more: remove it from CHANGED")
    return shorter


def drawing(content: bytes) -> bytes:
    """Return a component's outlines as a white drawing of 24 by 24. Raises ValueError when it has none."""
    outlines = OUTLINE.findall(content)
    if not outlines:
        raise ValueError("the component has no outlines any more: look for the mark elsewhere")
    paths = b"".join(b'<path d="%s"/>' % each for each in outlines)
    start = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#fff" fill-rule="evenodd">'
    return start + paths + b"</svg>\n"


CHANGED: Mapping[str, Callable[[bytes], bytes]] = {
    "bootstrap-italia/css/bootstrap-italia.min.css": without_video_font,
    "mui-italia/cie.svg": drawing,
}


def keep(package: Package, tarball: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Write the kept files below `folder` and yield the lock entry of each."""
    with tarfile.open(tarball) as archive:
        for kept, source in sorted(package.files.items()):
            member = archive.extractfile(f"package/{source}")
            if member is None:
                raise FileNotFoundError(f"{package.name}@{package.version} has no file {source}")
            target = folder / package.folder / kept
            change = CHANGED.get(f"{package.folder}/{kept}", bytes)
            content = change(member.read())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            yield {
                "package": package.name,
                "version": package.version,
                "licence": package.licence,
                "file": target.relative_to(folder).as_posix(),
                "sha256": hashlib.sha256(content).hexdigest(),
            }


def refresh(folder: Path, packages: Sequence[Package]) -> int:
    """Replace a whole folder of vendored files and return the number of files kept."""
    with tempfile.TemporaryDirectory() as scratch:
        tarballs = [packed(package, Path(scratch)) for package in packages]
        shutil.rmtree(folder, ignore_errors=True)
        entries = [
            entry
            for package, tarball in zip(packages, tarballs, strict=True)
            for entry in keep(package, tarball, folder)
        ]
    (folder / LOCK_NAME).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return len(entries)


if __name__ == "__main__":
    for place, chosen in ((VENDOR, PACKAGES), (FONTS, FOR_DOCUMENTS)):
        sys.stdout.write(f"{refresh(place, chosen)} files vendored below {place}\n")
