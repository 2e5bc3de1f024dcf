"""The identity providers of this installation, and what saml has to remember of a sign-in, kept in the database."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

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
    """Our profile, every provider, and which of them are SPID's."""

    profile: Profile
    registry: Registry
    spid: frozenset[str]

    def university(self) -> tuple[IdentityProvider, ...]:
        """Return the university's own providers."""
        return tuple(each for each in self.registry.all() if each.entity_id not in self.spid)

    def spid_providers(self) -> tuple[IdentityProvider, ...]:
        """Return the SPID providers."""
        return tuple(each for each in self.registry.all() if each.entity_id in self.spid)


def init_app(app: Flask, settings: Settings) -> None:
    """Read profile and providers once. Raises ConfigurationError or SettingsError when they cannot be used."""
    app.extensions["desk_federation"] = load_federation(settings)


def load_federation(settings: Settings) -> Federation:
    """Return the federation the settings name; the demo's certificates are refused in production."""
    spid = Registry.load(settings.saml.spid_providers)
    found = Federation(
        profile=load_profile(settings.saml.profile, settings.site.base_url),
        registry=Registry.load((*settings.saml.providers, *settings.saml.spid_providers)),
        spid=frozenset(provider.entity_id for provider in spid.all()),
    )
    certificates = [each for provider in found.registry.all() for each in provider.certificates]
    if settings.mode == "production" and any(map(is_demo_certificate, [found.profile.certificate_pem, *certificates])):
        raise SettingsError(
            "saml.profile or saml.providers use the certificates of the demo, whose keys everybody can read: "
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
