"""The desk as an app on a phone (C11): its manifest, and the address of its service worker."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, url_for

from servicedesk.web.house.icons import of_the_app
from servicedesk.web.house.theme import look
from servicedesk.web.house_texts import site_now
from servicedesk.web.language import locale_code

_FOLDERS = ("css", "js", "img")


def worker_url() -> str:
    """Return the address under which every page registers the service worker.

    It changes with the files that the worker keeps and with the language, and the worker with it.
    """
    found = look()
    version = f"{_version(str(current_app.static_folder))}{found.digest}{found.icon[:10]}"
    return url_for("house.worker", v=version, lang=locale_code())


def manifest() -> dict[str, Any]:
    """Return the web app manifest, in the installation's own language."""
    site = site_now()
    return {
        "id": "/",
        "name": site.name,
        "short_name": site.name,
        "description": site.owner,
        "lang": site.locale,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": look().colours.header,
        "background_color": "#ffffff",
        "icons": of_the_app(),
    }


@lru_cache(maxsize=4)
def _version(folder: str) -> str:
    files = sorted(file for name in _FOLDERS for file in (Path(folder) / name).iterdir() if file.is_file())
    digest = hashlib.sha256((Path(folder) / "vendor" / "vendor.lock.json").read_bytes())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:10]
