"""What the demo identity provider is told: its keys and people from a TOML file, and the service provider it serves."""

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from saml.errors import Code, SamlError
from saml.names import HTTP_POST, STRONG_DIGESTS, STRONG_SIGNATURES
from saml.profile import Reader, read_toml
from saml.registry import addresses, names_of
from saml.safexml import MAX_XML, find, only, parse
from saml.signing import pem_of

KINDS: Final = ("student", "staff", "other")


@dataclass(frozen=True)
class Person:
    """Somebody who can be chosen on the sign-in page; `role` says by language whom one becomes."""

    uid: str
    name: str
    kind: str
    role: Mapping[str, str]
    attributes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class IdpConfig:
    """The demo identity provider; its addresses derive from `base_url`."""

    base_url: str
    names: Mapping[str, str]
    scope: str
    sp_metadata: str
    people: tuple[Person, ...]
    key_pem: str = field(repr=False)
    certificate_pem: str = field(repr=False)
    signature_algorithms: frozenset[str] = STRONG_SIGNATURES
    digest_algorithms: frozenset[str] = STRONG_DIGESTS

    @property
    def entity_id(self) -> str:
        """Its name, which is also where its metadata is."""
        return f"{self.base_url}/metadata"

    @property
    def sso_url(self) -> str:
        """Where requests to sign in arrive."""
        return f"{self.base_url}/sso"

    @property
    def slo_url(self) -> str:
        """Where logout messages arrive."""
        return f"{self.base_url}/slo"

    def person(self, uid: str) -> Person | None:
        """Return the person with that uid, None when there is none."""
        return next((person for person in self.people if person.uid == uid), None)


@dataclass(frozen=True)
class ServiceProvider:
    """The service that people are signed in to, from its metadata."""

    entity_id: str
    names: Mapping[str, str]
    acs_url: str
    slo: Mapping[str, str]
    certificates: tuple[str, ...]


def load_config(path: Path, base_url: str, sp_metadata: str = "", alias: str = "") -> IdpConfig:
    """Return the configuration in `path` for a provider at `base_url`; ConfigurationError listing every error.

    `sp_metadata` (file or web address) replaces the one in the file; `alias` chooses another name from the file's table
    `alias`, so that one file serves several providers with the same people.
    """
    read = Reader(path, read_toml(path))
    key_pem, certificate_pem = read.key_pair()
    config = IdpConfig(
        base_url=base_url.rstrip("/"),
        names=read.localised(f"alias.{alias}" if alias else "name"),
        scope=read.text("scope"),
        sp_metadata=sp_metadata or read.text("sp_metadata"),
        people=read_people(read),
        key_pem=key_pem,
        certificate_pem=certificate_pem,
    )
    read.finish()
    return config


def read_people(read: Reader) -> tuple[Person, ...]:
    """Return the people; their attributes have the friendly names of the file's table `names`."""
    names = read.value("names")
    if not isinstance(names, dict):
        read.wrong("names", "a table of attribute names is needed")
        return ()
    return tuple(read_person(row, names) for row in read.tables("people"))


def read_person(row: Reader, names: Mapping[str, str]) -> Person:
    """Return one person of the file."""
    attributes = {}
    for friendly, values in row.mapping("attributes").items():
        if friendly not in names:
            row.wrong(f"attributes.{friendly}", "is not in the table of attribute names")
        attributes[names.get(friendly, friendly)] = values
    return Person(row.text("uid"), row.text("name"), row.one_of("kind", KINDS), row.localised("role"), attributes)


def fetch_service(place: str) -> ServiceProvider:
    """Return the service provider described by the metadata at `place`, a file or web address.

    SamlError when it cannot be had, so that the provider may start before the service.
    """
    try:
        root = parse(fetch(place))
    except OSError as error:
        raise SamlError(Code.UNKNOWN_PROVIDER, f"the service's metadata at {place} cannot be had: {error}") from error
    role = only(root, "/md:EntityDescriptor/md:SPSSODescriptor")
    keys = "md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
    return ServiceProvider(
        entity_id=root.get("entityID", ""),
        names=names_of(root),
        acs_url=addresses([role], "AssertionConsumerService").get(HTTP_POST, ""),
        slo=addresses([role], "SingleLogoutService"),
        certificates=tuple(pem_of(node.text or "") for node in find(role, keys)),
    )


def fetch(place: str) -> bytes:
    """Return at most one byte more than may be parsed of what is at `place`; OSError when nothing can be had."""
    if urlsplit(place).scheme not in ("http", "https"):
        return Path(place).read_bytes()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the service runs on this machine
    with direct.open(place, timeout=5) as answer:
        content: bytes = answer.read(MAX_XML + 1)
    return content
