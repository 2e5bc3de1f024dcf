"""Hands finished mails to an SMTP server: one connection per batch, and for each mail what became of it."""

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

from servicedesk.settings import Mail

MOST_BREAKS = 2
"""After so many broken connections in one batch the server counts as down, and the rest is not tried."""


class Fate(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    """For good: trying again would end the same."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A finished mail and where it goes."""

    id: int
    address: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """The fate of the mail `id`, with the server's words when it did not go out."""

    id: int
    fate: Fate
    reason: str = ""


class Mailer:
    """Sends through the server of the settings."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.sender = parseaddr(mail.sender)[1]

    def send(self, envelopes: Iterable[Envelope]) -> Iterator[Result]:
        """Send each mail and yield its fate before the next one is touched; nothing is raised for a refusal.

        The server answers within `timeout` seconds at each step, or the mail is for later.
        """
        connection, breaks, why = None, 0, ""
        try:
            for envelope in envelopes:
                if breaks >= MOST_BREAKS:
                    yield Result(envelope.id, Fate.LATER, why)
                    continue
                try:
                    connection = connection or self._connect()
                    result = self._send(connection, envelope)
                except (OSError, smtplib.SMTPException) as error:
                    _close(connection)
                    # A server that cannot be reached, or lets one wait, will do the same to the next mail.
                    down = connection is None or TimeoutError in (type(error), type(error.__context__))
                    breaks = MOST_BREAKS if down else breaks + 1
                    connection, why = None, _words(error)
                    result = Result(envelope.id, Fate.LATER, why)
                yield result
        finally:
            _close(connection)

    def _connect(self) -> smtplib.SMTP:
        mail = self.mail
        if mail.security == "tls":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout, context=context)
        else:
            connection = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout)
        try:
            if mail.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if mail.username:
                connection.login(mail.username, mail.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _send(self, connection: smtplib.SMTP, envelope: Envelope) -> Result:
        try:
            connection.sendmail(self.sender, [envelope.address], envelope.content)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return _refused(connection, envelope.id, code, text)
        except smtplib.SMTPDataError as error:
            return _refused(connection, envelope.id, error.smtp_code, error.smtp_error)
        except UnicodeEncodeError:
            return Result(envelope.id, Fate.REFUSED, "the address holds characters that mail servers do not take")
        return Result(envelope.id, Fate.SENT)


def _refused(connection: smtplib.SMTP, envelope_id: int, code: int, text: bytes | str) -> Result:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code == 421 or connection.sock is None:
        raise smtplib.SMTPServerDisconnected(f"{code} {words}")
    return Result(envelope_id, Fate.REFUSED if code >= 500 else Fate.LATER, f"{code} {words}")


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__


def _close(connection: smtplib.SMTP | None) -> None:
    if connection is not None:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()
