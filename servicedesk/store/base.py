"""The database itself: declarative base, portable types, engines, and the two kinds of transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
WRITING = "desk_writing"
BUSY_MILLISECONDS = 20_000


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC; a naive one is refused with ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive instant {value!r}: pass an aware datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Parent of every model; constraints get predictable names so that migrations can alter them."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: UtcDateTime(), dict[str, Any]: Json, list[str]: Json}


def engine_options(url: str, pool_size: int = 5) -> dict[str, Any]:
    """Return the arguments of `create_engine` that the desk needs for this address."""
    # Errors and debugging logs would otherwise quote what people wrote and who they are.
    common = {"hide_parameters": True}
    if sa.make_url(url).get_backend_name() == "sqlite":
        return {**common, "connect_args": {"isolation_level": None, "timeout": BUSY_MILLISECONDS / 1000}}
    return {**common, "pool_size": pool_size, "max_overflow": pool_size, "pool_pre_ping": True}


def make_engine(url: str, pool_size: int = 5) -> Engine:
    """Return an engine whose transactions behave alike on SQLite and PostgreSQL."""
    return prepared(sa.create_engine(url, **engine_options(url, pool_size)))


def prepared(engine: Engine) -> Engine:
    """Add the SQLite settings and the explicit BEGIN to an engine; does nothing elsewhere."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "begin", _begin):
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", f"busy_timeout={BUSY_MILLISECONDS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once as locked: those that write say so beforehand.
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Run one writing transaction on `session`: begun IMMEDIATE on SQLite, committed at the end, rolled back on error.

    Whatever the session had read before is let go first, so nothing stale is written back.
    """
    session.rollback()
    session.connection(execution_options={WRITING: True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
