"""What makes a password good enough: long, not one's own name, not among those everybody tries first."""

import unicodedata
from collections.abc import Iterable

from servicedesk.rules.sentences import N_, Sentence

SHORTEST = 12
LONGEST = 200
"""Longer ones would only cost time to hash."""
LONGEST_TYPED = 5 * LONGEST
"""Of letters that come with their accents apart."""
FEWEST_SIGNS = 5
_OWN_WORD = 4
_BESIDES_OWN = 8
_COMMON_WORDS = """
    123456789012 1234567890123 12345678901234 123456789123 123456789123456 1234567890qwerty 098765432109
    0987654321qwerty 111222333444 112233445566 121212121212 123123123123 123321123321 123412341234 159753159753
    159357159357 147258369147
    passwordpassword password1234 password12345 password123456 password123! password2024 password2025 password2026
    mypassword123 passw0rd1234 p@ssw0rd1234 p@ssword1234 passwort1234 motdepasse123 contrasena123
    qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiop[] qwertyqwerty qwerty123456 qwerty1234567 1qaz2wsx3edc
    1q2w3e4r5t6y zaq12wsxcde3 asdfghjkl123 asdfghjklzxc asdfasdfasdf abcdefghijkl abcdefgh1234 abcd1234abcd abc123abc123
    iloveyou1234 letmein12345 welcome12345 administrator administrator1 adminadmin12 changeme1234 default12345
    tiamotantissimo forzajuventus forzajuve1234 forzainter12 forzamilan12 juventus1897 ciaociaociao cambiami1234
    buongiorno12 amministratore universita12 studente1234 helpdesk1234 servicedesk1 benvenuto123 segreteria12
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""Of the passwords most often found in breaches, those long enough to pass otherwise; and what a desk invites."""


def normal(typed: str) -> str:
    """Return a password in the one form that is hashed, however the keyboard composed its letters (NFKC).

    What is too long to be anybody's stays as it is: composing a million accents on one letter takes minutes.
    """
    return unicodedata.normalize("NFKC", typed) if len(typed) <= LONGEST_TYPED else typed


def weakness(typed: str, own: Iterable[str]) -> Sentence | None:
    """Return why a password is not good enough, None for one that is.

    `own` are words that others know of the person: address, names, the desk's name. There are no rules on kinds of
    characters: they make passwords harder to remember, not to guess. Source: NIST SP 800-63B, 5.1.1.
    """
    password = normal(typed)
    folded = password.casefold()
    if len(password) < SHORTEST:
        return Sentence(N_("Choose a longer password: at least %(count)s characters."), {"count": SHORTEST})
    if len(password) > LONGEST:
        return Sentence(N_("This password is too long: at most %(count)s characters."), {"count": LONGEST})
    if len(_without(folded, own)) < _BESIDES_OWN:
        return Sentence(N_("This password is too close to your name or address. Choose another."))
    if folded in _COMMON or len(set(folded)) < FEWEST_SIGNS or _is_row(folded):
        return Sentence(N_("This password is among the first that anybody would try. Choose another."))
    return None


def _without(folded: str, own: Iterable[str]) -> str:
    words = {part for text in own for part in (text.casefold(), *_parts(text.casefold()))}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _OWN_WORD:
            folded = folded.replace(word, "")
    return folded


def _parts(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text).split()


def _is_row(folded: str) -> bool:
    """Whether each character follows the one before, as in `abcdefghijkl`, or the whole repeats a short piece."""
    steps = {ord(after) - ord(before) for before, after in zip(folded, folded[1:], strict=False)}
    if steps in ({1}, {-1}):
        return True
    return any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, 5))
