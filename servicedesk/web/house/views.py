"""The pages of the house itself: its colours and logo, what it declares, a short guide, its offices, and the app."""

from flask import Blueprint, current_app, jsonify, render_template, request
from werkzeug.wrappers import Response

from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.settings import Settings
from servicedesk.store import catalogue, house_texts
from servicedesk.web.access import demands, public
from servicedesk.web.db import reading
from servicedesk.web.house import icons, installing
from servicedesk.web.house import manuals as external
from servicedesk.web.house import offices as directory
from servicedesk.web.house import privacy as what_is_kept
from servicedesk.web.house.terms import in_force
from servicedesk.web.house.theme import look
from servicedesk.web.house_texts import declared, house_text

FOR_GOOD = "public, max-age=31536000, immutable"
"""Addresses that change with their content may be kept."""
DRAWING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A logo opened by itself runs nothing."""
LONGEST_SEARCH = 200
bp = Blueprint("house", __name__)
bp.add_app_template_global(external.manuals, "my_manuals")
bp.add_app_template_global(installing.worker_url)
bp.add_app_template_global(house_text)
bp.add_app_template_global(icons.icon, "house_icon")


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
    kept = (found.content, found.mimetype) if found.content else house_texts.logo(reading(), found.digest)
    if kept is None:
        raise NotFound()
    headers = {"Cache-Control": FOR_GOOD, "Content-Security-Policy": DRAWING}
    return Response(kept[0], mimetype=kept[1], headers=headers)


@bp.get("/icons/<name>")
@public
def icon(name: str) -> Response:
    """Give an icon of this installation."""
    found = icons.content(name)
    if found is None:
        raise NotFound()
    headers = {"Cache-Control": FOR_GOOD, "Content-Security-Policy": DRAWING}
    return Response(found[0], mimetype=found[1], headers=headers)


@bp.get("/accessibility")
@public
def accessibility() -> str:
    """Show the statement of accessibility, on AgID's model."""
    return render_template("house/accessibility.html", said=declared().accessibility)


@bp.get("/privacy")
@public
def privacy() -> str:
    """Show what is kept of people, why and how long, their rights, and the cookies."""
    settings = _settings()
    return render_template(
        "house/privacy.html",
        said=declared().privacy,
        full_notice=settings.accounts.privacy_url,
        kept=what_is_kept.records(settings, in_force(reading(), settings)),
        cookies=what_is_kept.cookies(settings),
    )


@bp.get("/help")
@public
def guide() -> str:
    """Show in short how to ask, follow and answer."""
    return render_template("house/help.html", said=declared().accessibility)


@bp.get("/which-counter")
@demands(Permission.CATALOGUE_READ)
def offices() -> str:
    """Show which office answers which question, or the questions that fit the words typed (D4)."""
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    return render_template(
        "house/offices.html",
        words=words,
        rows=directory.found(words) if words else (),
        desks=() if words else directory.desks(),
        is_open="all" in request.args,
        updated_at=catalogue.applied_at(reading()),
    )


@bp.get("/app")
@public
def app() -> str:
    """Show how the desk becomes an app on a phone (C11)."""
    return render_template("house/app.html")


@bp.get("/offline")
@public
def offline() -> str:
    """Show what the app says without a connection."""
    return render_template("house/offline.html")


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Describe the app to the browser that installs it."""
    answer = jsonify(installing.manifest())
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/sw.js")
@public
def worker() -> Response:
    """Give the service worker; from the root, because it may only serve what lies below its own address."""
    answer = current_app.send_static_file("js/sw.js")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _settings() -> Settings:
    settings: Settings = current_app.extensions["desk_settings"]
    return settings
