"""What no page takes: a character that no text may hold, a number no row has, more bytes than it has a use for."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import overload

from flask import Flask, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter, Map

from servicedesk.rules.errors import NotFound

BIGGEST_FORM = 2_000_000
"""Bytes of typed fields in one form; files are counted apart."""
TAKES_FILES = frozenset(
    {
        "answer_desk.edit",
        "answer_desk.new",
        "appointments.book",
        "catalogue_desk.upload",
        "drafting.save",
        "drafts.save",
        "external.new_ticket",
        "moves.move",
        "on_behalf.new",
        "portal.new_ticket",
        "standard.insert",
        "standard.reply_and_forward",
        "uploads.keep",
    }
)
NUL = "\0"
LARGEST_ID = 2**31 - 1
"""The largest number a row of the database has."""


class RowNumber(IntegerConverter):
    """A number in an address: one that no row can have is not there, before any database is asked."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Look at every request before anything reads it."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(bound_size)
    app.before_request(refuse_nul)


def bound_size() -> None:
    """Take only the views that keep files for as large as files may be; elsewhere nobody fills our disk with them."""
    if request.endpoint not in TAKES_FILES:
        request.max_content_length = BIGGEST_FORM


def refuse_nul() -> None:
    """Refuse text with a NUL in it, which PostgreSQL cannot keep and nobody can type. Raises BadRequest."""
    if any(NUL in text for text in _texts()):
        raise BadRequest()


@overload
def whole(fields: MultiDict[str, str], name: str) -> int | None: ...
@overload
def whole(fields: MultiDict[str, str], name: str, default: int) -> int: ...
def whole(fields: MultiDict[str, str], name: str, default: int | None = None) -> int | None:
    """Return the whole number in a field of a form or an address, `default` where there is none.

    Raises BadRequest for one that the database cannot count to.
    """
    found = fields.get(name, type=int)
    if found is not None and abs(found) > LARGEST_ID:
        raise BadRequest()
    return default if found is None else found


def place(name: str) -> int:
    """Return the id after or before which a list goes on, 0 where the address names none.

    Raises NotFound for one that no row has.
    """
    found = request.args.get(name, 0, type=int)
    if not 0 <= found <= LARGEST_ID:
        raise NotFound()
    return found


def fingerprint(said: object) -> str:
    """Return a key that is the same for a form sent again as it was, from its own key and what stands in it.

    A browser that goes back may bring an old form's key along; whoever writes something else there means it.
    """
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _texts() -> Iterator[str]:
    yield request.path
    for fields in (request.args, request.form):
        for name, values in fields.lists():
            yield name
            yield from values
