"""The language of a page: chosen, remembered in a cookie, from the browser at first; and sentences put into it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask_babel import Babel, force_locale, get_locale, gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.errors import NotFound
from servicedesk.rules.languages import BY_CODE, WRITTEN, nearest, spoken, written_language
from servicedesk.rules.languages import LANGUAGES as ALL
from servicedesk.rules.removed import shown_by
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings
from servicedesk.web.access import public
from servicedesk.web.addresses import local_path

LANGUAGES = tuple((each.code, each.name) for each in ALL)
IN_WHICH_WE_WRITE = tuple((code, BY_CODE[code].name) for code in WRITTEN)
STAFF_PAGES = ("/queue", "/approvals", "/problems", "/changes", "/workbench", "/agenda", "/admin")
"""Where the addresses of pages begin that only staff open: these are Italian and English."""
COOKIE = "servicedesk_language"
A_YEAR = 365 * 24 * 3600
bp = Blueprint("language", __name__)
babel = Babel()


def init_app(app: Flask, settings: Settings) -> None:
    """Choose language and time zone for every request."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["TRANSLATIONS"])
    app.config["BABEL_DEFAULT_LOCALE"] = settings.site.locale
    app.config["BABEL_DEFAULT_TIMEZONE"] = settings.site.zone
    babel.init_app(app, locale_selector=choose_language)
    app.jinja_env.finalize = shown_by(gettext)
    app.register_blueprint(bp)


def choose_language() -> str:
    """Return the locale of this page: of the language chosen, on staff's pages of the nearest in which these are."""
    code = _wanted()
    return spoken(written_language(code) if is_staff_page() else code)


def _wanted() -> str:
    """Return the language chosen in this browser, else the person's, else the browser's, else the site's."""
    chosen = request.cookies.get(COOKIE)
    if chosen in BY_CODE:
        return str(chosen)
    actor = g.get("actor")
    if actor is not None and actor.locale in BY_CODE:
        return str(actor.locale)
    accepted = [tag for tag, quality in request.accept_languages if quality > 0]
    return nearest(accepted) or str(current_app.config["BABEL_DEFAULT_LOCALE"])


def is_staff_page() -> bool:
    """Whether this page is for staff alone, by its address or for this reader."""
    return request.path.startswith(STAFF_PAGES) or bool(g.get("for_staff"))


def for_staff() -> AbstractContextManager[None]:
    """Within it a page is in one of the languages of staff's pages, whatever its address."""
    g.for_staff = True
    return nullcontext() if locale_code() in WRITTEN else force_locale(spoken("en"))


def locale_code() -> str:
    """Return the code of the language this page is in, such as "it" or "zh-Hans"."""
    locale = get_locale()
    return f"{locale.language}-{locale.script}" if locale.script else str(locale.language)


def direction() -> str:
    """Return which way this page reads: "ltr" or "rtl"."""
    return BY_CODE[locale_code()].direction


def offered() -> Sequence[tuple[str, str]]:
    """Return code and name of the languages in which this page is to be had."""
    return [(code, name) for code, name in LANGUAGES if code in WRITTEN or not is_staff_page()]


def content_language() -> str:
    """Return the language in which texts of the catalogue stand on this page: its own, or English."""
    return written_language(locale_code())


def as_written(text: LocalText | str) -> str:
    """Return a text of the catalogue for the content of an element, marked where it is not in the page's language."""
    words = text.get(locale_code()) if isinstance(text, LocalText) else text
    mark = marked()
    return Markup("<span{}>{}</span>").format(mark, words) if mark and words else words


def marked(language: str = "") -> Markup:
    """Return the attributes of an element whose text is in another language than the page: the catalogue's, or this."""
    own, shown = locale_code(), language or content_language()
    return Markup("") if own == shown else Markup(' lang="{}" dir="{}"').format(shown, BY_CODE[shown].direction)


def say(sentence: Sentence) -> str:
    """Return a sentence of the rules in the language of this page."""
    text = gettext(sentence.msgid)
    return text % dict(sentence.params) if sentence.params else text


def language_url(code: str) -> str:
    """Return the link that changes the language and comes back to this page."""
    return url_for("language.choose", code=code, next=_here())


def _here() -> str:
    """Return the address of this page; of one that a post gave, where it is found or what it names as the way back."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    if "way_back" in g:
        return str(g.way_back)
    found = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
    return request.path if found else url_for("portal.home")


@bp.get("/language/<code>")
@public
def choose(code: str) -> Response:
    """Remember the language in this browser and go back."""
    if code not in BY_CODE:
        raise NotFound()
    response = redirect(local_path(request.args.get("next")), 303)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(COOKIE, code, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response
