"""XML and query signatures: making ours, checking theirs, and refusing any shape but the plain one."""

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import xmlsec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from xmlsec import constants

from saml.errors import Code, SamlError
from saml.names import ENVELOPED, EXCLUSIVE_C14N, RSA_SHA256, RSA_SHA384, RSA_SHA512, SAML, tag
from saml.safexml import decode, find, only, refuse_repeated_ids

DEMO_MARK: Final = "DEMO - not for production"
MIN_BITS: Final = 2048
TRANSFORMS: Final = {
    RSA_SHA256: constants.TransformRsaSha256,
    RSA_SHA384: constants.TransformRsaSha384,
    RSA_SHA512: constants.TransformRsaSha512,
}


class Keys(Protocol):
    """A private key and its certificate, both PEM."""

    @property
    def key_pem(self) -> str: ...

    @property
    def certificate_pem(self) -> str: ...


class Algorithms(Protocol):
    """The signature and digest algorithms (URIs) that are accepted."""

    @property
    def signature_algorithms(self) -> frozenset[str]: ...

    @property
    def digest_algorithms(self) -> frozenset[str]: ...


def is_demo_certificate(pem: str) -> bool:
    """Tell whether `pem` holds a certificate of the demo; settings refuse those in production.

    Their subject carries DEMO_MARK, which stands unencoded in the certificate's bytes.
    """
    return any(DEMO_MARK.encode() in base64.b64decode(body) for body in certificate_bodies(pem))


def certificate_bodies(pem: str) -> list[str]:
    """Return the base64 of every certificate in `pem`, without line breaks."""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", pem, re.DOTALL)
    return ["".join(block.split()) for block in blocks]


def pem_of(body: str) -> str:
    """Return a certificate's base64 `body`, as metadata gives it, as PEM."""
    text = "".join(body.split())
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def key_pair_problem(key_path: Path, certificate_path: Path) -> str | None:
    """Return why the two files are not a matching RSA key and certificate, or None when they are."""
    try:
        return _mismatch(key_path.read_bytes(), certificate_path.read_bytes())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        return f"cannot be read: {error}"


@lru_cache(maxsize=16)
def _mismatch(key_pem: bytes, certificate_pem: bytes) -> str | None:
    """Return why the two do not match; remembered, because checking a key's primes takes a tenth of a second."""
    key = load_pem_private_key(key_pem, password=None)
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    if not isinstance(key, RSAPrivateKey):
        return "the key is not an RSA key"
    if key.key_size < MIN_BITS:
        return f"the key has {key.key_size} bits, at least {MIN_BITS} are needed"
    if key.public_key() != certificate.public_key():
        return "the certificate does not belong to the key"
    return None


def sign_element(element: etree._Element, keys: Keys) -> None:
    """Put an enveloped RSA-SHA256 signature into `element` (which has an ID), where the SAML schemas want it."""
    signature = xmlsec.template.create(element, constants.TransformExclC14N, constants.TransformRsaSha256, ns="ds")
    issuer = element.find(tag(SAML, "Issuer"))
    element.insert(0 if issuer is None else element.index(issuer) + 1, signature)
    reference = xmlsec.template.add_reference(signature, constants.TransformSha256, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(keys.key_pem, constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(keys.certificate_pem, constants.KeyDataFormatPem)
    context.register_id(element, "ID")
    context.sign(signature)


def signature_of(element: etree._Element) -> etree._Element | None:
    """Return the one signature that is a child of `element`, None when there is none; SamlError when there are more."""
    found = find(element, "ds:Signature")
    if len(found) > 1:
        raise SamlError(Code.WRAPPED, "more than one signature on one element")
    return found[0] if found else None


def refuse_odd_signature(signature: etree._Element, accepted: Algorithms) -> None:
    """Raise SamlError unless `signature` covers exactly its parent, whole, with accepted algorithms (core 5.4)."""
    parent = signature.getparent()
    reference = only(signature, "ds:SignedInfo/ds:Reference", Code.WRAPPED)
    if parent is None or not parent.get("ID") or reference.get("URI") != f"#{parent.get('ID')}":
        raise SamlError(Code.WRAPPED, "the signature does not refer to the element that holds it")
    if find(signature, "ds:Object"):
        raise SamlError(Code.WRAPPED, "the signature carries objects")
    transforms = [node.get("Algorithm") for node in find(reference, "ds:Transforms/ds:Transform")]
    if transforms != [ENVELOPED, EXCLUSIVE_C14N]:
        raise SamlError(Code.WRAPPED, f"unexpected transforms {transforms}")
    if only(signature, "ds:SignedInfo/ds:CanonicalizationMethod").get("Algorithm") != EXCLUSIVE_C14N:
        raise SamlError(Code.WRAPPED, "unexpected canonicalisation")
    refuse_weak(only(signature, "ds:SignedInfo/ds:SignatureMethod").get("Algorithm"), accepted.signature_algorithms)
    refuse_weak(only(reference, "ds:DigestMethod").get("Algorithm"), accepted.digest_algorithms)


def refuse_weak(algorithm: str | None, accepted: frozenset[str]) -> None:
    """Raise SamlError when `algorithm` is not among the accepted ones."""
    if algorithm not in accepted:
        raise SamlError(Code.WEAK_ALGORITHM, f"algorithm {algorithm} is not accepted")


def verify_element(element: etree._Element, certificates: Iterable[str], accepted: Algorithms) -> None:
    """Raise SamlError unless the message `element` (the root) is signed by one of `certificates` (PEM)."""
    refuse_repeated_ids(element)
    signature = signature_of(element)
    if signature is None:
        raise SamlError(Code.UNSIGNED, f"{etree.QName(element).localname} is not signed")
    if len(find(element, "//ds:Signature")) != 1:
        raise SamlError(Code.WRAPPED, "signatures elsewhere than on the message")
    refuse_odd_signature(signature, accepted)
    if not any(verifies_node(element, signature, certificate) for certificate in certificates):
        raise SamlError(Code.BAD_SIGNATURE, "no certificate of the sender verifies the signature")


def verifies_node(element: etree._Element, signature: etree._Element, certificate: str) -> bool:
    """Tell whether `certificate` (PEM) verifies `signature` over `element`; the key inside the message is ignored."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate, constants.KeyDataFormatCertPem)
    context.register_id(element, "ID")
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def sign_bytes(data: bytes, key_pem: str) -> bytes:
    """Return the RSA-SHA256 signature of `data`; xmlsec.Error when the key cannot be read."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key_pem, constants.KeyDataFormatPem)
    return context.sign_binary(data, constants.TransformRsaSha256)


def verifies(data: bytes, signature: bytes, algorithm: str, certificates: Iterable[str]) -> bool:
    """Tell whether one of `certificates` (PEM) verifies `signature` over `data`."""
    for certificate in certificates:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(certificate, constants.KeyDataFormatCertPem)
        try:
            context.verify_binary(data, TRANSFORMS[algorithm], signature)
        except xmlsec.Error:
            continue
        return True
    return False


def verify_query(data: str, signature: str, algorithm: str, certificates: Iterable[str], accepted: Algorithms) -> None:
    """Raise SamlError unless `signature` (base64) covers `data`, the query as received (bindings 3.4.4.1)."""
    refuse_weak(algorithm, accepted.signature_algorithms & frozenset(TRANSFORMS))
    if not verifies(data.encode(), decode(signature, limit=4096), algorithm, certificates):
        raise SamlError(Code.BAD_SIGNATURE, "no certificate of the sender verifies the query signature")
