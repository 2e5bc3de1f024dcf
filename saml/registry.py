"""The identity providers that may sign people in here: what is known of each, and how it is read from metadata."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from saml.errors import Code, ConfigurationError, SamlError
from saml.names import BINDINGS, MD, MDUI, SAMLP, XML, tag
from saml.safexml import find, parse
from saml.signing import certificate_bodies, pem_of

SMALLEST_KEY: Final = 2048
LONGEST_ID: Final = 255
"""SAML allows 1024 characters (core 8.3.6); every known provider has far fewer, and what we keep of it is indexed."""
HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
LONGEST_NAME: Final = 200
LANGUAGES: Final[tuple[str, ...]] = ("it", "en")


@dataclass(frozen=True)
class IdentityProvider:
    """One identity provider: names by language, addresses by binding, certificates as PEM, the scopes it owns.

    `expires` is when the last of its certificates ends; None when nobody looked.
    """

    entity_id: str
    names: Mapping[str, str]
    sso: Mapping[str, str]
    slo: Mapping[str, str]
    slo_answers: Mapping[str, str]
    certificates: tuple[str, ...]
    scopes: tuple[str, ...]
    expires: datetime | None = None

    def name(self, language: str) -> str:
        """Return the name in `language`, else in any, else the entity id."""
        return self.names.get(language) or next(iter(self.names.values()), self.entity_id)

    def to_json(self) -> str:
        """Return everything as compact JSON; the same provider always gives the same text."""
        facts = {
            "id": self.entity_id,
            "names": dict(self.names),
            "sso": dict(self.sso),
            "slo": dict(self.slo),
            "answers": dict(self.slo_answers),
            "keys": [body for pem in self.certificates for body in certificate_bodies(pem)],
            "scopes": list(self.scopes),
            "expires": self.expires.isoformat() if self.expires else None,
        }
        return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the provider that `to_json` wrote. Raises KeyError or ValueError for anything else."""
        facts: dict[str, Any] = json.loads(text)
        return cls(
            entity_id=facts["id"],
            names=facts["names"],
            sso=facts["sso"],
            slo=facts["slo"],
            slo_answers=facts["answers"],
            certificates=tuple(map(pem_of, facts["keys"])),
            scopes=tuple(facts["scopes"]),
            expires=datetime.fromisoformat(facts["expires"]) if facts["expires"] else None,
        )


class Providers(Protocol):
    """Whatever knows identity providers by their entity id."""

    def get(self, entity_id: str) -> IdentityProvider:
        """Return the provider; SamlError when it is unknown."""


class Registry:
    """Identity providers in memory by entity id, in the order given; of two with the same id the first counts."""

    def __init__(self, providers: Iterable[IdentityProvider]) -> None:
        self._providers: dict[str, IdentityProvider] = {}
        for provider in providers:
            self._providers.setdefault(provider.entity_id, provider)

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Self:
        """Return the registry of all metadata files (one EntityDescriptor or an EntitiesDescriptor each).

        ConfigurationError lists every file that cannot be read and every provider that lacks something.
        """
        errors: list[str] = []
        providers = [provider for path in paths for provider in read_file(path, errors)]
        for entity_id in {provider.entity_id for provider in providers}:
            if sum(provider.entity_id == entity_id for provider in providers) > 1:
                errors.append(f"{entity_id}: entityID: occurs twice")
        if errors:
            raise ConfigurationError(errors)
        return cls(providers)

    def all(self) -> tuple[IdentityProvider, ...]:
        """Return every provider, for the sign-in page."""
        return tuple(self._providers.values())

    def get(self, entity_id: str) -> IdentityProvider:
        """Return the provider; SamlError when it is unknown."""
        if entity_id not in self._providers:
            raise SamlError(Code.UNKNOWN_PROVIDER, f"no identity provider {entity_id!r}")
        return self._providers[entity_id]


def read_file(path: Path, errors: list[str]) -> list[IdentityProvider]:
    """Return the providers in one metadata file, noting in `errors` what is wrong."""
    try:
        root = parse(path.read_bytes())
    except (OSError, SamlError) as error:
        errors.append(f"{path}: cannot be read: {error}")
        return []
    found = find(root, "descendant-or-self::md:EntityDescriptor[md:IDPSSODescriptor]")
    if not found:
        errors.append(f"{path}: IDPSSODescriptor: none is there")
    wrong: list[str] = []
    providers = [provider for entity in found if (provider := read_provider(entity, wrong))]
    errors += [f"{path}: {problem}" for problem in wrong]
    return providers


