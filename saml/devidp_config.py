"""What the demo identity provider is told: its keys and people from a TOML file, and the service provider it serves."""

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from saml.devidp_federations import MANNERS, Manner
from saml.devidp_people import Person, read_citizen, read_people, spid_code
from saml.errors import Code, SamlError
from saml.names import HTTP_POST, STRONG_DIGESTS, STRONG_SIGNATURES
from saml.reader import Reader, read_toml
from saml.registry import addresses, names_of
from saml.safexml import MAX_XML, find, only, parse
from saml.signing import pem_of

DESK = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class IdpConfig:
    """A demo identity provider; its addresses derive from `base_url`.

    With `in_federation` its metadata are among those that its host publishes signed, as a federation does.
    """

    base_url: str
    federation: str
    names: Mapping[str, str]
    scope: str
    sp_metadata: str
    people: tuple[Person, ...]
    in_federation: bool
    key_pem: str = field(repr=False)
    certificate_pem: str = field(repr=False)
    signature_algorithms: frozenset[str] = STRONG_SIGNATURES
    digest_algorithms: frozenset[str] = STRONG_DIGESTS

    @property
    def manner(self) -> Manner:
        """How it answers."""
        return MANNERS[self.federation]

    @property
    def path(self) -> str:
        """What its addresses begin with on its host, without a slash at the end."""
        return urlsplit(self.base_url).path

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

    def known(self, person: Person, now: datetime) -> Person:
        """Return the person with what this provider can say at `now`."""
        able, said = self.manner.attributes, dict(person.vouched(now))
        if able is None:
            return replace(person, attributes=said)
        said["spidCode"] = (spid_code(self.path.rpartition("/")[2], person.uid),)
        return replace(person, attributes={name: values for name, values in said.items() if name in able})


@dataclass(frozen=True)
class ServiceProvider:
    """The service that people are signed in to, from its metadata.

    `acs` are the addresses for answers by index, `acs_url` the one in use; `sets` the attribute names by index.
    """

    entity_id: str
    names: Mapping[str, str]
    acs_url: str
    acs: Mapping[str, str]
    sets: Mapping[str, frozenset[str]]
    slo: Mapping[str, str]
    certificates: tuple[str, ...]


def load_site(path: Path, base_url: str, desk: str = DESK) -> tuple[IdpConfig, ...]:
    """Return the providers in the file at `path` for a host at `base_url`; ConfigurationError listing every error.

    `{desk}` in the addresses of the service's metadata stands for `desk`.
    """
    read = Reader(path, read_toml(path))
    key_pem, certificate_pem = read.key_pair()
    members = read
    if isinstance(read.value("people_from"), str):
        place = path.parent / read.text("people_from")
        members = Reader(place, read_toml(place), errors=read.errors)
    digital = members is not read
    people = read_people(members, digital=digital)
    if digital:
        people += tuple(read_citizen(row) for row in read.tables("citizens"))
    providers = tuple(
        IdpConfig(
            base_url=base_url.rstrip("/") + row.text("path").rstrip("/"),
            federation=row.one_of("federation", tuple(MANNERS)),
            names=row.localised("name"),
            scope="" if digital else row.text("scope"),
            sp_metadata=row.text("sp_metadata").replace("{desk}", desk.rstrip("/")),
            people=people,
            in_federation="in_federation" in row.data and row.flag("in_federation"),
            key_pem=key_pem,
            certificate_pem=certificate_pem,
        )
        for row in read.tables("providers")
    )
    read.finish()
    return providers


def load_config(path: Path, base_url: str, sp_metadata: str = "", provider: str = "/") -> IdpConfig:
    """Return the one provider of the file whose path is `provider`; `sp_metadata` (a file or address) replaces its own.

    ConfigurationError lists every error of the file; KeyError when it has no such provider.
    """
    by_path = {config.path or "/": config for config in load_site(path, base_url)}
    found = by_path[provider]
    return replace(found, sp_metadata=sp_metadata) if sp_metadata else found


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
    acs = {
        node.get("index", ""): node.get("Location", "")
        for node in find(role, f"md:AssertionConsumerService[@Binding='{HTTP_POST}']")
    }
    return ServiceProvider(
        entity_id=root.get("entityID", ""),
        names=names_of(root),
        acs_url=addresses([role], "AssertionConsumerService").get(HTTP_POST, ""),
        acs=acs,
        sets={node.get("index", ""): requested(node) for node in find(role, "md:AttributeConsumingService")},
        slo=addresses([role], "SingleLogoutService"),
        certificates=tuple(pem_of(node.text or "") for node in find(role, keys)),
    )


def requested(service: etree._Element) -> frozenset[str]:
    """Return the names of the attributes in an AttributeConsumingService."""
    return frozenset(node.get("Name", "") for node in find(service, "md:RequestedAttribute"))


def fetch(place: str) -> bytes:
    """Return at most one byte more than may be parsed of what is at `place`; OSError when nothing can be had."""
    if urlsplit(place).scheme not in ("http", "https"):
        return Path(place).read_bytes()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the service runs on this machine
    with direct.open(place, timeout=5) as answer:
        content: bytes = answer.read(MAX_XML + 1)
    return content
