"""The migrations lead to exactly the tables that the models describe."""

from sqlalchemy.orm import Session

from servicedesk.store import migrate


def test_a_migrated_database_is_what_the_models_say(database_url: str) -> None:
    assert migrate.drift(database_url) == []


def test_a_migrated_database_stands_at_the_newest_revision(session: Session) -> None:
    assert migrate.current(session.connection()) == migrate.head()
