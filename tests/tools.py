"""The programs outside Python that some tests need: where they are, and which tests go without."""

import shutil

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Return the path of a Chromium browser, or None."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def xmlsec1() -> str | None:
    """Return the path of the xmlsec1 command, or None."""
    return shutil.which("xmlsec1")


NEEDS = {"needs_chromium": ("chromium", chromium), "needs_xmlsec1": ("xmlsec1", xmlsec1)}


def without_missing_tools(items: list[pytest.Item]) -> tuple[list[pytest.Item], dict[str, list[str]]]:
    """Return the items that can run here, and the names of the others by the program they miss."""
    missing = {marker: name for marker, (name, find) in NEEDS.items() if find() is None}
    kept: list[pytest.Item] = []
    left_out: dict[str, list[str]] = {}
    for item in items:
        lacking = [name for marker, name in missing.items() if item.get_closest_marker(marker)]
        if lacking:
            left_out.setdefault(" and ".join(lacking), []).append(item.nodeid)
        else:
            kept.append(item)
    return kept, left_out
