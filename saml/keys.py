"""Keys and certificates of a service provider in the form that AgID asks for (Avviso 29 v3), and their files."""

import os
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

from saml.errors import ConfigurationError
from saml.profile import KeyPair, Profile

BITS: Final = 3072
URI: Final = ObjectIdentifier("2.5.4.83")
ORGANISATION_ID: Final = ObjectIdentifier("2.5.4.97")
AGID_POLICY: Final = ("1.3.76.16.6", "agIDcert")
SECTOR_POLICIES: Final = {
    "public": ("1.3.76.16.4.2.1", "cert_SP_Pub"),
    "private": ("1.3.76.16.4.3.1", "cert_SP_Priv"),
}
LONGEST_NAME: Final = 64
VAT_NUMBER: Final = re.compile(r"IT(\d{11})")


def new_key_pair(profile: Profile, *, locality: str, days: int, now: datetime) -> KeyPair:
    """Return a new RSA key and its self-signed certificate for `profile`, valid for `days` from `now`.

    `locality` is the town where the organisation has its seat. ConfigurationError when the profile lacks what the
    certificate must say.
    """
    names = subject(profile, locality)
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    builder = (
        x509.CertificateBuilder()
        .subject_name(names)
        .issuer_name(names)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(usage(profile), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if profile.sector:
        policies = [policy(*AGID_POLICY), policy(*SECTOR_POLICIES[profile.sector])]
        builder = builder.add_extension(x509.CertificatePolicies(policies), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return KeyPair(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        certificate.public_bytes(Encoding.PEM).decode(),
        encryption=profile.accepts_encrypted,
    )


def subject(profile: Profile, locality: str) -> x509.Name:
    """Return the subject: in SPID and CIE with the body's public code, elsewhere the host's name."""
    organisation = profile.organisation.name["it"]
    parts = [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.LOCALITY_NAME, locality), (NameOID.COUNTRY_NAME, "IT")]
    if profile.sector:
        common = profile.organisation.display_name["it"]
        parts += [(URI, profile.entity_id), (ORGANISATION_ID, organisation_id(profile))]
    else:
        common = urlsplit(profile.base_url).hostname or profile.base_url
    refuse_long({"organisation.name.it": organisation, "organisation.display_name.it": common, "locality": locality})
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common), *(x509.NameAttribute(*part) for part in parts)])


def refuse_long(names: dict[str, str]) -> None:
    """Raise ConfigurationError for names that do not fit into a certificate (X.520)."""
    long = {key: name for key, name in names.items() if not 0 < len(name) <= LONGEST_NAME}
    if long:
        raise ConfigurationError(
            [f"{key}: 1 to {LONGEST_NAME} characters are needed, not {name!r}" for key, name in long.items()]
        )


def organisation_id(profile: Profile) -> str:
    """Return the organizationIdentifier: IPA code of a public body, VAT number or fiscal code of a private one."""
    for contact in profile.contacts:
        if profile.sector == "public" and contact.ipa_code and contact.kind != "technical":
            return f"PA:IT-{contact.ipa_code}"
        if profile.sector == "private" and (vat := VAT_NUMBER.fullmatch(contact.vat_number)):
            return f"VATIT-{vat[1]}"
        if profile.sector == "private" and len(contact.fiscal_code) == 16:
            return f"CF:IT-{contact.fiscal_code}"
    wanted = "an ipa_code" if profile.sector == "public" else "a vat_number (IT and 11 digits) or a fiscal_code"
    raise ConfigurationError([f"contacts: {wanted} is needed before keys can be made"])


def usage(profile: Profile) -> x509.KeyUsage:
    """Return what the key is for: AgID forbids encryption with it, other federations may want it."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=profile.accepts_encrypted,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def policy(oid: str, text: str) -> x509.PolicyInformation:
    """Return a certificate policy with the explicit text that names it."""
    return x509.PolicyInformation(ObjectIdentifier(oid), [x509.UserNotice(None, text)])


def write_key_pair(pair: KeyPair, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `name`.key (for its owner's eyes alone) and `name`.crt into `folder` and return their paths.

    ConfigurationError when either is there already: a key is never overwritten.
    """
    paths = folder / f"{name}.key", folder / f"{name}.crt"
    refuse_existing(paths)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text, mode in zip(paths, (pair.key_pem, pair.certificate_pem), (0o600, 0o644), strict=True):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    return paths


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise ConfigurationError for files that are there already."""
    found = [
        f"{path}: is there already and is not overwritten; choose another folder" for path in paths if path.exists()
    ]
    if found:
        raise ConfigurationError(found)
