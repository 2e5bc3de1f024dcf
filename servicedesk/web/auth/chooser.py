"""The sign-in page (A1): the ways in, the one taken last time on this device, and help for those who have none."""

from random import SystemRandom
from typing import NamedTuple
from urllib.parse import urlencode

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.rules.permissions import ActorKind
from servicedesk.settings import Settings
from servicedesk.store.accounts import has_local_accounts
from servicedesk.web.access import public
from servicedesk.web.addresses import HOME, LOCAL_SIGN_IN, REGISTER, local_path
from servicedesk.web.auth import offers
from servicedesk.web.auth.entrances import ENTRANCES
from servicedesk.web.auth.federation import federation
from servicedesk.web.auth.offers import Offer, Way
from servicedesk.web.auth.pages import begin_url, bp, help_url
from servicedesk.web.auth.registries import registry_of
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code

COOKIE = "servicedesk_way"
A_YEAR = 365 * 24 * 3600
LONGEST = 1000
"""Longer addresses of providers are not remembered."""
LONGEST_SEARCH = 200


class Last(NamedTuple):
    """The way taken last time, and the tab where it is found."""

    offer: Offer
    tab: str


@bp.get("/login")
@public
def login() -> str | Response:
    """Offer the ways to sign in, the university's first; whoever is signed in goes straight on."""
    next_path = local_path(request.args.get("next"))
    if g.actor.kind is ActorKind.PERSON:
        return redirect(next_path, 303)
    ways = our_ways()
    last = last_choice(ways)
    tabs = offers.open_tabs(ways)
    wanted = [request.args.get("tab", ""), last.tab if last else "", *tabs]
    tab = next((each for each in wanted if each in tabs), "")
    words = " ".join(request.args.get("q", "").split())[:LONGEST_SEARCH]
    found = offers.found(ways, tab, words, locale_code()) if words else ()
    return render_template(
        "auth/login.html",
        tabs=[(each, ENTRANCES[each].label) for each in tabs],
        tab=tab,
        entrance=ENTRANCES.get(tab),
        listed=offers.listed(ways, tab, locale_code(), SystemRandom()),
        is_searched=offers.is_searched(ways, tab),
        words=words,
        found=found[: offers.MOST_FOUND],
        is_more=len(found) > offers.MOST_FOUND,
        last=last.offer if last and offers.is_choice(ways) else None,
        next_path=next_path,
        sign_in_url=sign_in_url,
        help_url=help_url(),
        account_urls=account_urls(next_path),
    )


@bp.post("/login/forget")
@public
def forget() -> Response:
    """Let this device forget which way somebody took."""
    response = redirect(url_for(".login", next=local_path(request.form.get("next"))), 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=is_secure())
    flash(_("This device has forgotten how you signed in last time."), "success")
    return response


def our_ways() -> tuple[Way, ...]:
    """Return the ways in of the running application, the default profile's first."""
    return tuple(offers.way_of(each.name, each.tab, registry_of(each.name)) for each in federation().profiles)


def sign_in_url(offer: Offer, next_path: str) -> str:
    """Return where signing in with a provider begins."""
    return begin_url(offer.profile, offer.entity_id, next_path)


def account_urls(next_path: str) -> dict[str, str]:
    """Return where people with an account of the desk's own sign in, and where one registers (A5).

    Where nobody may register any more, those who did still find their way in.
    """
    settings: Settings = current_app.extensions["desk_settings"]
    onward = "" if next_path == HOME else "?" + urlencode({"next": next_path}, safe="/")
    if settings.accounts.registration:
        return {"sign_in": LOCAL_SIGN_IN + onward, "register": REGISTER + onward}
    return {"sign_in": LOCAL_SIGN_IN + onward} if has_local_accounts(reading()) else {}


def last_choice(ways: tuple[Way, ...]) -> Last | None:
    """Return the way this device remembers, if it still leads in."""
    profile, _space, entity_id = request.cookies.get(COOKIE, "").partition(" ")
    offer = offers.known(ways, profile, entity_id, locale_code())
    return Last(offer, next(way.tab for way in ways if way.profile == profile)) if offer else None


def remember_choice(response: Response, profile: str, entity_id: str) -> None:
    """Let this device remember which way somebody took; nothing of the person is kept."""
    if len(entity_id) <= LONGEST:
        response.set_cookie(
            COOKIE, f"{profile} {entity_id}", max_age=A_YEAR, httponly=True, samesite="Lax", secure=is_secure()
        )


def is_secure() -> bool:
    """Whether our cookies travel over https alone."""
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
