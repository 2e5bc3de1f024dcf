"""The example profiles that ship with the desk, each with keys made for it once."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from saml.keys import new_key_pair
from saml.names import HTTP_POST, HTTP_REDIRECT
from saml.profile import KeyPair, Profile, load_profile
from saml.registry import IdentityProvider

CONFIG: Final = Path(__file__).parents[2] / "config" / "saml"
NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SITE: Final = "https://desk.unidemo.example"
EXAMPLES: Final = ("spid-public", "spid-private", "cie", "idem", "eidas")
IDP: Final = "https://idp.unidemo.example/metadata"
SSO: Final = "https://idp.unidemo.example/sso"


@cache
def key_pair(name: str) -> KeyPair:
    """Return a key pair for an example."""
    profile = load_profile(CONFIG / f"{name}.example.toml", SITE, is_default=False, with_keys=False)
    return new_key_pair(profile, locality="Milano", days=1095, now=NOW)


def example(name: str, *, is_default: bool = False) -> Profile:
    """Return an example profile at SITE."""
    profile = load_profile(CONFIG / f"{name}.example.toml", SITE, is_default=is_default, with_keys=False)
    return replace(profile, keys=(key_pair(name),))


def provider(*bindings: str) -> IdentityProvider:
    """Return an identity provider that takes requests by these bindings, by default both."""
    places = dict.fromkeys(bindings or (HTTP_REDIRECT, HTTP_POST), SSO)
    certificates = (key_pair("idem").certificate_pem,)
    return IdentityProvider(IDP, {}, places, places, places, certificates, ())
