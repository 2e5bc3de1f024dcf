"""Collects every sentence into translations/<locale>/LC_MESSAGES/messages.po; English is the text itself.

Run it after changing a sentence: `make messages`. It says which Italian translations are missing and then ends with
status 1.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
LOCALES = ("it", "en")
FIXED = datetime(2026, 1, 1, tzinfo=UTC)
"""One date for all files, so that collecting again changes nothing when no sentence changed."""


def collect() -> Catalog:
    """Return every sentence of the code and the templates, without places: they would change with every edit."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(project="servicedesk", version="1", creation_date=FIXED, charset="utf-8")
    for _place, _line, message, _comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, comment_tags=()
    ):
        if message and message != ("", ""):
            found.add(message, context=context)
    return found


def po_file(locale: str) -> Path:
    """Return the file of a locale's translations."""
    return ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """Return the translations there are; an empty catalogue where there is no file yet."""
    path = po_file(locale)
    if not path.exists():
        return Catalog(locale=locale, project="servicedesk", version="1", creation_date=FIXED, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def merged(locale: str, found: Catalog) -> Catalog:
    """Return the locale's translations of exactly the sentences found; English repeats the text."""
    old = read(locale)
    new = Catalog(
        locale=locale,
        header_comment="# The sentences of the service desk, collected by scripts/messages.py.\n#",
        project="servicedesk",
        version="1",
        creation_date=FIXED,
        revision_date=FIXED,
        charset="utf-8",
        fuzzy=False,  # a fuzzy file is not compiled
    )
    for message in found:
        if message.id:
            kept = old.get(message.id, message.context)
            text = message.id if locale == "en" else (kept.string if kept else "")
            new.add(message.id, text, context=message.context, flags=message.flags)
    return new


def missing(catalogue: Catalog) -> list[str]:
    """Return the sentences without a translation."""
    return [str(m.id) for m in catalogue if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)]


def main() -> int:
    """Rewrite the files; return 1 while something is missing."""
    found = collect()
    open_ends = 0
    for locale in LOCALES:
        catalogue = merged(locale, found)
        path = po_file(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, omit_header=False, no_location=True)
        lacking = missing(catalogue)
        open_ends += len(lacking)
        print(f"{locale}: {len(catalogue)} sentences, {len(lacking)} without translation")
        for text in lacking:
            print(f"  {text!r}")
    return 1 if open_ends else 0


if __name__ == "__main__":
    sys.exit(main())
