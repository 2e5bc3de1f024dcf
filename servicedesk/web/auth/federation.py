"""The identity providers of this installation, and what saml has to remember of a sign-in, kept in the database."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask import Flask, current_app

from saml.errors import Code, SamlError
from saml.profile import Profile, load_profile
from saml.registry import IdentityProvider, Registry
from saml.responses import PendingRequest
from saml.signing import is_demo_certificate
from servicedesk.settings import Settings, SettingsError
from servicedesk.store import sign_in
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing


@dataclass(frozen=True)
class Federation:
    """Our profiles, the default one first, and the identity providers of each."""

    profiles: tuple[Profile, ...]
    registries: tuple[Registry, ...]

    def profile(self, name: str | None = None) -> Profile:
        """Return the profile of this name, without one the default; SamlError when there is none."""
        found = [each for each in self.profiles if name in (None, each.name)]
        if not found:
            raise SamlError(Code.UNKNOWN_PROVIDER, f"no profile {name!r}")
        return found[0]

    @cached_property
    def registry(self) -> Registry:
        """The providers of all profiles."""
        return Registry(provider for each in self.registries for provider in each.all())

    def university(self) -> tuple[IdentityProvider, ...]:
        """Return the university's own providers."""
        return self.registries[0].all()

    def spid_providers(self) -> tuple[IdentityProvider, ...]:
        """Return the SPID providers."""
        return tuple(provider for each in self.registries[1:] for provider in each.all())


def init_app(app: Flask, settings: Settings) -> None:
    """Read profiles and providers once. Raises ConfigurationError or SettingsError when they cannot be used."""
    app.extensions["desk_federation"] = load_federation(settings)


def load_federation(settings: Settings) -> Federation:
    """Return the federations the settings name; the demo's certificates are refused in production."""
    found = Federation(
        profiles=tuple(load_profile(each.file, settings.site.base_url) for each in settings.saml.profiles),
        registries=tuple(
            Registry.load(source.path for source in each.sources if source.path) for each in settings.saml.profiles
        ),
    )
    ours = [each.certificate_pem for each in found.profiles]
    theirs = [each for provider in found.registry.all() for each in provider.certificates]
    if settings.mode == "production" and any(map(is_demo_certificate, [*ours, *theirs])):
        raise SettingsError(
            "saml.profiles use the certificates of the demo, whose keys everybody can read: "
            "make a key pair of your own and take your identity provider's own metadata"
        )
    return found


def federation() -> Federation:
    """Return the federation of the running application."""
    found: Federation = current_app.extensions["desk_federation"]
    return found


class Memory:
    """What saml asks to remember; each write is a short transaction of its own and lasts whatever comes after."""

    def find(self, request_id: str) -> PendingRequest | None:
        """Return the request while it waits for its answer."""
        asked = sign_in.find(reading(), request_id, utc_now())
        return PendingRequest(asked.id, asked.provider, asked.issued_at) if asked else None

    def take(self, request_id: str) -> bool:
        """Use the request up; False when somebody already had."""
        with writing() as session:
            return sign_in.take(session, request_id, utc_now())

    def remember(self, assertion_id: str, until: datetime) -> bool:
        """Note that an assertion was used; False when it had been before."""
        with writing() as session:
            return sign_in.remember_assertion(session, assertion_id, until)
