"""The demo's mailbox: every mail that reached its SMTP sink, kept as a file, and read again for the browser."""

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote

from servicedesk.rules.errors import Invalid, NotFound
from servicedesk.rules.sentences import N_

_ID = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
_SHOWN = ("From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted")


@dataclass(frozen=True, slots=True)
class Line:
    """A mail as a list shows it; `id` grows with the time of arrival."""

    id: str
    recipient: str
    subject: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its headers in the order of reading, both texts, and the names of what is attached."""

    line: Line
    headers: Sequence[tuple[str, str]]
    text: str
    html: str
    attachments: Sequence[str]


class Mailbox:
    """A folder with one folder per recipient; the oldest mail has the lowest file name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, content: bytes, recipient: str) -> str:
        """Keep a mail for one recipient and return its id. Raises Invalid for what is no address."""
        folder = self._folder(recipient)
        folder.mkdir(parents=True, exist_ok=True)
        mail_id = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        arriving = folder / f"{mail_id}.arriving"
        arriving.write_bytes(content)
        arriving.replace(folder / f"{mail_id}.eml")
        return mail_id

    def recipients(self) -> list[str]:
        """Return everybody who ever got a mail, in alphabetical order."""
        if not self.folder.is_dir():
            return []
        return sorted(unquote(each.name) for each in self.folder.iterdir() if each.is_dir())

    def newest(self, limit: int, recipient: str = "", before: str = "") -> list[Line]:
        """Return up to `limit` mails, the newest first; of one recipient, or older than the mail `before`, if given.

        Raises Invalid when `recipient` is no address.
        """
        folders = [self._folder(recipient)] if recipient else list(self.folder.glob("*"))
        found = {path.stem: path for folder in folders for path in folder.glob("*.eml")}
        chosen = sorted((mail_id for mail_id in found if not before or mail_id < before), reverse=True)[:limit]
        return [_line(found[mail_id]) for mail_id in chosen]

    def mail(self, mail_id: str) -> Mail:
        """Return one mail. Raises NotFound when it is not there."""
        paths = list(self.folder.glob(f"*/{mail_id}.eml")) if _ID.fullmatch(mail_id) else []
        if not paths:
            raise NotFound(N_("This mail is not in the demo mailbox."))
        message = _parsed(paths[0].read_bytes())
        headers = [(name, str(message[name])) for name in _SHOWN if name in message]
        attachments = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
        return Mail(_line(paths[0]), headers, _body(message, "plain"), _body(message, "html"), attachments)

    def _folder(self, recipient: str) -> Path:
        if "@" not in recipient or len(recipient) > 254:
            raise Invalid(N_("Give a complete e-mail address."))
        return self.folder / quote(recipient.lower(), safe="@")


def _parsed(content: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(message, EmailMessage)
    return message


def _line(path: Path) -> Line:
    with path.open("rb") as file:
        message = BytesHeaderParser(policy=policy.default).parse(file)
    return Line(path.stem, unquote(path.parent.name), str(message["Subject"] or ""), _date(message["Date"]))


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(str(header)) if header else None
    except ValueError:
        return None


def _body(message: EmailMessage, kind: str) -> str:
    return "\n".join(_texts(message, kind))


def _texts(message: EmailMessage, kind: str) -> Iterator[str]:
    part = message.get_body((kind,))
    if part is not None:
        yield str(part.get_content())
