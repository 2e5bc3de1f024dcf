"""Web Push: encrypts a message for one device (RFC 8291), signs for us (RFC 8292), and hands it to its push service."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from servicedesk.gateways.posting import post
from servicedesk.settings import Settings
from servicedesk.settings_notices import decoded

TIMEOUT = 10
LIFE = timedelta(days=1)
"""How long a push service keeps a message for a device that is off."""
TOKEN_LIFE = timedelta(hours=12)
POINT_BYTES, SECRET_BYTES = 65, 16
UNCOMPRESSED = b"\x04"
LOOPBACK = "127.0.0.1"
LONGEST_ENDPOINT = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """A device as its browser described it; keys in base64url."""

    endpoint: str
    p256dh: str
    auth: str


class Pusher:
    """Sends with the key of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.hosts = settings.push.hosts
        self.sender = settings.mail.sender.rpartition("<")[2].rstrip(">")
        self.vapid = Vapid02.from_string(settings.push.key) if settings.push.key else None

    @property
    def public_key(self) -> str:
        """What browsers are given, in base64url; empty where nothing is pushed."""
        if self.vapid is None:
            return ""
        numbers = self.vapid.public_key.public_numbers()
        return _encoded(UNCOMPRESSED + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))

    def accepts(self, target: Target) -> bool:
        """Whether this is a device of a push service we know, with keys that can be used."""
        return (
            len(target.endpoint) <= LONGEST_ENDPOINT
            and is_service(target.endpoint, self.hosts)
            and _is_point(target.p256dh)
            and len(decoded(target.auth)) == SECRET_BYTES
        )

    def send(self, target: Target, message: bytes, topic: str, now: datetime) -> tuple[int, str]:
        """Return status and reason of the push service; a newer message of the same topic replaces this one.

        404 and 410 mean that the device is gone. Raises NotReached.
        """
        assert self.vapid is not None
        place = urlsplit(target.endpoint)
        claims = {
            "aud": f"{place.scheme}://{place.netloc}",
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "sub": f"mailto:{self.sender}",
        }
        headers = {
            "Authorization": self.vapid.sign(claims)["Authorization"],
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(LIFE.total_seconds())),
            "Topic": topic,
            "Urgency": "normal",
        }
        return post(target.endpoint, _encrypted(target, message), headers, TIMEOUT)


def is_service(endpoint: str, hosts: Sequence[str]) -> bool:
    """Whether an address is of one of these push services: whoever subscribes must not send us elsewhere."""
    try:
        place = urlsplit(endpoint)
        host, port = place.hostname or "", place.port
    except ValueError:
        return False
    is_known = any(host == known or (known.startswith("*.") and host.endswith(known[1:])) for known in hosts)
    is_ours = place.scheme == "http" and host == LOOPBACK
    return is_known and (is_ours or (place.scheme == "https" and port in (None, 443))) and "@" not in place.netloc


def new_key() -> str:
    """Return a new private key, in base64url."""
    number: int = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _encoded(number.to_bytes(32, "big"))


def _encrypted(target: Target, message: bytes) -> bytes:
    content: bytes = http_ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(target.p256dh),
        auth_secret=decoded(target.auth),
        version="aes128gcm",
    )
    return content


def _is_point(text: str) -> bool:
    point = decoded(text)
    if len(point) != POINT_BYTES or not point.startswith(UNCOMPRESSED):
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
