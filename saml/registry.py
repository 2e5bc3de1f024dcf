"""The identity providers that may sign people in here, read from their metadata files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from lxml import etree

from saml.errors import Code, ConfigurationError, SamlError
from saml.names import BINDINGS, MD, MDUI, SAMLP, XML, tag
from saml.safexml import find, parse
from saml.signing import pem_of


@dataclass(frozen=True)
class IdentityProvider:
    """One identity provider: names by language, addresses by binding, certificates as PEM, the scopes it owns."""

    entity_id: str
    names: Mapping[str, str]
    sso: Mapping[str, str]
    slo: Mapping[str, str]
    slo_answers: Mapping[str, str]
    certificates: tuple[str, ...]
    scopes: tuple[str, ...]

    def name(self, language: str) -> str:
        """Return the name in `language`, else in any, else the entity id."""
        return self.names.get(language) or next(iter(self.names.values()), self.entity_id)


class Registry:
    """The known identity providers by entity id, in the order of their files."""

    def __init__(self, providers: Iterable[IdentityProvider]) -> None:
        self._providers = {provider.entity_id: provider for provider in providers}

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
    providers = [read_provider(entity) for entity in found]
    for provider in providers:
        errors += [f"{path}: {provider.entity_id}: {problem}" for problem in problems(provider)]
    return providers


def read_provider(entity: etree._Element) -> IdentityProvider:
    """Return what an EntityDescriptor says about its identity provider role."""
    roles = find(entity, f"md:IDPSSODescriptor[contains(@protocolSupportEnumeration, '{SAMLP}')]")
    keys = "md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
    scopes = "descendant::shibmd:Scope[not(@regexp='true' or @regexp='1')]"
    return IdentityProvider(
        entity_id=entity.get("entityID", ""),
        names=names_of(entity),
        sso=addresses(roles, "SingleSignOnService"),
        slo=addresses(roles, "SingleLogoutService"),
        slo_answers=addresses(roles, "SingleLogoutService", "ResponseLocation"),
        certificates=tuple(pem_of(node.text or "") for role in roles for node in find(role, keys)),
        scopes=tuple((node.text or "").strip() for node in find(entity, scopes)),
    )


def addresses(roles: Iterable[etree._Element], service: str, attribute: str = "Location") -> dict[str, str]:
    """Return the first address of `service` for each binding we speak; `attribute` falls back to Location."""
    found: dict[str, str] = {}
    for node in (child for role in roles for child in role.iterchildren(tag(MD, service))):
        binding = node.get("Binding", "")
        if binding in BINDINGS:
            found.setdefault(binding, node.get(attribute) or node.get("Location") or "")
    return found


def names_of(entity: etree._Element) -> dict[str, str]:
    """Return the provider's display names by language: user interface names win over the organisation's."""
    nodes = [*entity.iter(tag(MD, "OrganizationDisplayName")), *entity.iter(tag(MDUI, "DisplayName"))]
    return {node.get(tag(XML, "lang"), ""): (node.text or "").strip() for node in nodes}


def problems(provider: IdentityProvider) -> list[str]:
    """Return what a provider lacks to be usable."""
    places = [*provider.sso.values(), *provider.slo.values(), *provider.slo_answers.values()]
    found = [f"{place!r} is not a web address" for place in places if urlsplit(place).scheme not in ("http", "https")]
    if not provider.sso:
        found.append("SingleSignOnService: no address for HTTP-Redirect or HTTP-POST")
    if not provider.certificates:
        found.append("KeyDescriptor: no signing certificate")
    return found
