"""Alembic's entry: runs the migrations on the address it is given, in batch mode for SQLite."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from servicedesk.store import models_all
from servicedesk.store.base import WRITING, UtcDateTime, make_engine
from servicedesk.store.migrate import is_ours


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our own column types by name, so that new revisions read well."""
    if kind == "type" and isinstance(item, UtcDateTime | JSON):
        name = "UtcDateTime" if isinstance(item, UtcDateTime) else "Json"
        autogen_context.imports.add(f"from servicedesk.store.base import {name}")
        return "UtcDateTime()" if name == "UtcDateTime" else "Json"
    return False


url = context.config.attributes["url"]
engine = make_engine(url)
with engine.connect().execution_options(**{WRITING: True}) as connection:
    context.configure(
        connection=connection,
        target_metadata=models_all.metadata,
        render_as_batch=True,
        compare_type=True,
        include_name=is_ours,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
