"""Applications for tests: code of address rules and templates is made once per process, not once per application."""

from collections.abc import Callable

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from servicedesk.settings import Settings

_BUILDERS: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


def make_app(settings: Settings) -> Flask:
    """Return the application as `create_app` makes it, only sooner."""
    from servicedesk.app import create_app  # here, so that tests of parts need no whole

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "url_rule_class", RuleMadeOnce)
        app = create_app(settings)
    app.jinja_env.bytecode_cache = _TEMPLATES
    return app


class RuleMadeOnce(Rule):
    """A rule like any other; the code that Werkzeug compiles for building addresses is kept."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, repr(sorted((self.defaults or {}).items())), append_unknown)
        if key not in _BUILDERS:
            _BUILDERS[key] = super()._compile_builder(append_unknown)
        return _BUILDERS[key]


class TemplatesMadeOnce(BytecodeCache):
    """Compiled templates in memory, found by name and by the checksum of their text."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if this text was compiled before."""
        checksum, code = self._kept.get(bucket.key, ("", b""))
        if checksum == bucket.checksum:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = (bucket.checksum, bucket.bytecode_to_string())


_TEMPLATES = TemplatesMadeOnce()