def read_provider(entity: etree._Element, errors: list[str]) -> IdentityProvider | None:
    """Return what an EntityDescriptor says about its identity provider role, None when it cannot be used.

    `errors` gets a line `entity id: what is wrong` for each problem, those that leave it usable included.
    """
    roles = find(entity, f"md:IDPSSODescriptor[contains(@protocolSupportEnumeration, '{SAMLP}')]")
    keys = "md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
    scopes = "descendant::shibmd:Scope[not(@regexp='true' or @regexp='1')]"
    return make_provider(
        entity_id=entity.get("entityID", ""),
        names=names_of(entity),
        sso=addresses(roles, "SingleSignOnService"),
        slo=addresses(roles, "SingleLogoutService"),
        slo_answers=addresses(roles, "SingleLogoutService", "ResponseLocation"),
        bodies=[node.text or "" for role in roles for node in find(role, keys)],
        scopes=tuple((node.text or "").strip() for node in find(entity, scopes)),
        errors=errors,
    )


def make_provider(
    *,
    entity_id: str,
    names: Mapping[str, str],
    sso: Mapping[str, str],
    slo: Mapping[str, str],
    slo_answers: Mapping[str, str],
    bodies: Iterable[str],
    scopes: tuple[str, ...],
    errors: list[str],
) -> IdentityProvider | None:
    """Return the provider with the certificates (base64 `bodies`) that are good, None when it cannot be used."""
    problems: list[str] = []
    ends: dict[str, datetime] = {}
    for body in dict.fromkeys("".join(body.split()) for body in bodies):
        end = end_of(body, problems)
        if end is not None:
            ends[pem_of(body)] = end
    provider = IdentityProvider(
        entity_id, names, sso, slo, slo_answers, tuple(ends), scopes, max(ends.values(), default=None)
    )
    lacking = what_lacks(provider)
    errors += [f"{entity_id}: {problem}" for problem in (*problems, *lacking)]
    return None if lacking else provider


def end_of(body: str, problems: list[str]) -> datetime | None:
    """Return when a certificate ends; None, with a line in `problems`, when its key must not be used."""
    try:
        certificate = x509.load_pem_x509_certificate(pem_of(body).encode())
        key = certificate.public_key()
    except Exception as error:  # the library raises many kinds for what strangers call a certificate
        problems.append(f"X509Certificate: cannot be read: {error}")
        return None
    if not isinstance(key, RSAPublicKey):
        problems.append("X509Certificate: not an RSA key")
        return None
    if key.key_size < SMALLEST_KEY:
        problems.append(f"X509Certificate: RSA key of {key.key_size} bits, at least {SMALLEST_KEY} are needed")
        return None
    return certificate.not_valid_after_utc


def what_lacks(provider: IdentityProvider) -> list[str]:
    """Return why a provider cannot be used, nothing when it can."""
    places = [*provider.sso.values(), *provider.slo.values(), *provider.slo_answers.values()]
    found = [f"{place!r} is not a web address" for place in places if not is_web_address(place)]
    if not provider.entity_id or len(provider.entity_id) > LONGEST_ID:
        found.append(f"entityID: {len(provider.entity_id)} characters, 1 to {LONGEST_ID} can be kept")
    if not provider.entity_id.isprintable():
        found.append("entityID: holds characters that cannot be printed")
    if not provider.sso:
        found.append("SingleSignOnService: no address for HTTP-Redirect or HTTP-POST")
    if not provider.certificates:
        found.append("KeyDescriptor: no signing certificate")
    return found


def is_web_address(place: str) -> bool:
    """Tell whether a browser can be sent to `place`, whose host may stand in a header of ours."""
    try:
        parts = urlsplit(place)
    except ValueError:
        return False
    is_plain = place.isprintable() and not any(letter.isspace() for letter in place)
    return parts.scheme in ("http", "https") and is_plain and bool(HOST.fullmatch(parts.netloc))


def addresses(roles: Iterable[etree._Element], service: str, attribute: str = "Location") -> dict[str, str]:
    """Return the first address of `service` for each binding we speak; `attribute` falls back to Location."""
    found: dict[str, str] = {}
    for node in (child for role in roles for child in role.iterchildren(tag(MD, service))):
        binding = node.get("Binding", "")
        if binding in BINDINGS:
            found.setdefault(binding, node.get(attribute) or node.get("Location") or "")
    return found


def names_of(entity: etree._Element) -> dict[str, str]:
    """Return the display names in our LANGUAGES: user interface names win over the organisation's.

    Without any of them, the first name in another language.
    """
    nodes = [*entity.iter(tag(MD, "OrganizationDisplayName")), *entity.iter(tag(MDUI, "DisplayName"))]
    found: dict[str, str] = {}
    for node in nodes:
        language = node.get(tag(XML, "lang"), "").split("-")[0].lower()
        if name := "".join(filter(str.isprintable, " ".join((node.text or "").split())))[:LONGEST_NAME]:
            found[language] = name
    ours = {language: found[language] for language in LANGUAGES if language in found}
    return ours or dict(list(found.items())[:1])
