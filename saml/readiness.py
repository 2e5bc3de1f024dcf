"""What is missing before a profile can be registered with its federation, in sentences.

Sources: AgID, Regole Tecniche SPID and Avviso 29 v3; technical manual of "Entra con CIE"; IDEM metadata profile.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from saml.keys import BITS, ORGANISATION_ID, URI
from saml.parties import Contact
from saml.profile import KeyPair, Profile
from saml.signing import is_demo_certificate

SOON: Final = timedelta(days=60)
PHONE: Final = re.compile(r"\+\d{6,15}")
VAT: Final = re.compile(r"[A-Z]{2}\w{2,13}")
BELFIORE: Final = re.compile(r"[A-Z]\d{3}")
RESERVED: Final = (".example", ".test", ".invalid", ".localhost", "example.org", "example.com")
CONTACTS: Final = {
    "spid-public": ("other",),
    "spid-private": ("other", "billing"),
    "cie-public": ("administrative",),
    "cie-private": ("administrative",),
    "idem": ("technical",),
    "eidas": ("other",),
}
"""The contacts that must be there, each once (idem: at least once)."""
CONTACTS_TOO: Final = {"cie-public": ("technical",), "cie-private": ("technical",)}
"""The contacts that may be there besides, each once."""


@dataclass(frozen=True)
class Finding:
    """One thing to do; registration fails or sign-in breaks without it when it `blocks`, else it is advice."""

    blocks: bool
    sentence: str


def findings(profile: Profile, now: datetime) -> list[Finding]:
    """Return everything to do before `profile` is registered, what blocks first."""
    found = [finding for check in CHECKS for finding in check(profile, now)]
    return sorted(found, key=lambda finding: not finding.blocks)


def must(sentence: str) -> Finding:
    """Return a finding that blocks."""
    return Finding(True, sentence)


def addresses(profile: Profile, now: datetime) -> Iterator[Finding]:
    """The site is reached by https on the usual port under a public name."""
    base = urlsplit(profile.base_url)
    if base.scheme != "https":
        yield must(f"The site's address {profile.base_url} must begin with https.")
    if base.port is not None:
        yield must(f"The site's address {profile.base_url} must not name a port.")
    if "." not in (base.hostname or "") or re.fullmatch(r"[\d.:]+", base.hostname or ""):
        yield must(f"The site's address {profile.base_url} must have a public name.")


def entity(profile: Profile, now: datetime) -> Iterator[Finding]:
    """The entity id is where the metadata is."""
    if "?" in profile.entity_id:
        yield must(f"The entity id {profile.entity_id} must not contain a question mark.")
    if profile.entity_id != profile.metadata_url:
        text = f"The entity id {profile.entity_id} should be the metadata's address {profile.metadata_url}."
        yield Finding(bool(profile.contact_extensions), text)


def placeholders(profile: Profile, now: datetime) -> Iterator[Finding]:
    """No address is left over from an example."""
    texts = [*profile.organisation.url.values(), profile.base_url, *(each.email for each in profile.contacts)]
    if profile.interface:
        shown = profile.interface
        texts += [*shown.information_url.values(), *shown.privacy_url.values(), shown.logo_url]
    for text in dict.fromkeys(texts):
        if (urlsplit(text).hostname or text).endswith(RESERVED):
            yield must(f"{text} is an example: put your own in its place.")


def contact_kinds(profile: Profile, now: datetime) -> Iterator[Finding]:
    """The contacts are those the federation wants."""
    kinds = [contact.kind for contact in profile.contacts]
    for kind in CONTACTS[profile.federation]:
        if not kinds.count(kind):
            yield must(f'A contact of type "{kind}" is needed.')
    if not profile.contact_extensions:
        return
    allowed = (*CONTACTS[profile.federation], *CONTACTS_TOO.get(profile.federation, ()))
    for kind in dict.fromkeys(kinds):
        if kind not in allowed:
            yield must(f'A contact of type "{kind}" is not accepted here; {" and ".join(allowed)} are.')
        elif kinds.count(kind) > 1:
            yield must(f'There must be one contact of type "{kind}", not {kinds.count(kind)}.')


def contact_details(profile: Profile, now: datetime) -> Iterator[Finding]:
    """Each contact says what identifies its body in this federation."""
    for contact in profile.contacts:
        if contact.phone and not PHONE.fullmatch(contact.phone):
            yield must(f'The phone number {contact.phone} must begin with "+" and hold no spaces.')
        if contact.vat_number and not VAT.fullmatch(contact.vat_number):
            yield must(f"The VAT number {contact.vat_number} must begin with the country's two letters (IT).")
        if profile.contact_extensions == "cie":
            yield from cie_contact(profile, contact)
        elif profile.contact_extensions == "spid":
            yield from spid_contact(profile, contact)


def spid_contact(profile: Profile, contact: Contact) -> Iterator[Finding]:
    """Avviso 29 v3: a public body states its IPA code, a private one its VAT number or fiscal code, and who pays."""
    if contact.kind == "billing":
        if contact.invoice is None:
            yield must('The contact of type "billing" needs the table invoice: who receives the invoices.')
        return
    if contact.company and contact.company != profile.organisation.name["it"]:
        yield must(f"The contact's company {contact.company!r} must be the organisation's Italian name; leave it out.")
    if profile.sector == "public" and not contact.ipa_code:
        yield must("The contact needs ipa_code, the body's code in the Indice PA (indicepa.gov.it).")
    if profile.sector == "private" and contact.ipa_code:
        yield must("A private body must not state an ipa_code.")
    if profile.sector == "private" and not (contact.vat_number or contact.fiscal_code):
        yield must("The contact needs vat_number or, without any, fiscal_code.")


def cie_contact(profile: Profile, contact: Contact) -> Iterator[Finding]:
    """CIE manual: every body states its town, a public one its IPA code, a private one its numbers and trade."""
    if contact.kind == "technical" and not contact.company:
        yield must('The contact of type "technical" needs company, the name of the technical partner.')
    if not contact.municipality:
        yield must(f'The contact of type "{contact.kind}" needs municipality, the Belfiore code of its town (F205).')
    elif contact.country in ("", "IT") and not BELFIORE.fullmatch(contact.municipality):
        yield must(f"The municipality {contact.municipality} must be a Belfiore code: a capital letter, three digits.")
    public = (contact.sector or profile.sector) == "public"
    needed = ("ipa_code",) if public else ("vat_number", "fiscal_code", "nace")
    for name in needed:
        if not getattr(contact, name):
            yield must(f'The contact of type "{contact.kind}" needs {name}.')


def shown(profile: Profile, now: datetime) -> Iterator[Finding]:
    """IDEM: description, information, privacy and logo are published."""
    if profile.federation == "idem" and profile.interface is None:
        text = "The table interface is missing: IDEM asks for description, information and privacy pages, and a logo."
        yield Finding(False, text)


def attribute_sets(profile: Profile, now: datetime) -> Iterator[Finding]:
    """What is asked for is stated, and it tells who the person is."""
    if not profile.attribute_sets:
        yield must("At least one attribute set is needed.")
    for wanted in profile.attribute_sets:
        names = {attribute.name for attribute in wanted.attributes}
        if not names:
            yield must(f"Attribute set {wanted.index} asks for nothing.")
        elif not names & {*profile.mapping.get("fiscal_code", ()), *profile.mapping.get("principal", ())}:
            yield must(f"Attribute set {wanted.index} asks for nothing that tells who a person is (fiscal code, ...).")


def keys(profile: Profile, now: datetime) -> Iterator[Finding]:
    """Every certificate is our own, valid, strong and of the form the federation wants."""
    for at, pair in enumerate(profile.keys, 1):
        yield from (Finding(each.blocks, f"Key pair {at}: {each.sentence}") for each in key_pair(profile, pair, now))
    if profile.accepts_encrypted and not any(pair.encryption for pair in profile.keys):
        yield Finding(False, 'No key pair has use "encryption": providers cannot encrypt assertions for this service.')


def key_pair(profile: Profile, pair: KeyPair, now: datetime) -> Iterator[Finding]:
    """Return what is wrong with one pair."""
    certificate = x509.load_pem_x509_certificate(pair.certificate_pem.encode())
    key = certificate.public_key()
    if is_demo_certificate(pair.certificate_pem):
        yield must("it is the demo's, whose key everybody can read; make your own with flask saml keys.")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        until = f"{certificate.not_valid_before_utc:%d/%m/%Y} to {certificate.not_valid_after_utc:%d/%m/%Y}"
        yield must(f"the certificate is valid only from {until}; make a new one with flask saml keys.")
    elif certificate.not_valid_after_utc - now < SOON:
        ends = f"{certificate.not_valid_after_utc:%d/%m/%Y}"
        yield Finding(False, f"the certificate ends on {ends}; begin to change keys (docs/saml.md).")
    if getattr(certificate.signature_hash_algorithm, "name", "") not in ("sha256", "sha384", "sha512"):
        yield must("the certificate is signed with a weak digest; make a new one with flask saml keys.")
    if isinstance(key, RSAPublicKey) and key.key_size < BITS:
        yield Finding(False, f"the key has {key.key_size} bits; AgID advises {BITS}.")
    if profile.contact_extensions == "spid":
        yield from agid_subject(profile, certificate)


def certificate_ends(profile: Profile) -> datetime:
    """Return when the certificate in use for signing ends, or the last one for encryption where that is sooner.

    A pair that is being changed for another one may end before.
    """
    for_encryption = [certificate_end(pair) for pair in profile.keys if pair.encryption]
    signing = certificate_end(profile.signing_pair)
    return min(signing, max(for_encryption, default=signing))


def certificate_end(pair: KeyPair) -> datetime:
    """Return until when a pair's certificate is valid."""
    return x509.load_pem_x509_certificate(pair.certificate_pem.encode()).not_valid_after_utc


