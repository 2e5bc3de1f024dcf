"""One-time codes of authenticator apps (TOTP, RFC 6238): secrets sealed at rest, the picture to scan, the check."""

import base64
from datetime import datetime
from hmac import compare_digest

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

STEP = 30
"""Seconds one code is shown."""
TOLERANCE = 1
"""Steps a clock may be off, either way."""


def new_secret(secret_key: str) -> str:
    """Return a fresh secret (160 bits), sealed for the database."""
    return _seal(secret_key).encrypt(pyotp.random_base32().encode()).decode()


def shown(secret_key: str, sealed: str) -> str:
    """Return a secret as it is typed into an app: base32. Raises ValueError when another key sealed it."""
    try:
        return _seal(secret_key).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("the secret was sealed with another secret_key") from error


def _seal(secret_key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"servicedesk one-time codes").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def picture(secret: str, account: str, issuer: str) -> str:
    """Return the QR code for an app as the address of an SVG (`data:`), black on white with its quiet zone."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
    address: str = segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=4, light="#fff")
    return address


def step_of(secret: str, typed: str, after: int, now: datetime) -> int | None:
    """Return the step whose code was typed, None when it is no code of now or one not newer than step `after`."""
    code = "".join(typed.split())
    present = int(now.timestamp()) // STEP
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if step > after and compare_digest(pyotp.TOTP(secret).at(step * STEP).encode(), code.encode()):
            return step
    return None
