"""What a federation demands of this provider and how it names people, as frozen data read from TOML files.

What every member of a federation must do is a preset in `saml/federations/`; an installation's own file names the
federation and says only what is its own: name, entity id, keys, organisation, contacts, attribute sets, terms.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from saml.names import BINDINGS, HTTP_POST, HTTP_REDIRECT, STRONG_DIGESTS, STRONG_SIGNATURES
from saml.parties import Contact, Interface, Organisation, read_contact, read_interface, read_organisation
from saml.reader import Reader, merged, read_toml

PRESETS: Final = Path(__file__).parent / "federations"
FEDERATIONS: Final = ("spid-public", "spid-private", "cie-public", "cie-private", "idem", "eidas")
COMPARISONS: Final = ("exact", "minimum", "maximum", "better")
REQUEST_BINDINGS: Final[Mapping[str, str]] = {"redirect": HTTP_REDIRECT, "post": HTTP_POST}
SLUG: Final = re.compile(r"(?!(?:metadata|login|acs|slo)$)[a-z][a-z0-9-]{0,39}")
MAX_SKEW: Final = timedelta(minutes=5)
PURPOSES: Final = ("P", "LP", "PG", "PF", "PX")
OWN_KEYS: Final = (
    "name", "federation", "entity_id", "service_name", "organisation", "interface", "contacts", "keys",
    "attribute_sets", "terms", "services", "attributes", "prefixes", "request_binding", "clock_skew_seconds", "sites",
)  # fmt: skip
"""What every installation may state; `adjustable` in a preset names what else its federation leaves open."""
TERMS_KEYS: Final = ("level", "attribute_set", "force", "purpose", "minimum_age", "maximum_age")


@dataclass(frozen=True)
class KeyPair:
    """A private key and its certificate (PEM) and what the metadata publishes the certificate for."""

    key_pem: str = field(repr=False)
    certificate_pem: str = field(repr=False)
    signing: bool = True
    encryption: bool = False


@dataclass(frozen=True)
class Attribute:
    """An attribute asked for in the metadata."""

    name: str
    friendly_name: str
    required: bool


@dataclass(frozen=True)
class AttributeSet:
    """Attributes asked for together (AttributeConsumingService): `index` in the metadata, `name` by language."""

    index: int
    name: Mapping[str, str]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Terms:
    """How a person must sign in for one service of the desk.

    `level` counts from 1 in `Profile.levels` (0: none asked), `attribute_set` is the index asked for (None: the
    provider's choice), `force` asks for a new proof. `purpose` (AgID, Avviso 18: professional use) and the ages in
    years are extensions of SPID; empty or None asks nothing.
    """

    level: int = 0
    attribute_set: int | None = None
    force: bool = False
    purpose: str = ""
    minimum_age: int | None = None
    maximum_age: int | None = None


@dataclass(frozen=True)
class Profile:
    """One federation this desk takes part in; addresses derive from `base_url` and `name`.

    Of `keys` the first signing pair signs, all are published, every encryption pair may decrypt. `levels` are the
    authentication contexts of the federation, weakest first (none: it has no levels, any context is taken).
    `sites` are the addresses under which the desk is or will be reached, of which `base_url` is one: while it moves to
    another host name, the metadata has both. `acs_urls` are our AssertionConsumerServices by index. `mapping` gives for
    a logical attribute name the SAML names that may carry it, best first; `prefixes` what its values must begin with
    and lose (no entry: taken as they are); `scoped` the logical names whose values end in @scope. With
    `answers_after_request` an answer issued before the request is refused whatever the clocks, else the skew is
    tolerated. `own_only` are the logical names that only providers with one of `own_scopes` may state: the university's
    own, of all the members of its federation.
    """

    name: str
    federation: str
    tab: str
    is_default: bool
    entity_id: str
    base_url: str
    sites: tuple[str, ...]
    organisation: Organisation
    interface: Interface | None
    contacts: tuple[Contact, ...]
    sector: str
    contact_extensions: str
    service_name: Mapping[str, str]
    keys: tuple[KeyPair, ...]
    attribute_sets: tuple[AttributeSet, ...]
    default_terms: Terms
    terms: Mapping[str, Terms]
    levels: tuple[str, ...]
    comparison: str
    name_id_formats: tuple[str, ...]
    name_id_transient_only: bool
    request_binding: str
    acs_by_index: bool
    destination: str
    issuer_qualified: bool
    keeps_log: bool
    accepts_encrypted: bool
    signature_algorithms: frozenset[str]
    digest_algorithms: frozenset[str]
    assertions_signed: bool
    responses_signed: bool
    issuer_format_needed: bool
    name_qualifier_needed: bool
    attributes_needed: bool
    answers_after_request: bool
    mapping: Mapping[str, tuple[str, ...]]
    prefixes: Mapping[str, tuple[str, ...]]
    scoped: frozenset[str]
    own_only: frozenset[str]
    own_scopes: frozenset[str]
    skew: timedelta

    @property
    def signing_pair(self) -> KeyPair:
        """The pair that signs what leaves."""
        return next(pair for pair in self.keys if pair.signing)

    @property
    def key_pem(self) -> str:
        """The private key in use."""
        return self.signing_pair.key_pem

    @property
    def certificate_pem(self) -> str:
        """The certificate of the key in use."""
        return self.signing_pair.certificate_pem

    @property
    def acs_urls(self) -> tuple[str, ...]:
        """Where identity providers post their answers, by index; requests ask for that at `acs_index`."""
        return self.addresses("acs")

    @property
    def acs_index(self) -> int:
        """The index of the address that belongs to `base_url`."""
        return self.sites.index(self.base_url) * (len(self.acs_urls) // len(self.sites))

    @property
    def acs_url(self) -> str:
        """Where identity providers post their answers, unless another index was asked for."""
        return self.acs_urls[self.acs_index]

    @property
    def slo_urls(self) -> tuple[str, ...]:
        """Where single logout may arrive, by either binding."""
        return self.addresses("slo")

    @property
    def slo_url(self) -> str:
        """Where our metadata asks for logout messages."""
        return self.slo_urls[self.acs_index]

    @property
    def metadata_url(self) -> str:
        """Where our own metadata is published."""
        return self.addresses("metadata")[self.acs_index]

    def addresses(self, what: str) -> tuple[str, ...]:
        """Return the addresses of `what`, site by site: for the default profile the bare one too, and first."""
        paths = (f"/saml/{what}", f"/saml/{self.name}/{what}") if self.is_default else (f"/saml/{self.name}/{what}",)
        return tuple(site + path for site in self.sites for path in paths)

    def terms_for(self, service: str | None) -> Terms:
        """Return the terms of one service of the desk (key or id), else those for all."""
        return self.terms.get(service or "", self.default_terms)

    def attribute_set(self, index: int | None) -> AttributeSet | None:
        """Return the attribute set with that index, None when there is none."""
        return next((each for each in self.attribute_sets if each.index == index), None)


def load_profile(path: Path, base_url: str, *, is_default: bool = True, with_keys: bool = True) -> Profile:
    """Return the profile in `path` for the site at `base_url`; ConfigurationError listing every error.

    `{base_url}` in the entity id stands for `base_url`; key paths are relative to the file. Without `with_keys` the
    profile has none: so it can be read before they are made.
    """
    own = Reader(path, read_toml(path))
    base = base_url.rstrip("/")
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
        own.wrong("base_url", f"{base_url!r} is not a web address")
    federation = own.one_of("federation", FEDERATIONS)
    own.finish()
    demands = preset(federation)
    own.only((*OWN_KEYS, *demands["adjustable"]))
    read = Reader(path, merged(demands, own.data), errors=own.errors)
    profile = read_profile(read, federation, base, is_default)
    if with_keys:
        profile = replace(profile, keys=read_keys(read))
    read.finish()
    return profile


def preset(federation: str) -> dict[str, Any]:
    """Return what `federation` demands, with everything its file extends."""
    found = read_toml(PRESETS / f"{federation}.toml")
    parent = found.pop("extends", "")
    return merged(preset(parent), found) if parent else found


def read_profile(read: Reader, federation: str, base: str, is_default: bool) -> Profile:
    """Return the profile out of the merged data, noting what is wrong in `read`."""
    levels = read.texts("levels", may_be_empty=True)
    sets = read_attribute_sets(read)
    default_terms, terms = read_all_terms(read, len(levels), sets)
    return Profile(
        name=read_name(read),
        federation=federation,
        tab=read.text("tab"),
        is_default=is_default,
        entity_id=read.text("entity_id").replace("{base_url}", base),
        base_url=base,
        sites=read_sites(read, base),
        organisation=read_organisation(read),
        interface=read_interface(read),
        contacts=tuple(read_contact(row) for row in read.tables("contacts")),
        sector=read.one_of("sector", ("", "public", "private")),
        contact_extensions=read.one_of("contact_extensions", ("", "spid", "cie")),
        service_name=read.localised("service_name"),
        keys=(),
        attribute_sets=sets,
        default_terms=default_terms,
        terms=terms,
        levels=levels,
        comparison=read.one_of("comparison", COMPARISONS),
        name_id_formats=read.texts("name_id_formats"),
        name_id_transient_only=read.flag("name_id_transient_only"),
        request_binding=REQUEST_BINDINGS.get(read.one_of("request_binding", REQUEST_BINDINGS), BINDINGS[0]),
        acs_by_index=read.flag("acs_by_index"),
        destination=read.one_of("destination", ("sso", "entity-id")),
        issuer_qualified=read.flag("issuer_qualified"),
        keeps_log=read.flag("keeps_log"),
        accepts_encrypted=read.flag("accepts_encrypted"),
        signature_algorithms=read.subset("signature_algorithms", STRONG_SIGNATURES),
        digest_algorithms=read.subset("digest_algorithms", STRONG_DIGESTS),
        assertions_signed=read.flag("assertions_signed"),
        responses_signed=read.flag("responses_signed"),
        issuer_format_needed=read.flag("issuer_format_needed"),
        name_qualifier_needed=read.flag("name_qualifier_needed"),
        attributes_needed=read.flag("attributes_needed"),
        answers_after_request=read.flag("answers_after_request"),
        mapping=read.mapping("attributes"),
        prefixes=read.mapping("prefixes", may_be_empty=True),
        scoped=frozenset(read.texts("scoped", may_be_empty=True)),
        own_only=frozenset(read.texts("own_only", may_be_empty=True)),
        own_scopes=frozenset(read.texts("own_scopes", may_be_empty=True)),
        skew=read.seconds("clock_skew_seconds", MAX_SKEW),
    )


def read_name(read: Reader) -> str:
    """Return the profile's name, which is part of its addresses."""
    name = read.text("name")
    if name and not SLUG.fullmatch(name):
        read.wrong("name", "small letters, digits and hyphens are needed, and not metadata, login, acs or slo")
    return name


def read_sites(read: Reader, base: str) -> tuple[str, ...]:
    """Return the addresses of the desk in the order of the metadata; without any, the one in use."""
    sites = tuple(each.rstrip("/") for each in read.texts("sites")) if "sites" in read.data else (base,)
    if base not in sites:
        read.wrong("sites", f"{base} is not among them")
        return (base,)
    for each in sites:
        if urlsplit(each).scheme not in ("http", "https") or not urlsplit(each).netloc or sites.count(each) > 1:
            read.wrong("sites", f"{each!r} is not a web address, or occurs twice")
    return sites


def read_keys(read: Reader) -> tuple[KeyPair, ...]:
    """Return the key pairs; at least one must sign, and none encrypts where nothing encrypted is accepted."""
    allowed = {"signing", "encryption"} if read.value("accepts_encrypted") else {"signing"}
    pairs = []
    for row in read.tables("keys"):
        row.only(("key", "certificate", "use"))
        uses = row.texts("use") if "use" in row.data else ("signing",)
        for extra in sorted(set(uses) - allowed):
            row.wrong("use", f"{extra!r} is not used in this federation; choose from {', '.join(sorted(allowed))}")
        pairs.append(KeyPair(*row.key_pair(), "signing" in uses, "encryption" in uses))
    if not any(pair.signing for pair in pairs):
        read.wrong("keys", "a key pair for signing is needed")
    return tuple(pairs)


def read_attribute_sets(read: Reader) -> tuple[AttributeSet, ...]:
    """Return the attribute sets; each attribute is one of the table `known` (friendly name: name in messages)."""
    known = read.table("known").data
    sets = tuple(read_attribute_set(row, known) for row in read.tables("attribute_sets"))
    if len({each.index for each in sets}) < len(sets):
        read.wrong("attribute_sets", "an index occurs twice")
    return sets


def read_attribute_set(row: Reader, known: Mapping[str, str]) -> AttributeSet:
    """Return one table of `attribute_sets`: required ones under `attributes`, others under `optional`."""
    row.only(("index", "name", "attributes", "optional"))
    required = row.texts("attributes", may_be_empty=True)
    optional = row.texts("optional", may_be_empty=True) if "optional" in row.data else ()
    for stranger in sorted({*required, *optional} - set(known)):
        row.wrong("attributes", f"{stranger!r} is not known in this federation; choose from {', '.join(known)}")
    found = [Attribute(known.get(each, each), each, each in required) for each in dict.fromkeys((*required, *optional))]
    index = row.number("index", 0, 65535)
    if index is None:
        row.wrong("index", "a number is needed")
    return AttributeSet(index or 0, row.localised("name"), tuple(found))


def read_all_terms(read: Reader, levels: int, sets: tuple[AttributeSet, ...]) -> tuple[Terms, dict[str, Terms]]:
    """Return the terms for all services and those of single ones, which state only what differs."""
    forced_from = read.number("forced_from_level", 0, 9) or 0
    general = read.table("terms")
    services = {
        name: Reader(read.path, merged(general.data, row.data), row.at, read.errors)
        for name in read.table("services").data
        for row in [read.table("services").table(name)]
    }
    everyone = read_terms(general, levels, sets, forced_from)
    return everyone, {name: read_terms(row, levels, sets, forced_from) for name, row in services.items()}


def read_terms(row: Reader, levels: int, sets: tuple[AttributeSet, ...], forced_from: int) -> Terms:
    """Return the terms in one table; from level `forced_from` on (0: never) a new proof is always asked for."""
    row.only(TERMS_KEYS)
    terms = Terms(
        level=row.number("level", 0, levels) or 0,
        attribute_set=row.number("attribute_set", 0, 65535),
        purpose=row.one_of("purpose", PURPOSES) if "purpose" in row.data else "",
        minimum_age=row.number("minimum_age", 0, 150),
        maximum_age=row.number("maximum_age", 0, 150),
    )
    if terms.attribute_set is not None and terms.attribute_set not in {each.index for each in sets}:
        row.wrong("attribute_set", "no attribute set has this index")
    forced = row.flag("force") if "force" in row.data else False
    return replace(terms, force=forced or 0 < forced_from <= terms.level)
