"""What the house says, for pages: read once a request, and as the settings have it where the database cannot be read."""

from flask import current_app, g
from sqlalchemy.exc import SQLAlchemyError

from servicedesk.gateways.texts import Texts
from servicedesk.rules.house_texts import House
from servicedesk.store import house_texts as store
from servicedesk.web.db import reading

KEY = "desk_texts"


def house() -> House:
    """Return what the house says now. A page that tells of a broken database says what the settings say."""
    if "house" not in g:
        try:
            g.house = store.current(reading())[1]
        except SQLAlchemyError:
            return House()
    found: House = g.house
    return found


def texts(said: House | None = None) -> Texts:
    """Return what writes mails as the house says, or as it would say."""
    if KEY not in current_app.extensions:
        current_app.extensions[KEY] = Texts(current_app.extensions["desk_settings"])
    found: Texts = current_app.extensions[KEY]
    return found.of(said or house())
