"""Whether the process lives, and whether it can serve."""

import sqlalchemy as sa
from flask import Blueprint, jsonify
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from servicedesk.rules.errors import DeskError
from servicedesk.store import catalogue, migrate
from servicedesk.web.access import public
from servicedesk.web.db import reading

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """Answer 200 as long as the process answers at all."""
    return jsonify(status="alive")


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Answer 200 when the database is reachable and migrated and a catalogue runs, else 503 with what is missing."""
    missing = [name for name, check in CHECKS.items() if not check()]
    return jsonify(status="ready" if not missing else "not ready", missing=missing), 503 if missing else 200


def _database() -> bool:
    try:
        return reading().scalar(sa.text("SELECT 1")) == 1
    except SQLAlchemyError:
        return False


def _schema() -> bool:
    try:
        return migrate.current(reading().connection()) == migrate.head()
    except SQLAlchemyError:
        return False


def _catalogue() -> bool:
    try:
        catalogue.current(reading())
    except (SQLAlchemyError, DeskError):
        reading().rollback()
        return False
    return True


CHECKS = {"database": _database, "schema": _schema, "catalogue": _catalogue}
