"""Addresses that come from outside: only local paths are ever followed."""

from urllib.parse import urlsplit

HOME = "/"
LOCAL_SIGN_IN = "/account/sign-in"
"""Where people with an account of the desk's own sign in (A5)."""
REGISTER = "/account/register"
"""Where such an account is made."""


def local_path(address: str | None) -> str:
    """Return `address` when it is a path on this site, else the home page.

    Refused: other hosts, schemes, `//host`, backslashes and control characters, which browsers read as something else.
    """
    if not address or not address.startswith("/") or address.startswith("//"):
        return HOME
    if "\\" in address or any(ord(letter) < 33 or ord(letter) == 127 for letter in address):
        return HOME
    parts = urlsplit(address)
    return HOME if parts.scheme or parts.netloc else address
