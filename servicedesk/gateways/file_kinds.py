"""What an uploaded file is: a name that is safe to keep, and a content type that name and content agree on."""

import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

import puremagic

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_

LONGEST_NAME = 200
LONGEST_SUFFIX = 20
SNIFFED_BYTES = 8192
"""How much of a file's beginning `sniff` wants to see."""
UNKNOWN = "application/octet-stream"
TEXT = frozenset({"text"})
ZIP = frozenset({".zip"})
MEDIA = frozenset({"iso-media"})

# Suffix: the type it is served as, and what the content must be; no demand where contents have no common start.
# Pages and drawings that a browser would run (html, svg) are left out on purpose: they go out as plain bytes.
KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    ".pdf": ("application/pdf", frozenset({".pdf"})),
    ".p7m": ("application/pkcs7-mime", frozenset()),
    ".txt": ("text/plain", TEXT),
    ".md": ("text/plain", TEXT),
    ".log": ("text/plain", TEXT),
    ".csv": ("text/csv", TEXT),
    ".ics": ("text/calendar", TEXT),
    ".eml": ("message/rfc822", TEXT),
    ".rtf": ("application/rtf", frozenset({".rtf"})),
    ".doc": ("application/msword", frozenset({".doc", ".rtf"})),
    ".xls": ("application/vnd.ms-excel", frozenset({".xls"})),
    ".ppt": ("application/vnd.ms-powerpoint", frozenset({".ppt"})),
    ".msg": ("application/vnd.ms-outlook", frozenset({".msg"})),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIP),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ZIP),
    ".odt": ("application/vnd.oasis.opendocument.text", ZIP),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", ZIP),
    ".odp": ("application/vnd.oasis.opendocument.presentation", ZIP),
    ".zip": ("application/zip", ZIP),
    ".7z": ("application/x-7z-compressed", frozenset({".7z"})),
    ".rar": ("application/vnd.rar", frozenset({".rar"})),
    ".gz": ("application/gzip", frozenset({".gz"})),
    ".jpg": ("image/jpeg", frozenset({".jpg"})),
    ".jpeg": ("image/jpeg", frozenset({".jpg"})),
    ".png": ("image/png", frozenset({".png"})),
    ".gif": ("image/gif", frozenset({".gif"})),
    ".webp": ("image/webp", frozenset({".webp"})),
    ".bmp": ("image/bmp", frozenset({".bmp"})),
    ".tif": ("image/tiff", frozenset({".tif"})),
    ".tiff": ("image/tiff", frozenset({".tif"})),
    ".heic": ("image/heic", MEDIA),
    ".heif": ("image/heif", MEDIA),
    ".mp4": ("video/mp4", MEDIA),
    ".m4a": ("audio/mp4", MEDIA),
    ".mp3": ("audio/mpeg", frozenset({".mp3"})),
    ".wav": ("audio/wav", frozenset({".wav"})),
}
_PROGRAM_SUFFIXES = (
    ".app .apk .bat .bin .cmd .com .cpl .deb .dll .dmg .elf .exe .hta .jar .js .jse .lnk .msi .msp .pif .ps1 .psm1 "
    ".reg .rpm .run .scr .sh .so .sys .vb .vbe .vbs .wsf .wsh"
)
PROGRAMS = frozenset(_PROGRAM_SUFFIXES.split())
MOST_READ = 2_000
"""Of a longer name only both ends are read: to compose a million accents on one letter takes minutes."""
_JOINERS = "\u200c\u200d"
_PROGRAM_STARTS = (b"#!", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa")
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")


def safe_name(name: str) -> str:
    """Return the name a file is kept under: as given, without spaces or dots at its ends, at most 200 characters.

    Marks that turn the direction of writing go too: phones put them in, and others hide a program's suffix with them.

    Raises Invalid for a name with a path in it, with characters nobody can see, or without anything left.
    """
    if len(name) > MOST_READ:
        name = name[:LONGEST_NAME] + name[-LONGEST_SUFFIX:]
    name = "".join(char for char in unicodedata.normalize("NFC", name) if not _is_mark(char)).strip().rstrip(". ")
    if "/" in name or "\\" in name:
        raise Invalid(N_("The file's name may not hold a path. Rename the file and choose it again."))
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in name):
        raise Invalid(N_("The file's name holds characters that cannot be shown. Rename the file and choose it again."))
    if not name:
        raise Invalid(N_("The file has no name. Rename the file and choose it again."))
    suffix = PurePosixPath(name).suffix[:LONGEST_SUFFIX]
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - len(suffix)] + suffix


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) == "Cf" and char not in _JOINERS


def sniff(first_bytes: bytes, name: str) -> str:
    """Return the content type of a file from its name and its first `SNIFFED_BYTES` bytes.

    Raises Invalid for an empty file, for a program or script, and when the content is not what the name says.
    """
    if not first_bytes:
        raise Invalid(N_("%(name)s is empty. Choose the file again."), name=name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PROGRAMS or _is_program(first_bytes):
        raise Invalid(N_("%(name)s is a program or script: those cannot be attached. Send a document."), name=name)
    content_type, wanted = KINDS.get(suffix, (UNKNOWN, frozenset()))
    if wanted and wanted.isdisjoint(_seen(first_bytes)):
        raise Invalid(
            N_("%(name)s is not what its name says: open it, save it as %(suffix)s and choose it again."),
            name=name,
            suffix=suffix,
        )
    return content_type


def _is_program(first_bytes: bytes) -> bool:
    return first_bytes.startswith(_PROGRAM_STARTS) or (first_bytes.startswith(b"MZ") and b"\0" in first_bytes)


def _seen(first_bytes: bytes) -> frozenset[str]:
    """Return what the content may be: suffixes known to puremagic, 'text', 'iso-media'."""
    try:
        found = {match.extension for match in puremagic.magic_string(first_bytes)}
    except puremagic.PureError:
        found = set()
    if b"\0" not in first_bytes or first_bytes.startswith(_UTF16_STARTS):
        found.add("text")
    if first_bytes[4:8] == b"ftyp":
        found.add("iso-media")
    return frozenset(found)
