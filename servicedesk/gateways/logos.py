"""A logo that somebody uploads: a PNG or JPEG picture by its name, its content and its size, and nothing else."""

import hashlib
from dataclasses import dataclass

from servicedesk.gateways.file_kinds import SNIFFED_BYTES, sniff
from servicedesk.rules.errors import Invalid
from servicedesk.rules.house_texts import CANNOT_BE_KEPT
from servicedesk.rules.sentences import N_, Sentence

BIGGEST = 200_000
"""Bytes: every first visit loads it."""
KINDS = ("image/png", "image/jpeg")


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo that may be served."""

    content: bytes
    mimetype: str

    @property
    def digest(self) -> str:
        """By which the logo is known."""
        return hashlib.sha256(self.content).hexdigest()


def picture(content: bytes, name: str) -> Picture:
    """Return an uploaded logo. Raises Invalid, with the sentence for the field `file`."""
    if len(content) > BIGGEST:
        raise _refused(Sentence(N_("The picture is too large: at most %(most)s kB."), {"most": BIGGEST // 1000}))
    try:
        mimetype = sniff(content[:SNIFFED_BYTES], name)
    except Invalid as error:
        raise _refused(error.sentence) from error
    if mimetype not in KINDS:
        raise _refused(Sentence(N_("Choose a PNG or JPEG picture.")))
    return Picture(content, mimetype)


def _refused(sentence: Sentence) -> Invalid:
    return Invalid(CANNOT_BE_KEPT, {"file": sentence})
