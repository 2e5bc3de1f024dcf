"""The database of a request: Flask-SQLAlchemy bound to the store's metadata, for reading and for one writing block."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from servicedesk.settings import Settings
from servicedesk.store import base, models_all

db = SQLAlchemy(metadata=models_all.metadata, session_options={"expire_on_commit": False})


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the request's sessions to the database of the settings."""
    url = settings.database.url
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = base.engine_options(url, settings.database.pool_size)
    db.init_app(app)
    with app.app_context():
        base.prepared(db.engine)


def reading() -> Session:
    """Return the request's session, for reading."""
    return db.session()


@contextmanager
def writing() -> Iterator[Session]:
    """Run the request's one writing transaction; everything slow is done before it begins."""
    with base.writing(db.session()) as session:
        yield session
