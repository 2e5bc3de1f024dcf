"""The sign-in page (A1)."""

from flask import current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from servicedesk.rules.permissions import ActorKind
from servicedesk.web.access import public
from servicedesk.web.addresses import local_path
from servicedesk.web.auth.federation import federation
from servicedesk.web.auth.pages import bp, help_url
from servicedesk.web.language import locale_code

UNIVERSITY, SPID = "ateneo", "spid"
SPID_SITE = "https://www.spid.gov.it/"
SPID_GET = "https://www.spid.gov.it/cos-e-spid/come-attivare-spid/"
COOKIE = "servicedesk_way"
A_YEAR = 365 * 24 * 3600


@bp.get("/login")
@public
def login() -> str | Response:
    """Offer the ways to sign in (A1), university first; whoever is signed in goes straight on."""
    next_path = local_path(request.args.get("next"))
    if g.actor.kind is ActorKind.PERSON:
        return redirect(next_path, 303)
    ways = {UNIVERSITY: federation().university(), SPID: federation().spid_providers()}
    offered = [kind for kind, providers in ways.items() if providers]
    chosen = request.args.get("tab", "")
    tab = chosen if chosen in offered else offered[0]
    return render_template(
        "auth/login.html",
        tabs=[(kind, url_for(".login", tab=kind, next=next_path)) for kind in offered],
        tab=tab,
        providers=[
            (provider.name(locale_code()), url_for(".begin", idp=provider.entity_id, next=next_path))
            for provider in ways[tab]
        ],
        help_url=help_url(),
        spid_site=SPID_SITE,
        spid_get=SPID_GET,
    )


def remember_choice(response: Response, profile: str, entity_id: str) -> None:
    """Let this device remember which way somebody chose to sign in; nothing of the person is kept."""
    response.set_cookie(
        COOKIE,
        f"{profile} {entity_id}",
        max_age=A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
