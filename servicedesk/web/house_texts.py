"""What the house says, for pages: read once a request; as the settings have it where the database cannot be read."""

from dataclasses import dataclass
from functools import lru_cache

from flask import current_app, g
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from servicedesk.gateways.texts import Texts
from servicedesk.rules.answers import render
from servicedesk.rules.house_texts import House
from servicedesk.settings import Site
from servicedesk.settings_house import Statements
from servicedesk.store import house_texts as store
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code

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


def site_now() -> Site:
    """Return the site's names and address, with the name the house has given the desk."""
    site: Site = current_app.config["SITE"]
    name = house().name
    return site.model_copy(update={"name": name}) if name else site


def declared() -> Statements:
    """Return what the institution declares, with the contacts the house has written."""
    statements: Statements = current_app.extensions["desk_settings"].statements
    accessibility = statements.accessibility.model_copy(update=_contacts("accessibility", "email", "phone"))
    privacy = statements.privacy.model_copy(update=_contacts("privacy", "controller", "email", "officer"))
    return statements.model_copy(update={"accessibility": accessibility, "privacy": privacy})


def _contacts(part: str, *names: str) -> dict[str, str]:
    said = ((name, house().text(f"{part}_{name}", "")) for name in names)
    return {name: text for name, text in said if text}


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the house, and the language it is in."""

    words: str
    language: str

    @property
    def markup(self) -> Markup:
        """What it becomes as Markdown."""
        return rendered(self.words)


def house_text(key: str) -> Said:
    """Return a text of the house for this page, in the language of the page or English; empty where it says nothing."""
    return Said(*house().text_in(key, locale_code()))


@lru_cache(maxsize=64)
def rendered(source: str) -> Markup:
    """Return Markdown as markup. Raises Invalid when it is too long."""
    return Markup(render(source).html)  # noqa: S704 - cleaned


def texts(said: House | None = None) -> Texts:
    """Return what writes mails as the house says, or as it would say."""
    if KEY not in current_app.extensions:
        current_app.extensions[KEY] = Texts(current_app.extensions["desk_settings"])
    found: Texts = current_app.extensions[KEY]
    return found.of(said or house())
