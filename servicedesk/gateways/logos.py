"""A logo or icon that somebody uploads: a picture by its name, its content and its size, and nothing else."""

import hashlib
from dataclasses import dataclass

from servicedesk.gateways.file_kinds import SNIFFED_BYTES, sniff
from servicedesk.rules.errors import Invalid
from servicedesk.rules.house_texts import CANNOT_BE_KEPT
from servicedesk.rules.icons import size_of
from servicedesk.rules.sentences import N_, Sentence

BIGGEST = 200_000
"""Bytes: every first visit loads it."""
KINDS = ("image/png", "image/jpeg")
ICON_SIDES = (512, 1024)
"""The least and the most pixels of the side of an icon: browsers make the smaller ones from it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo or icon that may be served."""

    content: bytes
    mimetype: str

    @property
    def digest(self) -> str:
        """By which it is known."""
        return hashlib.sha256(self.content).hexdigest()


def logo(content: bytes, name: str) -> Picture:
    """Return an uploaded logo. Raises Invalid, with the sentence for the field `file`."""
    mimetype = _kind(content, name, "file")
    if mimetype not in KINDS:
        raise _refused("file", Sentence(N_("Choose a PNG or JPEG picture.")))
    return Picture(content, mimetype)


def icon(content: bytes, name: str) -> Picture:
    """Return an uploaded icon. Raises Invalid, with the sentence for the field `icon_file`."""
    mimetype, (width, height) = _kind(content, name, "icon_file"), size_of(content)
    least, most = ICON_SIDES
    if mimetype != "image/png" or width != height or not least <= width <= most:
        sentence = N_("Choose a square PNG picture of at least %(least)s and at most %(most)s pixels a side.")
        raise _refused("icon_file", Sentence(sentence, {"least": least, "most": most}))
    return Picture(content, mimetype)


def _kind(content: bytes, name: str, field: str) -> str:
    if len(content) > BIGGEST:
        raise _refused(field, Sentence(N_("The picture is too large: at most %(most)s kB."), {"most": BIGGEST // 1000}))
    try:
        return sniff(content[:SNIFFED_BYTES], name)
    except Invalid as error:
        raise _refused(field, error.sentence) from error


def _refused(field: str, sentence: Sentence) -> Invalid:
    return Invalid(CANNOT_BE_KEPT, {field: sentence})
