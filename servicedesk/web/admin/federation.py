"""Federation as administration sees it: each source of identity providers, how fresh it is, and what is wrong in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from servicedesk.actions.federation_sources import CERTIFICATE_WARNING, read_again
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Permission
from servicedesk.rules.sentences import Sentence
from servicedesk.store import federation as store
from servicedesk.store.models.federation import FederationSource
from servicedesk.web.access import demands
from servicedesk.web.auth.registries import DeskRegistry, registries
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

bp = Blueprint("federation", __name__, url_prefix="/admin/federation")
MOST_SHOWN = 20


@dataclass(frozen=True)
class Standing:
    """How one source stands; `expiring` are (entity id, when its last certificate ends), the first 20 of them."""

    place: str
    is_file: bool
    providers: int
    read_at: datetime | None
    valid_until: datetime | None
    is_over: bool
    failures: int
    failure: Sentence | None
    problems: Sequence[str]
    repeated: Sequence[str]
    expiring: Sequence[tuple[str, datetime]]


@bp.get("")
@demands(Permission.ADMINISTRATION)
def show() -> str:
    """Show the sources of every profile."""
    session, now = reading(), utc_now()
    profiles = [(registry.profile, standings(session, registry, now)) for registry in registries()]
    return render_template("admin/federation.html", profiles=profiles, days=CERTIFICATE_WARNING.days)


@bp.post("/<profile>/again")
@demands(Permission.ADMINISTRATION)
def again(profile: str) -> Response:
    """Let the job read the sources of a profile again at its next turn."""
    found = [registry for registry in registries() if registry.profile == profile]
    if not found:
        raise NotFound()
    with writing() as session:
        read_again(session, found[0].sources, f"person:{g.actor.person_id}", utc_now())
    flash(_("The sources will be read again within a minute or two."), "success")
    return redirect(url_for(".show"), 303)


def standings(session: Session, registry: DeskRegistry, now: datetime) -> list[Standing]:
    """Return the standing of each source of a profile, in the order in which they count."""
    rows = store.sources(session, [source.key for source in registry.sources])
    unread = FederationSource(failures=0, providers=0, problems=[], repeated=[])
    return [
        _standing(session, registry, place, rows.get(source.key, unread), now)
        for place, source in enumerate(registry.sources)
    ]


def _standing(session: Session, registry: DeskRegistry, place: int, row: FederationSource, now: datetime) -> Standing:
    in_file = registry.files.get(place)
    return Standing(
        place=registry.sources[place].place,
        is_file=in_file is not None,
        providers=row.providers if in_file is None else len(in_file),
        read_at=row.read_at,
        valid_until=row.valid_until,
        is_over=row.valid_until is not None and row.valid_until <= now,
        failures=row.failures,
        failure=Sentence.from_json(row.failure) if row.failure else None,
        problems=row.problems,
        repeated=row.repeated,
        expiring=_expiring(session, registry, place, now + CERTIFICATE_WARNING),
    )


def _expiring(session: Session, registry: DeskRegistry, place: int, before: datetime) -> list[tuple[str, datetime]]:
    if place not in registry.files:
        rows = store.expiring(session, registry.sources[place].key, before, MOST_SHOWN)
        return [(row.entity_id, row.expires) for row in rows]
    providers = (kept.provider for kept in registry.files[place].values())
    ending = [(each.entity_id, each.expires) for each in providers if each.expires and each.expires < before]
    return sorted(ending, key=lambda each: each[1])[:MOST_SHOWN]
