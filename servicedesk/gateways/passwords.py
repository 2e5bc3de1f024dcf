"""Passwords as they are kept: argon2id (RFC 9106), compared in the same time whether or not there is one."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from servicedesk.rules.passwords import normal

_HASHER = PasswordHasher()
# The hash of a random word that nobody kept, with the parameters of all others.
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$twTYiRETieF2PKvK80YPVw$dYTHKjZP43X3mlxdBk/ylEe74DMMfM159rAZjjXAW3w"


def hashed(password: str) -> str:
    """Return the hash of a password, salt and parameters within. Slow on purpose: keep it out of transactions."""
    return _HASHER.hash(normal(password))


def fits(stored: str, typed: str) -> bool:
    """Whether the password is the one that was hashed; an empty hash takes as long and fits nothing."""
    try:
        return _HASHER.verify(stored or NOBODYS, normal(typed)) and bool(stored)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's, so that it is made anew at the next sign-in."""
    return _HASHER.check_needs_rehash(stored)
