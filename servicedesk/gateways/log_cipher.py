"""Seals the messages of the sign-in log: AES-256-GCM, and keyed hashes that chain one entry to the next."""

import hashlib
import hmac
import secrets
import zlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

_NONCE = 12


@dataclass(frozen=True)
class LogCipher:
    """The two keys of the log, derived from `records.log_key` so that neither gives away the other (RFC 5869)."""

    sealing: bytes = field(repr=False)
    chaining: bytes = field(repr=False)

    def seal(self, message: bytes, beside: bytes) -> tuple[bytes, bytes]:
        """Return nonce and ciphertext; it opens only together with the very bytes `beside` it (NIST SP 800-38D)."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce, AESGCM(self.sealing).encrypt(nonce, zlib.compress(message), beside)

    def open(self, nonce: bytes, sealed: bytes, beside: bytes) -> bytes:
        """Return the message. Raises Invalid when it, or what stands beside it, is not what was sealed."""
        try:
            return zlib.decompress(AESGCM(self.sealing).decrypt(nonce, sealed, beside))
        except InvalidTag as error:
            raise Invalid(
                N_("An entry of the sign-in log cannot be opened: it was changed, or records.log_key is another one.")
            ) from error

    def chain(self, *parts: bytes) -> str:
        """Return the keyed hash over the parts (64 hex digits), none of which can run over into the next."""
        found = hmac.new(self.chaining, digestmod=hashlib.sha256)
        for part in parts:
            found.update(len(part).to_bytes(8, "big") + part)
        return found.hexdigest()


def log_cipher(key: str) -> LogCipher:
    """Return the cipher of this `records.log_key`. Raises Invalid when there is none."""
    if not key:
        raise Invalid(
            N_("The setting records.log_key is missing: SPID and CIE sign-ins cannot be logged. Set 32 characters.")
        )
    return LogCipher(_derived(key, b"sign-in log: sealing"), _derived(key, b"sign-in log: chaining"))


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, purpose).derive(key.encode())
