"""The language of a page: chosen, remembered in a cookie, from the browser at first; and sentences put into it."""

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask_babel import Babel, get_locale, gettext
from werkzeug.wrappers import Response

from servicedesk.rules.errors import NotFound
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import Settings
from servicedesk.web.access import public
from servicedesk.web.addresses import local_path

LANGUAGES = (("it", "Italiano"), ("en", "English"))
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
    app.register_blueprint(bp)


def choose_language() -> str:
    """Return the language chosen in this browser, else the person's, else the browser's, else the site's."""
    codes = [code for code, _label in LANGUAGES]
    chosen = request.cookies.get(COOKIE)
    if chosen in codes:
        return chosen
    actor = g.get("actor")
    if actor is not None and actor.locale in codes:
        return str(actor.locale)
    return request.accept_languages.best_match(codes) or str(current_app.config["BABEL_DEFAULT_LOCALE"])


def locale_code() -> str:
    """Return the code of the language this page is in, such as "it"."""
    return str(get_locale()).split("_")[0]


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
    if code not in dict(LANGUAGES):
        raise NotFound()
    response = redirect(local_path(request.args.get("next")), 303)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(COOKIE, code, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response
