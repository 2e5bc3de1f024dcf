"""The pages of the house itself: its colours and logo."""

from flask import Blueprint
from werkzeug.wrappers import Response

from servicedesk.rules.errors import NotFound
from servicedesk.web.access import public
from servicedesk.web.house.theme import look

FOR_GOOD = "public, max-age=31536000, immutable"
"""Addresses that change with their content may be kept."""
DRAWING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A logo opened by itself runs nothing."""
bp = Blueprint("house", __name__)


@bp.get("/theme.css")
@public
def stylesheet() -> Response:
    """Give the colours of this installation."""
    return Response(look().stylesheet, mimetype="text/css", headers={"Cache-Control": FOR_GOOD})


@bp.get("/logo")
@public
def logo() -> Response:
    """Give the logo of this installation."""
    found = look().logo
    if found is None:
        raise NotFound()
    headers = {"Cache-Control": FOR_GOOD, "Content-Security-Policy": DRAWING}
    return Response(found.content, mimetype=found.mimetype, headers=headers)
