"""What a federation publishes: signed metadata of thousands of entities, verified, and its identity providers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from saml.errors import Code, SamlError
from saml.names import MD, NSMAP, STRONG_DIGESTS, STRONG_SIGNATURES, tag
from saml.registry import IdentityProvider, read_provider
from saml.safexml import find, instant
from saml.signing import refuse_odd_signature, signature_of, verifies_node

MAX_BYTES: Final = 200_000_000
"""eduGAIN has 6,000 identity providers in about 80 MB."""
MAX_MARKS: Final = 8_000_000
"""Of `<` and of `=`: a parsed element or attribute takes some 200 bytes, so that all of them are a few gigabytes."""
MDATTR: Final = "urn:oasis:names:tc:SAML:metadata:attribute"
ROOTS: Final = (tag(MD, "EntitiesDescriptor"), tag(MD, "EntityDescriptor"))
CATEGORY: Final = "http://macedir.org/entity-category"
HIDDEN: Final = "http://refeds.org/category/hide-from-discovery"
HIDDEN_PATH: Final = (
    f"md:Extensions/mdattr:EntityAttributes/saml:Attribute[@Name='{CATEGORY}']"
    f"/saml:AttributeValue[normalize-space()='{HIDDEN}']"
)


@dataclass(frozen=True)
class Entry:
    """A provider as a federation lists it; `is_hidden` ones want to be in no list to choose from.

    `valid_until` is the entity's own end, None when only that of the whole copy counts.
    """

    provider: IdentityProvider
    is_hidden: bool = False
    valid_until: datetime | None = None


@dataclass(frozen=True)
class Copy:
    """What was read: providers by entity id, a line for each that was left out or weakened, the end of it all."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    valid_until: datetime | None = None

    def refuse_ended(self, now: datetime) -> None:
        """Raise SamlError when the whole copy's `validUntil` is over (metadata 2.3.1)."""
        if self.valid_until is not None and self.valid_until <= now:
            raise SamlError(Code.EXPIRED, f"validUntil was {self.valid_until.isoformat()}")


@dataclass(frozen=True)
class Strong:
    """The algorithms a federation may sign with."""

    signature_algorithms: frozenset[str] = STRONG_SIGNATURES
    digest_algorithms: frozenset[str] = STRONG_DIGESTS


def read_metadata(data: bytes, trusted: Sequence[str]) -> Copy:
    """Return the identity providers in `data`: one EntityDescriptor or an EntitiesDescriptor.

    With any `trusted` certificates (PEM) one of them must have signed the document: its key is what counts, as the
    certificate was given by hand (SAML metadata interoperability profile 2.6.1). SamlError when the signature is
    missing or wrong, or the document is too large, malformed, or without identity providers.
    `cacheDuration` is not read: how often to ask again is the installation's choice, `validUntil` the federation's.
    """
    root = parse_large(data)
    if trusted:
        verify(root, trusted)
    valid_until = end_of_validity(root)
    problems: list[str] = []
    entries: dict[str, Entry] = {}
    for entity in find(root, "descendant-or-self::md:EntityDescriptor[md:IDPSSODescriptor]"):
        entry = read_entry(entity, root, problems)
        if entry is not None and entry.provider.entity_id in entries:
            problems.append(f"{entry.provider.entity_id}: entityID: occurs twice, the first one counts")
        elif entry is not None:
            entries[entry.provider.entity_id] = entry
    if not entries:
        raise SamlError(Code.MALFORMED, "; ".join(["no identity provider that can be used", *problems[:3]]))
    return Copy(tuple(entries.values()), tuple(problems), valid_until)


def parse_large(data: bytes) -> etree._Element:
    """Return the root of a metadata document; SamlError when it is too large, malformed, or has a DTD.

    Comments are dropped while reading, so that what is read is what was signed (canonicalisation drops them too);
    processing instructions, which it keeps, are refused inside the document.
    """
    if len(data) > MAX_BYTES:
        raise SamlError(Code.TOO_LARGE, f"{len(data)} bytes of metadata, at most {MAX_BYTES} allowed")
    if max(map(data.count, (b"<", b"="))) > MAX_MARKS:
        raise SamlError(Code.TOO_LARGE, "more elements or attributes than any federation has")
    if b"<!DOCTYPE" in data:
        raise SamlError(Code.DTD, "document type definitions are refused")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SamlError(Code.NOT_XML, str(error)) from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise SamlError(Code.DTD, "document type definitions are refused")
    if root.tag not in ROOTS:
        raise SamlError(Code.WRONG_ROOT, f"{root.tag} is not metadata")
    if next(root.iter(etree.PI, etree.Entity), None) is not None:
        raise SamlError(Code.MALFORMED, "processing instructions are refused")
    return root


def verify(root: etree._Element, trusted: Sequence[str]) -> None:
    """Raise SamlError unless one of `trusted` signed the whole document (metadata 3.1).

    Signatures on entities inside are left alone: what the federation signed is what counts.
    """
    signature = signature_of(root)
    if signature is None:
        raise SamlError(Code.UNSIGNED, "the metadata is not signed")
    refuse_odd_signature(signature, Strong())
    same = root.xpath("count(//*[@ID=$id or @Id=$id or @id=$id or @xml:id=$id])", id=root.get("ID", ""))
    if same != 1:
        raise SamlError(Code.WRAPPED, "the signed identifier is used twice")
    if not any(verifies_node(root, signature, certificate) for certificate in trusted):
        raise SamlError(Code.BAD_SIGNATURE, "the federation's certificate does not verify the signature")


def read_entry(entity: etree._Element, root: etree._Element, problems: list[str]) -> Entry | None:
    """Return what the federation says of one provider, None (and a line in `problems`) when it cannot be used."""
    provider = read_provider(entity, problems)
    if provider is None:
        return None
    try:
        ends = [end for node in within(entity, root) if (end := end_of_validity(node))]
    except SamlError as error:
        problems.append(f"{provider.entity_id}: validUntil: {error.detail}")
        return None
    return Entry(
        provider, bool(entity.xpath(HIDDEN_PATH, namespaces={**NSMAP, "mdattr": MDATTR})), min(ends, default=None)
    )


def within(entity: etree._Element, root: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements below `root` whose validity bounds that of the entity's provider role."""
    yield from find(entity, "md:IDPSSODescriptor")
    node: etree._Element | None = entity
    while node is not None and node is not root:
        yield node
        node = node.getparent()


def end_of_validity(node: etree._Element) -> datetime | None:
    """Return an element's `validUntil`, None when it states none; SamlError when it is not an instant."""
    stated = node.get("validUntil")
    return instant(stated) if stated is not None else None
