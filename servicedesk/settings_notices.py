"""The settings of notices beyond mail: messages to people's devices, and to the university's own app."""

import base64
import binascii
from typing import Literal

from pydantic import Field, model_validator

from servicedesk.settings_house import Part

KEY_BYTES = 32
SHORTEST_SECRET = 24
"""Bytes, as Standard Webhooks asks."""


def decoded(text: str) -> bytes:
    """Return what base64url without its padding stands for; nothing for what is none."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


class Push(Part):
    """Messages to devices through their browsers' push services (Web Push, RFC 8030); without a key there are none."""

    key: str = ""
    """The private VAPID key (RFC 8292): `flask notices vapid-key` makes one."""
    hosts: tuple[str, ...] = (
        "fcm.googleapis.com",
        "*.push.services.mozilla.com",
        "*.notify.windows.com",
        "*.push.apple.com",
    )
    """The push services that may be written to; `*.` stands for every host below."""

    @model_validator(mode="after")
    def _is_key(self) -> "Push":
        if self.key and len(decoded(self.key)) != KEY_BYTES:
            raise ValueError("key is no private VAPID key: make one with 'flask notices vapid-key'")
        return self


class Webhook(Part):
    """Where the university's own app is told of news (Standard Webhooks); without an address it is not."""

    url: str = ""
    secret: str = ""
    """`whsec_` and at least 24 random bytes in base64; the app checks our signature with it."""
    person: Literal["student_number", "institutional_email"] = "student_number"
    """By which datum of the register the app knows people; those who are not in it are not told there."""
    timeout: int = Field(default=10, ge=1, le=60)

    @model_validator(mode="after")
    def _is_whole(self) -> "Webhook":
        if not self.url:
            return self
        if not self.url.startswith(("https://", "http://127.0.0.1")):
            raise ValueError("url must start with https://")
        if not self.secret.startswith("whsec_") or len(decoded(self.secret.removeprefix("whsec_"))) < SHORTEST_SECRET:
            raise ValueError("secret must be 'whsec_' and at least 24 random bytes in base64")
        return self
