"""Writes docs/permissions.md: every address of the desk with who may open it, from the marks on the views."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402 - the path is set first

from servicedesk.app import create_app  # noqa: E402 - as above
from servicedesk.rules.permissions import GRANTS, Permission  # noqa: E402 - as above
from servicedesk.settings import load  # noqa: E402 - as above

TARGET = ROOT / "docs" / "permissions.md"
HEAD = """# Addresses and who may open them

Written by `python scripts/routes.py` from the marks on the views; a test fails when it is out of date.
`servicedesk/rules/permissions.py` says what each permission means; where a ticket is involved, whoever may not even
read it is answered that it is not there.

"""
NOT_OURS = {"HEAD", "OPTIONS"}


def routes(app: Flask) -> Iterator[tuple[str, str, str, str]]:
    """Yield address, methods, endpoint and permission ("everyone" for public views) of every route, by address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        if rule.endpoint == "static":
            continue
        methods = ", ".join(sorted((rule.methods or set()) - NOT_OURS))
        address = re.sub(r"<any\(.*?\):(\w+)>", r"<\1>", rule.rule)
        yield address, methods, rule.endpoint, demanded(app.view_functions[rule.endpoint])


def demanded(view: Any) -> str:
    """Return the permission a view is marked with. Raises AttributeError for a view without a mark."""
    permission: Permission | None = view.demands
    return permission.value if permission else "everyone"


def document(app: Flask) -> str:
    """Return the whole page: the addresses, then the tests behind each permission."""
    lines = [HEAD, "| address | methods | permission |\n|---|---|---|\n"]
    lines += [f"| `{address}` | {methods} | {permission} |\n" for address, methods, _, permission in routes(app)]
    lines.append("\n## Permissions\n\nAny one of the tests grants it.\n\n| permission | granted by |\n|---|---|\n")
    for permission, tests in GRANTS.items():
        words = "; ".join((test.__doc__ or "").splitlines()[0].rstrip(".") for test in tests)
        lines.append(f"| {permission.value} | {words} |\n")
    return "".join(lines)


if __name__ == "__main__":
    TARGET.write_text(document(create_app(load(ROOT / "config" / "demo.toml"))), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
