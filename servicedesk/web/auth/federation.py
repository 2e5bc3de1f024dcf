"""The federations of this installation: their profiles, and what saml has to remember of a sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from flask import Flask, current_app

from saml.errors import Code, SamlError
from saml.metadata import build_metadata
from saml.profile import Profile, load_profile
from saml.readiness import certificate_ends
from saml.responses import PendingRequest
from saml.signing import is_demo_certificate
from servicedesk.rules.errors import NotFound
from servicedesk.settings import Settings, SettingsError
from servicedesk.store import sign_in
from servicedesk.web.auth import registries
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing

PUBLISHED_FOR = timedelta(minutes=10)
"""How long signed metadata is given out again before it is signed afresh: signing costs, and anybody may ask."""


@dataclass(frozen=True)
class Federation:
    """Our profiles, the default one first; their providers are in `registries`."""

    profiles: tuple[Profile, ...]
    _published: dict[str, tuple[datetime, bytes]] = field(default_factory=dict, repr=False, compare=False)

    def profile(self, name: str | None = None) -> Profile:
        """Return the profile of this name, without one the default; SamlError when there is none."""
        found = [each for each in self.profiles if name in (None, each.name)]
        if not found:
            raise SamlError(Code.UNKNOWN_PROVIDER, f"no profile {name!r}")
        return found[0]

    @cached_property
    def has_terms_by_service(self) -> bool:
        """Whether any service asks for terms of its own."""
        return any(each.terms for each in self.profiles)

    @cached_property
    def certificate_ends(self) -> Mapping[str, datetime]:
        """When our own certificates end, by profile."""
        return {each.name: certificate_ends(each) for each in self.profiles}

    def metadata(self, profile: Profile, now: datetime) -> bytes:
        """Return the signed metadata of a profile, the same bytes for some minutes."""
        made_at, content = self._published.get(profile.name, (now - PUBLISHED_FOR, b""))
        if now - made_at >= PUBLISHED_FOR:
            content = build_metadata(profile)
            self._published[profile.name] = (now, content)
        return content


def init_app(app: Flask, settings: Settings) -> None:
    """Read profiles and providers' files once. Raises ConfigurationError or SettingsError when they cannot be used."""
    found = load_federation(settings)
    app.extensions["desk_federation"] = found
    registries.init_app(app, settings, found.profiles)
    if settings.mode == "production":
        for name, registry in app.extensions["desk_registries"].items():
            for provider in registry.from_files():
                if any(map(is_demo_certificate, provider.certificates)):
                    raise SettingsError(
                        f"saml.profiles: {name}: the provider {provider.entity_id} is one of the demo's, whose keys "
                        "everybody can read: take your identity provider's own metadata"
                    )


def load_federation(settings: Settings) -> Federation:
    """Return the federations the settings name. Raises ConfigurationError or SettingsError when they cannot be used."""
    base_url, named = settings.site.base_url, settings.saml.profiles
    profiles = tuple(load_profile(each.file, base_url, is_default=each is named[0]) for each in named)
    _refuse_repeated(profiles)
    if settings.mode == "production":
        _refuse_unfit(profiles, settings)
    return Federation(profiles)


def _refuse_repeated(profiles: tuple[Profile, ...]) -> None:
    for what in ("name", "entity_id"):
        values = [getattr(each, what) for each in profiles]
        if len(set(values)) < len(values):
            raise SettingsError(f"saml.profiles: two profiles have the same {what}: {', '.join(sorted(values))}")


def _refuse_unfit(profiles: tuple[Profile, ...], settings: Settings) -> None:
    keeping = [each.name for each in profiles if each.keeps_log]
    if keeping and not settings.records.log_key:
        raise SettingsError(
            f"records.log_key is missing: profile {keeping[0]} must keep a log of sign-ins, which this key encrypts"
        )
    for profile in profiles:
        if any(is_demo_certificate(pair.certificate_pem) for pair in profile.keys):
            raise SettingsError(
                f"saml.profiles: {profile.name} uses a key of the demo, which everybody can read: "
                "make a pair of your own with `flask saml keys`"
            )


def federation() -> Federation:
    """Return the federations of the running application."""
    found: Federation = current_app.extensions["desk_federation"]
    return found


def profile_called(name: str | None) -> Profile:
    """Return the profile whose address was called, the default one at the bare addresses. Raises NotFound for none."""
    try:
        return federation().profile(name)
    except SamlError as error:
        raise NotFound() from error


class Memory:
    """What saml asks to remember, for answers to one profile at `path`; each write is a short transaction and lasts."""

    def __init__(self, profile: Profile, path: str) -> None:
        self._profile = profile.name
        self._place = f"{profile.base_url}{path}"

    def was_taken(self, request_id: str) -> bool:
        """Whether the request was answered before, as long as it is remembered."""
        return sign_in.was_taken(reading(), request_id)

    def find(self, request_id: str) -> PendingRequest | None:
        """Return the request while it waits for its answer; one of another profile is not known here.

        Raises SamlError when the answer arrived at another of our addresses than the request named (bindings 3.5.5.2).
        """
        asked = sign_in.find(reading(), request_id, utc_now())
        if asked is None or asked.profile != self._profile:
            return None
        if asked.acs_url != self._place:
            raise SamlError(Code.WRONG_DESTINATION, f"request {request_id} asked for its answer at {asked.acs_url}")
        return PendingRequest(
            id=asked.id,
            idp=asked.provider,
            issued_at=asked.issued_at,
            forced=asked.is_forced,
            level=asked.level,
            attribute_set=asked.attribute_set,
            acs_url=asked.acs_url,
        )

    def take(self, request_id: str) -> bool:
        """Use the request up; False when somebody already had."""
        with writing() as session:
            return sign_in.take(session, request_id, utc_now())

    def remember(self, assertion_id: str, until: datetime) -> bool:
        """Note that an assertion was used; False when it had been before."""
        with writing() as session:
            return sign_in.remember_assertion(session, assertion_id, until)
