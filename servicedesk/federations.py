"""The identity providers of federations: how `saml` reads them from a source, and the work of the job that reads again.

Network and parsing stay outside transactions: what a source gives is fetched, verified and read, then kept in one short
transaction per source, or its failure noted in another.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from saml import federation_metadata, spid_registry
from saml.errors import SamlError
from saml.federation_metadata import Copy, Entry
from saml.profile import load_profile
from saml.readiness import certificate_ends
from saml.registry import IdentityProvider
from saml.signing import certificate_bodies, pem_of
from servicedesk.actions import federation_sources
from servicedesk.actions.federation_sources import NewCopy
from servicedesk.gateways.metadata_source import Planned, SourceFailed, content_of, planned
from servicedesk.rules.errors import DeskError
from servicedesk.rules.outcomes import Outcome, happened
from servicedesk.rules.search import fold, tokens
from servicedesk.rules.sentences import N_
from servicedesk.settings import SamlProfile, Settings
from servicedesk.store import federation
from servicedesk.store.federation import Listed
from servicedesk.turns import Batch

SORTED_BY = "it"
LONGEST_SORT_NAME = 100
LONGEST_WORDS = 400
log = logging.getLogger(__name__)


def plan(settings: Settings) -> tuple[Planned, ...]:
    """Return every source of every profile in the order of the settings. Raises SettingsError or ConfigurationError."""
    may_be_plain = settings.mode != "production"
    return tuple(
        each
        for profile in settings.saml.profiles
        for each in planned(_name_of(profile, settings), profile.sources, may_be_plain=may_be_plain)
    )


def _name_of(profile: SamlProfile, settings: Settings) -> str:
    return load_profile(profile.file, settings.site.base_url, with_keys=False).name


def read(source: Planned, now: datetime, *, may_be_plain: bool) -> Copy:
    """Return the providers that a source gives now. Raises SourceFailed when it cannot be had, is refused or over."""
    copy = load(source, may_be_plain=may_be_plain)
    try:
        copy.refuse_ended(now)
    except SamlError as error:
        raise _refused(error) from error
    return copy


def load(source: Planned, *, may_be_plain: bool) -> Copy:
    """Return what a source gives, even when it is over. Raises SourceFailed when it cannot be had or is refused."""
    is_list = source.source.format == "json"
    limit = spid_registry.MAX_BYTES if is_list else federation_metadata.MAX_BYTES
    content = content_of(source, limit=limit, may_be_plain=may_be_plain)
    try:
        if is_list:
            return spid_registry.read_list(content)
        trusted = [pem_of(body) for body in certificate_bodies(source.trusted)]
        return federation_metadata.read_metadata(content, trusted)
    except SamlError as error:
        raise _refused(error) from error


def _refused(error: SamlError) -> SourceFailed:
    return SourceFailed(N_("What it gives is refused: %(reason)s."), reason=str(error)[:500])


def listed(entry: Entry) -> Listed:
    """Return an entry as it is kept and searched."""
    provider = entry.provider
    host = urlsplit(provider.entity_id).hostname or ""
    words = dict.fromkeys(tokens(" ".join((*provider.names.values(), *provider.scopes, host))))
    return Listed(
        entity_id=provider.entity_id,
        names=provider.names,
        sort_name=" ".join(tokens(provider.name(SORTED_BY)))[:LONGEST_SORT_NAME] or fold(host)[:LONGEST_SORT_NAME],
        words="".join(f" {word}" for word in words)[:LONGEST_WORDS],
        is_hidden=entry.is_hidden,
        valid_until=entry.valid_until,
        expires=provider.expires,
        content=provider.to_json(),
    )


def watch_own_certificates(settings: Settings, batch: Batch, now: datetime) -> Outcome:
    """Tell the operators of our own certificates that end soon. Raises ConfigurationError for an unreadable profile."""
    base_url = settings.site.base_url
    profiles = [load_profile(each.file, base_url) for each in settings.saml.profiles]
    ends = {profile.name: certificate_ends(profile) for profile in profiles}
    with batch() as session:
        near = federation_sources.watch_own_certificates(session, ends, now)
    return happened("keys", near, all=len(ends))


def refresh(settings: Settings, batch: Batch, now: datetime, is_stopping: Callable[[], bool]) -> Outcome:
    """Read every source that is due, and say what came of it; `batch` opens one writing transaction."""
    sources = plan(settings)
    with batch() as session:
        federation_sources.forget_others(session, sources, now)
        waiting = federation_sources.due(session, sources, now)
    results = Outcome()
    for source in waiting:
        if is_stopping():
            break
        results += _renewed(source, settings, batch, now)
    for profile in {source.profile for source in waiting}:
        _compare([each for each in sources if each.profile == profile], settings, batch, now)
    return results if results.parts else happened("nothing_due")


def _renewed(source: Planned, settings: Settings, batch: Batch, now: datetime) -> Outcome:
    try:
        copy = read(source, now, may_be_plain=settings.mode != "production")
    except DeskError as error:
        log.warning("%s could not be read from %s: %s", source.profile, source.place, ascii(str(error)))
        with batch() as session:
            federation_sources.note_failure(session, source, error.sentence, now)
        return happened("source_failed", profile=source.profile)
    new = NewCopy(tuple(map(listed, copy.entries)), copy.problems, copy.valid_until)
    with batch() as session:
        changes = federation_sources.keep(session, source, new, now)
    return happened(
        "source",
        len(new.listed),
        profile=source.profile,
        added=changes.added,
        changed=changes.changed,
        removed=changes.removed,
        problems=len(new.problems),
    )


def _compare(sources: list[Planned], settings: Settings, batch: Batch, now: datetime) -> None:
    """Note of each source of a profile which providers another one before it lists, and with which certificates."""
    if len(sources) < 2:
        return
    seen: dict[str, frozenset[str]] = {}
    for source in sources:
        own = _certificates(source, settings, batch, now)
        repeated = own.keys() & seen.keys()
        strange = {entity_id for entity_id in repeated if own[entity_id].isdisjoint(seen[entity_id])}
        with batch() as session:
            federation_sources.note_conflicts(session, source, repeated, strange, now)
        seen = own | seen


def _certificates(source: Planned, settings: Settings, batch: Batch, now: datetime) -> dict[str, frozenset[str]]:
    """Return the certificates of a source's providers by entity id: of a file as it is now, else of the copy kept."""
    if source.source.url:
        with batch() as session:
            contents = federation.contents(session, source.key)
        providers = list(map(IdentityProvider.from_json, contents))
    else:
        try:
            copy = read(source, now, may_be_plain=settings.mode != "production")
        except DeskError:
            return {}  # noted when it was its turn
        providers = [entry.provider for entry in copy.entries]
    return {provider.entity_id: frozenset(provider.certificates) for provider in providers}