def agid_subject(profile: Profile, certificate: x509.Certificate) -> Iterator[Finding]:
    """Avviso 29 v3: the subject names the body and the entity id."""
    stated = {part.oid: part.value for part in certificate.subject}
    if stated.get(URI) != profile.entity_id:
        yield must(f"the certificate is not made out for the entity id {profile.entity_id}.")
    if ORGANISATION_ID not in stated:
        yield must("the certificate does not state the body's code (organizationIdentifier).")


def clock(difference: timedelta, skew: timedelta) -> Iterator[Finding]:
    """Two clocks of this installation differ by `difference`; beyond `skew` good answers would be refused."""
    if abs(difference) > skew:
        text = f"This machine's clock and the database's differ by {round(difference.total_seconds())} seconds"
        yield must(f"{text}, more than the {skew.seconds} allowed: set both by NTP.")


def services(profile: Profile, known: Collection[str]) -> Iterator[Finding]:
    """Terms are stated for services that exist (`known`: their keys and ids); a slip would leave the others' terms."""
    for name in profile.terms:
        if name not in known:
            yield must(f'Terms are stated for a service "{name}", which the catalogue does not have.')


CHECKS: Final[Iterable[Callable[[Profile, datetime], Iterator[Finding]]]] = (
    addresses,
    entity,
    placeholders,
    contact_kinds,
    contact_details,
    shown,
    attribute_sets,
    keys,
)
