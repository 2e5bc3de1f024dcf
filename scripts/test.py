"""Runs the whole suite in one pytest process, after fetching the Debian packages that some tests need."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "openssl": ("openssl",),
    "xmlsec1": ("xmlsec1",),
}


def main() -> None:
    os.chdir(ROOT)
    if missing := missing_packages():
        provide(missing)
    pytest = str(ROOT / ".venv" / "bin" / "pytest")
    os.execv(pytest, [pytest, "-n", "2", "--dist", "loadgroup", *sys.argv[1:]])


def missing_packages() -> list[str]:
    return [package for package, names in PACKAGES.items() if not any(shutil.which(name) for name in names)]


def provide(missing: list[str]) -> None:
    """Install the packages where that is ours to do, else name them; the suite then says which tests it left out."""
    names = " ".join(missing)
    if os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        print(f"Installing Debian packages: {names} ...", flush=True)
        if apt_get("update") and apt_get("install", "--yes", "--no-install-recommends", *missing):
            return
        print(f"That did not work; the tests that need {names} are left out and named at the end.", flush=True)
    else:
        print(f"Not installed here: {names}. The tests that need them are left out and named at the end.", flush=True)


def apt_get(*arguments: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-qq", *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        print(done.stderr.decode(errors="replace").strip())
    return done.returncode == 0


if __name__ == "__main__":
    main()
